/* SPDX-License-Identifier: Apache-2.0 */
#ifndef E2E_STORM_LEDGER_H
#define E2E_STORM_LEDGER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e2e/storm.h"
#include "kernel/heads.h"
#include "kernel/process.h"
#include "kernel/tap.h"

/*
 * What the tap handed out, put together per tuple, to be held against what the
 * storm wrote down. Connections on the same tuple follow each other: each SYN
 * begins one.
 */

#define CONNECTION_OWNERS 8

#define STREAM_MAX	32768

struct stream {
	bool known;
	uint32_t start;			/* sequence number */
	uint32_t bytes, end;		/* end - bytes are in gaps */
	uint8_t seen[STREAM_MAX / 8];
};

struct connection {
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
	uint8_t kind;
	bool matched;
	struct stream out, in;		/* TCP */
	uint64_t sent, packets;		/* UDP */
	const struct tap_owner_info *owners[CONNECTION_OWNERS];
	struct connection *next;	/* same hash, newest first */
};

/* The kernel's count comes when the socket is done, maybe before its packets
 * were handed out. */
struct kernel_count {
	struct tap_socket_count count;
	struct kernel_count *next;	/* same hash, newest first */
};

#define LEDGER_SLOTS 65536

struct ledger {
	struct connection *slots[LEDGER_SLOTS];
	struct connection *fragmented[256];	/* by IP's identification */
	struct kernel_count *counts[LEDGER_SLOTS];
};

enum {
	LEDGER_FINE,
	LEDGER_DECOY,
};

static struct ledger *
ledger_new(void)
{
	return calloc(1, sizeof(struct ledger));
}

static void
ledger_free(struct ledger *l)
{
	for (int i = 0; i < LEDGER_SLOTS; i++) {
		for (struct connection *c = l->slots[i], *next; c; c = next) {
			next = c->next;
			free(c);
		}
		for (struct kernel_count *k = l->counts[i], *next; k;
		     k = next) {
			next = k->next;
			free(k);
		}
	}
	free(l);
}

static struct connection **
ledger_slot(struct ledger *l, uint16_t local_port, uint16_t remote_port)
{
	return &l->slots[(local_port * 31u + remote_port) & 0xffff];
}

static bool
ledger_same(const struct connection *c, uint8_t kind, const uint8_t *local,
    const uint8_t *remote, uint16_t local_port, uint16_t remote_port)
{
	return c->kind == kind && c->local_port == local_port &&
	       c->remote_port == remote_port &&
	       memcmp(c->local, local, 16) == 0 &&
	       memcmp(c->remote, remote, 16) == 0;
}

static struct connection *
ledger_newest(struct ledger *l, uint8_t kind, const uint8_t *local,
    const uint8_t *remote, uint16_t local_port, uint16_t remote_port,
    bool begins)
{
	struct connection **slot = ledger_slot(l, local_port, remote_port), *c;

	for (c = *slot; c && !begins; c = c->next)
		if (ledger_same(c, kind, local, remote, local_port,
			remote_port))
			return c;
	c = calloc(1, sizeof(*c));
	c->kind = kind;
	c->local_port = local_port;
	c->remote_port = remote_port;
	memcpy(c->local, local, 16);
	memcpy(c->remote, remote, 16);
	c->next = *slot;
	*slot = c;
	return c;
}

/* Marks the bytes of a segment; on lo, segments sent on different processors
 * may overtake each other. */
static void
ledger_mark(struct stream *st, uint32_t seq, uint32_t len)
{
	uint32_t at;

	if (!st->known) {
		st->known = true;
		st->start = seq;
	}
	at = seq - st->start;
	for (uint32_t i = at; i < at + len && i < STREAM_MAX; i++) {
		uint8_t bit = 1 << (i & 7);

		st->bytes += !(st->seen[i >> 3] & bit);
		st->seen[i >> 3] |= bit;
	}
	if (len && at < STREAM_MAX && at + len > st->end)
		st->end = at + len;
}

