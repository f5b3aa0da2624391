// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "telltap/telltap.h"
#include "verdict/event.h"

struct got {
	struct telltap_engine *engine;
	char lines[16][8192];
	int count;
};

static int
on_event(void *arg, const struct event *event)
{
	struct got *g = arg;
	const char *line;
	size_t len;

	line = telltap_event_json(g->engine, event, &len);
	assert_non_null(line);
	assert_true(len < sizeof(g->lines[0]) && g->count < 16);
	snprintf(g->lines[g->count++], sizeof(g->lines[0]), "%.*s", (int)len,
	    line);
	return 0;
}

static const char *
line_of(const struct got *g, const char *action)
{
	char want[64];

	snprintf(want, sizeof(want), "\"action\":\"%s\"", action);
	for (int i = 0; i < g->count; i++)
		if (strstr(g->lines[i], want))
			return g->lines[i];
	fail_msg("no event %s", action);
	return "";
}

static void
has(const char *line, const char *part)
{
	if (!strstr(line, part))
		fail_msg("%s\nis not in\n%s", part, line);
}

static struct got *
start(unsigned threads)
{
	struct telltap_options o = { .size = sizeof(o), .threads = threads,
		.no_dpi = true };
	struct got *g = calloc(1, sizeof(*g));

	assert_int_equal(telltap_engine_new(&o, on_event, g, &g->engine), 0);
	return g;
}

static void
stop(struct got *g)
{
	telltap_engine_free(g->engine);
	free(g);
}

/* 10.0.0.1:53000 > 10.0.0.2:9999, UDP, four bytes. */
static const uint8_t out4[] = {
	0x45, 0, 0, 32, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	0xcf, 0x08, 0x27, 0x0f, 0, 12, 0, 0, 'a', 'b', 'c', 'd',
};

static void
feed(struct got *g, uint64_t number, uint32_t owner, uint16_t flags)
{
	struct telltap_packet p = { .number = number, .ts_ns = number * 1000,
		.data = out4, .cap_len = sizeof(out4),
		.wire_len = sizeof(out4), .link_type = 101, .owner = owner,
		.flags = flags };

	assert_int_equal(telltap_engine_feed(g->engine, &p, 1), 0);
}

static const uint8_t sha256[32] = { 0xab, [31] = 0xcd };

static const struct telltap_process av = {
	.size = sizeof(av),
	.pid = 77,
	.parent_pid = 1,
	.user = 110,
	.start_ns = 1,
	.executable = "/opt/av/av",
	.name = "av",
	.args = "av\0-d\0",
	.args_len = 6,
	.sha256 = sha256,
	.unit = "av.service",
	.source = "kernel",
	.certainty = "exact",
};

static void
a_flow_tells_whose_it_is(void **state)
{
	struct got *g = start(1);
	const char *flow;

	assert_int_equal(telltap_engine_owner(g->engine, 5, &av), 0);
	feed(g, 1, 5, TELLTAP_PACKET_OUTBOUND);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	flow = line_of(g, "flow");
	has(flow, "\"process\":{\"pid\":77,\"executable\":\"/opt/av/av\","
		  "\"name\":\"av\",\"args\":[\"av\",\"-d\"]");
	has(flow, "\"hash\":{\"sha256\":\"ab000000");
	has(flow, "\"parent\":{\"pid\":1}");
	has(flow, "\"user\":{\"id\":\"110\"}");
	has(flow, "\"attribution\":{\"source\":\"kernel\","
		  "\"certainty\":\"exact\",\"unit\":\"av.service\"}");
	has(flow, "\"endpoint_by\":\"attribution\"");
	has(line_of(g, "transfer"), "\"pid\":77");
	stop(g);
}

static void
the_owners_side_is_the_source_always(void **state)
{
	struct got *g = start(2);

	assert_int_equal(telltap_engine_owner(g->engine, 5, &av), 0);
	feed(g, 1, 5, TELLTAP_PACKET_INBOUND);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	has(line_of(g, "flow"), "\"source\":{\"ip\":\"10.0.0.2\"");
	stop(g);
}

static void
an_owner_that_turns_out_later_is_the_one_told(void **state)
{
	struct telltap_process other = av;
	struct got *g = start(1);

	other.certainty = "ambiguous";
	other.other_pid = 78;
	other.other_executable = "/opt/av/helper";
	assert_int_equal(telltap_engine_owner(g->engine, 5, &av), 0);
	assert_int_equal(telltap_engine_owner(g->engine, 500, &other), 0);
	feed(g, 1, 5, TELLTAP_PACKET_OUTBOUND);
	feed(g, 2, 500, TELLTAP_PACKET_OUTBOUND);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	has(line_of(g, "flow"), "\"certainty\":\"ambiguous\"");
	has(line_of(g, "flow"), "\"shared_with\":{\"pid\":78,"
				"\"executable\":\"/opt/av/helper\"}");
	stop(g);
}

