/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SAMPLE_EVENTS_H
#define TESTS_SAMPLE_EVENTS_H

#include "verdict/event.h"

/* Events with every field set, for tests of what writes and counts them. */

#define S(s) SPAN_LITERAL(s)
#define SECOND 1000000000ull
/* 2026-03-02 14:02:11 UTC */
#define SAMPLE_START (1772460131ull * SECOND)

static struct event_tls sample_tls = {
	.version = "1.3",
	.cipher = "TLS_AES_128_GCM_SHA256",
	.server_name = S("ksn-file.example.net"),
	.alpn = S("h2"),
	.ja3 = S("0123456789abcdef0123456789abcdef"),
	.ja4 = S("t13d1516h2_8daaf6152771_b186095e22b6"),
	.cert_subject = S("CN=example.net"),
	.cert_issuer = S("CN=Test CA"),
	.cert_sha256 = { 1, 2, 3 },
	.has_cert = true,
	.resumed = true,
	.sealed = true,
	.client_random = { 5, 4 },
	.keys = "unsupported",
	.unsupported = S("its records are compressed"),
	.opened = 21,
	.unauthentic = 22,
};

static struct event_flow sample_flow = {
	.id = 17,
	.start_ns = SAMPLE_START,
	.end_ns = SAMPLE_START + 5 * SECOND,
	.local = { .b = { [10] = 0xff, 0xff, 10, 1, 2, 3 } },
	.remote = { .b = { [10] = 0xff, 0xff, 192, 0, 2, 80 } },
	.local_port = 40000,
	.remote_port = 443,
	.proto = 6,
	.ip_version = 4,
	.endpoint_by = "syn",
	.protocol_by = "peer",
	.community_id = S("1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
	.protocol = "tls",
	.application = "Kaspersky",
	.domain = S("ksn-file.example.net"),
	.domain_source = "sni",
	.tls = &sample_tls,
	.packets_out = 7,
	.packets_in = 8,
	.joined = true,
	.payload_out = 600,
	.payload_in = 700,
	.gaps_out = 1,
	.gaps_in = 2,
	.missing_out = 30,
	.missing_in = 40,
	.retransmitted_out = 5,
	.retransmitted_in = 6,
	.ignored_out = 13,
	.ignored_in = 14,
	.conflicts_out = 3,
	.conflicts_in = 4,
	.understood_out = 100,
	.undeciphered_out = 200,
	.encrypted_out = 300,
	.continues = 17,
	.has_digests = true,
	.sha256_out = { 9 },
	.sha256_in = { 8 },
	.has_plaintext = true,
	.has_plaintext_digests = true,
	.plaintext_out = 50,
	.plaintext_in = 60,
	.plaintext_sha256_out = { 7 },
	.plaintext_sha256_in = { 6 },
	.end_reason = "fin",
	.interface = 2,
};

static struct event_range sample_ranges[] = { { 0, 4096 }, { 8192, 8704 } };
static const char *const sample_encodings[] = { "gzip", "base64" };
static struct span sample_also[] = { S("copy of invoice.pdf") };

static struct event_file sample_files[] = {
	{
	    .name = S("invoice.pdf"),
	    .sha256 = { 0xaa, 0xbb },
	    .has_sha256 = true,
	    .size = 150016,
	    .sent_bytes = 4608,
	    .coverage = 0.030717,
	    .ranges = sample_ranges,
	    .range_count = 2,
	    .encodings = sample_encodings,
	    .encoding_count = 2,
	    .mime_type = S("application/pdf"),
	    .known = true,
	    .ambiguous = true,
	    .declared = true,
	    .origin = "user",
	    .known_index = -1,
	    .also = sample_also,
	    .also_count = 1,
	},
	{ .size = UINT64_MAX, .sent_bytes = 12, .known_index = -1 },
};

static struct event_hash sample_hashes[] = { {
    .algorithm = "sha256",
    .encoding = "hex",
    .value = S("aabb"),
    .known = true,
    .file_sha256 = { 0xaa, 0xbb },
    .has_file_sha256 = true,
    .file_name = S("invoice.pdf"),
    .path = S("query:sha256"),
} };

static struct event_category sample_categories[] = {
	{ .category = "file.hash", .path = S("query:sha256"),
	    .offset = UINT64_MAX, .why = "a SHA-256 in a field of that name" },
	{ .category = "file.hash", .path = S("/x"),
	    .offset = UINT64_MAX, .why = "an MD5" },
	{ .category = "file.name", .path = S("/name"), .offset = 7,
	    .kind = "user", .form = "sha256", .encoding = "hex",
	    .value = S("l*****7") },
	{ .category = "file.name", .path = S("/m"), .offset = 3,
	    .why = "text of some form", .kind = "mac",
	    .encoding = "utf-16", .value = S("5*****6") },
};

static struct event_http sample_http = {
	.method = S("PUT"),
	.scheme = S("https"),
	.host = S("ksn-file.example.net:8443"),
	.target = S("/up?a=b#c"),
	.version = 11,
	.status = 201,
	.user_agent = S("probe/1.0 \xe2\x80\xae\"<script>"),
	.request_type = S("application/octet-stream"),
	.response_type = S("text/plain"),
	.request_body = 4608,
	.response_body = 2,
};

static struct span sample_answers[] = { S("192.0.2.80"), S("cdn.example.net"),
					S("2001:db8::1") };

static struct event_dns sample_dns = {
	.question = S("ksn-file.example.net"),
	.type = "A",
	.response_code = "NOERROR",
	.answers = sample_answers,
	.answer_count = 3,
	.id = 4711,
};

static struct span sample_reasons[] = { S("clear text"),
					S("all 4,608 bytes match") };
static struct span sample_urls[] = { S("http://example.org/a?b=c") };
static const char *const sample_limits[] = { "archive too deep" };

static struct event_candidate sample_candidates[] = {
	{ S("plan.pdf"), { 0xcc, 1 }, true, 4096, "gzip+base64", 12.5 },
	{ S("list.zip"), { 0 }, false, 70000, "raw", -0.25 },
};

static struct event_read_before sample_read_before = {
	.name = { (const uint8_t *)"b.exe", 5 },
	.pid = 4711,
	.before_ns = 2500000000,
	.same_process = true,
};
static struct event_inference sample_inference = {
	.read = &sample_read_before,
	.p_false = 0.25,
	.candidates = sample_candidates,
	.candidate_count = 2,
};

static struct event_transfer sample_transfer = {
	.number = 2,
	.start_ns = SAMPLE_START + SECOND,
	.end_ns = SAMPLE_START + 2 * SECOND,
	.packet_first = 20,
	.packet_last = 44,
	.kind = KIND_FILE_FRAGMENT,
	.grade = GRADE_PROVEN,
	.visibility = VISIBLE_CLEAR,
	.payload_out = 5000,
	.payload_in = 120,
	.missing_out = 11,
	.missing_in = 12,
	.understood_out = 4900,
	.undeciphered_out = 100,
	.inference = &sample_inference,
	.reasons = sample_reasons,
	.reason_count = 2,
	.categories = sample_categories,
	.category_count = 4,
	.files = sample_files,
	.file_count = 2,
	.hashes = sample_hashes,
	.hash_count = 1,
	.urls = sample_urls,
	.url_count = 1,
	.http = &sample_http,
	.dns = &sample_dns,
	.complete = true,
	.limits = sample_limits,
	.limit_count = 1,
};

static struct event_cloud sample_cloud = {
	.vendor = S("Example AV"),
	.network = S("KSN"),
	.purpose = S("file reputation"),
	.source = S("profile:example"),
	.key = S("Example AV/KSN"),
};

static struct span sample_transfer_ids[] = { S("17.2"), S("18.1") };

static struct event_file_total sample_total = {
	.grade = GRADE_OBSERVED,
	.transfers = sample_transfer_ids,
	.transfer_count = 2,
	.transfers_more = 3,
	.packet_first = 20,
	.packet_last = 99,
};

static struct event_anomaly sample_anomaly = {
	.what = "overlap-conflict",
	.detail = S("two segments differ in 3 bytes"),
	.packet = 33,
	.offset = 1000,
	.len = 3,
	.direction = "out",
};

static struct event_input sample_inputs[] = {
	{ S("capture.pcapng"), 37100000, { 0xcc }, true },
	{ S("-"), 0, { 0 }, false },
};
static struct span sample_options[] = { S("--endpoint=10.0.0.0/8") };

static struct event_input_list sample_input_list = {
	.version = "0.1.0",
	.files = sample_inputs,
	.file_count = 2,
	.options = sample_options,
	.option_count = 1,
	.known_files = 3,
	.known_sha256 = { 0xdd },
};

static struct event_totals sample_totals = {
	.packets = 33412,
	.bytes = 37100000,
	.first_ns = SAMPLE_START,
	.last_ns = SAMPLE_START + 342 * SECOND,
	.flows = 20,
	.transfers = 816,
	.by_kind_grade = {
		[KIND_FILE_UPLOAD] = { 1, 0, 0, 0 },
		[KIND_HASH_LOOKUP] = { 800, 12, 0, 0 },
		[KIND_OPAQUE] = { 0, 0, 0, 3 },
	},
	.payload_out = 1200000,
	.payload_in = 310000,
	.understood_out = 1100000,
	.undeciphered_out = 40000,
	.encrypted_out = 60000,
	.missing_out = 77,
	.missing_in = 78,
	.gaps_out = 1,
	.gaps_in = 2,
	.conflicts = 3,
	.dropped_kernel = 4,
	.dropped_ring = 5,
	.events_lost = 6,
	.not_ip = 7,
	.unsupported = 8,
	.malformed = 9,
	.truncated = 10,
	.cut_by_snaplen = 11,
	.fragments = 12,
	.fragments_expired = 13,
	.fragments_overlapping = 14,
	.flows_evicted = 15,
	.streams_limited = 16,
	.clock_backwards = 17,
	.file_errors = 18,
};

/* One event of each action. */
static const struct event_mark sample_mark = {
	.text = { (const uint8_t *)"consent <off>", 13 },
	.pid = 77,
	.user = 1000,
};

static inline struct event
sample_event(enum event_action action)
{
	struct event e = { .action = action, .sequence = (uint64_t)action,
			   .ts_ns = SAMPLE_START };

	sample_total.file = sample_files[0];
	if (action == EVENT_TRANSFER || action == EVENT_FLOW ||
	    action == EVENT_ANOMALY)
		e.flow = &sample_flow;
	if (action == EVENT_TRANSFER)
		e.transfer = &sample_transfer;
	if (action == EVENT_TRANSFER || action == EVENT_FLOW ||
	    action == EVENT_FILE)
		e.cloud = &sample_cloud;
	if (action == EVENT_FILE)
		e.file = &sample_total;
	if (action == EVENT_ANOMALY)
		e.anomaly = &sample_anomaly;
	if (action == EVENT_INPUT) {
		e.input = true;
		e.inputs = &sample_input_list;
	}
	if (action == EVENT_MARK) {
		e.input = true;
		e.mark = &sample_mark;
	}
	if (action == EVENT_COVERAGE || action == EVENT_SUMMARY)
		e.totals = &sample_totals;
	return e;
}

#endif
