// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/packets.h"

#define FRAGMENTS_MAX (16u << 20)	/* bytes of unfinished datagrams */

static uint64_t
mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9fb21c651e98df25ull;
	return h ^ h >> 32;
}

static uint64_t
hash_end(const struct packet_addr *a, uint16_t port)
{
	return mix(mix(mix(0x243f6a8885a308d3ull, a->d[0]), a->d[1]), port);
}

/* The same for both directions; never 0, which marks an empty slot. */
static uint64_t
hash_ends(const struct packet_addr *a, uint16_t a_port,
    const struct packet_addr *b, uint16_t b_port, uint8_t proto)
{
	uint64_t h = hash_end(a, a_port), k = hash_end(b, b_port);

	return mix(mix(h + k, h ^ k), proto) | 1;
}

int
packets_filter_init(struct packets_filter *f)
{
	memset(f, 0, sizeof(*f));
	f->decoder = packet_decoder_new(FRAGMENTS_MAX);
	return f->decoder ? 0 : -ENOMEM;
}

void
packets_filter_clear(struct packets_filter *f)
{
	packet_decoder_free(f->decoder);
	arena_clear(&f->arena);
	free(f->slots);
	free(f->back);
	free(f->back_ends);
	memset(f, 0, sizeof(*f));
}

static uint64_t *
find_slot(uint64_t *slots, size_t mask, uint64_t hash)
{
	size_t i = (size_t)(hash >> 1) & mask;

	while (slots[i] && slots[i] != hash)
		i = (i + 1) & mask;
	return &slots[i];
}

static int
grow(struct packets_filter *f)
{
	size_t mask = f->slots ? 2 * f->mask + 1 : 255;
	uint64_t *slots = calloc(mask + 1, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; f->slots && i <= f->mask; i++)
		if (f->slots[i])
			*find_slot(slots, mask, f->slots[i]) = f->slots[i];
	free(f->slots);
	f->slots = slots;
	f->mask = mask;
	return 0;
}

static int
add_hash(struct packets_filter *f, uint64_t hash)
{
	uint64_t *slot;
	int err;

	if (f->all || f->count == PACKETS_ENDS_MAX) {
		f->all = true;
		return 0;
	}
	if (!f->slots || f->count * 2 > f->mask) {
		err = grow(f);
		if (err)
			return err;
	}
	slot = find_slot(f->slots, f->mask, hash);
	f->count += !*slot;
	*slot = hash;
	return 0;
}

int
packets_filter_add(struct packets_filter *f, const struct packet_addr *a,
    uint16_t a_port, const struct packet_addr *b, uint16_t b_port,
    uint8_t proto)
{
	return add_hash(f, hash_ends(a, a_port, b, b_port, proto));
}

static uint64_t
ends_of(struct packets_filter *f, const struct telltap_packet *packet)
{
	struct packet p;

	arena_reset(&f->arena, 1 << 20);
	return packet_decode(f->decoder, packet, &f->arena, &p) ? 0 :
	    hash_ends(&p.src, p.src_port, &p.dst, p.dst_port, p.proto);
}

static int
add_back(struct packets_filter *f, uint64_t number, uint64_t ends)
{
	if (!f->back)
		f->back = calloc(PACKETS_BACK_MAX, sizeof(*f->back));
	if (!f->back_ends)
		f->back_ends = calloc(PACKETS_BACK_MAX, sizeof(*f->back_ends));
	if (!f->back || !f->back_ends)
		return -ENOMEM;
	if (f->back_count < PACKETS_BACK_MAX && (!f->back_count ||
		f->back[f->back_count - 1] < number)) {
		f->back_ends[f->back_count] = ends;
		f->back[f->back_count++] = number;
	}
	return 0;
}

int
packets_filter_time(struct packets_filter *f,
    const struct telltap_packet *packets, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		uint64_t now_ns = packets[i].ts_ns;

		if (f->last_ns > now_ns &&
		    f->last_ns - now_ns >= PACKETS_BACK_NS) {
			err = add_back(f, f->last_number, i ?
			    ends_of(f, &packets[i - 1]) : f->last_ends);
			if (!err)
				err = add_back(f, packets[i].number,
				    ends_of(f, &packets[i]));
		}
		f->last_ns = now_ns;
		f->last_number = packets[i].number;
	}
	if (count)
		f->last_ends = ends_of(f, &packets[count - 1]);
	return err;
}

static void
add_ends_of_time(struct packets_filter *f)
{
	f->ends_added = true;
	if (f->last_ends && add_hash(f, f->last_ends))
		f->all = true;
	for (size_t i = 0; i < f->back_count; i++)
		if (f->back_ends[i] && add_hash(f, f->back_ends[i]))
			f->all = true;
}

static bool
is_of_time(struct packets_filter *f, uint64_t number)
{
	while (f->back_at < f->back_count && f->back[f->back_at] < number)
		f->back_at++;
	return number == f->last_number || (f->back_at < f->back_count &&
		f->back[f->back_at] == number);
}

bool
packets_filter_has(struct packets_filter *f,
    const struct telltap_packet *packet)
{
	uint64_t before = packet_decoder_stats(f->decoder)->fragments;
	struct packet p;
	int err;

	if (f->slots && !f->ends_added)
		add_ends_of_time(f);
	if (f->all || !f->slots)
		return f->all;
	arena_reset(&f->arena, 1 << 20);
	err = packet_decode(f->decoder, packet, &f->arena, &p);
	if (packet_decoder_stats(f->decoder)->fragments > before)
		return true;
	return is_of_time(f, packet->number) ||
	       (!err && *find_slot(f->slots, f->mask,
			    hash_ends(&p.src, p.src_port, &p.dst, p.dst_port,
				p.proto)));
}
