// SPDX-License-Identifier: Apache-2.0
#include "evidence/log/note.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#define ED25519		0x01	/* type byte of signed-note keys */
#define SIGNATURE_LEN	64
#define DASH		"\xe2\x80\x94 "
#define DASH_LEN	4

/* SHA-256(name || 0x0a || 0x01 || public key), its first four bytes. */
static int
make_id(struct note_key *key)
{
	uint8_t text[NOTE_NAME_MAX + 2 + 32], hash[32];
	size_t len = strlen(key->name);

	memcpy(text, key->name, len);
	text[len++] = '\n';
	text[len++] = ED25519;
	memcpy(text + len, key->public_key, 32);
	if (EVP_Digest(text, len + 32, hash, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	memcpy(key->id, hash, sizeof(key->id));
	return 0;
}

int
note_name_key(const uint8_t public_key[static 32], struct note_key *ret_key)
{
	struct note_key key = { .name = "telltap/" };
	size_t at = strlen(key.name);
	uint8_t hash[32];
	int err;

	memcpy(key.public_key, public_key, 32);
	if (EVP_Digest(public_key, 32, hash, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	for (size_t i = 0; i < 16; i++, at += 2)
		snprintf(key.name + at, 3, "%02x", hash[i]);
	err = make_id(&key);
	if (!err)
		*ret_key = key;
	return err;
}

int
note_signer_init(const uint8_t seed[static 32],
    struct note_signer *ret_signer)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    seed, 32);
	struct note_signer s;
	size_t len = 32;
	uint8_t public_key[32];
	int err = -ENOMEM;

	if (pkey && EVP_PKEY_get_raw_public_key(pkey, public_key, &len) == 1)
		err = note_name_key(public_key, &s.key);
	EVP_PKEY_free(pkey);
	if (err)
		return err;
	memcpy(s.seed, seed, 32);
	*ret_signer = s;
	return 0;
}

void
note_write_vkey(const struct note_key *key, struct buf *out)
{
	uint8_t typed[33] = { ED25519 };

	memcpy(typed + 1, key->public_key, 32);
	buf_printf(out, "%s+%02x%02x%02x%02x+", key->name, key->id[0],
	    key->id[1], key->id[2], key->id[3]);
	note_write_base64(typed, sizeof(typed), out);
}

/* A name is not empty and has neither spaces nor plus signs; those beyond
 * ASCII are not looked for. */
static int
read_name(struct span name, struct note_key *key)
{
	if (!name.len || name.len > NOTE_NAME_MAX)
		return ERR_MALFORMED;
	for (size_t i = 0; i < name.len; i++)
		if (name.p[i] <= ' ' || name.p[i] == '+' || name.p[i] == 0x7f)
			return ERR_MALFORMED;
	memcpy(key->name, name.p, name.len);
	key->name[name.len] = 0;
	return 0;
}

int
note_read_vkey(struct span text, struct note_key *ret_key)
{
	const uint8_t *plus = text.len ? memchr(text.p, '+', text.len) : NULL;
	struct note_key key;
	struct span rest;
	uint8_t typed[33];
	char id[9];
	int err;

	if (!plus)
		return ERR_MALFORMED;
	err = read_name((struct span){ text.p, (size_t)(plus - text.p) },
	    &key);
	if (err)
		return err;
	rest = (struct span){ plus + 1, text.len - strlen(key.name) - 1 };
	if (rest.len < 9 || rest.p[8] != '+')
		return ERR_MALFORMED;
	err = note_read_base64((struct span){ rest.p + 9, rest.len - 9 },
	    typed, sizeof(typed));
	if (err < 1)
		return ERR_MALFORMED;
	if (typed[0] != ED25519)
		return ERR_UNSUPPORTED;
	if (err != sizeof(typed))
		return ERR_MALFORMED;
	memcpy(key.public_key, typed + 1, 32);
	err = make_id(&key);
	if (err)
		return err;
	snprintf(id, sizeof(id), "%02x%02x%02x%02x", key.id[0], key.id[1],
	    key.id[2], key.id[3]);
	if (memcmp(id, rest.p, 8))
		return ERR_MALFORMED;
	*ret_key = key;
	return 0;
}

int
note_sign(const struct note_signer *signer, struct span text, struct buf *out)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    signer->seed, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[4 + SIGNATURE_LEN];
	size_t len = SIGNATURE_LEN;
	int err = -EIO;

	memcpy(sig, signer->key.id, 4);
	if (pkey && ctx &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	    EVP_DigestSign(ctx, sig + 4, &len, text.p, text.len) == 1)
		err = 0;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	if (err)
		return err;
	buf_append(out, text.p, text.len);
	buf_printf(out, "\n" DASH "%s ", signer->key.name);
	note_write_base64(sig, sizeof(sig), out);
	buf_u8(out, '\n');
	return out->failed ? -ENOMEM : 0;
}

static int
check_signature(const struct note_key *key, struct span text,
    const uint8_t *sig)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
	    key->public_key, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int err = -ENOMEM;

	if (pkey && ctx &&
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1)
		err = EVP_DigestVerify(ctx, sig, SIGNATURE_LEN, text.p,
			  text.len) == 1 ? 0 : -EBADMSG;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return err;
}

