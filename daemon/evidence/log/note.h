/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_NOTE_H
#define EVIDENCE_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

/*
 * C2SP signed notes with Ed25519 (c2sp.org/signed-note) and the checkpoints
 * written in them (c2sp.org/tlog-checkpoint): how a log's state is signed. What
 * is read may be hostile, and only the one way to write a thing is read.
 */

#define NOTE_NAME_MAX		255u
#define NOTE_MAX_LEN		65536u
#define NOTE_SIGNATURES_MAX	64u

/* A public key and its name. */
struct note_key {
	char name[NOTE_NAME_MAX + 1];
	uint8_t id[4];
	uint8_t public_key[32];
};

struct note_signer {
	struct note_key key;
	uint8_t seed[32];
};

struct note_checkpoint {
	struct span origin;
	uint64_t size;
	uint8_t root[32];
};

/* Names a key as telltap does: "telltap/" and the first 16 bytes of the public
 * key's SHA-256 in hex. */
int note_name_key(const uint8_t public_key[static 32],
    struct note_key *ret_key) must_check;

/* The signer of a private key's seed, named by note_name_key(). */
int note_signer_init(const uint8_t seed[static 32],
    struct note_signer *ret_signer) must_check;

/* "name+hex+base64", without a newline. */
void note_write_vkey(const struct note_key *key, struct buf *out);

/* ERR_MALFORMED; ERR_UNSUPPORTED if it is no Ed25519 key. */
int note_read_vkey(struct span text, struct note_key *ret_key) must_check;

/* text, which ends in a newline, an empty line, and the signature. */
int note_sign(const struct note_signer *signer, struct span text,
    struct buf *out) must_check;

/*
 * note_open - the text of a note, borrowed from it, if key signed it.
 *
 * ERR_MALFORMED: no note. -ENOKEY: no signature by that key; -EBADMSG: one that
 * does not hold. Signatures by others are passed over.
 */
int note_open(struct span note, const struct note_key *key,
    struct span *ret_text) must_check;

/* The text of a note without any look at its signatures. */
int note_text(struct span note, struct span *ret_text) must_check;

void note_write_checkpoint(const struct note_checkpoint *c, struct buf *out);
int note_read_checkpoint(struct span text, struct note_checkpoint *ret_c)
    must_check;

/* Base64 as RFC 4648 has it, with padding. Reading takes no other way to write
 * the same bytes; returns the length, at most max, or ERR_MALFORMED. */
void note_write_base64(const uint8_t *data, size_t len, struct buf *out);
int note_read_base64(struct span text, uint8_t *ret_data, size_t max)
    must_check;

/* Takes a line and its newline off the front of *text. ERR_MALFORMED without
 * a newline. */
int note_read_line(struct span *text, struct span *ret_line) must_check;

/* Decimal digits without leading zeros, up to INT64_MAX. */
int note_read_number(struct span text, uint64_t *ret_number) must_check;

#endif
