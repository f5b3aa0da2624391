// SPDX-License-Identifier: Apache-2.0
#include "base/cursor.h"
#include "protocol/tls/tls_layer.h"

/*
 * Is it TLS, by its first bytes? A hello is sure. A connection whose beginning
 * was not captured may begin with any record; there the header of the record
 * behind it has to agree where it is at hand.
 */
static int
detect_v2(struct cursor c, size_t len)
{
	size_t ciphers_len, id_len, challenge_len;
	uint16_t version;

	cur_skip(&c, 1);
	version = cur_be16(&c);
	if (!cur_failed(&c) && version != 2 && version >> 8 != 3)
		return 0;
	ciphers_len = cur_be16(&c);
	id_len = cur_be16(&c);
	challenge_len = cur_be16(&c);
	if (cur_failed(&c))
		return -1;
	return ciphers_len && ciphers_len % 3 == 0 && id_len <= 32 &&
	    challenge_len >= 16 && challenge_len <= 32 &&
	    9 + ciphers_len + id_len + challenge_len == len;
}

static int
detect_hello(struct cursor c, size_t record_len)
{
	uint8_t type = cur_u8(&c);
	size_t len = cur_be24(&c);
	uint16_t version = cur_be16(&c);

	if (cur_failed(&c))
		return -1;
	if (type == 1 || type == 2)
		return record_len >= 4 && len >= 38 && len < 0x20000 &&
		    (version >> 8 == 3 || version >> 8 == 0x7f);
	/* Others are met where the capture began in a handshake. */
	return (type == 4 || type == 11 || type == 12 || type == 14 ||
	    type == 16) && len + 4 <= record_len;
}

int
tls_detect(const uint8_t *data, size_t len)
{
	struct cursor c = cur_init(data, len);
	uint8_t first = cur_u8(&c), major = cur_u8(&c), minor = cur_u8(&c);
	size_t record_len = cur_be16(&c);

	if (len && first & 0x80) {
		c = cur_init(data, len);
		record_len = cur_be16(&c) & 0x7fffu;
		if (len > 2 && data[2] != 1)
			return 0;
		return detect_v2(c, record_len);
	}
	if (len && (first < TLS_CHANGE_CIPHER || first > TLS_DATA))
		return 0;
	if (len > 1 && major != 3)
		return 0;
	if (cur_failed(&c))
		return -1;
	if (minor > 4 || !record_len || record_len > TLS_RECORD_MAX)
		return 0;
	switch (first) {
	case TLS_HANDSHAKE:
		return detect_hello(c, record_len);
	case TLS_CHANGE_CIPHER:
		return record_len == 1 && (!cur_left(&c) || cur_u8(&c) == 1);
	case TLS_ALERT:
		if (record_len != 2 || cur_left(&c) < 2)
			return record_len == 2 ? -1 : 0;
		return cur_u8(&c) - 1u < 2;
	}
	/* Data: 16 bytes of tag or MAC at least. */
	if (record_len < 16 || minor < 1 || minor > 3)
		return 0;
	cur_skip(&c, record_len);
	if (cur_left(&c) < 2)
		return 1;
	first = cur_u8(&c);
	return first >= TLS_CHANGE_CIPHER && first <= TLS_DATA &&
	    cur_u8(&c) == 3;
}
