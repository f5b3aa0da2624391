// SPDX-License-Identifier: Apache-2.0
#include "content/walk/zip_crypt.h"

#include <string.h>
#include <zlib.h>

#define AES_ROUNDS	1000

static const char *const well_known[] = {
	"infected", "virus", "malware", "infected666", "password", "sample",
	"novirus", "Infected", NULL,
};

const char *
zip_password(const char *const *list, unsigned n)
{
	unsigned own = 0;

	while (list && list[own] && own < n)
		own++;
	return list && list[own] ? list[own] : well_known[n - own];
}

static uint32_t
crc_step(uint32_t crc, uint8_t c)
{
	return (uint32_t)get_crc_table()[(crc ^ c) & 0xff] ^ crc >> 8;
}

static void
update_keys(uint32_t key[3], uint8_t c)
{
	key[0] = crc_step(key[0], c);
	key[1] = (key[1] + (key[0] & 0xff)) * 134775813u + 1;
	key[2] = crc_step(key[2], (uint8_t)(key[1] >> 24));
}

static uint8_t
decrypt_byte(uint32_t key[3], uint8_t c)
{
	uint32_t t = (key[2] & 0xffff) | 2;

	c ^= (uint8_t)((t * (t ^ 1)) >> 8);
	update_keys(key, c);
	return c;
}

bool
zip_crypt_open(struct zip_crypt *c, const char *const *list,
    const uint8_t *head, uint8_t check, unsigned *next)
{
	const char *pw;

	while ((pw = zip_password(list, *next))) {
		uint8_t last = 0;

		(*next)++;
		*c = (struct zip_crypt){
			.key = { 0x12345678, 0x23456789, 0x34567890 },
		};
		for (const char *p = pw; *p; p++)
			update_keys(c->key, (uint8_t)*p);
		for (int i = 0; i < ZIP_CRYPT_HEAD; i++)
			last = decrypt_byte(c->key, head[i]);
		if (last == check)
			return true;
	}
	return false;
}

size_t
zip_aes_head_len(unsigned strength)
{
	return 4 + 4 * (size_t)strength + 2;
}

bool
zip_aes_open(struct zip_crypt *c, const char *const *list,
    const uint8_t *head, unsigned strength)
{
	const EVP_CIPHER *cipher = strength == 1 ? EVP_aes_128_ecb() :
	    strength == 2 ? EVP_aes_192_ecb() : EVP_aes_256_ecb();
	int salt_len = (int)(4 + 4 * strength), key_len = salt_len * 2;
	uint8_t out[2 * 32 + 2];
	const char *pw;

	*c = (struct zip_crypt){ .pad_used = 16 };
	for (unsigned i = 0; (pw = zip_password(list, i)); i++) {
		if (!PKCS5_PBKDF2_HMAC_SHA1(pw, (int)strlen(pw), head,
		    salt_len, AES_ROUNDS, 2 * key_len + 2, out))
			return false;
		if (memcmp(out + 2 * key_len, head + salt_len, 2))
			continue;
		c->aes = EVP_CIPHER_CTX_new();
		if (c->aes && EVP_EncryptInit_ex(c->aes, cipher, NULL, out,
		    NULL))
			return true;
		zip_crypt_clear(c);
		return false;
	}
	return false;
}

void
zip_crypt_clear(struct zip_crypt *c)
{
	EVP_CIPHER_CTX_free(c->aes);
	c->aes = NULL;
}

static void
next_pad(struct zip_crypt *c)
{
	int n;

	/* a counter from 1, its lowest byte first */
	for (int i = 0; i < 16 && !++c->counter[i]; i++)
		;
	EVP_EncryptUpdate(c->aes, c->pad, &n, c->counter, 16);
	c->pad_used = 0;
}

void
zip_decrypt(struct zip_crypt *c, const uint8_t *p, size_t len,
    uint8_t *ret_out)
{
	for (size_t i = 0; i < len; i++) {
		if (!c->aes) {
			ret_out[i] = decrypt_byte(c->key, p[i]);
			continue;
		}
		if (c->pad_used == 16)
			next_pad(c);
		ret_out[i] = p[i] ^ c->pad[c->pad_used++];
	}
}
