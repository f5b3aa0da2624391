// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/exe_hash.h"

#define NO_PID 0x7ffffff0

static const uint8_t of_abc[32] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf,
	0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61,
	0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15,
	0xad };

static ino_t
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	struct stat st;

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void
a_file_is_known_by_path_and_inode_and_read_again_when_changed(void **state)
{
	struct exe_hashes *hs = exe_hashes_new();
	char path[] = "/tmp/telltap-hash-XXXXXX";
	uint8_t got[32], other[32];
	ino_t inode;

	close(mkstemp(path));
	inode = put(path, "abc");
	assert_int_equal(exe_hash(hs, NO_PID, path, inode, got), 0);
	assert_memory_equal(got, of_abc, 32);
	memset(got, 0, 32);
	assert_int_equal(exe_hash(hs, NO_PID, path, inode, got), 0);
	assert_memory_equal(got, of_abc, 32);
	assert_int_not_equal(exe_hash(hs, NO_PID, path, inode + 1, got), 0);
	inode = put(path, "abcd");
	assert_int_equal(exe_hash(hs, NO_PID, path, inode, other), 0);
	assert_memory_not_equal(other, of_abc, 32);
	unlink(path);
	assert_int_not_equal(exe_hash(hs, NO_PID, path, inode, got), 0);
	exe_hashes_free(hs);
	exe_hashes_free(NULL);
}

static void
a_running_program_is_read_whatever_its_path(void **state)
{
	struct exe_hashes *hs = exe_hashes_new();
	uint8_t got[32], again[32];
	struct stat st;

	assert_int_equal(stat("/proc/self/exe", &st), 0);
	assert_int_equal(exe_hash(hs, getpid(), "/no/such", st.st_ino, got),
	    0);
	assert_int_equal(exe_hash(hs, NO_PID, "/proc/self/exe", st.st_ino,
			     again), 0);
	assert_memory_equal(got, again, 32);
	exe_hashes_free(hs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_file_is_known_by_path_and_inode_and_read_again_when_changed),
		cmocka_unit_test(a_running_program_is_read_whatever_its_path),
	};

	return cmocka_run_group_tests_name("kernel/exe_hash", tests, NULL,
	    NULL);
}
