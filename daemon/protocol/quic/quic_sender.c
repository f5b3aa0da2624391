// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_sender.h"

#include <string.h>

#define KEY_PHASE	0x04

/* How far behind a loss is looked for what follows: phases, and windows of
 * packet numbers. */
#define PHASES_AHEAD	6
#define WINDOWS_AHEAD	32
/* Packets that do not open, until only a few of them are looked for. */
#define SEARCHES	16

/* A packet without its header protection. */
struct bare {
	struct span packet;
	size_t pn_offset;
	struct quic_header header;
	uint8_t *plain;
};

/* The phase after the one whose secret this is. */
static int
prepare_next(struct quic_sender *k, uint32_t version, const uint8_t *secret)
{
	enum quic_suite suite = (enum quic_suite)k->suite;
	int rc = quic_secret_update(suite, version, secret, k->next_secret);

	if (rc == 0)
		rc = quic_keys_derive(suite, version, k->next_secret,
		    &k->next);
	memcpy(k->next.hp, k->now.hp, sizeof(k->next.hp));
	return rc;
}

void
quic_sender_init(struct quic_sender *k, enum quic_suite suite, uint32_t version,
    struct span secret)
{
	if (suite == QUIC_SUITE_COUNT || secret.len != quic_secret_len(suite))
		return;
	k->suite = (uint8_t)suite;
	k->ready = quic_keys_derive(suite, version, secret.p, &k->now) == 0 &&
	    prepare_next(k, version, secret.p) == 0;
}

static int
advance(struct quic_sender *k, uint32_t version)
{
	uint8_t secret[QUIC_SECRET_MAX];

	k->phase = !k->phase;
	k->old = k->now;
	k->has_old = true;
	k->now = k->next;
	memcpy(secret, k->next_secret, sizeof(secret));
	return prepare_next(k, version, secret);
}

void
quic_sender_clear(struct quic_sender *k)
{
	quic_crypt_clear(&k->crypt);
}

static int
open_with(struct quic_sender *k, const struct quic_keys *keys,
    const struct bare *b, size_t *ret_len)
{
	return quic_open(&k->crypt, keys, b->packet, b->pn_offset, &b->header,
	    b->plain, ret_len);
}

static int
open_expected(struct quic_sender *k, uint32_t version, const struct bare *b,
    bool other_phase, size_t *ret_len)
{
	int rc;

	if (!other_phase)
		return open_with(k, &k->now, b, ret_len);
	rc = open_with(k, &k->next, b, ret_len);
	if (rc == 0)
		return advance(k, version);
	return k->has_old ? open_with(k, &k->old, b, ret_len) : rc;
}

/* Several updates were in what was lost. */
static int
search_phases(struct quic_sender *k, uint32_t version, const struct bare *b,
    size_t *ret_len)
{
	bool phase = b->header.first & KEY_PHASE;
	struct quic_sender later = *k;

	for (unsigned i = 1; i <= PHASES_AHEAD; i++) {
		if (advance(&later, version))
			break;
		if (i == 1 || later.phase != phase ||
		    open_with(k, &later.now, b, ret_len))
			continue;
		later.crypt = k->crypt;
		*k = later;
		return 0;
	}
	return ERR_MALFORMED;
}

/* More packets were lost than the cut number can tell. */
static int
search_numbers(struct quic_sender *k, uint32_t version, struct bare *b,
    bool other_phase, size_t *ret_len)
{
	uint64_t pn = b->header.pn;
	int rc = ERR_MALFORMED;

	for (unsigned i = 1; i <= WINDOWS_AHEAD && rc; i++) {
		b->header.pn = pn + ((uint64_t)i << 8 * b->header.pn_len);
		rc = open_expected(k, version, b, other_phase, ret_len);
	}
	if (rc)
		b->header.pn = pn;
	return rc;
}

bool
quic_sender_may_search(const struct quic_sender *k)
{
	return k->failures < SEARCHES || !(k->failures & (k->failures - 1));
}

/* Of the header protection bare, true if it is of another phase than k. */
static int
make_bare(struct quic_sender *k, bool phases, uint64_t next_pn,
    struct bare *b, bool *ret_other)
{
	int rc = quic_unprotect_header(&k->crypt, &k->now, b->packet,
	    b->pn_offset, next_pn, &b->header);

	if (rc == 0)
		*ret_other = phases &&
		    !!(b->header.first & KEY_PHASE) != k->phase;
	return rc;
}

static void
note_opened(struct quic_sender *k, const struct bare *b, uint64_t *next_pn)
{
	k->failures = 0;
	k->opened = true;
	if (b->header.pn >= *next_pn)
		*next_pn = b->header.pn + 1;
}

int
quic_sender_open(struct quic_sender *k, uint32_t version, struct span packet,
    size_t pn_offset, bool phases, uint64_t *next_pn, uint8_t *ret_plain,
    size_t *ret_len)
{
	struct bare b = { packet, pn_offset, { 0 }, ret_plain };
	bool other;
	int rc = make_bare(k, phases, *next_pn, &b, &other);

	if (rc == 0)
		rc = open_expected(k, version, &b, other, ret_len);
	if (rc == 0)
		note_opened(k, &b, next_pn);
	return rc;
}

int
quic_sender_search(struct quic_sender *k, uint32_t version, struct span packet,
    size_t pn_offset, bool phases, uint64_t *next_pn, uint8_t *ret_plain,
    size_t *ret_len)
{
	struct bare b = { packet, pn_offset, { 0 }, ret_plain };
	bool other;
	int rc;

	k->failures++;
	if (!quic_sender_may_search(k))
		return ERR_MALFORMED;
	rc = make_bare(k, phases, *next_pn, &b, &other);
	if (rc)
		return rc;
	rc = search_numbers(k, version, &b, other, ret_len);
	if (rc && phases)
		rc = search_phases(k, version, &b, ret_len);
	if (rc == 0)
		note_opened(k, &b, next_pn);
	return rc;
}
