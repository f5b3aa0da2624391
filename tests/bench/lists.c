// SPDX-License-Identifier: Apache-2.0
/*
 * Known files by the million:
 *
 *	lists make COUNT		a table of so many made-up files, as
 *					NSRL's: SHA-256, SHA-1, MD5, name, size
 *	lists ask INDEX COUNT		how long look-ups take in an index of it
 *
 * Half of what is asked is there. Then bytes of no structure, every offset of
 * which may be a hash.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "content/known/known_set.h"
#include "content/scan.h"

#define ASKED	(2u << 20)
#define ITEMS	64
#define ITEM_LEN	(1u << 20)

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 31;
	x *= 0x7fb5d329728ea185u;
	x ^= x >> 27;
	x *= 0x81dadef4bc2dd44du;
	return x ^ x >> 33;
}

/* Hash alg of file number n. */
static void
made_up(uint64_t n, unsigned alg, uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(mix(n * 64 + alg * 8 + i / 8 + 1) >>
		    i % 8 * 8);
}

static void
put_hex(uint64_t n, unsigned alg, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t hash[KNOWN_HASH_MAX_LEN];
	char text[2 * KNOWN_HASH_MAX_LEN];

	made_up(n, alg, hash, len);
	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[hash[i] >> 4];
		text[2 * i + 1] = digits[hash[i] & 15];
	}
	printf("\"%.*s\",", (int)(2 * len), text);
}

static int
make(uint64_t count)
{
	puts("\"SHA-256\",\"SHA-1\",\"MD5\",\"FileName\",\"FileSize\"");
	for (uint64_t n = 0; n < count; n++) {
		put_hex(n, KNOWN_SHA256, 32);
		put_hex(n, KNOWN_SHA1, 20);
		put_hex(n, KNOWN_MD5, 16);
		printf("\"file-%llu.dll\",%llu\n", (unsigned long long)n,
		    (unsigned long long)(n % 1000000));
	}
	return fflush(stdout) ? 1 : 0;
}

/* Processor time, so that what else the machine does matters little. */
static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
ask(const struct known *k, uint64_t count, enum known_hash alg)
{
	uint8_t hash[KNOWN_HASH_MAX_LEN];
	size_t same, found = 0;
	double t = now();

	for (uint64_t i = 0; i < ASKED; i++) {
		made_up(mix(i) % (2 * count), alg, hash, known_hash_len(alg));
		found += known_find_hash(k, alg, hash, &same) >= 0;
	}
	t = now() - t;
	printf("  %-7s %5.2f million look-ups a second, %.0f %% found\n",
	    known_hash_name(alg), ASKED / t / 1e6, 100.0 * found / ASKED);
	return found ? 0 : 1;
}

static int
look_through(const struct known *k)
{
	struct scan_hint hint = { .outbound = true };
	const struct scan_findings *f;
	uint8_t *p = malloc(ITEM_LEN);
	double t;

	if (!p)
		return 1;
	for (size_t i = 0; i < ITEM_LEN; i += 8) {
		uint64_t v = mix(~(uint64_t)i);

		memcpy(p + i, &v, 8);
	}
	t = now();
	for (int i = 0; i < ITEMS; i++) {
		struct scan *s = scan_new(k, &hint);

		scan_data(s, p, ITEM_LEN);
		scan_finish(s, true, &f);
		scan_free(s);
	}
	t = now() - t;
	printf("  bytes of no structure, every offset asked: %.0f MB/s\n",
	    ITEMS * (double)ITEM_LEN / t / 1e6);
	free(p);
	return 0;
}

int
main(int argc, char **argv)
{
	struct known *k;
	uint64_t count;
	int r = 1;

	if (argc == 3 && !strcmp(argv[1], "make"))
		return make(strtoull(argv[2], NULL, 10));
	if (argc != 4 || strcmp(argv[1], "ask"))
		return 2;
	count = strtoull(argv[3], NULL, 10);
	k = known_new();
	if (k && !known_add_path(k, argv[2]) && !known_seal(k))
		r = ask(k, count, KNOWN_SHA256) || ask(k, count, KNOWN_SHA1) ||
		    ask(k, count, KNOWN_MD5) || look_through(k);
	known_free(k);
	return r;
}
