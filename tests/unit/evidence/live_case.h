/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_EVIDENCE_LIVE_CASE_H
#define UNIT_EVIDENCE_LIVE_CASE_H

/* A case that grows, for the tests of cases that are cut short and of what they
 * hold. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "evidence/key.h"
#include "telltap/case.h"
#include "telltap/packet.h"
#include "telltap/verify.h"
#include "unit/evidence/put_packet.h"

static char base[40], dir[64], copy[64], key[64];
static char said[1 << 16];

static inline int
begin(void **state)
{
	struct note_signer signer;

	/* Syncing takes its time on a disk. */
	snprintf(base, sizeof(base), "%s/telltap-live-XXXXXX",
	    access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (!mkdtemp(base))
		return -1;
	snprintf(dir, sizeof(dir), "%s/case", base);
	snprintf(copy, sizeof(copy), "%s/copy", base);
	snprintf(key, sizeof(key), "%s/key", base);
	return key_make(&signer) || key_save(&signer, key);
}

static inline int
end(void **state)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

static inline void
hear(void *arg, enum telltap_check result, const char *text)
{
	size_t at = strlen(said);

	snprintf(said + at, sizeof(said) - at, "%d %s\n", (int)result, text);
}

static inline int
verify(const char *path)
{
	struct telltap_verify_options o = { .size = sizeof(o) };

	said[0] = 0;
	return telltap_verify(path, &o, hear, NULL);
}

static inline struct telltap_case_options
live(void)
{
	return (struct telltap_case_options){
		.size = sizeof(struct telltap_case_options),
		.key_path = key,
		.live = true,
	};
}

static inline void
put_line(struct telltap_case *c, const char *text)
{
	char line[512];
	int n = snprintf(line, sizeof(line),
	    "{\"@timestamp\":\"2026-01-02T03:04:05.000000006Z\",\"event\":{"
	    "\"action\":\"mark\",\"sequence\":7},\"telltap\":{"
	    "\"origin\":\"input\",\"text\":\"%s\"}}", text);

	assert_int_equal(telltap_case_event(c, line, (size_t)n), 0);
}

static inline bool
there(const char *in, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", in, name);
	return access(path, F_OK) == 0;
}

static inline off_t
size_of(const char *in, const char *name)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", in, name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static inline bool
holds(const char *in, const char *name, const char *text)
{
	static char data[1 << 20];
	char path[256];
	FILE *f;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", in, name);
	f = fopen(path, "r");
	assert_non_null(f);
	len = fread(data, 1, sizeof(data), f);
	fclose(f);
	return memmem(data, len, text, strlen(text)) != NULL;
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
