// SPDX-License-Identifier: Apache-2.0
/* A case's packets come from a second reading of what the first one was of. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* What the readings find is ours to say. */
#define telltap_source_open	    fake_open
#define telltap_source_close	    fake_close
#define telltap_source_next	    fake_next
#define telltap_source_files	    fake_files
#define telltap_source_is_unchanged fake_is_unchanged
#define telltap_source_interfaces   fake_interfaces
#define telltap_source_blocks	    fake_blocks
#define telltap_case_packets	    fake_packets
#define telltap_case_hash_with	    fake_hash_with
#include "cli/replay_packets.c"

static struct telltap_source_file file;
static bool unchanged;
static unsigned opened, closed, fails;
static int handle;

int
fake_open(const char *const *paths, size_t path_count,
    const struct telltap_source_options *options,
    struct telltap_source **ret_source)
{
	opened++;
	*ret_source = (struct telltap_source *)&handle;
	return 0;
}

void
fake_close(struct telltap_source *src)
{
	closed++;
}

int
fake_next(struct telltap_source *src, const struct telltap_packet **ret_packets,
    size_t *ret_count)
{
	*ret_packets = NULL;
	*ret_count = 0;
	return TELLTAP_SOURCE_END;
}

const struct telltap_source_file *
fake_files(const struct telltap_source *src, size_t *ret_count)
{
	*ret_count = 1;
	return &file;
}

bool
fake_is_unchanged(const struct telltap_source *src,
    const struct telltap_source *again)
{
	assert_ptr_equal(again, &handle);
	assert_int_equal(closed, 0);
	return unchanged;
}

const struct telltap_interface *
fake_interfaces(const struct telltap_source *src, size_t *ret_count)
{
	*ret_count = 0;
	return NULL;
}

const struct telltap_block *
fake_blocks(const struct telltap_source *src, size_t *ret_count)
{
	*ret_count = 0;
	return NULL;
}

int
fake_packets(struct telltap_case *c, const struct telltap_packet *packets,
    size_t count, const struct telltap_interface *interfaces,
    size_t interface_count, bool all)
{
	return 0;
}

int
fake_hash_with(struct telltap_case *c, telltap_hash_fn fn, void *arg)
{
	return 0;
}

int
replay_case_failed(struct replay *r, int err)
{
	return err;
}

int
cli_fail(const char *fmt, ...)
{
	fails++;
	return CLI_ERROR;
}

static int
keep(int status, bool same)
{
	struct replay r = {
		.case_dir = "c",
		.kept = (struct telltap_case *)&handle,
	};
	int err;

	file = (struct telltap_source_file){ .name = "a", .status = status };
	unchanged = same;
	opened = closed = fails = 0;
	err = replay_keep_chosen(&r);
	assert_int_equal(opened, closed);
	assert_int_equal(r.said, err != 0);
	assert_int_equal(fails, err != 0);
	return err;
}

static void
packets_are_kept_of_what_has_not_changed(void **state)
{
	assert_int_equal(keep(0, true), 0);
	assert_int_equal(opened, 1);
}

static void
what_changed_in_the_first_reading_is_not_read_again(void **state)
{
	assert_int_equal(keep(-ESTALE, true), -ESTALE);
	assert_int_equal(opened, 0);
}

static void
what_changed_since_the_first_reading_makes_no_case(void **state)
{
	assert_int_equal(keep(0, false), -ESTALE);
	assert_int_equal(opened, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_kept_of_what_has_not_changed),
		cmocka_unit_test(what_changed_in_the_first_reading_is_not_read_again),
		cmocka_unit_test(what_changed_since_the_first_reading_makes_no_case),
	};

	return cmocka_run_group_tests_name("cli/replay_packets", tests, NULL,
	    NULL);
}