static uint32_t
ledger_seq(const uint8_t *tcp)
{
	return (uint32_t)tcp[4] << 24 | tcp[5] << 16 | tcp[6] << 8 | tcp[7];
}

static bool
ledger_is_elsewhere(const struct stream *st, uint32_t seq)
{
	return st->known && seq + 1 - st->start > STREAM_MAX;
}

static void
ledger_tcp(struct connection *c, const uint8_t *tcp, uint32_t len, bool out)
{
	uint32_t head = (tcp[12] >> 4) * 4u;
	bool syn = tcp[13] & 2;

	ledger_mark(out ? &c->out : &c->in, ledger_seq(tcp) + syn,
	    len > head ? len - head : 0);
}

/* An unconnected socket's tuple may be used by one process after another. */
static void
ledger_note_owner(struct connection *c, const struct tap_owner_info *owner)
{
	int i;

	for (i = 0; i < CONNECTION_OWNERS - 1 && c->owners[i]; i++)
		if (c->owners[i] == owner)
			return;
	c->owners[i] = owner;
}

static uint8_t
ledger_kind(uint8_t proto)
{
	switch (proto) {
	case 6:
		return STORM_TCP;
	case 17:
		return STORM_UDP;
	case 1:
		return STORM_ICMP;
	case 132:
		return STORM_SCTP;
	default:
		return STORM_RAW;
	}
}

static bool
ledger_is_mark(const uint8_t *payload, uint32_t len)
{
	return len > 0 && strchr(DECOY_MARK, payload[0]);
}

static int
ledger_tcp_packet(struct ledger *l, struct connection *c, const uint8_t *l4,
    uint32_t len, bool out)
{
	uint32_t head = (l4[12] >> 4) * 4u;

	ledger_tcp(c, l4, len, out);
	return out && len > head && ledger_is_mark(l4 + head, len - head) ?
		   LEDGER_DECOY :
		   LEDGER_FINE;
}

static int
ledger_packet(struct ledger *l, const struct telltap_packet *p,
    const struct tap_owner_info *owner)
{
	bool out = p->flags & TELLTAP_PACKET_OUTBOUND;
	const uint8_t *ip = p->data + 14, *l4;
	struct connection *c;
	struct heads h;
	uint32_t len, head;
	bool begins;

	if (heads_read(p->data, p->cap_len, p->link_type, &h))
		return LEDGER_FINE;
	l4 = ip + (ip[0] >> 4 == 4 ? (ip[0] & 15) * 4 : 40);
	len = (ip[0] >> 4 == 4 ? ip[2] << 8 | ip[3] :
				 40 + (ip[4] << 8 | ip[5])) - (l4 - ip);
	if (h.fragment == 2) {
		c = l->fragmented[h.fragment_id & 255];
		if (c && out)
			c->sent += len;
		return LEDGER_FINE;
	}
	begins = h.proto == 6 && out && (l4[13] & 0x12) == 2;
	c = ledger_newest(l, ledger_kind(h.proto), out ? h.src : h.dst,
	    out ? h.dst : h.src, out ? h.sport : h.dport,
	    h.proto == 1 ? 0 : out ? h.dport : h.sport, begins);
	/* A passed socket's SYN was not ours to see. */
	if (h.proto == 6 && !begins &&
	    ledger_is_elsewhere(out ? &c->out : &c->in, ledger_seq(l4)))
		c = ledger_newest(l, STORM_TCP, c->local, c->remote,
		    c->local_port, c->remote_port, true);
	ledger_note_owner(c, owner);
	c->packets++;
	if (h.proto == 6)
		return ledger_tcp_packet(l, c, l4, len, out);
	if (!out)
		return LEDGER_FINE;
	if (h.fragment == 1)
		l->fragmented[h.fragment_id & 255] = c;
	head = h.proto == 17 || h.proto == 1 ? 8 : 0;
	/* SCTP's chunks are not taken apart: that it is seen must do. */
	if (h.proto == 132) {
		c->sent = UINT64_MAX / 2;
		return LEDGER_FINE;
	}
	c->sent += len - head;
	return ledger_is_mark(l4 + head, len - head) ? LEDGER_DECOY :
						       LEDGER_FINE;
}