static void
a_number_nobody_told_of_has_no_process(void **state)
{
	struct got *g = start(1);

	assert_int_not_equal(telltap_engine_owner(g->engine, 0, &av), 0);
	assert_int_not_equal(telltap_engine_owner(g->engine, UINT32_MAX, &av),
	    0);
	feed(g, 1, 9, 0);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	assert_null(strstr(line_of(g, "flow"), "\"process\""));
	has(line_of(g, "flow"), "\"endpoint_by\":\"first-packet\"");
	stop(g);
}

static void
what_the_kernel_counted_is_told_and_summed(void **state)
{
	struct telltap_socket_count c = { .size = sizeof(c), .ts_ns = 5,
		.local = { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1 },
		.remote = { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = 2 },
		.local_port = 40000, .remote_port = 443, .proto = 6,
		.owner = 5, .payload_out = 100, .pending_out = 7,
		.payload_in = 30 };
	struct got *g = start(2);
	const char *line;

	assert_int_equal(telltap_engine_owner(g->engine, 5, &av), 0);
	assert_int_equal(telltap_engine_socket(g->engine, &c), 0);
	assert_int_equal(telltap_engine_socket(g->engine, &c), 0);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	line = line_of(g, "coverage");
	has(line, "\"source\":{\"ip\":\"10.0.0.1\",\"port\":40000");
	has(line, "\"coverage\":{\"kernel_out\":100,\"kernel_pending_out\":7,"
		  "\"kernel_in\":30,\"live\":false}");
	has(line, "\"origin\":\"input\"");
	has(line, "\"pid\":77");
	has(line_of(g, "summary"), "\"kernel_sockets\":2,\"kernel_out\":214,"
				   "\"kernel_in\":60");
	stop(g);
}

static void
what_others_send_to_the_clouds_is_told_and_summed(void **state)
{
	struct telltap_unwatched u = { .size = sizeof(u),
		.address = { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = 2 },
		.bytes = 70000, .packets = 50, .connections = 1,
		.first_ns = 5, .last_ns = 9, .pid = 12, .name = "other" };
	struct got *g = start(2);
	const char *line;

	assert_int_equal(telltap_engine_name(g->engine, u.address,
	    "cloud.example"), 0);
	assert_int_equal(telltap_engine_unwatched(g->engine, &u), 0);
	assert_int_equal(telltap_engine_unwatched(g->engine, &u), 0);
	u.size--;
	assert_int_equal(telltap_engine_unwatched(g->engine, &u), -EINVAL);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	line = line_of(g, "coverage");
	has(line, "\"coverage\":{\"unwatched\":{\"address\":\"10.0.0.2\","
		  "\"domain\":\"cloud.example\",\"bytes\":70000,"
		  "\"packets\":50,\"connections\":1,");
	has(line, "\"pid\":12,\"name\":\"other\"}");
	has(line, "\"origin\":\"input\"");
	has(line_of(g, "summary"), "\"unwatched_out\":140000,"
				   "\"unwatched_packets\":100");
	stop(g);
}

static void
processes_and_what_they_read(void **state)
{
	struct telltap_process ended = av;
	struct telltap_file_read read = { .size_of = sizeof(read),
		.process = &av, .path = "/home/a b", .inode = 9, .size = 100,
		.bytes = 100, .end = 100, .calls = 2, .first_ns = 7,
		.last_ns = 8, .dev_major = 8, .dev_minor = 1 };
	struct got *g = start(1);

	ended.ended = true;
	ended.end_ns = 4000;
	ended.exit_code = 3;
	ended.certainty = NULL;
	assert_int_equal(telltap_engine_process(g->engine, 4000, &ended), 0);
	assert_int_equal(telltap_engine_file_read(g->engine, &read), 0);
	read.end = 99;
	assert_int_equal(telltap_engine_file_read(g->engine, &read), 0);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	has(line_of(g, "process"), "\"exit_code\":3");
	has(line_of(g, "process"), "\"attribution\":{\"source\":\"kernel\",\"unit\":");
	assert_null(strstr(line_of(g, "process"), "certainty"));
	has(line_of(g, "file-read"),
	    "\"file\":{\"path\":\"/home/a b\",\"size\":100}");
	has(line_of(g, "file-read"), "\"whole\":true,\"inode\":9,"
				     "\"device_major\":8,\"device_minor\":1");
	has(g->lines[3], "\"whole\":false");
	stop(g);
}

