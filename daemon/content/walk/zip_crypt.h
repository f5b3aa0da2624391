/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_ZIP_CRYPT_H
#define CONTENT_ZIP_CRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "content/known/known.h"
#include "content/walk/zip_header.h"

/*
 * Encrypted zip entries: the old stream cipher and WinZip's AES. Samples travel
 * under a few well-known passwords; those are tried, and those that were given;
 * nothing is guessed.
 */

#define ZIP_CRYPT_HEAD	12	/* of the old cipher */
#define ZIP_AES_TAG	10	/* behind the data */

struct zip_crypt {
	uint32_t key[3];
	EVP_CIPHER_CTX *aes;
	uint8_t counter[16], pad[16];
	unsigned pad_used;
};

/* Password number n: those of a list, NULL behind its last, and then the known
 * ones; list may be NULL. NULL behind the last. */
const char *zip_password(const char *const *list, unsigned n);

/* Head: the 12 bytes before the data; check: what the last must decrypt to.
 * Tries passwords from number *next on and says in *next where to go on; false
 * if no more of them fits. */
bool zip_crypt_open(struct zip_crypt *c, const char *const *list,
    const uint8_t *head, uint8_t check, unsigned *next);

/* Where several passwords fit, the first data decide between them; of what is
 * stored all of it, by its checksum, if it is not longer. */
#define ZIP_TRIAL_LEN		4096
#define ZIP_TRIAL_STORED	(64u << 10)

struct zip_trial {
	uint8_t head[ZIP_CRYPT_HEAD];
	uint8_t *data;			/* of want bytes; NULL: no trial */
	size_t len, want;
	const char *const *list;	/* of passwords */
};

/* False: there is nothing to decide, or no memory to do it. */
bool zip_trial_begin(struct zip_trial *t, const struct zip_entry *e,
    uint8_t check, const uint8_t *head, const char *const *list);

/* With t->want bytes in t->data, or all there are. Known content (NULL: none)
 * decides where nothing else tells what stands in the entry. */
void zip_trial(struct zip_trial *t, const struct zip_entry *e, uint8_t check,
    const struct known *known, struct zip_crypt *ret_crypt);

void zip_trial_clear(struct zip_trial *t);

/* Salt and two bytes of check as they stand; strength 1 to 3. */
size_t zip_aes_head_len(unsigned strength);
bool zip_aes_open(struct zip_crypt *c, const char *const *list,
    const uint8_t *head, unsigned strength);

void zip_crypt_clear(struct zip_crypt *c);
void zip_decrypt(struct zip_crypt *c, const uint8_t *p, size_t len,
    uint8_t *ret_out);

#endif
