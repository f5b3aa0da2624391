// SPDX-License-Identifier: Apache-2.0
#include "inference/fits.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct by_far_end {
	uint32_t far_end, index;
};

static int
compare_far_ends(const void *a, const void *b)
{
	const struct by_far_end *x = a, *y = b;

	if (x->far_end != y->far_end)
		return x->far_end < y->far_end ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Those that can be a canary. */
static int
sort_items(struct fits *f)
{
	struct by_far_end *keys = calloc(f->count + 1, sizeof(*keys));
	uint32_t *order = calloc(f->count + 1, sizeof(*order));

	if (!keys || !order) {
		free(keys);
		free(order);
		return -ENOMEM;
	}
	for (size_t i = 0; i < f->count; i++)
		if (f->items[i].max >= f->least)
			keys[f->order_count++] = (struct by_far_end){
				f->items[i].far_end, (uint32_t)i };
	qsort(keys, f->order_count, sizeof(*keys), compare_far_ends);
	for (size_t i = 0; i < f->order_count; i++)
		order[i] = keys[i].index;
	free(keys);
	f->order = order;
	return 0;
}

int
fits_init(struct fits *f, const struct inference_set *set,
    const struct inference_case *in)
{
	const struct code *code = &set->code;
	size_t count = in->item_count;

	*f = (struct fits){
		.items = in->items,
		.count = count,
		.groups = in->groups,
		.group_count = in->group_count,
		.planted = (double)code->count,
		.least = code->min - CODE_GAIN_MAX,
		.name_lens = set->name_lens,
	};
	f->density = (double)code->count / (double)(code->max - code->min + 1);
	f->claimed = calloc(count + 1, sizeof(*f->claimed));
	f->group_claimed = calloc(in->group_count + 1, sizeof(bool));
	f->log_factorial = calloc(count + 2, sizeof(*f->log_factorial));
	f->list = calloc(count * MODEL_WRAP_COUNT + FITS_ONE_MAX,
	    sizeof(*f->list));
	if (!f->claimed || !f->group_claimed || !f->log_factorial || !f->list ||
	    sort_items(f)) {
		fits_clear(f);
		return -ENOMEM;
	}
	for (size_t i = 1; i < count + 2; i++)
		f->log_factorial[i] = f->log_factorial[i - 1] + log((double)i);
	return 0;
}

void
fits_clear(struct fits *f)
{
	free((void *)f->order);
	free(f->claimed);
	free(f->group_claimed);
	free(f->log_factorial);
	free(f->list);
	*f = (struct fits){ 0 };
}

void
fits_code_make(struct fits_code *c, const struct model *m,
    const uint64_t *sizes, const uint8_t *types, size_t count)
{
	c->count = count;
	for (size_t i = 0; i < count; i++) {
		size_t k = i;

		while (k && sizes[c->canary[k - 1]] > sizes[i]) {
			c->canary[k] = c->canary[k - 1];
			k--;
		}
		c->canary[k] = (uint16_t)i;
	}
	for (int w = 0; w < MODEL_WRAP_COUNT; w++) {
		for (size_t k = 0; k < count; k++) {
			uint16_t i = c->canary[k];

			c->len[w][k] = (uint32_t)model_body(m, sizes[i],
			    types[i], (enum model_wrap)w);
		}
	}
}

/* In HTTP/2 an acknowledgement, or an end in a frame of its own, may be among
 * them: so many offsets are possible for each start. */
unsigned
fits_slack(unsigned frame)
{
	return frame == MODEL_HTTP2 ? 3 : 1;
}

static uint8_t
rank_of(const struct inference_item *item, unsigned frame, int64_t offset)
{
	/* Less a head for each record an offset is not where the body begins. */
	if (frame == MODEL_HTTP2_WRITES)
		return FITS_NO_RANK;
	for (unsigned n = 0; n < fits_slack(frame); n++, offset -= 9) {
		if (!offset)
			return 0;
		for (uint8_t i = 0; i < item->start_count; i++)
			if (item->starts[i] == offset)
				return i + 1;
	}
	return FITS_NO_RANK;
}

/* In records of 16384 bytes a body ends with what is left of it. */
static bool
ends_so(const struct inference_item *item, unsigned frame, uint64_t body)
{
	uint64_t left = body % FITS_RECORD;

	if (!item->end || frame > MODEL_HTTP2 || !left)
		return false;
	if (frame == MODEL_PLAIN)
		return item->end == left;
	return item->end == left + 9 || item->end == left + 10;
}

/* In QUIC what packing gains or adds is less than what is not known of packets.
 * In chunks go files as they are, and what is packed while it is sent. */
static bool
may_be(unsigned wrap, unsigned frame)
{
	if (frame >= MODEL_QUIC)
		return wrap < MODEL_GZIP;
	return frame < MODEL_CHUNKED || wrap == MODEL_RAW ||
	    wrap == MODEL_GZIP;
}

/* The longest body that is, framed, no longer than that: its number and one. */
static size_t
longest_below(const struct fits_code *c, const uint32_t *len, unsigned frame,
    uint64_t packets, uint64_t max, uint64_t *ret_left)
{
	size_t low = 0, high = c->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (len[mid] <= max)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low; low--) {
		uint64_t framed = len[low - 1] + model_frames((enum model_frame)
		    frame, len[low - 1], packets);

		if (framed <= max) {
			*ret_left = max - framed;
			break;
		}
	}
	return low;
}