/* out4, back from 10.0.0.2. */
static void
feed_back(struct got *g, uint64_t number, uint32_t owner, uint16_t flags)
{
	uint8_t in4[sizeof(out4)];
	struct telltap_packet p = { .number = number, .ts_ns = number * 1000,
		.data = in4, .cap_len = sizeof(in4), .wire_len = sizeof(in4),
		.link_type = 101, .owner = owner, .flags = flags };

	memcpy(in4, out4, sizeof(in4));
	memcpy(in4 + 12, out4 + 16, 4);
	memcpy(in4 + 16, out4 + 12, 4);
	memcpy(in4 + 20, out4 + 22, 2);
	memcpy(in4 + 22, out4 + 20, 2);
	assert_int_equal(telltap_engine_feed(g->engine, &p, 1), 0);
}

static void
a_resolver_asks_on_behalf_of_who_asked_it(void **state)
{
	struct telltap_process resolver = av;
	struct got *g = start(1);
	const char *flow;

	resolver.resolver = true;
	resolver.other_pid = 78;
	resolver.other_executable = "/opt/av/scan";
	assert_int_equal(telltap_engine_owner(g->engine, 5, &resolver), 0);
	feed(g, 1, 5, TELLTAP_PACKET_OUTBOUND);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	flow = line_of(g, "flow");
	has(flow, "\"process\":{\"pid\":77");
	has(flow, "\"certainty\":\"exact\"");
	has(flow, "\"on_behalf_of\":{\"pid\":78,"
		  "\"executable\":\"/opt/av/scan\",\"name\":\"scan\"}");
	assert_null(strstr(flow, "shared_with"));
	has(line_of(g, "transfer"), "the resolver of this machine asks: scan "
	    "(process 78) had asked it for the same name");
	stop(g);
}

static void
a_descendant_that_is_not_the_product_is_told_apart(void **state)
{
	struct telltap_process browser = av;
	struct got *g = start(1);

	browser.outside = true;
	assert_int_equal(telltap_engine_owner(g->engine, 5, &browser), 0);
	feed(g, 1, 5, TELLTAP_PACKET_OUTBOUND);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	has(line_of(g, "flow"), "\"certainty\":\"exact\",\"outside\":true");
	stop(g);
}

static void
two_processes_that_a_capture_names_are_ambiguous(void **state)
{
	struct telltap_process a = av, b = av;
	struct got *g = start(1);
	const char *flow;

	a.source = b.source = "import:ptcpdump";
	b.pid = 78;
	b.executable = "/opt/peer";
	assert_int_equal(telltap_engine_owner(g->engine, 5, &a), 0);
	assert_int_equal(telltap_engine_owner(g->engine, 6, &b), 0);
	feed(g, 1, 5, TELLTAP_PACKET_OUTBOUND);
	feed_back(g, 2, 6, TELLTAP_PACKET_OUTBOUND);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	flow = line_of(g, "flow");
	has(flow, "\"process\":{\"pid\":77");
	has(flow, "\"certainty\":\"ambiguous\"");
	has(flow, "\"shared_with\":{\"pid\":78,"
		  "\"executable\":\"/opt/peer\"}");
	has(flow, "\"endpoint_by\":\"attribution\"");
	stop(g);

	/* the same process at both ends is one */
	b.pid = 77;
	g = start(1);
	assert_int_equal(telltap_engine_owner(g->engine, 5, &a), 0);
	assert_int_equal(telltap_engine_owner(g->engine, 6, &b), 0);
	feed(g, 1, 5, TELLTAP_PACKET_OUTBOUND);
	feed_back(g, 2, 6, TELLTAP_PACKET_OUTBOUND);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	has(line_of(g, "flow"), "\"certainty\":\"exact\"");
	stop(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flow_tells_whose_it_is),
		cmocka_unit_test(
		    the_owners_side_is_the_source_always),
		cmocka_unit_test(an_owner_that_turns_out_later_is_the_one_told),
		cmocka_unit_test(a_number_nobody_told_of_has_no_process),
		cmocka_unit_test(what_the_kernel_counted_is_told_and_summed),
		cmocka_unit_test(
		    what_others_send_to_the_clouds_is_told_and_summed),
		cmocka_unit_test(processes_and_what_they_read),
		cmocka_unit_test(a_resolver_asks_on_behalf_of_who_asked_it),
		cmocka_unit_test(
		    a_descendant_that_is_not_the_product_is_told_apart),
		cmocka_unit_test(
		    two_processes_that_a_capture_names_are_ambiguous),
	};

	return cmocka_run_group_tests_name("engine/live", tests, NULL, NULL);
}
