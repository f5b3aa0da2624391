// SPDX-License-Identifier: Apache-2.0
/*
 * pcapng: sections of blocks. A block is a type, its length, a body, and the
 * length again; the byte order is the section's and may change with it. What
 * is wrong inside a block passes that block over; what is wrong with a length
 * ends the file, since nothing behind it can be trusted.
 */
#include "source/pcapng.h"

#include <errno.h>
#include <stdlib.h>

#define BLOCK_HEADER_LEN	12	/* with the word that holds the BOM */
#define BLOCK_LEN_MAX		(256u << 20)
#define BLOCK_KEEP_MAX		(16u << 20)	/* beside packets */
#define BYTE_ORDER_MAGIC	0x1a2b3c4du

struct frame {
	uint32_t type, len;
	uint32_t padded_len;	/* as far as the next block */
	bool big_endian;
};

/* A packet in the making; options lie behind its data. */
struct record {
	struct telltap_packet packet;
	struct cursor options;
	uint64_t drops;		/* lost before this one */
	bool clamped;
};

static bool
holds_packet(uint32_t type)
{
	return type == NG_EPB || type == NG_SPB || type == NG_PB;
}

enum {
	EPB_FLAGS = 2,
	EPB_DROPCOUNT = 4,
};

enum {
	FRAME_TOO_LARGE = 1,	/* to be had in one piece */
	FRAME_WAITS = 2,	/* the batch goes out before more is read */
};

/* Reads the frame at the window's front and has the block in one piece. */
static int
ng_frame(struct reader *r, struct sink *s, struct frame *ret_frame)
{
	struct window *w = &r->window;
	struct frame f;
	struct cursor c;
	uint32_t keep_max, len;
	int err;

	err = window_fill(w, BLOCK_HEADER_LEN);
	if (err < 0)
		return reader_fail_short(r, err, "cut in mid-block");
	c = cur_init(window_peek(w), BLOCK_HEADER_LEN);
	f.big_endian = r->big_endian;
	f.type = ng_u32(&c, f.big_endian);
	len = cur_be32(&c);
	if (f.type == NG_SHB) {		/* reads the same in either order */
		f.big_endian = cur_be32(&c) == BYTE_ORDER_MAGIC;
		c = cur_init(window_peek(w), BLOCK_HEADER_LEN);
		cur_skip(&c, 8);
		if (!f.big_endian && cur_le32(&c) != BYTE_ORDER_MAGIC)
			return reader_fail(r, ERR_MALFORMED,
			    "section without a byte order");
	}
	f.len = f.big_endian ? len : __builtin_bswap32(len);
	if (f.len < BLOCK_HEADER_LEN || f.len > BLOCK_LEN_MAX)
		return reader_fail(r, ERR_MALFORMED,
		    "block of impossible length");
	f.padded_len = (f.len + 3) & ~3u;
	keep_max = holds_packet(f.type) ? PACKET_LEN_MAX + 65536 * 4 :
	    BLOCK_KEEP_MAX;
	*ret_frame = f;
	if (f.padded_len > keep_max)
		return FRAME_TOO_LARGE;
	if (window_left(w) < f.padded_len) {
		if (sink_wants_out(s, r))
			return FRAME_WAITS;
		err = window_fill(w, f.padded_len);
		if (err < 0)
			return reader_fail_short(r, err, "cut in mid-block");
	}
	return 0;
}

/* The length at the end must be that of the front; where the front's is no
 * multiple of 4, either place may hold it. Returns the body. */
static int
ng_body(struct reader *r, struct frame *f, struct cursor *ret_body)
{
	struct cursor c = cur_init(window_peek(&r->window), f->padded_len);
	struct cursor body;

	cur_skip(&c, 8);
	body = cur_sub(&c, f->padded_len - BLOCK_HEADER_LEN);
	if (ng_u32(&c, f->big_endian) == f->len)
		goto out;
	c = cur_init(window_peek(&r->window), f->len);
	cur_skip(&c, 8);
	body = cur_sub(&c, f->len - BLOCK_HEADER_LEN);
	if (f->len % 4 == 0 || ng_u32(&c, f->big_endian) != f->len)
		return reader_fail(r, ERR_MALFORMED,
		    "block whose two lengths differ");
	f->padded_len = f->len;
out:
	if (f->len % 4)
		r->file->malformed++;
	*ret_body = body;
	return 0;
}

