/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SOURCE_FOLDER_H
#define TESTS_SOURCE_FOLDER_H

/* A folder of captures for tests of the source, and what is read from it. */

#include "capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/source.h"

static char dir[64];		/* of the test, empty before each */

static inline char *
in_dir(const char *name)
{
	static char path[4][128];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static inline void
save(const char *name, const struct buf *b)
{
	FILE *f = fopen(in_dir(name), "wb");

	assert_non_null(f);
	if (b->len)
		assert_int_equal(fwrite(b->data, 1, b->len, f), b->len);
	fclose(f);
}

/* A pcap of count packets, the first at first_s, then step_s apart. The
 * packet's length says which file it is from. */
static inline void
save_pcap(const char *name, uint32_t first_s, uint32_t step_s, uint32_t count,
    uint32_t len)
{
	struct buf b;

	buf_init(&b, 0);
	big = false;
	put_file_header(&b, 0xa1b2c3d4, 1);
	for (uint32_t i = 0; i < count; i++)
		put_record(&b, first_s + i * step_s, 0, len, len);
	save(name, &b);
	buf_clear(&b);
}

static inline void
save_text(const char *name, const char *text)
{
	struct buf b;

	buf_init(&b, 0);
	buf_str(&b, text);
	save(name, &b);
	buf_clear(&b);
}

struct taken {
	size_t count;
	uint32_t seconds[20000];
	uint32_t lens[20000];
	int end;
};

static struct taken taken;

static inline void
take(struct telltap_source *src)
{
	const struct telltap_packet *p;
	uint64_t number = 0;
	size_t n;

	taken.count = 0;
	while ((taken.end = telltap_source_next(src, &p, &n)) == 0) {
		for (size_t i = 0; i < n; i++) {
			assert_true(p[i].number > number);
			number = p[i].number;
			assert_true(taken.count < 20000);
			taken.seconds[taken.count] =
			    (uint32_t)(p[i].ts_ns / 1000000000);
			taken.lens[taken.count++] = p[i].cap_len;
			/* the byte says that the data is the packet's */
			assert_int_equal(p[i].data[0],
			    (uint8_t)(p[i].ts_ns / 1000000000));
		}
	}
}

static inline struct telltap_source *
open_paths(const struct telltap_source_options *o, const char *a, const char *b)
{
	const char *paths[] = { a, b };
	struct telltap_source *src = NULL;
	int r = telltap_source_open(paths, b ? 2 : 1, o, &src);

	if (r < 0)
		fail_msg("%s", telltap_source_error(NULL));
	return src;
}

static inline void
refuses(const struct telltap_source_options *o, const char *path,
    const char *want)
{
	struct telltap_source *src = NULL;

	assert_true(telltap_source_open(&path, 1, o, &src) < 0);
	assert_null(src);
	if (!strstr(telltap_source_error(NULL), want))
		fail_msg("\"%s\" does not say \"%s\"",
		    telltap_source_error(NULL), want);
}

static inline int
make_dir(void **state)
{
	strcpy(dir, "/tmp/telltap-source-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static inline int
drop_dir(void **state)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

#define with_dir(f) cmocka_unit_test_setup_teardown(f, make_dir, drop_dir)

#endif
