// SPDX-License-Identifier: Apache-2.0
#include "kernel/guess.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define GUESSES_MAX 65536

struct guess {
	struct guess *next;		/* same local port and protocol */
	struct diag_socket socket;
	uint32_t owner;
	uint64_t seen_ns;
};

struct guesses {
	struct guess *by_port[2][65536];	/* TCP, UDP */
	size_t count;
};

struct guesses *
guesses_new(void)
{
	return calloc(1, sizeof(struct guesses));
}

void
guesses_free(struct guesses *gs)
{
	if (gs)
		guesses_sweep(gs, UINT64_MAX);
	free(gs);
}

static unsigned
table_of(uint8_t proto)
{
	return proto == 17;
}

static bool
same(const struct diag_socket *a, const struct diag_socket *b)
{
	return a->remote_port == b->remote_port &&
	       memcmp(a->local, b->local, 16) == 0 &&
	       memcmp(a->remote, b->remote, 16) == 0;
}

int
guesses_note(struct guesses *gs, const struct diag_socket *s, uint32_t owner,
    uint64_t now_ns)
{
	struct guess **head, *g;

	head = &gs->by_port[table_of(s->proto)][s->local_port];
	for (g = *head; g && !same(&g->socket, s); g = g->next)
		;
	if (!g) {
		if (gs->count >= GUESSES_MAX)
			return ERR_LIMIT;
		g = calloc(1, sizeof(*g));
		if (!g)
			return -ENOMEM;
		g->socket = *s;
		g->next = *head;
		*head = g;
		gs->count++;
	}
	g->owner = owner;
	g->seen_ns = now_ns;
	return 0;
}

static bool
fits(const uint8_t *have, const uint8_t *want)
{
	static const uint8_t any[16];

	return memcmp(have, any, 16) == 0 || memcmp(have, want, 16) == 0;
}

uint32_t
guesses_find(const struct guesses *gs, uint8_t proto, const uint8_t *local,
    uint16_t local_port, const uint8_t *remote, uint16_t remote_port)
{
	uint32_t found = 0;

	if (proto != 6 && proto != 17)
		return 0;
	for (const struct guess *g = gs->by_port[table_of(proto)][local_port];
	     g; g = g->next) {
		const struct diag_socket *s = &g->socket;

		if (!fits(s->local, local) || !fits(s->remote, remote) ||
		    (s->remote_port && s->remote_port != remote_port))
			continue;
		if (s->remote_port)
			return g->owner;
		found = g->owner;	/* unless a connected one comes */
	}
	return found;
}

void
guesses_sweep(struct guesses *gs, uint64_t before_ns)
{
	for (int table = 0; table < 2; table++)
		for (int port = 0; port < 65536; port++) {
			struct guess **at = &gs->by_port[table][port];

			while (*at) {
				struct guess *g = *at;

				if (g->seen_ns >= before_ns) {
					at = &g->next;
					continue;
				}
				*at = g->next;
				free(g);
				gs->count--;
			}
		}
}

size_t
guesses_count(const struct guesses *gs)
{
	return gs->count;
}
