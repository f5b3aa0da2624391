/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_DNS_PAIRING_H
#define PROTOCOL_DNS_PAIRING_H

#include <stdint.h>

/*
 * The questions of a DNS connection that have no answer yet, the oldest first,
 * and which of them an answer belongs to: by ID, name and type, and asked by the
 * other side. Used by the DNS layer. Messages are borrowed.
 */
struct dns_message;
struct message;

#define DNS_ASKED_MAX	64

struct dns_asked {
	struct message *message;	/* NULL: the sink had no memory for it */
	uint64_t ts_ns;
	uint32_t name_hash;
	uint16_t id;
	uint8_t side;
};

struct dns_pairing {
	unsigned count, cap;
	struct dns_asked *list;	/* oldest first */
	struct dns_asked first;		/* room for one, mostly all */
};

/* p stays where it is until it is cleared. */
void dns_pairing_init(struct dns_pairing *p);
void dns_pairing_clear(struct dns_pairing *p);

/* m, which has a question, was asked. Returns its place, still without a message;
 * NULL if memory is out, or DNS_ASKED_MAX are there. */
struct dns_asked *dns_pairing_add(struct dns_pairing *p, unsigned side,
    const struct dns_message *m, uint64_t ts_ns);

/* The index of the question that m of that side answers, or -1. */
int dns_pairing_find(const struct dns_pairing *p, unsigned side,
    const struct dns_message *m);

void dns_pairing_remove(struct dns_pairing *p, unsigned index);

#endif
