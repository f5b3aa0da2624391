// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/cursor.h"
#include "evidence/packets.h"
#include "evidence/verify/verify.h"

/*
 * Packets to transfers: every transfer names the first and the last packet that
 * it is made of, by the numbers in the packets' comments, and both have to be in
 * data/capture/, of this part or one before. Numbers go up from packet to packet;
 * in a part with which another run begins, they may begin anew.
 */

#define BLOCK_MAX	(1u << 20)	/* of ours, the largest frame fits */
#define BLOCK_HEAD	8u
#define BLOCK_PACKET	6u
#define PACKET_FIXED	20u
#define OPT_COMMENT	1u
#define RUNS_MAX	(1u << 27)

static const char comment[] = "telltap packet ";

static uint64_t
last_number(const struct verify_packets *p)
{
	return p->count ? p->runs[p->count - 1].last : 0;
}

static int
add_number(struct verify_packets *p, uint64_t number)
{
	if (p->count && number == last_number(p) + 1) {
		p->runs[p->count - 1].last = number;
		return 0;
	}
	if (p->count == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 64;
		struct verify_packet_run *more = cap > RUNS_MAX ? NULL :
		    realloc(p->runs, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->runs = more;
		p->cap = cap;
	}
	p->runs[p->count++] = (struct verify_packet_run){ number, number };
	return 0;
}

/* The next packet of this part. False if it has no number, or one of before. */
static bool
goes_on(struct verify *v, uint64_t number)
{
	if (!number || (v->packet_count && number <= last_number(&v->packets)))
		return false;
	if (number <= last_number(&v->packets))
		v->packets.count = 0;
	v->packet_count++;
	return true;
}

/* In the first comment of a packet's block; 0 if there is none. */
static uint64_t
read_number(const uint8_t *body, size_t len)
{
	struct cursor c = cur_init(body, len);
	uint64_t number = 0;
	uint32_t data_len;
	struct span text;

	cur_skip(&c, 12);
	data_len = cur_le32(&c);
	cur_skip(&c, 4);
	cur_skip(&c, data_len);
	cur_skip(&c, (4 - data_len % 4) % 4);
	if (cur_le16(&c) != OPT_COMMENT)
		return 0;
	text.len = cur_le16(&c);
	text.p = cur_bytes(&c, text.len);
	if (cur_failed(&c) || text.len <= strlen(comment) ||
	    memcmp(text.p, comment, strlen(comment)))
		return 0;
	for (size_t i = strlen(comment); i < text.len && text.p[i] >= '0' &&
	     text.p[i] <= '9' && number < UINT64_MAX / 16; i++)
		number = number * 10 + (uint64_t)(text.p[i] - '0');
	return number;
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* 1: a block; 0: the end; a code. */
static int
next_block(int fd, uint8_t *block, uint64_t *at, size_t *ret_len)
{
	ssize_t n = pread(fd, block, BLOCK_HEAD, (off_t)*at);
	uint32_t len;

	if (n <= 0)
		return n ? -errno : 0;
	len = n == BLOCK_HEAD ? get32(block + 4) : 0;
	if (len < BLOCK_HEAD + 4 || len > BLOCK_MAX || len % 4 ||
	    pread(fd, block, len, (off_t)*at) != (ssize_t)len ||
	    get32(block + len - 4) != len)
		return -EBADMSG;
	*at += len;
	*ret_len = len;
	return 1;
}

static int
load_file(struct verify *v, const char *path, int fd, uint8_t *block)
{
	uint64_t at = 0, number;
	size_t len = 0;
	int got;

	while ((got = next_block(fd, block, &at, &len)) == 1) {
		if (get32(block) != BLOCK_PACKET)
			continue;
		number = read_number(block + BLOCK_HEAD, len - BLOCK_HEAD - 4);
		if (!goes_on(v, number)) {
			verify_bad(v, "%s: the packet before byte %llu is not "
			    "numbered on", path, (unsigned long long)at);
			return 0;
		}
		if (add_number(&v->packets, number))
			return -ENOMEM;
	}
	if (got < 0)
		verify_bad(v, "%s: no block at byte %llu", path,
		    (unsigned long long)at);
	return 0;
}

int
verify_load_packets(struct verify *v)
{
	uint8_t *block = malloc(BLOCK_MAX);
	char path[PACKETS_PATH_MAX];
	int err = block ? 0 : -ENOMEM;

	for (unsigned i = 1; !err; i++) {
		int fd;

		packets_path(i, path);
		fd = verify_open(v, path);
		if (fd < 0)
			break;
		v->has_packets = true;
		err = load_file(v, path, fd, block);
		close(fd);
	}
	free(block);
	return err;
}

static bool
is_there(const struct verify *v, uint64_t number)
{
	const struct verify_packet_run *runs = v->packets.runs;
	size_t low = 0, high = v->packets.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (runs[middle].last < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < v->packets.count && runs[low].first <= number;
}

void
verify_note_packets(struct verify *v, const void *telltap)
{
	json_t *o = json_object_get(json_object_get(telltap, "transfer"),
	    "packets");
	json_int_t first = json_integer_value(json_object_get(o, "first"));
	json_int_t last = json_integer_value(json_object_get(o, "last"));

	if (!v->has_packets && !v->packets.count)
		return;
	if (first < 1 || last < first) {
		verify_bad(v, "data/events.jsonl: line %llu: a transfer "
		    "without a range of packets",
		    (unsigned long long)v->lines);
		return;
	}
	v->ranges++;
	if (is_there(v, (uint64_t)first) && is_there(v, (uint64_t)last))
		return;
	/* Of a part that is not here. */
	if (v->previous.there && (!v->packets.count ||
				     (uint64_t)first < v->packets.runs[0].first)) {
		v->ranges_before++;
	} else if (v->ranges_bad++ < VERIFY_LINES_KEPT) {
		v->lines_bad[v->ranges_bad - 1] = v->lines;
	}
}

void
verify_tell_packets(struct verify *v)
{
	if (!v->has_packets && !v->packets.count) {
		verify_unknown(v, "packets: not checked, the case holds none");
		return;
	}
	if (v->ranges_before)
		verify_unknown(v, "packets: %llu transfers began in a part "
		    "that is not here", (unsigned long long)v->ranges_before);
	/* Whether some were cut off, a line that comes later tells. */
	for (uint64_t i = 0; !v->cut_short && i < v->ranges_bad &&
	     i < VERIFY_LINES_KEPT; i++)
		verify_bad(v, "data/events.jsonl: line %llu: its packets are "
		    "not all in data/capture",
		    (unsigned long long)v->lines_bad[i]);
	if (v->ranges_bad && v->cut_short)
		verify_unknown(v, "packets: of %llu transfers some were lost "
		    "where the recording was cut short",
		    (unsigned long long)v->ranges_bad);
	if (v->ranges > v->ranges_before + v->ranges_bad)
		verify_ok(v, "packets: %llu; the first and the last of %llu "
		    "transfers are among them%s",
		    (unsigned long long)v->packet_count,
		    (unsigned long long)(v->ranges - v->ranges_before -
			v->ranges_bad),
		    v->in_chain ? " and those of the parts before" : "");
}
