// SPDX-License-Identifier: Apache-2.0
#include "protocol/midway.h"

#include <string.h>

#include "base/cursor.h"
#include "protocol/quic/quic_burst.h"
#include "protocol/tls/tls_layer.h"

#define DATA_LEAST	17	/* of a sealed record's body: a tag, and a byte */
#define SHORT_LEAST	21	/* a packet of QUIC with a short header */
#define SAMPLE_LEN	64	/* of a datagram */
#define SAMPLE_VALUES	48	/* in it, at least; noise has 57 */
#define SAMPLES		8	/* datagrams of which it is asked */
#define MASKED		0x1f	/* bits of the first byte */
#define MASKED_LEAST	3	/* of them vary */
#define FIXED		0x40
#define ID_LEAST	3	/* datagrams to one ID */
#define DATAGRAMS_AT_PORT	3

static bool
is_data_header(const uint8_t *h)
{
	return h[0] == TLS_DATA && tls_header_plausible(h) && h[2] &&
	    ((unsigned)h[3] << 8 | h[4]) >= DATA_LEAST;
}

/* Does what lies len bytes behind what was looked at lie behind a whole record? */
static bool
is_far(const struct midway_stream *s, size_t len)
{
	return s->looked_len > MIDWAY_LOOK_LEN ||
	    len > MIDWAY_LOOK_LEN - s->looked_len;
}

static void
follow(struct midway_stream *s, const uint8_t *header)
{
	s->skip = (uint16_t)(header[3] << 8 | header[4]);
	s->header_len = 0;
	s->follows = true;
}

/* Goes to the first header of data in c, which has len bytes in all, and behind it;
 * or to the end. */
static void
search(struct midway_stream *s, struct cursor *c, size_t len)
{
	while (cur_left(c) >= sizeof(s->header)) {
		const uint8_t *at = memchr(cur_peek(c), TLS_DATA, cur_left(c));

		cur_skip(c, at ? (size_t)(at - cur_peek(c)) : cur_left(c));
		if (cur_left(c) >= sizeof(s->header) && is_data_header(at) &&
		    !is_far(s, len - cur_left(c))) {
			follow(s, at);
			cur_skip(c, sizeof(s->header));
			return;
		}
		cur_skip(c, cur_left(c) > 0);
	}
	cur_skip(c, cur_left(c));
}

/* Behind a record: is there the header of the next? */
static bool
meets_next(struct midway_stream *s, struct cursor *c)
{
	while (s->header_len < sizeof(s->header) && cur_left(c))
		s->header[s->header_len++] = cur_u8(c);
	if (s->header_len < sizeof(s->header))
		return false;
	s->header_len = 0;
	s->follows = false;
	return tls_header_plausible(s->header);
}

bool
midway_stream_data(struct midway *m, unsigned side, const uint8_t *data,
    size_t len)
{
	struct midway_stream *s = &m->stream[side];
	struct cursor c = cur_init(data, len);
	bool whole = !s->follows && len >= sizeof(s->header) &&
	    is_data_header(data);

	while (cur_left(&c)) {
		size_t n = cur_left(&c) < s->skip ? cur_left(&c) : s->skip;

		if (!s->follows && is_far(s, len - cur_left(&c)))
			break;
		if (!s->follows)
			search(s, &c, len);
		else if (!n && meets_next(s, &c))
			return true;
		cur_skip(&c, n);
		s->skip = (uint16_t)(s->skip - n);
	}
	s->looked_len = is_far(s, len) ? MIDWAY_LOOK_LEN + 1 :
	    s->looked_len + (uint32_t)len;
	return whole && !s->skip && s->follows && !s->header_len;
}

void
midway_stream_gap(struct midway *m, unsigned side)
{
	m->stream[side] = (struct midway_stream){ 0 };
	m->late = true;
}

/* Its last bytes, which no header is in. */
static bool
looks_random(const uint8_t *data, size_t len)
{
	bool had[256] = { false };
	struct cursor c = cur_init(data, len);
	unsigned values = 0;

	cur_skip(&c, len - SAMPLE_LEN);
	while (cur_left(&c)) {
		uint8_t value = cur_u8(&c);

		values += !had[value];
		had[value] = true;
	}
	return values >= SAMPLE_VALUES;
}

/* HTTP/3, and DNS over QUIC. */
static bool
is_port_of_quic(uint16_t port)
{
	return port == 443 || port == 8443 || port == 853;
}

/* While it is not known yet: later the ID may change. */
static void
note_id(struct midway_id *id, struct cursor c)
{
	uint8_t bytes[sizeof(id->bytes)];

	cur_skip(&c, 1);
	cur_copy(&c, bytes, sizeof(bytes));
	if (!id->count)
		memcpy(id->bytes, bytes, sizeof(bytes));
	id->changed |= memcmp(id->bytes, bytes, sizeof(bytes)) != 0;
	id->count += id->count < UINT8_MAX;
}

static bool
has_id(const struct midway_id *id)
{
	return !id->changed && id->count >= ID_LEAST;
}

static bool
is_quic(const struct midway *m, const uint16_t port[2])
{
	if (!m->random)
		return false;
	if (!m->unset && (m->full || m->datagrams >= DATAGRAMS_AT_PORT) &&
	    (is_port_of_quic(port[0]) || is_port_of_quic(port[1])))
		return true;
	return m->datagrams >= MIDWAY_DATAGRAMS &&
	    __builtin_popcount(m->varied) >= MASKED_LEAST &&
	    (!m->unset || has_id(&m->id[0]) || has_id(&m->id[1]));
}

bool
midway_datagram(struct midway *m, unsigned side, const uint16_t port[2],
    const uint8_t *data, size_t len)
{
	m->other |= len < SHORT_LEAST || data[0] & 0x80;
	if (m->other)
		return false;
	if (m->quic)
		return true;
	if (!m->datagrams)
		m->first = data[0];
	m->varied |= (data[0] ^ m->first) & MASKED;
	m->unset |= !(data[0] & FIXED);
	m->datagrams += m->datagrams < UINT8_MAX;
	m->full |= len >= QUIC_FULL_LEN;
	note_id(&m->id[side], cur_init(data, len));
	if (m->datagrams <= SAMPLES && len >= SHORT_LEAST + SAMPLE_LEN) {
		m->random = looks_random(data, len);
		m->other = !m->random;
	}
	m->quic = !m->other && is_quic(m, port);
	return m->quic;
}