static bool
carries(const struct inference_item *item, unsigned frame)
{
	switch (item->carrier) {
	case INFERENCE_STREAM:
		/* Of TLS 1.3 it is not seen which of the protocols that the
		 * client offered was chosen. */
		return frame != MODEL_HTTP2 && frame < MODEL_QUIC;
	case INFERENCE_HTTP2:
		return frame <= MODEL_HTTP2_WRITES;
	default:
		return frame >= MODEL_QUIC;
	}
}

/* Lengths are further apart than offsets can be, so one at most fits. */
static void
add_fit(struct fits *f, const struct fits_code *c, uint32_t index,
    unsigned frame, unsigned wrap)
{
	const struct inference_item *item = &f->items[index];
	uint64_t left = 0, shorter = model_shorter((enum model_wrap)wrap);
	struct fit *fit;
	int64_t lo, hi;
	size_t n;

	/* Bounds that are wide say nothing. */
	if (item->max - item->min > MODEL_OFFSET_MAX)
		return;
	n = longest_below(c, c->len[wrap], frame, item->packets,
	    item->max + shorter, &left);
	if (!n || left > 2 * MODEL_OFFSET_MAX)
		return;
	hi = (int64_t)left - (int64_t)shorter;
	lo = hi - (int64_t)(item->max - item->min);
	if (lo > MODEL_OFFSET_MAX)
		return;
	f->has_wrap[wrap] = true;
	fit = &f->list[f->list_count++];
	*fit = (struct fit){
		.lo = lo,
		.hi = hi,
		.item = index,
		.canary = c->canary[n - 1],
		.wrap = (uint8_t)wrap,
		.rank = lo == hi ? rank_of(item, frame, lo) : FITS_NO_RANK,
		.at_end = lo == hi && ends_so(item, frame,
		    c->len[wrap][n - 1]),
	};
}

static int
compare_fits(const void *a, const void *b)
{
	const struct fit *x = a, *y = b;

	if (x->lo != y->lo)
		return x->lo < y->lo ? -1 : 1;
	if (x->item != y->item)
		return x->item < y->item ? -1 : 1;
	return x->wrap < y->wrap ? -1 : x->wrap > y->wrap;
}

/* Forms, addresses and headers often hold the file's name, once. */
static void
take_off_names(struct fits *f)
{
	for (size_t i = 0; i < f->list_count; i++) {
		struct fit *fit = &f->list[i];

		fit->name_len = f->name_lens[fit->canary];
		fit->lo -= fit->name_len;
		fit->hi -= fit->name_len;
	}
}

size_t
fits_list(struct fits *f, const struct fits_code *c, size_t from, size_t to,
    unsigned frame, bool named)
{
	size_t count = 0;

	f->list_count = 0;
	memset(f->has_wrap, 0, sizeof(f->has_wrap));
	for (size_t i = from; i < to; i++) {
		uint32_t index = f->order[i];

		if (f->claimed[index] || !carries(&f->items[index], frame))
			continue;
		count++;
		for (unsigned w = 0; w < MODEL_WRAP_COUNT; w++)
			if (may_be(w, frame))
				add_fit(f, c, index, frame, w);
	}
	if (named)
		take_off_names(f);
	if (f->list_count > 1)
		qsort(f->list, f->list_count, sizeof(*f->list), compare_fits);
	return count;
}

size_t
fits_far_end_to(const struct fits *f, size_t from)
{
	size_t to = from;

	while (to < f->order_count && f->items[f->order[to]].far_end ==
	    f->items[f->order[from]].far_end)
		to++;
	return to;
}

void
fits_members(struct fits *f, const struct fits_code *c,
    const struct fits_set *set)
{
	size_t from = 0, to, n = 0;

	while (f->items[f->order[from]].far_end != set->far_end)
		from++;
	to = fits_far_end_to(f, from);
	fits_list(f, c, from, to, set->frame, set->named);
	for (size_t i = 0; i < f->list_count; i++) {
		const struct fit *fit = &f->list[i];

		if (fits_belongs(f, fit, set))
			f->list[n++] = *fit;
	}
	f->list_count = n;
}

void
fits_one(struct fits *f, const struct fits_code *c, uint32_t item,
    uint8_t ret_frames[static FITS_ONE_MAX])
{
	f->list_count = 0;
	for (unsigned frame = 0; frame < MODEL_FRAME_COUNT; frame++) {
		if (!carries(&f->items[item], frame))
			continue;
		for (unsigned w = 0; w < MODEL_WRAP_COUNT; w++) {
			size_t n = f->list_count;

			if (!may_be(w, frame))
				continue;
			add_fit(f, c, item, frame, w);
			if (f->list_count > n)
				ret_frames[n] = (uint8_t)frame;
		}
	}
}
