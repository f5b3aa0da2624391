// SPDX-License-Identifier: Apache-2.0
#include "kernel/packet_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <linux/if_packet.h>

/*
 * Blocks are filled one after the other. A block's status says whose it is: the
 * kernel's, or the reader's, who hands it back when all of its packets are
 * taken. Each has a number that grows from block to block, and keeps it after
 * it is handed back, until the kernel begins to fill it anew.
 */
struct packet_ring {
	uint8_t *bytes;
	struct packet_ring_shape shape;
	uint32_t block; /* the one to be read */
	uint32_t taken, offset; /* of its packets; where the next lies */
};

/* So that one busy interface does not keep the others waiting. */
#define PACKETS_A_TURN 8192

static struct tpacket_block_desc *
block_at(const struct packet_ring *r, uint32_t i)
{
	return (struct tpacket_block_desc *)(r->bytes +
					     (size_t)i * r->shape.block_len);
}

static bool
is_ours(const struct tpacket_block_desc *b)
{
	return __atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE) &
	       TP_STATUS_USER;
}

/* The oldest block that waits to be read; if there is none, the one that is
 * being filled, which has the highest number of all. */
static uint32_t
find_start(const struct packet_ring *r)
{
	uint32_t oldest = UINT32_MAX, newest = 0;

	for (uint32_t i = 0; i < r->shape.block_count; i++) {
		const struct tpacket_block_desc *b = block_at(r, i);

		if (is_ours(b) && (oldest == UINT32_MAX ||
				      b->hdr.bh1.seq_num <
					  block_at(r, oldest)->hdr.bh1.seq_num))
			oldest = i;
		if (b->hdr.bh1.seq_num > block_at(r, newest)->hdr.bh1.seq_num)
			newest = i;
	}
	return oldest == UINT32_MAX ? newest : oldest;
}

int
packet_ring_open(int fd, const struct packet_ring_shape *shape,
    struct packet_ring **ret_ring)
{
	struct packet_ring *r;

	if (shape->block_len < sizeof(struct tpacket_block_desc) ||
	    !shape->block_count)
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->shape = *shape;
	r->bytes = mmap(NULL, (size_t)shape->block_len * shape->block_count,
	    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (r->bytes == MAP_FAILED) {
		free(r);
		return -errno;
	}
	r->block = find_start(r);
	*ret_ring = r;
	return 0;
}

void
packet_ring_close(struct packet_ring *r)
{
	if (!r)
		return;
	munmap(r->bytes, (size_t)r->shape.block_len * r->shape.block_count);
	free(r);
}

/* A packet of the block, which is the kernel's work and yet checked: what is
 * here is mapped memory. */
static int
packet_at(const struct packet_ring *r, const struct tpacket_block_desc *b,
    struct ring_packet *ret_packet, uint32_t *ret_next)
{
	uint32_t len = r->shape.block_len, at = r->offset;
	const struct tpacket3_hdr *h;

	if (at > len || len - at < sizeof(*h))
		return ERR_MALFORMED;
	h = (const struct tpacket3_hdr *)((const uint8_t *)b + at);
	if (h->tp_mac > len - at || h->tp_snaplen > len - at - h->tp_mac)
		return ERR_MALFORMED;
	ret_packet->ts_ns = h->tp_sec * 1000000000ull + h->tp_nsec;
	ret_packet->data = (const uint8_t *)h + h->tp_mac;
	ret_packet->cap_len = h->tp_snaplen;
	ret_packet->wire_len = h->tp_len;
	ret_packet->link_type = r->shape.link_type;
	if (h->tp_next_offset > len - at)
		return ERR_MALFORMED;
	*ret_next = at + h->tp_next_offset;
	return 0;
}

static void
hand_back(struct packet_ring *r, struct tpacket_block_desc *b)
{
	__atomic_store_n(
	    &b->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	r->block = (r->block + 1) % r->shape.block_count;
	r->taken = r->offset = 0;
}

/* 1: the callback has enough. */
static int
read_block(struct packet_ring *r, struct tpacket_block_desc *b,
    packet_ring_fn on_packet, void *arg, uint32_t *budget)
{
	struct ring_packet p;
	uint32_t next;
	int err;

	if (!r->offset)
		r->offset = b->hdr.bh1.offset_to_first_pkt;
	while (r->taken < b->hdr.bh1.num_pkts) {
		err = packet_at(r, b, &p, &next);
		if (err)
			return err;
		r->taken++;
		r->offset = next;
		if (!on_packet(arg, &p) || !--*budget)
			return 1;
	}
	hand_back(r, b);
	return 0;
}

int
packet_ring_read(struct packet_ring *r, packet_ring_fn on_packet, void *arg)
{
	uint32_t budget = PACKETS_A_TURN;
	int err = 0;

	for (uint32_t i = 0; !err && i < r->shape.block_count; i++) {
		struct tpacket_block_desc *b = block_at(r, r->block);

		if (!is_ours(b))
			break;
		err = read_block(r, b, on_packet, arg, &budget);
	}
	return err < 0 ? err : 0;
}
