// SPDX-License-Identifier: Apache-2.0
/*
 * Avast's own protocols, of which only the frames are described: over TCP,
 * "NOSA" and the frame's length (BE16); over UDP, Secure DNS, whose names are
 * enciphered. They are named here, so that what can't be read is at least known
 * for whose it is.
 */
#include <string.h>

#include "content/walk/walkers.h"

#define NOSA_HEAD	6u
#define SECURE_AT	11u

struct avast_state {
	uint64_t left;		/* of the frame */
	uint64_t inside;	/* bytes that nobody can read */
	uint8_t head[NOSA_HEAD];
	size_t head_len;
	bool broken;
};

static uint64_t
frame_len(const uint8_t *p)
{
	return (uint64_t)p[4] << 8 | p[5];
}

bool
nosa_fits(const uint8_t *p, size_t len, bool whole)
{
	return len >= NOSA_HEAD && !memcmp(p, "NOSA", 4) &&
	       frame_len(p) >= NOSA_HEAD && (!whole || frame_len(p) <= len);
}

bool
secure_dns_fits(const uint8_t *p, size_t len)
{
	static const char mark[] = "\0\1\x32\x09" "securedns";

	return len > SECURE_AT + sizeof(mark) - 1 &&
	       !memcmp(p + SECURE_AT, mark, sizeof(mark) - 1);
}

static bool
nosa_open(struct scan_node *n)
{
	scan_limit(n->s, "Avast's own protocol (NOSA): what its frames hold "
			 "is not described");
	return true;
}

static void
nosa_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct avast_state *st = n->state;

	for (size_t i = 0; i < len && !st->broken;) {
		uint64_t run = len - i;

		if (st->left) {
			run = run < st->left ? run : st->left;
			st->left -= run;
			st->inside += run;
			i += (size_t)run;
			continue;
		}
		st->head[st->head_len++] = p[i++];
		if (st->head_len < NOSA_HEAD)
			continue;
		st->head_len = 0;
		st->broken = !nosa_fits(st->head, NOSA_HEAD, false);
		st->left = frame_len(st->head) - NOSA_HEAD;
	}
}

static void
nosa_close(struct scan_node *n)
{
	const struct avast_state *st = n->state;

	n->parsed = !st->broken && !st->left && !st->head_len;
	n->s->notes[n->item].undeciphered = st->inside;
}

const struct walker walker_nosa = {
	.name = "nosa",
	.state_len = sizeof(struct avast_state),
	.open = nosa_open,
	.data = nosa_data,
	.close = nosa_close,
};

static bool
secure_dns_open(struct scan_node *n)
{
	scan_limit(n->s, "Avast Secure DNS: the names asked for are "
			 "enciphered");
	return true;
}

static void
secure_dns_data(struct scan_node *n, const uint8_t *p, size_t len)
{
}

static void
secure_dns_close(struct scan_node *n)
{
	n->s->notes[n->item].undeciphered = n->size;
}

const struct walker walker_secure_dns = {
	.name = "securedns",
	.state_len = sizeof(struct avast_state),
	.open = secure_dns_open,
	.data = secure_dns_data,
	.close = secure_dns_close,
};