/* Text and signatures are parted by the last empty line. */
static int
split(struct span note, struct span *ret_text, struct span *ret_signatures)
{
	size_t at = note.len;

	if (note.len < 3 || note.len > NOTE_MAX_LEN ||
	    note.p[note.len - 1] != '\n' || memchr(note.p, 0, note.len))
		return ERR_MALFORMED;
	for (at = note.len - 2; at > 0; at--)
		if (note.p[at] == '\n' && note.p[at - 1] == '\n')
			break;
	if (!at || at + 1 == note.len)
		return ERR_MALFORMED;
	*ret_text = (struct span){ note.p, at };
	*ret_signatures = (struct span){ note.p + at + 1, note.len - at - 1 };
	return 0;
}

int
note_text(struct span note, struct span *ret_text)
{
	struct span signatures;

	return split(note, ret_text, &signatures);
}

/* One signature line: 0 if it is key's and holds, -ENOKEY if another's. */
static int
check_line(struct span line, const struct note_key *key, struct span text)
{
	uint8_t sig[512];
	const uint8_t *space;
	struct span name;
	int len;

	if (line.len < DASH_LEN || memcmp(line.p, DASH, DASH_LEN))
		return ERR_MALFORMED;
	line = (struct span){ line.p + DASH_LEN, line.len - DASH_LEN };
	space = line.len ? memchr(line.p, ' ', line.len) : NULL;
	if (!space || space == line.p)
		return ERR_MALFORMED;
	name = (struct span){ line.p, (size_t)(space - line.p) };
	len = note_read_base64((struct span){ space + 1,
				   line.len - name.len - 1 },
	    sig, sizeof(sig));
	if (len < 5)
		return ERR_MALFORMED;
	if (!span_eq(name, span_str(key->name)) || memcmp(sig, key->id, 4))
		return -ENOKEY;
	if (len != 4 + SIGNATURE_LEN)
		return ERR_MALFORMED;
	return check_signature(key, text, sig + 4);
}

int
note_open(struct span note, const struct note_key *key, struct span *ret_text)
{
	struct span text, signatures, line;
	unsigned count = 0;
	bool found = false;
	int err = split(note, &text, &signatures);

	if (err)
		return err;
	while (signatures.len) {
		if (count++ == NOTE_SIGNATURES_MAX ||
		    note_read_line(&signatures, &line))
			return ERR_MALFORMED;
		err = check_line(line, key, text);
		if (err && err != -ENOKEY)
			return err;
		/* Nobody signs twice: the second line was put there. */
		if (found && !err)
			return ERR_MALFORMED;
		found |= !err;
	}
	if (!found)
		return -ENOKEY;
	*ret_text = text;
	return 0;
}
