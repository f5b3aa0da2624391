// SPDX-License-Identifier: Apache-2.0
#include "source/pcapng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum ng_option_code {
	OPT_COMMENT = 1,
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_TSRESOL = 9,
	IF_TSOFFSET = 14,
	ISB_IFDROP = 5,
	ISB_OSDROP = 7,
	EPB_PROCESS = 8,	/* ids of process and thread */
	OPT_LOCAL = 0x8000,	/* from here on: not standardised */
};

enum ng_name_record {
	NRB_END = 0,
	NRB_IPV4 = 1,
	NRB_IPV6 = 2,
};

int
ng_add_interface(struct reader *r, struct sink *s, struct cursor body)
{
	struct telltap_interface info = { .file = r->file_index,
		.tsresol = 6 };
	struct ng_option o, name = { 0 };
	struct ng *ng = r->state;
	struct ng_iface *i;
	int64_t index, offset_s = 0;
	uint32_t cap;
	void *p;

	info.link_type = ng_u16(&body, r->big_endian);
	cur_skip(&body, 2);
	info.snaplen = ng_u32(&body, r->big_endian);
	if (cur_failed(&body))
		return ERR_MALFORMED;
	if (ng->iface_count == NG_IFACE_MAX)
		return ERR_LIMIT;
	while (ng_next_option(&body, r->big_endian, &o)) {
		if (o.code == IF_NAME || (o.code == IF_DESCRIPTION &&
		    !name.len))
			name = o;
		else if (o.code == IF_TSRESOL && o.len == 1)
			info.tsresol = cur_u8(&o.value);
		else if (o.code == IF_TSOFFSET && o.len == 8)
			offset_s = (int64_t)ng_u64(&o.value, r->big_endian);
	}
	if (ng->iface_count == ng->iface_cap) {
		cap = ng->iface_cap ? ng->iface_cap * 2 : 4;
		p = realloc(ng->ifaces, cap * sizeof(*ng->ifaces));
		if (!p)
			return -ENOMEM;
		ng->ifaces = p;
		ng->iface_cap = cap;
	}
	index = sink_add_interface(s, &info,
	    name.len ? cur_peek(&name.value) : NULL, name.len);
	if (index < 0)
		return (int)index;
	i = &ng->ifaces[ng->iface_count++];
	i->index = (uint32_t)index;
	i->snaplen = info.snaplen;
	i->link_type = info.link_type;
	ng_clock_init(&i->clock, info.tsresol, offset_s);
	return 0;
}

/* Statistics are totals so far: the greatest counts. */
void
ng_add_statistics(struct reader *r, struct sink *s, struct cursor body)
{
	struct ng *ng = r->state;
	struct telltap_interface *i;
	struct ng_option o;
	uint32_t id;
	uint64_t n;

	id = ng_u32(&body, r->big_endian);
	cur_skip(&body, 8);
	if (cur_failed(&body) || id >= ng->iface_count) {
		r->file->malformed++;
		return;
	}
	i = &s->ifaces[ng->ifaces[id].index];
	while (ng_next_option(&body, r->big_endian, &o)) {
		if (o.len != 8 || (o.code != ISB_IFDROP &&
		    o.code != ISB_OSDROP))
			continue;
		n = ng_u64(&o.value, r->big_endian);
		i->has_drops = true;
		if (o.code == ISB_IFDROP && n > i->dropped_if)
			i->dropped_if = n;
		else if (o.code == ISB_OSDROP && n > i->dropped_os)
			i->dropped_os = n;
	}
}

void
ng_add_names(struct reader *r, struct sink *s, struct cursor body)
{
	struct telltap_block b = { .kind = TELLTAP_BLOCK_NAME };
	struct cursor record;
	const uint8_t *end;
	uint16_t type, len;

	while (cur_left(&body) >= 4) {
		type = ng_u16(&body, r->big_endian);
		len = ng_u16(&body, r->big_endian);
		if (type == NRB_END)
			return;
		record = cur_sub(&body, len);
		if (cur_failed(&body))
			break;
		if (cur_left(&body) >= 3u - (len + 3u) % 4)
			cur_skip(&body, 3u - (len + 3u) % 4);
		if (type != NRB_IPV4 && type != NRB_IPV6)
			continue;
		b.ip_version = type == NRB_IPV4 ? 4 : 6;
		memset(b.addr, 0, 10);
		memset(b.addr + 10, 0xff, 2);
		cur_copy(&record, type == NRB_IPV4 ? b.addr + 12 : b.addr,
		    type == NRB_IPV4 ? 4 : 16);
		b.packet = s->packets;
		/* one or more names, each ends in a zero byte */
		while (cur_left(&record)) {
			b.data = cur_peek(&record);
			end = memchr(b.data, 0, cur_left(&record));
			b.len = end ? (size_t)(end - b.data) :
			    cur_left(&record);
			cur_skip(&record, b.len + (end != NULL));
			if (b.len)
				sink_add_block(s, r, &b);
		}
	}
	if (cur_failed(&body))
		r->file->malformed++;
}

void
ng_add_secrets(struct reader *r, struct sink *s, struct cursor body)
{
	struct telltap_block b = { .kind = TELLTAP_BLOCK_SECRETS,
		.packet = s->packets };

	b.type = ng_u32(&body, r->big_endian);
	b.len = ng_u32(&body, r->big_endian);
	b.data = cur_bytes(&body, b.len);
	if (cur_failed(&body)) {
		r->file->malformed++;
		return;
	}
	sink_add_block(s, r, &b);
}

void
ng_add_packet_options(struct reader *r, struct sink *s, struct cursor options)
{
	struct telltap_block b = { .packet = s->packets };
	struct ng_option o;

	while (ng_next_option(&options, r->big_endian, &o)) {
		if (o.code != OPT_COMMENT && o.code != EPB_PROCESS &&
		    o.code < OPT_LOCAL)
			continue;
		b.kind = o.code == OPT_COMMENT ? TELLTAP_BLOCK_COMMENT :
		    TELLTAP_BLOCK_OPTION;
		b.type = o.code;
		b.data = cur_peek(&o.value);
		b.len = o.len;
		sink_add_block(s, r, &b);
	}
}