static void
ledger_count(struct ledger *l, const struct tap_socket_count *count)
{
	struct kernel_count *k = calloc(1, sizeof(*k)), **slot;

	slot = &l->counts[(count->local_port * 31u + count->remote_port) &
			  0xffff];
	k->count = *count;
	k->next = *slot;
	*slot = k;
}

/* The oldest of that tuple; it is used up. */
static struct tap_socket_count *
ledger_kernel(struct ledger *l, const struct storm_act *a)
{
	struct kernel_count *found = NULL;

	for (struct kernel_count *k = l->counts[(a->local_port * 31u +
						    a->remote_port) & 0xffff];
	     k; k = k->next)
		if (k->count.proto == 6 && !k->count.live &&
		    k->count.local_port == a->local_port &&
		    k->count.remote_port == a->remote_port &&
		    memcmp(k->count.local, a->local, 16) == 0 &&
		    memcmp(k->count.remote, a->remote, 16) == 0)
			found = k;
	if (!found)
		return NULL;
	found->count.proto = 0;
	return &found->count;
}

/* Oldest first, for acts are written down in the order they were made. */
static struct connection *
ledger_oldest(struct ledger *l, const struct storm_act *a)
{
	struct connection *found = NULL;

	for (struct connection *c = *ledger_slot(l, a->local_port,
		 a->remote_port);
	     c; c = c->next)
		if (!c->matched && ledger_same(c, a->kind, a->local, a->remote,
				       a->local_port, a->remote_port))
			found = c;
	return found;
}

static const char *const way_names[STORM_WAYS] = { "plain", "forked", "child",
	"execed",
	"passed", "io_uring", "old", "reused port", "rush", "ping", "by header",
	"large", "MPTCP", "new netns", "frame" };
static const char *const kind_names[STORM_KINDS] = { "", "TCP", "UDP", "ICMP",
	"raw", "SCTP" };

static bool
ledger_owner_fits(const struct storm_act *a, const struct tap_owner_info *o)
{
	if (o->process->pid != (pid_t)a->pid)
		return false;
	switch (a->way) {
	case STORM_OLD:
		return o->source == TAP_SOURCE_ITERATOR;
	case STORM_FORKED:
		return true;
	case STORM_REUSED:
		return a->kind == STORM_TCP || o->certainty == TAP_EXACT;
	case STORM_PASSED:
		return o->certainty == TAP_AMBIGUOUS;
	default:
		return o->certainty == TAP_EXACT &&
		       o->source == TAP_SOURCE_KERNEL;
	}
}

/* TCP packets all have the one owner; of UDP's, one must be the sender. */
static bool
ledger_owner_right(const struct storm_act *a, const struct connection *c)
{
	bool found = false;

	for (int i = 0; i < CONNECTION_OWNERS && c->owners[i]; i++) {
		bool fits = ledger_owner_fits(a, c->owners[i]);

		if (!fits && a->kind == STORM_TCP)
			return false;
		found |= fits;
	}
	return found;
}

struct ledger_sum {
	uint64_t acts, missed, wrong_bytes, wrong_kernel, wrong_owner;
	uint64_t begin_ns, end_ns;
};

