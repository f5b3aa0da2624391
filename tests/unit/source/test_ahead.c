// SPDX-License-Identifier: Apache-2.0
#include "capture.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <zlib.h>

#include "source/ahead.h"
#include "source/source.h"

/* Some parts, and a bit; what is read before the threads begin is in it. */
#define FILE_LEN	(6u << 20)

static char path[64];		/* of the test, removed after each */

/* Records of many lengths, some above what fits in front of a part. */
static void
put_records(struct buf *b)
{
	uint32_t n = 0;

	big = false;
	put_file_header(b, 0xa1b2c3d4, 1);
	while (b->len < FILE_LEN) {
		uint32_t len = n % 50 == 49 ? 100000 + n * 997 % 150000 :
		    1 + n * 131 % 3000;

		put_record(b, n + 1, n, len, len);
		n++;
	}
}

static void
save(const uint8_t *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	fclose(f);
}

static void
save_packed(const uint8_t *data, size_t len)
{
	gzFile f = gzopen(path, "wb1");

	assert_non_null(f);
	assert_int_equal(gzwrite(f, data, (unsigned)len), len);
	assert_int_equal(gzclose(f), Z_OK);
}

struct sum {
	uint64_t packets, bytes, hash;
	int status;
	char error[128];
};

/* All of the file, every byte of it. */
static struct sum
read_all(unsigned threads)
{
	const struct telltap_source_options o = { .size = sizeof(o),
		.read_ahead = threads };
	const char *paths[] = { path };
	const struct telltap_source_file *f;
	const struct telltap_packet *p;
	struct telltap_source *src;
	struct sum s = { .hash = 14695981039346656037u };
	size_t n;

	assert_int_equal(telltap_source_open(paths, 1, &o, &src), 0);
	while (telltap_source_next(src, &p, &n) == 0) {
		for (size_t i = 0; i < n; i++) {
			s.packets++;
			s.bytes += p[i].cap_len;
			for (uint32_t k = 0; k < p[i].cap_len; k++)
				s.hash = (s.hash ^ p[i].data[k]) *
				    1099511628211u;
		}
	}
	f = telltap_source_files(src, &n);
	s.status = f->status;
	snprintf(s.error, sizeof(s.error), "%s", f->error ? f->error : "");
	telltap_source_close(src);
	return s;
}

static void
expect_alike(void)
{
	struct sum alone = read_all(0);

	assert_true(alone.packets > 100);
	for (unsigned threads = 1; threads <= 3; threads++) {
		struct sum s = read_all(threads);

		assert_int_equal(s.packets, alone.packets);
		assert_int_equal(s.bytes, alone.bytes);
		assert_int_equal(s.hash, alone.hash);
		assert_int_equal(s.status, alone.status);
		assert_string_equal(s.error, alone.error);
	}
}

static void
a_file_reads_the_same_with_any_number_of_threads(void **state)
{
	struct buf b;

	buf_init(&b, 0);
	put_records(&b);
	save(b.data, b.len);
	expect_alike();
	buf_clear(&b);
}

static void
a_file_cut_at_a_part_or_beside_it_is_cut_there(void **state)
{
	static const size_t places[] = { 0, 1, AHEAD_PART_LEN - 1 };
	struct buf b;

	buf_init(&b, 0);
	put_records(&b);
	for (size_t part = 3; part < 6; part++)
		for (size_t i = 0; i < 3; i++) {
			save(b.data, part * AHEAD_PART_LEN + places[i]);
			expect_alike();
		}
	buf_clear(&b);
}

static void
a_packed_file_reads_the_same_and_cut_too(void **state)
{
	struct buf b;

	buf_init(&b, 0);
	put_records(&b);
	save_packed(b.data, b.len);
	expect_alike();
	assert_int_equal(truncate(path, 60000), 0);
	expect_alike();
	buf_clear(&b);
}

static void
a_source_can_be_closed_in_the_middle(void **state)
{
	const struct telltap_source_options o = { .size = sizeof(o),
		.read_ahead = 2 };
	const char *paths[] = { path };
	const struct telltap_packet *p;
	struct telltap_source *src;
	struct buf b;
	size_t n, all;

	buf_init(&b, 0);
	put_records(&b);
	save(b.data, b.len);
	for (unsigned batches = 0; batches < 8; batches++) {
		assert_int_equal(telltap_source_open(paths, 1, &o, &src), 0);
		for (all = 0; all < batches; all++)
			if (telltap_source_next(src, &p, &n))
				break;
		telltap_source_close(src);
	}
	buf_clear(&b);
}

static int
make_path(void **state)
{
	int fd;

	strcpy(path, "/tmp/telltap-ahead-XXXXXX");
	fd = mkstemp(path);
	close(fd);
	return fd < 0 ? -1 : 0;
}

static int
drop_path(void **state)
{
	return unlink(path);
}

#define with_path(f) cmocka_unit_test_setup_teardown(f, make_path, drop_path)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_path(a_file_reads_the_same_with_any_number_of_threads),
		with_path(a_file_cut_at_a_part_or_beside_it_is_cut_there),
		with_path(a_packed_file_reads_the_same_and_cut_too),
		with_path(a_source_can_be_closed_in_the_middle),
	};

	return cmocka_run_group_tests_name("ahead", tests, NULL, NULL);
}
