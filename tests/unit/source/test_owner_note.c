// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "source/owner_note.h"

static const char comment[] =
    "PID: 77\nCmd: /usr/bin/av\nArgs: av -d\nThreadId: 78\n"
    "ParentPID: 1\nParentCmd: /sbin/init\nParentArgs: init";

static void
a_comment_of_ptcpdump_names_the_process(void **state)
{
	struct owner_note n;

	assert_true(owner_note_comment(span_str(comment), &n));
	assert_int_equal(n.pid, 77);
	assert_int_equal(n.parent_pid, 1);
	assert_true(span_eq(n.executable, span_str("/usr/bin/av")));
	assert_true(span_eq(n.args, span_str("av -d")));
	assert_string_equal(n.source, "import:ptcpdump");
	assert_true(n.trusted);
	assert_true(owner_note_comment(span_str("PID: 1\r\nCmd: x\r\n"), &n));
	assert_true(span_eq(n.executable, span_str("x")));
}

static void
other_comments_name_nobody(void **state)
{
	static const char *const texts[] = {
		"", "P", "PID: 77", "PID: 77\n", "PID: 77\nCmd: ",
		"Cmd: /usr/bin/av", "PID: \nCmd: x", "PID: 7x\nCmd: x",
		"PID: 0\nCmd: x", "PID: 4294967296\nCmd: x",
		"PID: 99999999999999999999999\nCmd: x", " PID: 7\nCmd: x",
		"PID=", "PID=0", "PID=x", "PID=7 8", "a note",
	};
	struct owner_note n;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (owner_note_comment(span_str(texts[i]), &n))
			fail_msg("\"%s\" names a process", texts[i]);
}

static void
any_beginning_of_a_comment_is_survived(void **state)
{
	for (size_t len = 0; len < sizeof(comment); len++) {
		char *p = malloc(len ? len : 1);
		struct owner_note n;

		memcpy(p, comment, len);
		(void)owner_note_comment((struct span){ (uint8_t *)p, len },
		    &n);
		free(p);
	}
}

static void
a_pid_of_etl2pcapng_is_not_trusted(void **state)
{
	struct owner_note n;

	assert_true(owner_note_comment(span_str("PID=1234"), &n));
	assert_int_equal(n.pid, 1234);
	assert_int_equal(n.executable.len, 0);
	assert_string_equal(n.source, "import:etl2pcapng");
	assert_false(n.trusted);
}

static void
make_pktap(uint8_t *h, uint32_t pid, const char *name, uint32_t other,
    const char *other_name)
{
	memset(h, 0, 108);
	h[0] = 108;
	for (int i = 0; i < 4; i++) {
		h[52 + i] = (uint8_t)(pid >> 8 * i);
		h[84 + i] = (uint8_t)(other >> 8 * i);
	}
	memcpy(h + 56, name, strlen(name));
	memcpy(h + 88, other_name, strlen(other_name));
}

static void
a_pktap_header_names_the_process(void **state)
{
	uint8_t h[108];
	struct owner_note n;

	make_pktap(h, 501, "RTProtectionDaem", UINT32_MAX, "");
	assert_true(owner_note_pktap((struct span){ h, 108 }, &n));
	assert_int_equal(n.pid, 501);
	assert_true(span_eq(n.name, span_str("RTProtectionDaem")));
	assert_int_equal(n.other_pid, 0);
	assert_string_equal(n.source, "import:pktap");
	assert_false(owner_note_pktap((struct span){ h, 107 }, &n));
	assert_false(owner_note_pktap((struct span){ h, 0 }, &n));
	h[0] = 107;
	assert_false(owner_note_pktap((struct span){ h, 108 }, &n));
}

static void
pktap_tells_on_whose_behalf(void **state)
{
	uint8_t h[108];
	struct owner_note n;

	make_pktap(h, 90, "nsurlsessiond", 501, "av");
	assert_true(owner_note_pktap((struct span){ h, 108 }, &n));
	assert_int_equal(n.other_pid, 501);
	assert_true(span_eq(n.other_name, span_str("av")));
	make_pktap(h, 90, "av", 90, "av");
	assert_true(owner_note_pktap((struct span){ h, 108 }, &n));
	assert_int_equal(n.other_pid, 0);
	make_pktap(h, 0, "", 0, "");
	assert_false(owner_note_pktap((struct span){ h, 108 }, &n));
	make_pktap(h, UINT32_MAX, "", 0, "");
	assert_false(owner_note_pktap((struct span){ h, 108 }, &n));
}

static void
a_comment_of_rustnet_names_the_process(void **state)
{
	static const char *const others[] = {
		"PID:", "PID:7 x", "PID:7x Process:x", "PID:0 Process:x",
		"Process:x", "PID:7  Process:x",
	};
	struct owner_note n;

	assert_true(owner_note_comment(
	    span_str("PID:812 Process:Web Content"), &n));
	assert_int_equal(n.pid, 812);
	assert_true(span_eq(n.name, span_str("Web Content")));
	assert_string_equal(n.source, "import:rustnet");
	assert_true(n.trusted);
	assert_true(owner_note_comment(span_str("PID:812"), &n));
	assert_int_equal(n.name.len, 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(owner_note_comment(span_str(others[i]), &n));
}

static void
a_comment_of_a_case_names_the_process(void **state)
{
	static const char *const others[] = {
		"telltap packet 7", "telltap packet 7, process ",
		"telltap packet 7, process 0 /x", "telltap packet 7, proces 1",
		"telltap packet 7, process 1x /x", "telltap",
	};
	struct owner_note n;

	assert_true(owner_note_comment(
	    span_str("telltap packet 7, process 12 /opt/a b/av"), &n));
	assert_int_equal(n.pid, 12);
	assert_true(span_eq(n.executable, span_str("/opt/a b/av")));
	assert_string_equal(n.source, "import:telltap");
	assert_true(n.trusted);
	assert_true(owner_note_comment(
	    span_str("telltap packet 7, process 12 (ambiguous) /av"), &n));
	assert_true(span_eq(n.executable, span_str("/av")));
	assert_false(n.trusted);
	assert_true(owner_note_comment(
	    span_str("telltap packet 7, process 12"), &n));
	assert_int_equal(n.executable.len, 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (owner_note_comment(span_str(others[i]), &n))
			fail_msg("\"%s\" names a process", others[i]);
}

static void
a_further_comment_names_the_parent(void **state)
{
	struct owner_note n = { .pid = 7 };

	owner_note_more(span_str("ThreadId: 7\nThreadName: x"), &n);
	assert_int_equal(n.parent_pid, 0);
	owner_note_more(span_str("ParentPID: 3\nParentCmd: /x"), &n);
	assert_int_equal(n.parent_pid, 3);
	owner_note_more(span_str("ParentPID: 4"), &n);
	assert_int_equal(n.parent_pid, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_comment_of_ptcpdump_names_the_process),
		cmocka_unit_test(other_comments_name_nobody),
		cmocka_unit_test(any_beginning_of_a_comment_is_survived),
		cmocka_unit_test(a_pid_of_etl2pcapng_is_not_trusted),
		cmocka_unit_test(a_pktap_header_names_the_process),
		cmocka_unit_test(pktap_tells_on_whose_behalf),
		cmocka_unit_test(a_comment_of_rustnet_names_the_process),
		cmocka_unit_test(a_comment_of_a_case_names_the_process),
		cmocka_unit_test(a_further_comment_names_the_parent),
	};

	return cmocka_run_group_tests_name("source owner note", tests, NULL,
	    NULL);
}
