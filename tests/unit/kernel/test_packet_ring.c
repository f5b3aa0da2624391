// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/if_packet.h>

#include "kernel/packet_ring.h"

#define BLOCK	4096
#define BLOCKS	4
#define FIRST	sizeof(struct tpacket_block_desc)
#define MAC	sizeof(struct tpacket3_hdr)

static const struct packet_ring_shape shape = { BLOCK, BLOCKS, 1 };

struct ring {
	int fd;
	uint8_t *bytes;
};

static struct ring
ring_make(void)
{
	struct ring r = { .fd = memfd_create("ring", 0) };

	assert_int_equal(0, ftruncate(r.fd, BLOCK * BLOCKS));
	r.bytes = mmap(NULL, BLOCK * BLOCKS, PROT_READ | PROT_WRITE,
	    MAP_SHARED, r.fd, 0);
	assert_ptr_not_equal(MAP_FAILED, r.bytes);
	return r;
}

static void
ring_drop(struct ring *r)
{
	munmap(r->bytes, BLOCK * BLOCKS);
	close(r->fd);
}

static struct tpacket_block_desc *
block(struct ring *r, unsigned i)
{
	return (struct tpacket_block_desc *)(r->bytes + i * BLOCK);
}

/* A block with packets of len bytes each, all of value. */
static void
fill(struct ring *r, unsigned i, uint64_t number, unsigned count,
    uint32_t len, uint8_t value)
{
	struct tpacket_block_desc *b = block(r, i);
	uint32_t at = FIRST, step = (uint32_t)(MAC + len + 15) & ~15u;

	b->hdr.bh1.seq_num = number;
	b->hdr.bh1.num_pkts = count;
	b->hdr.bh1.offset_to_first_pkt = at;
	for (unsigned n = 0; n < count; n++, at += step) {
		struct tpacket3_hdr *h =
		    (struct tpacket3_hdr *)((uint8_t *)b + at);

		*h = (struct tpacket3_hdr){ .tp_sec = 5, .tp_nsec = n,
			.tp_mac = MAC, .tp_snaplen = len, .tp_len = len + 1,
			.tp_next_offset = n + 1 < count ? step : 0 };
		memset((uint8_t *)h + MAC, value, len);
	}
	b->hdr.bh1.block_status = TP_STATUS_USER;
}

struct sum {
	unsigned packets, enough;
	uint64_t bytes, last_ns;
	uint8_t first;
};

static bool
on_packet(void *arg, const struct ring_packet *p)
{
	struct sum *s = arg;

	if (!s->packets++)
		s->first = p->data[0];
	for (uint32_t i = 0; i < p->cap_len; i++)
		s->bytes += p->data[i];
	s->last_ns = p->ts_ns;
	assert_int_equal(p->cap_len + 1, p->wire_len);
	return s->packets != s->enough;
}

static void
blocks_are_read_in_order_and_handed_back(void **state)
{
	struct ring r = ring_make();
	struct packet_ring *p;
	struct sum s = { 0 };

	block(&r, 0)->hdr.bh1.seq_num = 1;
	assert_int_equal(0, packet_ring_open(r.fd, &shape, &p));
	assert_int_equal(0, packet_ring_read(p, on_packet, &s));
	assert_int_equal(0, s.packets);
	fill(&r, 0, 1, 3, 100, 7);
	fill(&r, 1, 2, 1, 10, 9);
	assert_int_equal(0, packet_ring_read(p, on_packet, &s));
	assert_int_equal(4, s.packets);
	assert_int_equal(3 * 700 + 90, s.bytes);
	assert_int_equal(5000000000, s.last_ns);
	assert_int_equal(TP_STATUS_KERNEL, block(&r, 0)->hdr.bh1.block_status);
	assert_int_equal(TP_STATUS_KERNEL, block(&r, 1)->hdr.bh1.block_status);
	packet_ring_close(p);
	ring_drop(&r);
}

static void
a_block_goes_on_where_it_was_left(void **state)
{
	struct ring r = ring_make();
	struct sum s = { .enough = 2 };
	struct packet_ring *p;

	fill(&r, 0, 1, 3, 100, 7);
	assert_int_equal(0, packet_ring_open(r.fd, &shape, &p));
	assert_int_equal(0, packet_ring_read(p, on_packet, &s));
	assert_int_equal(2, s.packets);
	assert_int_equal(TP_STATUS_USER, block(&r, 0)->hdr.bh1.block_status);
	assert_int_equal(0, packet_ring_read(p, on_packet, &s));
	assert_int_equal(3, s.packets);
	assert_int_equal(TP_STATUS_KERNEL, block(&r, 0)->hdr.bh1.block_status);
	packet_ring_close(p);
	ring_drop(&r);
}

