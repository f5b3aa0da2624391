/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_EVIDENCE_VERIFIED_CASE_H
#define TESTS_EVIDENCE_VERIFIED_CASE_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
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
#include <openssl/evp.h>

#include "telltap/case.h"
#include "telltap/packet.h"
#include "telltap/verify.h"
#include "unit/evidence/put_packet.h"

/* What the tests of verifying share: a case in a folder of its own, and what is said
 * of it. */

#define FILES_MAX 32

static char base[32], dir[64];
static char paths[FILES_MAX][256];
static size_t path_count;

/* What a run said, for tests to look into. */
static char said_bad[65536], said_all[65536];

static inline void
hear(void *arg, enum telltap_check result, const char *text)
{
	char *all = said_all + strlen(said_all);

	snprintf(all, sizeof(said_all) - (size_t)(all - said_all), "%d %s\n",
	    (int)result, text);
	if (result == TELLTAP_CHECK_BAD) {
		char *bad = said_bad + strlen(said_bad);

		snprintf(bad, sizeof(said_bad) - (size_t)(bad - said_bad),
		    "%s\n", text);
	}
}

static inline int
verify(const char *vkey, const char *since)
{
	struct telltap_verify_options o = {
		.size = sizeof(o),
		.vkey_path = vkey,
		.since_path = since,
	};

	said_bad[0] = said_all[0] = 0;
	return telltap_verify(dir, &o, hear, NULL);
}

static inline void
put_event(struct telltap_case *c, unsigned sequence)
{
	char line[256];
	int n = snprintf(line, sizeof(line),
	    "{\"@timestamp\":\"2026-01-02T03:04:05.000000006Z\",\"event\":{"
	    "\"action\":\"mark\",\"sequence\":%u},\"telltap\":{"
	    "\"origin\":\"input\"}}", sequence);

	assert_int_equal(telltap_case_event(c, line, (size_t)n), 0);
}

static inline void
make_case(unsigned lines)
{
	struct telltap_case *c;

	assert_int_equal(telltap_case_create(dir, &c), 0);
	for (unsigned i = 0; i < lines; i++)
		put_event(c, i);
	assert_int_equal(telltap_case_add(c, "report.html", "<p>", 3), 0);
	put_packet(c, 1);
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
}

static inline int
begin(void **state)
{
	strcpy(base, "/tmp/telltap-verify-XXXXXX");
	if (!mkdtemp(base))
		return -1;
	snprintf(dir, sizeof(dir), "%s/case", base);
	return 0;
}

static inline int
end(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

static inline int
list_file(const char *path, const struct stat *st, int type)
{
	if (type == FTW_F && path_count < FILES_MAX)
		snprintf(paths[path_count++], sizeof(*paths), "%s", path);
	return 0;
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
