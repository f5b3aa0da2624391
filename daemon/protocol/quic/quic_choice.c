// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_choice.h"

/* Packets on which others are tried: the first may be damaged, or another's. */
#define PACKETS_MAX	16

bool
quic_choice_sender(const struct quic_choice *c, unsigned n,
    struct quic_sender *ret)
{
	for (unsigned i = 0;; i++) {
		struct span secret = keylog_find_other(c->keys, c->label,
		    c->client_random, i);

		if (!secret.len)
			return false;
		for (unsigned s = 0; s < QUIC_SUITE_COUNT; s++) {
			enum quic_suite suite = (enum quic_suite)s;

			if ((c->suite != QUIC_SUITE_COUNT && c->suite != suite) ||
			    secret.len != quic_secret_len(suite) || n--)
				continue;
			*ret = (struct quic_sender){ .tried = true };
			quic_sender_init(ret, suite, c->version, secret);
			return true;
		}
	}
}

bool
quic_choice_goes_on(struct quic_sender *k)
{
	if (k->opened || k->choices == PACKETS_MAX)
		return false;
	k->choices++;
	return true;
}

void
quic_choice_settle(struct quic_sender *k, const struct quic_sender *other)
{
	quic_sender_clear(k);
	*k = *other;
}

int
quic_choice_open(struct quic_sender *k, const struct quic_choice *c,
    struct span packet, size_t pn_offset, uint64_t *next_pn, uint8_t *ret_plain,
    size_t *ret_len)
{
	int rc = quic_sender_open(k, c->version, packet, pn_offset, false, next_pn,
	    ret_plain, ret_len);
	struct quic_sender other;

	if (rc == 0 || !quic_choice_goes_on(k))
		return rc;
	for (unsigned n = 1; rc && quic_choice_sender(c, n, &other); n++) {
		rc = quic_sender_open(&other, c->version, packet, pn_offset, false,
		    next_pn, ret_plain, ret_len);
		if (rc == 0)
			quic_choice_settle(k, &other);
		else
			quic_sender_clear(&other);
	}
	return rc;
}