static void
another_reader_takes_over_at_the_oldest_block(void **state)
{
	struct ring r = ring_make();
	struct packet_ring *p;
	struct sum s = { 0 };

	fill(&r, 3, 8, 1, 10, 1);
	fill(&r, 0, 9, 1, 10, 2);
	block(&r, 1)->hdr.bh1.seq_num = 10;
	block(&r, 2)->hdr.bh1.seq_num = 7;
	assert_int_equal(0, packet_ring_open(r.fd, &shape, &p));
	assert_int_equal(0, packet_ring_read(p, on_packet, &s));
	assert_int_equal(2, s.packets);
	assert_int_equal(1, s.first);
	packet_ring_close(p);
	ring_drop(&r);
}

static void
another_reader_waits_for_the_block_being_filled(void **state)
{
	struct ring r = ring_make();
	struct packet_ring *p;
	struct sum s = { 0 };

	for (unsigned i = 0; i < BLOCKS; i++)
		block(&r, i)->hdr.bh1.seq_num = i < 3 ? 9 + i : 8;
	assert_int_equal(0, packet_ring_open(r.fd, &shape, &p));
	fill(&r, 2, 11, 1, 10, 3);
	assert_int_equal(0, packet_ring_read(p, on_packet, &s));
	assert_int_equal(1, s.packets);
	assert_int_equal(3, s.first);
	packet_ring_close(p);
	ring_drop(&r);
}

static void
expect_malformed(void (*spoil)(struct tpacket_block_desc *,
    struct tpacket3_hdr *), int want)
{
	struct ring r = ring_make();
	struct packet_ring *p;
	struct sum s = { 0 };

	fill(&r, 0, 1, 2, 100, 7);
	spoil(block(&r, 0), (struct tpacket3_hdr *)(r.bytes + FIRST));
	assert_int_equal(0, packet_ring_open(r.fd, &shape, &p));
	assert_int_equal(want, packet_ring_read(p, on_packet, &s));
	packet_ring_close(p);
	ring_drop(&r);
}

static void
first_at_end(struct tpacket_block_desc *b, struct tpacket3_hdr *h)
{
	b->hdr.bh1.offset_to_first_pkt = BLOCK - MAC + 1;
}

static void
first_beyond(struct tpacket_block_desc *b, struct tpacket3_hdr *h)
{
	b->hdr.bh1.offset_to_first_pkt = UINT32_MAX;
}

static void
data_beyond(struct tpacket_block_desc *b, struct tpacket3_hdr *h)
{
	h->tp_snaplen = BLOCK - FIRST - MAC + 1;
}

static void
data_to_the_end(struct tpacket_block_desc *b, struct tpacket3_hdr *h)
{
	h->tp_snaplen = BLOCK - FIRST - MAC;
	h->tp_len = h->tp_snaplen + 1;
}

static void
mac_beyond(struct tpacket_block_desc *b, struct tpacket3_hdr *h)
{
	h->tp_mac = BLOCK;
}

static void
next_beyond(struct tpacket_block_desc *b, struct tpacket3_hdr *h)
{
	h->tp_next_offset = BLOCK;
}

static void
nothing_is_read_beyond_a_block(void **state)
{
	expect_malformed(first_at_end, ERR_MALFORMED);
	expect_malformed(first_beyond, ERR_MALFORMED);
	expect_malformed(data_beyond, ERR_MALFORMED);
	expect_malformed(mac_beyond, ERR_MALFORMED);
	expect_malformed(next_beyond, ERR_MALFORMED);
	expect_malformed(data_to_the_end, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_read_in_order_and_handed_back),
		cmocka_unit_test(a_block_goes_on_where_it_was_left),
		cmocka_unit_test(another_reader_takes_over_at_the_oldest_block),
		cmocka_unit_test(
		    another_reader_waits_for_the_block_being_filled),
		cmocka_unit_test(nothing_is_read_beyond_a_block),
	};

	return cmocka_run_group_tests_name("kernel/packet_ring", tests, NULL,
	    NULL);
}
