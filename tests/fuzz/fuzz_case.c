// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evidence/log/tlog_hash.h"
#include "telltap/case.h"
#include "telltap/verify.h"

/*
 * A sound case in which one file is replaced, with or without a manifest that
 * fits: it must not verify. The first byte says which file and whether.
 */

#define LINE "{\"@timestamp\":\"2026-01-02T03:04:05.000000006Z\",\"event\":{" \
	     "\"action\":\"input\",\"sequence\":0},\"telltap\":{\"origin\":\"input\"}}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[8] = {
	"data/events.jsonl", "data/log/checkpoint", "data/log/tile/0/000.p/2",
	"data/log/vkey", "data/salt", "manifest-sha256.txt", "bag-info.txt",
	"tagmanifest-sha256.txt",
};
static const char *const tags[3] = { "bag-info.txt", "bagit.txt",
				     "manifest-sha256.txt" };
static char dir[64], was[8][4096];
static size_t was_len[8];

static void
say(void *arg, enum telltap_check result, const char *text)
{
}

static void
put(const char *name, const void *data, size_t len)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		abort();
}

static size_t
get(const char *name, char *data, size_t max)
{
	char path[128];
	FILE *f;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (!f)
		abort();
	len = fread(data, 1, max, f);
	fclose(f);
	return len;
}

static void
put_hash(FILE *to, const char *name)
{
	static char data[1 << 20];
	struct tlog_hasher h;
	uint8_t hash[32];
	size_t len = get(name, data, sizeof(data));

	if (tlog_hasher_init(&h))
		abort();
	tlog_hash_begin(&h);
	tlog_hash_add(&h, data, len);
	tlog_hash_end(&h, hash);
	tlog_hasher_clear(&h);
	for (int i = 0; i < 32; i++)
		fprintf(to, "%02x", hash[i]);
	fprintf(to, "  %s\n", name);
}

static void
rebag(const char *const *list, int count, const char *name)
{
	char text[4096] = "";
	FILE *to = fmemopen(text, sizeof(text), "w");

	for (int i = 0; i < count; i++)
		put_hash(to, list[i]);
	fclose(to);
	put(name, text, strlen(text));
}

static void
make(void)
{
	struct telltap_case *c;

	snprintf(dir, sizeof(dir), "/tmp/telltap-fuzz-XXXXXX");
	if (!mkdtemp(dir) || telltap_case_create(dir, &c) ||
	    telltap_case_event(c, LINE, strlen(LINE)) ||
	    telltap_case_finish(c))
		abort();
	telltap_case_free(c);
	for (int i = 0; i < 8; i++)
		was_len[i] = get(names[i], was[i], sizeof(was[i]));
}

static void
clean(void)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command))
		fprintf(stderr, "%s: left there\n", dir);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct telltap_verify_options o = { .size = sizeof(o) };
	unsigned i = size ? data[0] & 7 : 0;
	int want;

	if (!dir[0]) {
		make();
		atexit(clean);
	}
	if (!size || size > 65536)
		return 0;
	put(names[i], data + 1, size - 1);
	want = size - 1 != was_len[i] || memcmp(data + 1, was[i], size - 1);
	if (data[0] & 8 && i < 7) {
		if (i != 5)
			rebag(names, 5, names[5]);
		rebag(tags, 3, names[7]);
		/* Only the log is signed, not the notes on the bag. */
		want = want && i < 6;
	}
	if (telltap_verify(dir, &o, say, NULL) != want)
		if (want || i != 6)
			abort();
	for (i = 0; i < 8; i++)
		put(names[i], was[i], was_len[i]);
	return 0;
}
