// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_held.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/guess.h"
#include "kernel/heads.h"

#define HOLD_NS	   200000000ull
#define FORGET_NS  3000000000ull
#define SWEEP_NS   1000000000ull
#define HELD_MAX   65536
#define HELD_BYTES (64u << 20)

struct held {
	struct telltap_packet packet;
	size_t at; /* of its bytes */
};

/* A queue over a ring of bytes. */
struct tap_held {
	struct guesses *guesses;
	uint64_t swept_ns;
	struct held *held;
	size_t first, count, tail;
	uint8_t *bytes;
};

struct tap_held *
tap_held_new(void)
{
	struct tap_held *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->guesses = guesses_new();
	h->held = malloc(HELD_MAX * sizeof(*h->held));
	h->bytes = malloc(HELD_BYTES);
	if (h->guesses && h->held && h->bytes)
		return h;
	tap_held_free(h);
	return NULL;
}

void
tap_held_free(struct tap_held *h)
{
	if (!h)
		return;
	guesses_free(h->guesses);
	free(h->held);
	free(h->bytes);
	free(h);
}

int
tap_held_guess(struct tap_held *h, const struct diag_socket *s, uint32_t owner,
    uint64_t now_ns)
{
	return guesses_note(h->guesses, s, owner, now_ns);
}

bool
tap_held_put(struct tap_held *h, const struct telltap_packet *packet)
{
	size_t at = h->count ? h->tail : 0, limit = HELD_BYTES;
	struct held *to;

	/* Bytes lie in one piece; what is left at the end is passed over. */
	if (h->count && h->held[h->first].at >= at) {
		limit = h->held[h->first].at;
	} else if (limit - at < packet->cap_len) {
		at = 0;
		limit = h->held[h->first].at;
	}
	if (h->count == HELD_MAX || limit - at < packet->cap_len)
		return false;
	to = &h->held[(h->first + h->count++) % HELD_MAX];
	to->packet = *packet;
	to->at = at;
	if (packet->cap_len)
		memcpy(h->bytes + at, packet->data, packet->cap_len);
	h->tail = at + packet->cap_len;
	return true;
}

static uint32_t
guess(const struct tap_held *held, const struct telltap_packet *p,
    uint16_t *ret_flags)
{
	const struct guesses *gs = held->guesses;
	struct heads h;
	uint32_t owner;

	if (heads_read(p->data, p->cap_len, p->link_type, &h) ||
	    h.fragment == 2)
		return 0;
	*ret_flags = TELLTAP_PACKET_OUTBOUND;
	owner = guesses_find(gs, h.proto, h.src, h.sport, h.dst, h.dport);
	if (owner)
		return owner;
	*ret_flags = TELLTAP_PACKET_INBOUND;
	return guesses_find(gs, h.proto, h.dst, h.dport, h.src, h.sport);
}

bool
tap_held_take(
    struct tap_held *h, uint64_t now_ns, struct telltap_packet *ret_packet)
{
	struct held *from = &h->held[h->first];

	if (now_ns - h->swept_ns > SWEEP_NS) {
		h->swept_ns = now_ns;
		guesses_sweep(h->guesses, now_ns - FORGET_NS);
	}
	/* Farther ahead than that it is of a clock that was set back. */
	if (!h->count || (from->packet.ts_ns + HOLD_NS > now_ns &&
			     from->packet.ts_ns < now_ns + HOLD_NS))
		return false;
	*ret_packet = from->packet;
	ret_packet->data = h->bytes + from->at;
	ret_packet->owner = guess(h, ret_packet, &ret_packet->flags);
	h->first = (h->first + 1) % HELD_MAX;
	h->count--;
	return true;
}

size_t
tap_held_count(const struct tap_held *h)
{
	return h->count;
}
