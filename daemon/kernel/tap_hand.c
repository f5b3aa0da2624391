// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_state.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "kernel/place.h"
#include "kernel/tap_files.h"
#include "kernel/tap_hooks.h"
#include "kernel/diag.h"

/*
 * The seam between the tap and the reader of its captures, which is in this
 * process or, with hand_over, in one that has no capability.
 */

static int
on_packets(void *arg, const struct telltap_packet *packets, size_t count)
{
	struct tap *t = arg;

	tap_files_hand(t);
	return t->events.on_packets
		   ? t->events.on_packets(t->arg, packets, count)
		   : 0;
}

static uint64_t
drain(void *arg)
{
	return tap_ring_drain(arg);
}

static void
ask(void *arg, const struct tap_tuple *tuple)
{
	tap_ask(arg, tuple);
}

int
tap_hand_open(struct tap *t)
{
	struct tap_reader_events events = { on_packets, drain, ask, t };

	t->early_number = place_number();
	if (t->hand_over)
		return 0;
	t->reader = tap_reader_new(t->no_bpf ? NULL : t->tuples, &events);
	return t->reader ? 0 : -ENOMEM;
}

int
tap_hand_capture(struct tap *t, const struct place_capture *c, bool opened)
{
	const struct capture *from = c->capture;
	struct tap_reader_capture told = {
		.number = c->number,
		.netns = place_netns(c->place),
		.fd = from->fd,
		.shape = { from->block_len, from->block_count,
		    from->link_type },
	};

	if (!t->reader)
		return t->events.on_capture(t->arg, &told, opened);
	if (opened)
		return tap_reader_add(t->reader, &told);
	tap_reader_remove(t->reader, told.number);
	return 0;
}

void
tap_hand_hold(struct tap *t, const struct tap_tuple *tuple,
    const struct tuple_holder *holder)
{
	if (!t->reader)
		tap_fail(t, t->events.on_hold(t->arg, tuple, holder));
}

void
tap_hand_end(struct tap *t, uint64_t cookie, uint64_t ts_ns)
{
	if (!t->reader)
		tap_fail(t, t->events.on_end(t->arg, cookie, ts_ns));
}

void
tap_hand_early(struct tap *t, const struct tap_early *r, const uint8_t *data)
{
	struct tap_early_packet p = {
		.netns = r->netns,
		.ts_ns = r->record.ts_ns + t->monotonic_offset,
		.data = data,
		.cap_len = r->cap_len,
		.wire_len = r->wire_len,
		.interface = t->early_number,
	};

	t->stats.early++;
	if (t->reader)
		tap_reader_early(t->reader, &p);
	else if (t->events.on_early)
		tap_fail(t, t->events.on_early(t->arg, &p));
}

void
tap_hand_guess(
    struct tap *t, const struct diag_socket *s, uint32_t owner, uint64_t now_ns)
{
	if (!t->reader)
		tap_fail(t, t->events.on_guess(t->arg, s, owner, now_ns));
	else if (tap_reader_guess(t->reader, s, owner, now_ns))
		t->stats.tuples_full++;
}

int
tap_drain(struct tap *t, uint64_t *ret_ns)
{
	*ret_ns = t->ring ? tap_ring_drain(t) : 0;
	tap_files_hand(t);
	return t->failed;
}

/* The record may have found no room in the ring; the map has it still. */
void
tap_ask(struct tap *t, const struct tap_tuple *tuple)
{
	struct tap_tuple_value v;

	/* Of a joined question the map has only half. */
	if (t->bpf &&
	    bpf_map_lookup_elem(t->place_maps.tuples, tuple, &v) == 0 &&
	    !(v.flags & TAP_JOINED))
		tap_hold_tuple(t, tuple, v.cookie,
		    v.since_ns + t->monotonic_offset, v.owner, v.owner,
		    v.flags);
}

static void
retell_tuple(void *arg, const struct tuple_entry *e)
{
	/* The newest holder comes first. */
	for (uint32_t i = e->holder_count; i > 0; i--)
		tap_hand_hold(arg, &e->tuple, &e->holders[i - 1]);
	if (e->ended_ns)
		tap_hand_end(arg, e->holders[0].cookie, e->ended_ns);
}

int
tap_retell(struct tap *t)
{
	struct place_capture **captures;
	size_t count;
	int err = 0;

	for (uint32_t id = 1; id <= owners_count(t->owners) && !err; id++)
		if (t->events.on_owner)
			err = t->events.on_owner(
			    t->arg, owners_info(t->owners, id));
	for (size_t i = 0; i < t->place_count && !err; i++) {
		captures = place_captures(t->places[i], &count);
		for (size_t j = 0; j < count && !err; j++)
			err = tap_hand_capture(t, captures[j], true);
	}
	if (!err) {
		tuples_each(t->tuples, retell_tuple, t);
		err = tap_hooks_retell(t);
	}
	return err ? err : t->failed;
}