static int
ng_begin_section(struct reader *r, const struct frame *f, struct cursor body)
{
	struct ng *ng = r->state;
	uint16_t major;

	cur_skip(&body, 4);
	major = ng_u16(&body, f->big_endian);
	cur_skip(&body, 2 + 8);
	if (cur_failed(&body))
		return reader_fail(r, ERR_MALFORMED, "section header too short");
	if (major != 1)
		return reader_fail(r, ERR_UNSUPPORTED,
		    "pcapng of an unknown version");
	r->big_endian = f->big_endian;
	ng->iface_count = 0;
	return 0;
}

/* The data of an enhanced or an obsolete packet block, and what is behind. */
static int
ng_packet(struct reader *r, struct cursor body, bool obsolete,
    struct record *ret)
{
	const struct ng *ng = r->state;
	bool big = r->big_endian;
	struct telltap_packet *p = &ret->packet;
	uint64_t ticks;
	uint32_t id;

	if (obsolete) {
		id = ng_u16(&body, big);
		ret->drops = ng_u16(&body, big);
		if (ret->drops == UINT16_MAX)	/* not known */
			ret->drops = 0;
	} else {
		id = ng_u32(&body, big);
	}
	ticks = (uint64_t)ng_u32(&body, big) << 32;
	ticks |= ng_u32(&body, big);
	p->cap_len = ng_u32(&body, big);
	p->wire_len = ng_u32(&body, big);
	p->data = cur_bytes(&body, p->cap_len);
	if (cur_failed(&body) || id >= ng->iface_count ||
	    p->cap_len > PACKET_LEN_MAX)
		return ERR_MALFORMED;
	if (cur_left(&body) >= 3u - (p->cap_len + 3u) % 4)
		cur_skip(&body, 3u - (p->cap_len + 3u) % 4);
	ret->options = body;
	p->interface = ng->ifaces[id].index;
	p->link_type = ng->ifaces[id].link_type;
	p->ts_ns = ng_clock_ns(&ng->ifaces[id].clock, ticks, &ret->clamped);
	return 0;
}

/* A simple packet block has neither time nor interface: the time of the
 * packet before it, the section's first interface. */
static int
ng_simple_packet(struct reader *r, struct cursor body, struct record *ret)
{
	const struct ng *ng = r->state;
	struct telltap_packet *p = &ret->packet;

	p->wire_len = ng_u32(&body, r->big_endian);
	if (cur_failed(&body) || !ng->iface_count)
		return ERR_MALFORMED;
	p->cap_len = p->wire_len;
	if (ng->ifaces[0].snaplen && p->cap_len > ng->ifaces[0].snaplen)
		p->cap_len = ng->ifaces[0].snaplen;
	p->data = cur_bytes(&body, p->cap_len);
	if (cur_failed(&body) || p->cap_len > PACKET_LEN_MAX)
		return ERR_MALFORMED;
	ret->options = cur_init(NULL, 0);
	p->interface = ng->ifaces[0].index;
	p->link_type = ng->ifaces[0].link_type;
	p->ts_ns = r->last_ns;
	ret->clamped = false;
	return 0;
}

static int
ng_read_packet(struct reader *r, uint32_t type, struct cursor body,
    struct record *ret)
{
	if (type == NG_SPB)
		return ng_simple_packet(r, body, ret);
	return ng_packet(r, body, type == NG_PB, ret);
}

static void
ng_hand_out(struct reader *r, struct sink *s, struct record *rec)
{
	struct telltap_packet *p = &rec->packet;
	struct cursor options = rec->options;
	size_t count = s->batch->count;
	struct ng_option o;
	uint32_t direction;

	p->flags = 0;
	if (p->wire_len < p->cap_len)
		p->wire_len = p->cap_len;
	if (rec->clamped)
		r->file->bad_times++;
	if (!cur_left(&options) && !rec->drops) {
		sink_add_packet(s, r, r->window.chunk, p);
		return;
	}
	while (ng_next_option(&options, r->big_endian, &o)) {
		if (o.code == EPB_DROPCOUNT && o.len == 8)
			rec->drops = ng_u64(&o.value, r->big_endian);
		if (o.code != EPB_FLAGS || o.len != 4)
			continue;
		direction = ng_u32(&o.value, r->big_endian) & 3;
		p->flags = direction == 1 ? TELLTAP_PACKET_INBOUND :
		    direction == 2 ? TELLTAP_PACKET_OUTBOUND : 0;
	}
	s->ifaces[p->interface].dropped_noted += rec->drops;
	sink_add_packet(s, r, r->window.chunk, p);
	if (s->batch->count > count)
		ng_add_packet_options(r, s, rec->options);
}

