// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_google.h"

#include <string.h>

#define FRAME_PADDING	0
#define FRAME_CRYPTO	8

#define ENTRY_LEN	8	/* tag, where its value ends */
#define ENTRIES_MAX	128
#define TAG_SNI		0x494e53u	/* "SNI\0" */

/* RFC 3550: the fixed header, and the reports that begin RTCP's packets; the types
 * of payload that are assigned, and those that the sides agree on. */
#define RTP_VERSION	2
#define RTP_LEN		12
#define RTCP_SENDER	200
#define RTCP_RECEIVER	201

int
quic_google_frame(struct cursor *c, struct quic_frame *ret)
{
	struct quic_frame f = { .kind = QUIC_FRAME_CRYPTO };
	uint8_t type = FRAME_PADDING;
	uint64_t len;

	while (type == FRAME_PADDING) {
		if (!cur_left(c))
			return ERR_END;
		type = cur_u8(c);
	}
	if (type != FRAME_CRYPTO)
		return ERR_UNSUPPORTED;
	f.offset = quic_varint(c);
	len = quic_varint(c);
	if (cur_failed(c) || len > cur_left(c))
		return ERR_MALFORMED;
	f.data.len = (size_t)len;
	f.data.p = cur_bytes(c, f.data.len);
	*ret = f;
	return 0;
}

/* c: behind the hello's tag. Values lie behind the entries, in their order. */
static bool
find_name(struct cursor c, struct span *ret_name)
{
	uint16_t count = cur_le16(&c);
	struct cursor values;
	uint32_t from = 0;

	cur_skip(&c, 2);
	values = c;
	cur_skip(&values, (size_t)count * ENTRY_LEN);
	if (cur_failed(&values) || count > ENTRIES_MAX)
		return false;
	while (count--) {
		uint32_t tag = cur_le32(&c), end = cur_le32(&c);

		if (end < from || end - from > cur_left(&values))
			return false;
		if (tag == TAG_SNI) {
			ret_name->len = end - from;
			ret_name->p = cur_bytes(&values, ret_name->len);
			return ret_name->len > 0;
		}
		cur_skip(&values, end - from);
		from = end;
	}
	return false;
}

bool
quic_google_name(struct span data, struct span *ret_name)
{
	struct cursor c = cur_init(data.p, data.len);
	const uint8_t *at;

	at = memmem(data.p, data.len, "CHLO", 4);
	if (!at)
		return false;
	cur_skip(&c, (size_t)(at - data.p) + 4);
	return find_name(c, ret_name);
}

bool
quic_is_rtp(struct span datagram)
{
	uint8_t type;

	if (datagram.len < RTP_LEN || datagram.p[0] >> 6 != RTP_VERSION)
		return false;
	type = datagram.p[1];
	if (type == RTCP_SENDER || type == RTCP_RECEIVER)
		return true;
	type &= 0x7f;
	return type < 35 || type >= 96;
}