static void
ledger_one(struct ledger *l, const struct storm_act *a, struct ledger_sum *s)
{
	struct connection *c = ledger_oldest(l, a);
	struct tap_socket_count *k;

	s->acts++;
	if (!s->begin_ns || a->begin_ns < s->begin_ns)
		s->begin_ns = a->begin_ns;
	if (a->end_ns > s->end_ns)
		s->end_ns = a->end_ns;
	if (!c) {
		s->missed++;
		return;
	}
	if (!ledger_owner_right(a, c))
		s->wrong_owner++;
	/* Datagrams on one tuple are summed; the acts take their share. */
	if (a->kind != STORM_TCP) {
		if (c->sent < a->sent) {
			s->missed++;
			return;
		}
		c->sent -= a->sent;
		return;
	}
	c->matched = true;
	if (c->out.bytes != a->sent || c->out.end != a->sent ||
	    c->in.bytes != a->received || c->in.end != a->received) {
		if (s->wrong_bytes++ < 2)
			printf("  port %u sent %u to %u of %llu, received %u to %u "
			       "of %llu\n", a->local_port, c->out.bytes, c->out.end,
			    (unsigned long long)a->sent, c->in.bytes,
			    c->in.end, (unsigned long long)a->received);
	}
	k = ledger_kernel(l, a);
	if (k && k->tx_bytes + k->tx_pending == a->sent &&
	    k->rx_bytes == a->received)
		return;
	if (s->wrong_kernel++ < 2)
		printf("  the kernel counts %lld and %llu of %llu sent, %llu of "
		       "%llu received\n",
		    k ? (long long)k->tx_bytes : -1,
		    k ? (unsigned long long)k->tx_pending : 0,
		    (unsigned long long)a->sent,
		    k ? (unsigned long long)k->rx_bytes : 0,
		    (unsigned long long)a->received);
}

/* Of the acts that were timed. */
static void
ledger_print_rate(const char *path)
{
	uint64_t acts = 0, begin_ns = UINT64_MAX, end_ns = 0;
	struct storm_act a;
	FILE *f = fopen(path, "r");

	while (f && fread(&a, sizeof(a), 1, f) == 1) {
		if (!a.end_ns)
			continue;
		acts++;
		if (a.begin_ns < begin_ns)
			begin_ns = a.begin_ns;
		if (a.end_ns > end_ns)
			end_ns = a.end_ns;
	}
	if (f)
		fclose(f);
	if (acts)
		printf("  %llu acts alone at %.0f a second\n",
		    (unsigned long long)acts,
		    acts * 1e9 / (end_ns - begin_ns));
}

/* How many kinds of act were not as they should be. */
static uint64_t
ledger_compare(struct ledger *l, const char *path)
{
	struct ledger_sum sums[STORM_KINDS][STORM_WAYS] = { 0 };
	uint64_t faults = 0;
	struct storm_act a;
	FILE *f = fopen(path, "r");

	if (!f) {
		perror(path);
		return 1;
	}
	while (fread(&a, sizeof(a), 1, f) == 1)
		ledger_one(l, &a, &sums[a.kind][a.way]);
	fclose(f);
	for (int kind = STORM_TCP; kind < STORM_KINDS; kind++)
		for (int way = 0; way < STORM_WAYS; way++) {
			struct ledger_sum *s = &sums[kind][way];
			bool bad = s->missed || s->wrong_bytes ||
				   s->wrong_kernel || s->wrong_owner;

			if (!s->acts)
				continue;
			faults += bad;
			printf("  %-4s %-11s %6llu acts: missed %llu, bytes "
			       "wrong %llu, kernel's count wrong %llu, owner "
			       "wrong %llu%s\n",
			    kind_names[kind], way_names[way],
			    (unsigned long long)s->acts,
			    (unsigned long long)s->missed,
			    (unsigned long long)s->wrong_bytes,
			    (unsigned long long)s->wrong_kernel,
			    (unsigned long long)s->wrong_owner,
			    bad ? "  FAILED" : "");
			if (s->end_ns)
				printf("       at %.0f a second\n", s->acts * 1e9 /
				    (s->end_ns - s->begin_ns));
		}
	return faults;
}

#endif