static int
ng_other(struct reader *r, struct sink *s, const struct frame *f,
    struct cursor body)
{
	struct telltap_block b = { .kind = TELLTAP_BLOCK_OTHER,
		.packet = s->packets, .type = f->type };
	struct ng *ng = r->state;
	int err = 0;

	switch (f->type) {
	case NG_SHB:
		err = ng_begin_section(r, f, body);
		if (!err && ng->begun)
			sink_add_block(s, r, &b);
		ng->begun = true;
		return err;
	case NG_IDB:
		err = ng_add_interface(r, s, body);
		if (err == ERR_LIMIT)
			return reader_fail(r, err, "too many interfaces");
		if (err == ERR_MALFORMED)
			r->file->malformed++;
		else if (err < 0)
			return reader_fail(r, err, NULL);
		return 0;
	case NG_ISB:
		ng_add_statistics(r, s, body);
		return 0;
	case NG_NRB:
		ng_add_names(r, s, body);
		return 0;
	case NG_DSB:
		ng_add_secrets(r, s, body);
		return 0;
	default:
		b.len = cur_left(&body);
		b.data = cur_bytes(&body, b.len);
		sink_add_block(s, r, &b);
		return 0;
	}
}

/* One block that lies in the window; 1 when its packet is too late. */
static int
ng_block(struct reader *r, struct sink *s, uint64_t until_ns, struct frame *f)
{
	struct record rec = { 0 };
	struct cursor body;
	int err;

	err = ng_body(r, f, &body);
	if (err < 0)
		return err;
	if (!holds_packet(f->type)) {
		err = ng_other(r, s, f, body);
		if (err < 0)
			return err;
	} else if (ng_read_packet(r, f->type, body, &rec) < 0) {
		r->file->malformed++;
	} else if (rec.packet.ts_ns > until_ns) {
		r->next_ns = rec.packet.ts_ns;
		return 1;
	} else {
		ng_hand_out(r, s, &rec);
	}
	window_consume(&r->window, f->padded_len);
	return 0;
}

static int
ng_fill(struct reader *r, struct sink *s, uint64_t until_ns)
{
	struct frame f = { 0 };
	int err;

	while (!sink_is_full(s)) {
		if (window_left(&r->window) < BLOCK_HEADER_LEN &&
		    sink_wants_out(s, r))
			return 0;
		err = ng_frame(r, s, &f);
		if (err == FRAME_WAITS)
			return 0;
		if (err < 0)
			return err;
		if (err && holds_packet(f.type))
			return reader_fail(r, ERR_MALFORMED,
			    "packet of impossible length");
		if (err) {
			s->blocks_lost++;
			err = window_skip(&r->window, f.padded_len);
			if (err < 0)
				return reader_fail(r, err, "cut in mid-block");
			continue;
		}
		err = ng_block(r, s, until_ns, &f);
		if (err)
			return err;
	}
	return 0;
}

static void
ng_free(struct reader *r)
{
	struct ng *ng = r->state;

	if (!ng)
		return;
	free(ng->ifaces);
	free(ng);
}

int
pcapng_begin(struct reader *r)
{
	struct cursor c;
	uint32_t magic;
	int err;

	err = window_fill(&r->window, BLOCK_HEADER_LEN);
	if (err < 0)
		return reader_fail(r, err, input_error(r->window.in) ? NULL :
		    "cut in the section header");
	c = cur_init(window_peek(&r->window), BLOCK_HEADER_LEN);
	cur_skip(&c, 8);
	magic = cur_be32(&c);
	if (magic != BYTE_ORDER_MAGIC &&
	    magic != __builtin_bswap32(BYTE_ORDER_MAGIC))
		return reader_fail(r, ERR_UNSUPPORTED, "not a capture");
	r->state = calloc(1, sizeof(struct ng));
	if (!r->state)
		return reader_fail(r, -ENOMEM, NULL);
	r->format = &reader_pcapng;
	return 0;
}

const struct reader_format reader_pcapng = { "pcapng", ng_fill, ng_free };
