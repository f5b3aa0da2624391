// SPDX-License-Identifier: Apache-2.0
#include "flow/packet_walk.h"

/* IEEE 802.11 frame control, as a little-endian number. */
#define FC_TYPE		0x000c
#define FC_DATA		0x0008
#define FC_NULL		0x0040	/* a data frame without data */
#define FC_QOS		0x0080
#define FC_DS		0x0300	/* both: between access points */
#define FC_MORE_FRAG	0x0400
#define FC_PROTECTED	0x4000
#define FC_ORDER	0x8000
#define QOS_AMSDU	0x80

#define RADIOTAP_TSFT	0x1u
#define RADIOTAP_FLAGS	0x2u
#define RADIOTAP_MORE	0x80000000u
#define RADIOTAP_DATAPAD	0x20

static int
walk_data(struct packet_walk *w, bool padded)
{
	size_t begin = cur_left(&w->c);
	uint16_t fc = cur_le16(&w->c), qos = 0, fragment;

	cur_skip(&w->c, 20);
	fragment = cur_le16(&w->c) & 0xf;
	if ((fc & FC_DS) == FC_DS)
		cur_skip(&w->c, 6);
	if (fc & FC_QOS) {
		qos = cur_le16(&w->c);
		if (fc & FC_ORDER)
			cur_skip(&w->c, 4);
	}
	if (padded && !cur_failed(&w->c))
		cur_skip(&w->c, (begin - cur_left(&w->c)) & 2);
	if (cur_failed(&w->c))
		return walk_short(w);
	if (fc & FC_NULL)
		return WALK_NOT_IP;
	/* Several packets in one frame, or one in several, are not for here. */
	if ((fc & (FC_PROTECTED | FC_MORE_FRAG)) || fragment ||
	    (qos & QOS_AMSDU))
		return ERR_UNSUPPORTED;
	return link_walk_llc(w);
}

static int
walk_frame(struct packet_walk *w, bool padded)
{
	struct cursor look = w->c;
	uint16_t fc = cur_le16(&look);

	if (cur_failed(&look))
		return walk_short(w);
	if (fc & 3)		/* another version of the format */
		return ERR_UNSUPPORTED;
	return (fc & FC_TYPE) == FC_DATA ? walk_data(w, padded) : WALK_NOT_IP;
}

int
link_walk_wlan(struct packet_walk *w)
{
	return walk_frame(w, false);
}

int
link_walk_radiotap(struct packet_walk *w)
{
	struct cursor h;
	uint32_t present, word;
	uint16_t len;
	uint8_t flags = 0;
	size_t at = 8;

	cur_skip(&w->c, 2);
	len = cur_le16(&w->c);
	if (cur_failed(&w->c))
		return walk_short(w);
	if (len < 8)
		return ERR_MALFORMED;
	h = cur_sub(&w->c, len - 4u);
	present = word = cur_le32(&h);
	for (; word & RADIOTAP_MORE; at += 4)
		word = cur_le32(&h);
	if (present & RADIOTAP_TSFT)		/* aligned from the header on */
		cur_skip(&h, 8 + at % 8);
	if (present & RADIOTAP_FLAGS)
		flags = cur_u8(&h);
	if (cur_failed(&w->c))
		return walk_short(w);
	return cur_failed(&h) ? ERR_MALFORMED :
	    walk_frame(w, flags & RADIOTAP_DATAPAD);
}
