// SPDX-License-Identifier: Apache-2.0
/*
 * The manifest's signature. What is signed is a line that says what it is, and
 * the manifest as it is without it; the signature is the last member, and only
 * the one way to write it is read:
 *
 *	,"signature":{"key":"telltap/...","public_key":"...","value":"..."}}
 *
 * The key's name is that of the logs that it signs: "telltap/" and the first 16
 * bytes of the public key's SHA-256, in hex.
 */
#include "canary/set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#define WHAT		"telltap canaries 1\n"
#define PUBLIC_LEN	32
#define VALUE_LEN	64
#define TAIL_SIZE	512

static void
write_hex(char *to, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		snprintf(to + 2 * i, 3, "%02x", bytes[i]);
}

static int
name_key(const uint8_t public_key[static PUBLIC_LEN],
    char ret_name[static SET_SIGNER_SIZE])
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	if (!EVP_Digest(public_key, PUBLIC_LEN, digest, NULL, EVP_sha256(),
		NULL))
		return -EIO;
	strcpy(ret_name, "telltap/");
	write_hex(ret_name + 8, digest, 16);
	return 0;
}

/* Everything from the comma on. */
static int
write_tail(const uint8_t public_key[static PUBLIC_LEN],
    const uint8_t value[static VALUE_LEN], char ret_tail[static TAIL_SIZE])
{
	char name[SET_SIGNER_SIZE], key[2 * PUBLIC_LEN + 1];
	char hex[2 * VALUE_LEN + 1];
	int r = name_key(public_key, name);

	if (r)
		return r;
	write_hex(key, public_key, PUBLIC_LEN);
	write_hex(hex, value, VALUE_LEN);
	snprintf(ret_tail, TAIL_SIZE, ",\"signature\":{\"key\":\"%s\","
	    "\"public_key\":\"%s\",\"value\":\"%s\"}}\n", name, key, hex);
	return 0;
}

/* The bytes that are signed: text is the manifest up to the comma. */
static int
write_message(const uint8_t *text, size_t len, struct buf *ret)
{
	buf_init(ret, 0);
	buf_str(ret, WHAT);
	buf_append(ret, text, len);
	buf_str(ret, "}\n");
	return ret->failed ? -ENOMEM : 0;
}

static int
sign(const uint8_t seed[static 32], const struct buf *message,
    uint8_t ret_key[static PUBLIC_LEN], uint8_t ret_value[static VALUE_LEN])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    seed, 32);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t key_len = PUBLIC_LEN, len = VALUE_LEN;
	int ok = key && md &&
	    EVP_PKEY_get_raw_public_key(key, ret_key, &key_len) == 1 &&
	    EVP_DigestSignInit(md, NULL, NULL, NULL, key) == 1 &&
	    EVP_DigestSign(md, ret_value, &len, message->data,
		message->len) == 1;

	EVP_MD_CTX_free(md);
	EVP_PKEY_free(key);
	return ok ? 0 : -EIO;
}

int
set_sign(const uint8_t seed[static 32], struct buf *manifest)
{
	uint8_t key[PUBLIC_LEN], value[VALUE_LEN];
	char tail[TAIL_SIZE];
	struct buf message;
	int r;

	if (manifest->failed || manifest->len < 2 ||
	    memcmp(manifest->data + manifest->len - 2, "}\n", 2))
		return -EINVAL;
	r = write_message(manifest->data, manifest->len - 2, &message);
	if (!r)
		r = sign(seed, &message, key, value);
	if (!r)
		r = write_tail(key, value, tail);
	buf_clear(&message);
	if (r)
		return r;
	manifest->len -= 2;
	buf_str(manifest, tail);
	return manifest->failed ? -ENOMEM : 0;
}

static bool
read_hex(const char *hex, uint8_t *ret, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < 2 * len; i++) {
		const char *at = hex[i] ? strchr(digits, hex[i]) : NULL;

		if (!at)
			return false;
		ret[i / 2] = (uint8_t)(ret[i / 2] << 4 | (at - digits));
	}
	return true;
}

/* The tail's bytes, if it is one. */
static bool
read_tail(const char *tail, uint8_t ret_key[static PUBLIC_LEN],
    uint8_t ret_value[static VALUE_LEN])
{
	const char *key = strstr(tail, "\"public_key\":\"");
	const char *value = strstr(tail, "\"value\":\"");
	char again[TAIL_SIZE];

	return key && value &&
	    read_hex(key + strlen("\"public_key\":\""), ret_key, PUBLIC_LEN) &&
	    read_hex(value + strlen("\"value\":\""), ret_value, VALUE_LEN) &&
	    !write_tail(ret_key, ret_value, again) && !strcmp(tail, again);
}

static int
verify(const uint8_t key[static PUBLIC_LEN],
    const uint8_t value[static VALUE_LEN], const struct buf *message)
{
	EVP_PKEY *k = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key,
	    PUBLIC_LEN);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	int ok = k && md && EVP_DigestVerifyInit(md, NULL, NULL, NULL, k) == 1 &&
	    EVP_DigestVerify(md, value, VALUE_LEN, message->data,
		message->len) == 1;

	EVP_MD_CTX_free(md);
	EVP_PKEY_free(k);
	return ok ? 0 : -EBADMSG;
}

int
set_check_signature(const uint8_t *text, size_t len,
    char ret_signer[static SET_SIGNER_SIZE])
{
	uint8_t key[PUBLIC_LEN] = { 0 }, value[VALUE_LEN] = { 0 };
	char tail[TAIL_SIZE];
	struct buf message;
	size_t tail_len;
	int r;

	/* All tails are as long as this one. */
	r = write_tail(key, value, tail);
	if (r)
		return r;
	tail_len = strlen(tail);
	if (len <= tail_len)
		return -EBADMSG;
	memcpy(tail, text + len - tail_len, tail_len);
	if (!read_tail(tail, key, value))
		return -EBADMSG;
	r = write_message(text, len - tail_len, &message);
	if (!r)
		r = verify(key, value, &message);
	buf_clear(&message);
	return r ? r : name_key(key, ret_signer);
}
