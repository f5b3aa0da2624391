// SPDX-License-Identifier: Apache-2.0
/*
 * decrypt [MEGABYTES]
 *
 * Bytes a second of opening TLS records of 16 KiB, AES-128-GCM and AES-256-GCM
 * and ChaCha20-Poly1305, by libcrypto alone and by telltap's tls_crypt_open(),
 * in turns; the ratio to quote is the median.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/evp.h>

#include "protocol/tls/tls_crypt.h"
#include "protocol/tls/tls_keys.h"

#define RECORD_LEN	16384
#define ROUNDS		9

static uint8_t plain[RECORD_LEN + 1], sealed[RECORD_LEN + 1 + 16];
static uint8_t opened[TLS_PLAIN_MAX];
static const uint8_t header[5] = { 23, 3, 3, (RECORD_LEN + 17) >> 8,
	(RECORD_LEN + 17) & 255 };
static const uint8_t zero_secret[48];

struct keys {
	uint8_t key[32], iv[12];
	const EVP_CIPHER *cipher;
};

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "decrypt: %s failed\n", what);
	exit(2);
}

static void
nonce_of(const struct keys *k, uint64_t seq, uint8_t nonce[static 12])
{
	memcpy(nonce, k->iv, 12);
	for (int i = 0; i < 8; i++)
		nonce[4 + i] ^= (uint8_t)(seq >> (56 - 8 * i));
}

/* The record of that number, which both sides open again and again. */
static void
seal(const struct keys *k, uint64_t seq)
{
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	uint8_t nonce[12];
	int n;

	plain[RECORD_LEN] = 23;
	nonce_of(k, seq, nonce);
	check(EVP_EncryptInit_ex2(x, k->cipher, k->key, nonce, NULL) &&
	    EVP_EncryptUpdate(x, NULL, &n, header, 5) &&
	    EVP_EncryptUpdate(x, sealed, &n, plain, sizeof(plain)) &&
	    EVP_EncryptFinal_ex(x, sealed + n, &n) &&
	    EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_GET_TAG, 16,
		sealed + sizeof(plain)), "sealing");
	EVP_CIPHER_CTX_free(x);
}

static double
by_libcrypto(const struct keys *k, unsigned count)
{
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	uint8_t nonce[12];
	double start;
	int n;

	nonce_of(k, 0, nonce);
	check(EVP_DecryptInit_ex2(x, k->cipher, k->key, nonce, NULL), "a key");
	start = now();
	for (unsigned i = 0; i < count; i++)
		check(EVP_DecryptInit_ex2(x, NULL, NULL, nonce, NULL) &&
		    EVP_DecryptUpdate(x, NULL, &n, header, 5) &&
		    EVP_DecryptUpdate(x, opened, &n, sealed, sizeof(plain)) &&
		    EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_SET_TAG, 16,
			sealed + sizeof(plain)) &&
		    EVP_DecryptFinal_ex(x, opened + n, &n) > 0, "libcrypto");
	start = now() - start;
	EVP_CIPHER_CTX_free(x);
	return start;
}

static double
by_telltap(const struct tls_suite *suite, unsigned count)
{
	struct span secret = { zero_secret, suite->prf[3] == '3' ? 48 : 32 };
	struct tls_crypt *c = tls_crypt_new13(suite, secret);
	size_t len;
	double start;

	check(c != NULL, "a key");
	start = now();
	for (unsigned i = 0; i < count; i++) {
		tls_crypt_expect(c, 0);
		check(tls_crypt_open(c, header, (struct span){ sealed,
		    sizeof(sealed) }, opened, &len) == 0, "telltap");
	}
	start = now() - start;
	tls_crypt_free(c);
	return start;
}

static int
by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
measure(uint16_t id, const EVP_CIPHER *cipher, unsigned count)
{
	struct keys k = { .cipher = cipher };
	double theirs[ROUNDS], ours[ROUNDS], ratio[ROUNDS];
	double bytes = (double)count * RECORD_LEN;
	struct tls_suite suite;
	struct span secret;

	check(tls_suite_find(0x0304, id, false, &suite) == 0, "a suite");
	secret = (struct span){ zero_secret, suite.prf[3] == '3' ? 48 : 32 };
	check(tls_expand_label(&suite, secret, "key", k.key,
	    suite.key_len) == 0 && tls_expand_label(&suite, secret, "iv", k.iv,
	    sizeof(k.iv)) == 0, "a key");
	seal(&k, 0);
	for (int i = 0; i < ROUNDS; i++) {
		theirs[i] = by_libcrypto(&k, count);
		ours[i] = by_telltap(&suite, count);
		ratio[i] = theirs[i] / ours[i];
	}
	qsort(theirs, ROUNDS, sizeof(*theirs), by_number);
	qsort(ours, ROUNDS, sizeof(*ours), by_number);
	qsort(ratio, ROUNDS, sizeof(*ratio), by_number);
	printf("%-20s libcrypto %5.2f GB/s, telltap %5.2f GB/s, of it %.2f "
	    "(%.2f-%.2f)\n", suite.cipher, bytes / theirs[ROUNDS / 2] / 1e9,
	    bytes / ours[ROUNDS / 2] / 1e9, ratio[ROUNDS / 2], ratio[0],
	    ratio[ROUNDS - 1]);
}

int
main(int argc, char **argv)
{
	unsigned megabytes = argc > 1 ? (unsigned)atoi(argv[1]) : 200;
	unsigned count = megabytes * (1000000 / RECORD_LEN);

	if (!count)
		count = 1;
	measure(0x1301, EVP_aes_128_gcm(), count);
	measure(0x1302, EVP_aes_256_gcm(), count);
	measure(0x1303, EVP_chacha20_poly1305(), count);
	return 0;
}
