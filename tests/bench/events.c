// SPDX-License-Identifier: Apache-2.0
/*
 * events N: the log of a made-up run of N transfers on standard output, for
 * measuring reports: a hash look-up with a category or two in each, a file in
 * every hundredth, a thousand hosts, a flow's end for every tenth transfer.
 *
 * build/tests/bench/events 1000000 > /tmp/big.jsonl
 * /usr/bin/time -v build/telltap report --format html /tmp/big.jsonl > /dev/null
 */
#include <stdio.h>
#include <stdlib.h>

#include "evidence/event/event_json.h"
#include "unit/sample_events.h"

static uint64_t sequence;

static int
put(struct event *e, struct buf *b)
{
	buf_reset(b);
	e->sequence = sequence++;
	event_write_json(e, b);
	buf_u8(b, '\n');
	return !b->failed && fwrite(b->data, 1, b->len, stdout) == b->len;
}

static int
put_transfer(uint64_t i, struct buf *b)
{
	struct event e = sample_event(EVENT_TRANSFER);
	struct event_transfer t = sample_transfer;
	struct event_hash h = sample_hashes[0];
	struct event_flow f = sample_flow;
	char host[64], value[65];

	snprintf(host, sizeof(host), "h%03u.cloud.example.net",
	    (unsigned)(i * 7919 % 1000));
	snprintf(value, sizeof(value), "%064llx",
	    (unsigned long long)(i * 0x9e3779b97f4a7c15));
	f.id = i / 10 * 100 + 1;
	f.domain = span_str(host);
	h.value = span_str(value);
	t.number = i % 10 + 1;
	t.start_ns = SAMPLE_START + i * 80000000;
	t.end_ns = t.start_ns + 1000000;
	t.packet_first = i * 10;
	t.packet_last = i * 10 + 9;
	t.kind = i % 100 ? KIND_HASH_LOOKUP : KIND_FILE_UPLOAD;
	t.hashes = &h;
	t.file_count = i % 100 ? 0 : 1;
	t.limit_count = 0;
	e.ts_ns = t.start_ns;
	e.cloud = NULL;
	e.flow = &f;
	e.transfer = &t;
	if (!put(&e, b))
		return 0;
	e.action = EVENT_FLOW;
	e.transfer = NULL;
	return i % 10 != 9 || put(&e, b);
}

int
main(int argc, char **argv)
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	struct event e;
	struct buf b;
	int ok;

	if (!n) {
		fprintf(stderr, "usage: events NUMBER\n");
		return 2;
	}
	buf_init(&b, 0);
	e = sample_event(EVENT_INPUT);
	ok = put(&e, &b);
	for (uint64_t i = 0; ok && i < n; i++)
		ok = put_transfer(i, &b);
	e = sample_event(EVENT_SUMMARY);
	ok = ok && put(&e, &b);
	buf_clear(&b);
	if (!ok || fclose(stdout)) {
		perror("events");
		return 1;
	}
	return 0;
}
