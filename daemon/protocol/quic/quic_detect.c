// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_detect.h"

#include "protocol/quic/quic_burst.h"
#include "protocol/quic/quic_frames.h"
#include "protocol/quic/quic_long.h"
#include "protocol/quic/quic_protect.h"

bool
quic_is_google(uint32_t version)
{
	uint8_t letter = (uint8_t)(version >> 24);

	return (letter == 'Q' || letter == 'T') &&
	    (version >> 16 & 0xff) == '0' &&
	    (uint8_t)((version >> 8 & 0xff) - '0') < 10 &&
	    (uint8_t)((version & 0xff) - '0') < 10;
}

static bool
is_ietf(uint32_t version)
{
	return version == QUIC_V1 || quic_is_v2(version) ||
	    version == QUIC_T050 || version == QUIC_T051 ||
	    version == QUIC_Q050 ||
	    (version >= 0xff000016 && version <= 0xff000022) ||
	    version >> 8 == 0xfaceb0;
}

bool
quic_is_reserved(uint32_t version)
{
	return (version & 0x0f0f0f0f) == 0x0a0a0a0a;
}

bool
quic_long_read(struct cursor c, bool fixed_bit, struct quic_long *ret)
{
	size_t all = cur_left(&c);
	struct quic_long h = { 0 };
	uint8_t first = cur_u8(&c);
	uint8_t dst_len;

	h.version = cur_be32(&c);
	if (!cur_failed(&c) && first & 0x80 && quic_is_google(h.version) &&
	    !is_ietf(h.version)) {
		/* Their IDs' lengths are coded otherwise in each. */
		h.src_len = QUIC_CID_MAX + 1;
		h.type = QUIC_LONG_OTHER;
		h.len = all;
		*ret = h;
		return true;
	}
	dst_len = cur_u8(&c);
	cur_skip(&c, dst_len);
	h.src_len = cur_u8(&c);
	h.src = cur_bytes(&c, h.src_len);
	if (cur_failed(&c) || !(first & 0x80) || dst_len > QUIC_CID_MAX ||
	    h.src_len > QUIC_CID_MAX)
		return false;
	h.type = is_ietf(h.version) ? first >> 4 & 3 : QUIC_LONG_OTHER;
	h.len = all;
	if (h.type == QUIC_LONG_OTHER) {
		*ret = h;
		return h.version == 0 || quic_is_reserved(h.version);
	}
	if (quic_is_v2(h.version))
		h.type = (h.type + 3) & 3;	/* RFC 9369 section 3.2 */
	if (fixed_bit && !(first & 0x40))
		return false;
	if (h.type != QUIC_LONG_RETRY) {
		uint64_t len;

		if (h.type == QUIC_LONG_INITIAL) {
			len = quic_varint(&c);
			cur_skip(&c, len > SIZE_MAX ? SIZE_MAX : (size_t)len);
		}
		len = quic_varint(&c);
		h.header_len = all - cur_left(&c);
		if (cur_failed(&c) || len > cur_left(&c))
			return false;
		h.len = h.header_len + (size_t)len;
	}
	*ret = h;
	return true;
}

bool
quic_is_old_google(struct cursor c)
{
	uint8_t flags = cur_u8(&c);

	cur_skip(&c, 8);
	return (flags & 0x89) == 0x09 && quic_is_google(cur_be32(&c)) &&
	    !cur_failed(&c);
}

int
quic_detect(const uint8_t *data, size_t len)
{
	struct cursor c = cur_init(data, len);
	struct quic_long h;

	if (len < 7)
		return 0;
	if (!(data[0] & 0x80))
		return quic_is_old_google(c);
	if (!quic_long_read(c, true, &h))
		return 0;
	if (quic_is_reserved(h.version))
		return data[0] & 0x40 && len >= QUIC_FULL_LEN;
	/* Version negotiation lists versions, one of which has to be known. */
	if (h.version == 0) {
		cur_skip(&c, 5);
		cur_skip(&c, cur_u8(&c));
		cur_skip(&c, cur_u8(&c));
		if (cur_left(&c) % 4)
			return 0;
		while (cur_left(&c)) {
			uint32_t v = cur_be32(&c);

			if (is_ietf(v) || quic_is_google(v))
				return 1;
		}
		return 0;
	}
	return 1;
}
