// SPDX-License-Identifier: Apache-2.0
/*
 * How fast readable content is looked through, beside SHA-256 and grep -F on
 * the same bytes:
 *
 *	content [FILES [BYTES_PER_FILE [MIB_OF_STREAM [STREAM]]]]
 *
 * The known files are made up; streams are noise, text and known files, or the
 * one that is named.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <openssl/evp.h>

#include "content/known/known_set.h"
#include "content/known/match.h"
#include "content/scan.h"

#define PIECE	16384

/* Processor time, so that what else the machine does matters little. */
static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
now_children(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
noise(uint8_t *p, size_t len, uint64_t seed)
{
	uint64_t x = seed * 0x9E3779B97F4A7C15u + 1;

	for (size_t i = 0; i + 8 <= len; i += 8) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(p + i, &x, 8);
	}
}

static void
text(uint8_t *p, size_t len)
{
	static const char *const words[] = {
		"the ", "process ", "of ", "file\n", "value=", "system ",
		"time: ", "and ", "12.5 ", "report ", "cloud ", "\"id\" ",
	};
	uint64_t x = 88172645463325252u;
	size_t n = 0;

	while (n < len) {
		const char *w;
		size_t l;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		w = words[x % 12];
		l = strlen(w);
		l = l < len - n ? l : len - n;
		memcpy(p + n, w, l);
		n += l;
	}
}

static double
time_match(const struct known *k, const uint8_t *p, size_t len)
{
	struct matcher *m = matcher_new(k);
	double t = now();

	for (size_t i = 0; i < len; i += PIECE)
		matcher_data(m, p + i, len - i < PIECE ? len - i : PIECE);
	matcher_end(m);
	t = now() - t;
	matcher_free(m);
	return t;
}

static double
time_scan(const struct known *k, const uint8_t *p, size_t len)
{
	struct scan_hint hint = { .outbound = true };
	struct scan *s = scan_new(k, &hint);
	const struct scan_findings *f;
	double t = now();

	for (size_t i = 0; i < len; i += PIECE)
		scan_data(s, p + i, len - i < PIECE ? len - i : PIECE);
	scan_finish(s, true, &f);
	t = now() - t;
	scan_free(s);
	return t;
}

static double
time_sha256(const uint8_t *p, size_t len)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	uint8_t out[32];
	double t = now();

	EVP_DigestInit_ex(c, EVP_sha256(), NULL);
	for (size_t i = 0; i < len; i += PIECE)
		EVP_DigestUpdate(c, p + i, len - i < PIECE ? len - i : PIECE);
	EVP_DigestFinal_ex(c, out, NULL);
	EVP_MD_CTX_free(c);
	return now() - t;
}

static double
time_grep(const uint8_t *p, size_t len)
{
	char path[] = "/tmp/telltap-bench-XXXXXX", line[256];
	int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "wb");
	double t;

	if (!f || fwrite(p, 1, len, f) != len || fclose(f))
		return -1;
	snprintf(line, sizeof(line),
	    "LC_ALL=C grep -aqF 0123456789abcdef0123456789abcdef %s", path);
	t = now_children();
	if (system(line) < 0)
		t = -1;
	t = now_children() - t;
	remove(path);
	return t;
}

static void
report(const char *what, const struct known *k, const uint8_t *p, size_t len)
{
	double gb = (double)len / 1e9, best[4] = { 1e9, 1e9, 1e9, 1e9 };

	for (int i = 0; i < 3; i++) {
		double t[4] = { time_match(k, p, len), time_scan(k, p, len),
			time_sha256(p, len), time_grep(p, len) };

		for (int j = 0; j < 4; j++)
			best[j] = t[j] < best[j] ? t[j] : best[j];
	}
	printf("%-12s match %6.2f  scan %6.2f  sha256 %6.2f  grep -F %6.2f "
	    "GB/s\n", what, gb / best[0], gb / best[1], gb / best[2],
	    gb / best[3]);
}

static void
report_tiny(const struct known *k)
{
	struct scan_hint hint = {
		.outbound = true,
		.method = SPAN_LITERAL("GET"),
		.target = SPAN_LITERAL("/v1/update/check?version=12&lang=en"),
	};
	const struct scan_findings *f;
	int n = 200000;
	double t = now();

	for (int i = 0; i < n; i++) {
		struct scan *s = scan_new(k, &hint);

		scan_finish(s, true, &f);
		scan_free(s);
	}
	printf("a GET without a body: %.0f ns\n", (now() - t) / n * 1e9);
}

static bool
is_asked(const char *stream, const char *only)
{
	return !only || !strcmp(stream, only);
}

int
main(int argc, char **argv)
{
	size_t files = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	size_t size = argc > 2 ? strtoul(argv[2], NULL, 10) : 8192;
	size_t len = (argc > 3 ? strtoul(argv[3], NULL, 10) : 256) << 20;
	const char *only = argc > 4 ? argv[4] : NULL;
	uint8_t *p = malloc(len), *one = malloc(size + 8);
	struct known *k = known_new();
	double t = now();

	if (!p || !one || !k)
		return 2;
	for (size_t i = 0; i < files; i++) {
		char name[32];

		noise(one, size, i + 1);
		snprintf(name, sizeof(name), "f%zu", i);
		if (known_add_bytes(k, name, one, size))
			return 2;
	}
	printf("%zu files of %zu bytes hashed: %.2f GB/s\n", files, size,
	    (double)(files * size) / 1e9 / (now() - t));
	t = now();
	if (known_seal(k))
		return 2;
	printf("index: %zu anchors, one in %.1f bytes, %.1f bytes each, built "
	    "in %.2f s\n", known_index_anchors(k->index),
	    (double)(files * size) / (double)known_index_anchors(k->index),
	    (double)known_index_bytes(k->index) /
	    (double)known_index_anchors(k->index), now() - t);
	noise(p, len, 1u << 30);
	if (is_asked("noise", only))
		report("noise", k, p, len);
	text(p, len);
	if (is_asked("text", only))
		report("text", k, p, len);
	for (size_t i = 0; i + size <= len; i += size)
		noise(p + i, size, i / size % files + 1);
	if (is_asked("known", only))
		report("known files", k, p, len);
	report_tiny(k);
	known_free(k);
	scan_thread_end();
	free(p);
	free(one);
	return 0;
}
