// SPDX-License-Identifier: Apache-2.0
#include "inference/fits.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SORT_BY_HAND	32	/* few are sorted faster so */

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
	    sort_items(f))
		goto no_memory;
	f->reach = fits_reach_all(f->items, f->order, f->order_count);
	if (!f->reach)
		goto no_memory;
	for (size_t i = 1; i < count + 2; i++)
		f->log_factorial[i] = f->log_factorial[i - 1] + log((double)i);
	fits_chance_init(f);
	return 0;
no_memory:
	fits_clear(f);
	return -ENOMEM;
}

void
fits_clear(struct fits *f)
{
	free((void *)f->order);
	free(f->reach);
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

/* How many lengths of the code, in each wrapping, are below each cell's. */
static void
make_cells(struct fits *f, const struct fits_code *c)
{
	if (f->celled == c)
		return;
	f->celled = c;
	for (int w = 0; w < MODEL_WRAP_COUNT; w++) {
		size_t k = 0;

		for (uint32_t cell = 0; cell < FITS_CELLS; cell++) {
			while (k < c->count && c->len[w][k] < cell * FITS_CELL)
				k++;
			f->cells[w][cell] = (uint8_t)k;
		}
	}
}

/* How many of them are no greater than max. */
static size_t
count_up_to(const struct fits *f, const struct fits_code *c, unsigned wrap,
    uint32_t max)
{
	uint32_t cell = max / FITS_CELL;
	size_t n = f->cells[wrap][cell < FITS_CELLS ? cell : FITS_CELLS - 1];

	while (n < c->count && c->len[wrap][n] <= max)
		n++;
	return n;
}

/* The canary at that place, in the order of lengths. */
static void
add_fit(struct fits *f, const struct fits_code *c, uint32_t index,
    unsigned frame, unsigned wrap, size_t place)
{
	const struct inference_item *item = &f->items[index];
	uint32_t len = c->len[wrap][place];
	int64_t hi = (int64_t)item->max - len - (int64_t)model_frames(
	    (enum model_frame)frame, len, item->packets);
	int64_t lo = hi - (int64_t)(item->max - item->min);
	struct fit *fit = &f->list[f->list_count++];

	f->has_wrap[wrap] = true;
	*fit = (struct fit){
		.lo = lo,
		.hi = hi,
		.item = index,
		.canary = c->canary[place],
		.wrap = (uint8_t)wrap,
		.rank = lo == hi ? rank_of(item, frame, lo) : FITS_NO_RANK,
		.at_end = lo == hi && ends_so(item, frame, len),
	};
	f->has_exact[wrap] |= fit->at_end || fit->rank != FITS_NO_RANK;
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

/* Lengths are further apart than offsets can be, so one at most fits. */
static inline void
look_for_fit(struct fits *f, const struct fits_code *c, uint32_t index,
    unsigned frame, unsigned wrap, struct fits_reach reach)
{
	const uint32_t *len = c->len[wrap];
	size_t n;

	if (reach.from > reach.to)
		return;
	n = count_up_to(f, c, wrap, reach.to);
	if (n && len[n - 1] >= reach.from)
		add_fit(f, c, index, frame, wrap, n - 1);
}

static void
sort_list(struct fits *f)
{
	if (f->list_count > SORT_BY_HAND) {
		qsort(f->list, f->list_count, sizeof(*f->list), compare_fits);
		return;
	}
	for (size_t i = 1; i < f->list_count; i++) {
		struct fit x = f->list[i];
		size_t k = i;

		for (; k && compare_fits(&f->list[k - 1], &x) > 0; k--)
			f->list[k] = f->list[k - 1];
		f->list[k] = x;
	}
}

void
fits_take_off_names(struct fits *f)
{
	for (size_t i = 0; i < f->list_count; i++) {
		struct fit *fit = &f->list[i];

		fit->name_len = f->name_lens[fit->canary];
		fit->lo -= fit->name_len;
		fit->hi -= fit->name_len;
	}
	sort_list(f);
}

size_t
fits_list(struct fits *f, const struct fits_code *c, size_t from, size_t to,
    unsigned frame)
{
	const unsigned wraps = fits_wraps(frame);
	const struct fits_reach *reach = f->reach +
	    fits_reach_at(frame, f->order_count) + from * wraps;
	size_t count = 0;

	make_cells(f, c);
	f->list_count = 0;
	memset(f->has_wrap, 0, sizeof(f->has_wrap));
	memset(f->has_exact, 0, sizeof(f->has_exact));
	for (size_t i = from; i < to; i++, reach += wraps) {
		uint32_t index = f->order[i];

		if (f->claimed[index] || !fits_carries(&f->items[index], frame))
			continue;
		count++;
		for (unsigned w = 0; w < wraps; w++)
			look_for_fit(f, c, index, frame, w, reach[w]);
	}
	sort_list(f);
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
	fits_list(f, c, from, to, set->frame);
	if (set->named)
		fits_take_off_names(f);
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
	make_cells(f, c);
	f->list_count = 0;
	for (unsigned frame = 0; frame < MODEL_FRAME_COUNT; frame++) {
		for (unsigned w = 0; w < fits_wraps(frame); w++) {
			size_t n = f->list_count;

			look_for_fit(f, c, item, frame, w,
			    fits_reach_of(&f->items[item], frame, w));
			if (f->list_count > n)
				ret_frames[n] = (uint8_t)frame;
		}
	}
}
