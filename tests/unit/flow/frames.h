/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_FLOW_FRAMES_H
#define UNIT_FLOW_FRAMES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/packet.h"
#include "telltap/packet.h"

/* Frames for tests are written in hex, piece by piece, outermost first. */
struct frame {
	uint8_t b[70000];
	size_t len;
};

#define ETHER(type)	"020000000001" "020000000002" type
#define ADDRS4	"0a000001" "0a000002"
#define ADDRS6	"20010db8000000000000000000000001" \
		"20010db8000000000000000000000002"
/* 443 to 50000, sequence 1, acknowledging 2, PSH|ACK. */
#define TCP	"01bb" "c350" "00000001" "00000002" "5018" "ffff" "0000" "0000"

static inline int
nibble_of(char c)
{
	return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

static inline void
add(struct frame *f, const char *hex)
{
	for (; *hex; hex += 2) {
		if (*hex == ' ')
			hex++;
		f->b[f->len++] = (uint8_t)(nibble_of(hex[0]) << 4 |
		    nibble_of(hex[1]));
	}
}

static inline void
add_be16(struct frame *f, unsigned v)
{
	f->b[f->len++] = (uint8_t)(v >> 8);
	f->b[f->len++] = (uint8_t)v;
}

static inline void
add_fill(struct frame *f, int byte, size_t len)
{
	memset(f->b + f->len, byte, len);
	f->len += len;
}

/* payload_len bytes follow; frag is the field with flags and offset. */
static inline void
add_ip4(struct frame *f, unsigned proto, size_t payload_len, unsigned id,
    unsigned frag)
{
	add(f, "4500");
	add_be16(f, (unsigned)(20 + payload_len));
	add_be16(f, id);
	add_be16(f, frag);
	add_be16(f, 64 << 8 | proto);
	add(f, "0000" ADDRS4);
}

static inline void
add_ip6(struct frame *f, unsigned next, size_t payload_len)
{
	add(f, "60000000");
	add_be16(f, (unsigned)payload_len);
	add_be16(f, next << 8 | 64);
	add(f, ADDRS6);
}

static inline void
add_udp(struct frame *f, unsigned src, unsigned dst, size_t payload_len)
{
	add_be16(f, src);
	add_be16(f, dst);
	add_be16(f, (unsigned)(8 + payload_len));
	add(f, "0000");
}

/* IPv4, TCP and len bytes of 0x61. */
static inline void
add_tcp4(struct frame *f, size_t len)
{
	add_ip4(f, 6, 20 + len, 1, 0);
	add(f, TCP);
	add_fill(f, 0x61, len);
}

static inline void
add_tcp6(struct frame *f, size_t len)
{
	add_ip6(f, 6, 20 + len);
	add(f, TCP);
	add_fill(f, 0x61, len);
}

/* A decoder, its arena, and the packet that came out last. */
struct bench {
	struct packet_decoder *d;
	struct arena arena;
	struct packet pkt;
	struct frame f;
	uint64_t ts_ns;
	uint32_t missing;	/* bytes on the wire that were not captured */
	uint16_t flags;
};

static inline int
setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->d = packet_decoder_new(1 << 20);
	assert_non_null(b->d);
	arena_init(&b->arena);
	b->ts_ns = 1000000000;
	*state = b;
	return 0;
}

static inline int
teardown(void **state)
{
	struct bench *b = *state;

	packet_decoder_free(b->d);
	arena_clear(&b->arena);
	free(b);
	return 0;
}

/* Decodes len bytes of the frame from a block of exactly that size, which
 * stays in the arena. */
static inline int
decode_len(struct bench *b, unsigned link_type, size_t len)
{
	uint8_t *data = malloc(len ? len : 1);
	struct telltap_packet raw = { .number = 7, .ts_ns = b->ts_ns,
		.data = data, .cap_len = (uint32_t)len,
		.wire_len = (uint32_t)len + b->missing, .interface = 3,
		.owner = 4, .link_type = (uint16_t)link_type,
		.flags = b->flags };
	uint8_t *copy;
	int r;

	assert_non_null(data);
	memcpy(data, b->f.b, len);
	memset(&b->pkt, 0xee, sizeof(b->pkt));
	r = packet_decode(b->d, &raw, &b->arena, &b->pkt);
	if (r == 0) {
		copy = arena_alloc(&b->arena, b->pkt.payload_len + 1);
		assert_non_null(copy);
		memcpy(copy, b->pkt.payload, b->pkt.payload_len);
		b->pkt.payload = copy;
	}
	free(data);
	return r;
}

static inline int
decode(struct bench *b, unsigned link_type)
{
	int r = decode_len(b, link_type, b->f.len);

	b->f.len = 0;
	return r;
}

static inline const struct packet_stats *
stats(const struct bench *b)
{
	return packet_decoder_stats(b->d);
}

/* The packet is that of add_tcp4() or add_tcp6() with len bytes. */
static inline void
assert_tcp(const struct bench *b, int version, size_t len)
{
	const struct packet *p = &b->pkt;

	assert_int_equal(p->ip_version, version);
	assert_int_equal(p->proto, 6);
	assert_int_equal(p->src_port, 443);
	assert_int_equal(p->dst_port, 50000);
	assert_int_equal(p->seq, 1);
	assert_int_equal(p->ack, 2);
	assert_int_equal(p->tcp_flags, TCP_PSH | TCP_ACK);
	assert_int_equal(p->payload_wire_len, len);
	assert_int_equal(p->payload_len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(p->payload[i], 0x61);
	if (version == 4) {
		assert_memory_equal(p->src.b, "\0\0\0\0\0\0\0\0\0\0\377\377"
		    "\n\0\0\1", 16);
		assert_memory_equal(p->dst.b, "\0\0\0\0\0\0\0\0\0\0\377\377"
		    "\n\0\0\2", 16);
	} else {
		assert_memory_equal(p->src.b, " \1\r\270\0\0\0\0\0\0\0\0\0\0\0\1",
		    16);
		assert_memory_equal(p->dst.b, " \1\r\270\0\0\0\0\0\0\0\0\0\0\0\2",
		    16);
	}
}

#define CASE(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
