// SPDX-License-Identifier: Apache-2.0
#include "kernel/heads.h"

#include <string.h>

#include "base/cursor.h"
#include "bpf/socket.h"

enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_COOKED = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_COOKED2 = 276,
};

#define IPV6_EXTENSIONS 6

static int
skip_link(struct cursor *c, uint16_t link_type)
{
	uint16_t type;

	switch (link_type) {
	case LINK_ETHERNET:
		cur_skip(c, 12);
		type = cur_be16(c);
		for (int i = 0; i < 2 && (type == 0x8100 || type == 0x88a8);
		     i++) {
			cur_skip(c, 2);
			type = cur_be16(c);
		}
		break;
	case LINK_COOKED:
		cur_skip(c, 14);
		type = cur_be16(c);
		break;
	case LINK_COOKED2:
		type = cur_be16(c);
		cur_skip(c, 18);
		break;
	case LINK_NULL:
	case LINK_LOOP:
		cur_skip(c, 4);
		return 0;
	case LINK_RAW:
	case LINK_IPV4:
	case LINK_IPV6:
		return 0;
	default:
		return ERR_UNSUPPORTED;
	}
	return type == 0x0800 || type == 0x86dd ? 0 : ERR_UNSUPPORTED;
}

static void
read_v4(struct cursor *c, struct heads *h)
{
	uint8_t words = cur_u8(c) & 15;
	uint16_t id, fragment;

	cur_skip(c, 3);
	id = cur_be16(c);
	fragment = cur_be16(c);
	cur_skip(c, 1);
	h->proto = cur_u8(c);
	cur_skip(c, 2);
	h->src[10] = h->src[11] = h->dst[10] = h->dst[11] = 0xff;
	cur_copy(c, h->src + 12, 4);
	cur_copy(c, h->dst + 12, 4);
	cur_skip(c, words > 5 ? (words - 5) * 4 : 0);
	if (fragment & 0x3fff) {
		h->fragment = fragment & 0x1fff ? 2 : 1;
		h->fragment_id = id;
	}
}

static void
read_v6(struct cursor *c, struct heads *h)
{
	uint8_t next;

	cur_skip(c, 6);
	next = cur_u8(c);
	cur_skip(c, 1);
	cur_copy(c, h->src, 16);
	cur_copy(c, h->dst, 16);
	for (int i = 0; i < IPV6_EXTENSIONS && h->fragment != 2; i++) {
		uint8_t len, this = next;

		if (this != 0 && this != 43 && this != 44 && this != 60)
			break;
		next = cur_u8(c);
		len = cur_u8(c);
		if (this == 44) {
			h->fragment = cur_be16(c) >> 3 ? 2 : 1;
			h->fragment_id = cur_be32(c);
		} else {
			cur_skip(c, len * 8u + 6);
		}
	}
	h->proto = next;
}

static bool
has_ports(uint8_t proto)
{
	return proto == 6 || proto == 17 || proto == 33 || proto == 132 ||
	       proto == 136;
}

static bool
is_icmp(uint8_t proto)
{
	return proto == 1 || proto == 58;
}

int
heads_read(const uint8_t *data, uint32_t len, uint16_t link_type,
    struct heads *ret_heads)
{
	struct cursor c = cur_init(data, len);
	struct heads h = { 0 };
	int err = skip_link(&c, link_type);

	if (err)
		return cur_failed(&c) ? ERR_TRUNCATED : err;
	if (!cur_left(&c))
		return ERR_TRUNCATED;
	switch (*cur_peek(&c) >> 4) {
	case 4:
		read_v4(&c, &h);
		break;
	case 6:
		read_v6(&c, &h);
		break;
	default:
		return ERR_MALFORMED;
	}
	if (h.fragment != 2 && has_ports(h.proto)) {
		h.sport = cur_be16(&c);
		h.dport = cur_be16(&c);
	} else if (h.fragment != 2 && is_icmp(h.proto)) {
		uint8_t type = cur_u8(&c);

		cur_skip(&c, 3);
		if (type == 0 || type == 8 || type == 128 || type == 129)
			h.sport = h.dport = cur_be16(&c);
	}
	if (cur_failed(&c))
		return ERR_TRUNCATED;
	*ret_heads = h;
	return 0;
}

void
heads_tuple(const struct heads *h, uint64_t netns, bool swapped,
    struct tap_tuple *ret_tuple)
{
	struct tap_tuple *t = ret_tuple;

	memset(t, 0, sizeof(*t));
	t->netns = netns;
	memcpy(t->local, swapped ? h->dst : h->src, 16);
	memcpy(t->remote, swapped ? h->src : h->dst, 16);
	t->local_port = swapped ? h->dport : h->sport;
	t->remote_port = is_icmp(h->proto) ? 0 :
			 swapped	   ? h->sport :
					     h->dport;
	t->proto = h->proto;
}
