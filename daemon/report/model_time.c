// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "report/model_part.h"

enum model_group
model_group_of(enum kind k)
{
	switch (k) {
	case KIND_FILE_UPLOAD:
	case KIND_FILE_FRAGMENT:
		return GROUP_FILES;
	case KIND_HASH_LOOKUP:
	case KIND_URL_LOOKUP:
	case KIND_NAME_LOOKUP:
		return GROUP_LOOKUPS;
	case KIND_TELEMETRY:
		return GROUP_TELEMETRY;
	case KIND_UPDATE_DOWNLOAD:
	case KIND_DOWNLOAD:
	case KIND_KEEP_ALIVE:
	case KIND_OTHER:
		return GROUP_OTHER;
	case KIND_OPAQUE:
	case KIND_COUNT:
		break;
	}
	return GROUP_OPAQUE;
}

static void
add_slot(uint64_t to[GROUP_COUNT], const uint64_t from[GROUP_COUNT])
{
	for (int g = 0; g < GROUP_COUNT; g++)
		to[g] += from[g];
}

/* Twice as wide: two neighbours become one. */
static void
widen(struct model_time *t)
{
	uint64_t out[MODEL_SLOTS][GROUP_COUNT] = { 0 };
	uint64_t first = t->first / 2;

	for (size_t i = 0; i < t->count; i++)
		add_slot(out[(t->first + i) / 2 - first], t->out[i]);
	t->count = (t->first + t->count - 1) / 2 - first + 1;
	t->first = first;
	t->width_s *= 2;
	memcpy(t->out, out, sizeof(out));
}

void
model_add_time(struct model_time *t, const struct event_transfer *tr)
{
	uint64_t second = tr->start_ns / 1000000000, at, last;

	if (!t->count)
		*t = (struct model_time){ .width_s = 1, .first = second,
					  .count = 1 };
	for (;;) {
		at = second / t->width_s;
		last = t->first + t->count - 1;
		if ((at > last ? at : last) -
			(at < t->first ? at : t->first) < MODEL_SLOTS)
			break;
		widen(t);
	}
	if (at < t->first) {
		memmove(t->out[t->first - at], t->out[0],
		    t->count * sizeof(t->out[0]));
		memset(t->out[0], 0, (t->first - at) * sizeof(t->out[0]));
		t->count += t->first - at;
		t->first = at;
	} else if (at > last) {
		t->count += at - last;
	}
	t->out[at - t->first][model_group_of(tr->kind)] += tr->payload_out;
}

/* The row of what goes to that destination for that purpose; NULL if the table
 * is full. Mostly it is the destination's last one. */
static int
find_volume(struct model *m, struct model_dest *d, struct span purpose,
    struct model_volume **ret_row)
{
	struct buf *b = &m->scratch;
	struct model_volume *row;
	struct table_row *r;
	int err;

	*ret_row = d->volume;
	if (d->volume && span_eq(d->volume->purpose, purpose))
		return 0;
	*ret_row = NULL;
	buf_reset(b);
	buf_append(b, d->row.key.p, d->row.key.len);
	buf_u8(b, 0);
	buf_append(b, purpose.p, purpose.len);
	err = table_add(&m->volumes, &m->arena, model_scratch(m),
	    sizeof(*row), &r);
	if (err)
		return err < 0 ? err : 0;
	row = (struct model_volume *)r;
	if (!row->dest) {
		row->dest = d;
		if (model_keep(m, &row->purpose, purpose))
			return -ENOMEM;
	}
	d->volume = row;
	*ret_row = row;
	return 0;
}

int
model_add_volume(struct model *m, struct model_dest *d, const struct event *e)
{
	struct span purpose = e->cloud ? e->cloud->purpose : (struct span){ 0 };
	struct model_volume *row;
	int err = find_volume(m, d, purpose, &row);

	if (err || !row)
		return err;
	row->transfers++;
	row->out[model_group_of(e->transfer->kind)] +=
	    e->transfer->payload_out;
	return 0;
}
