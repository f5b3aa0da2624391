// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_frames.h"

uint64_t
quic_varint(struct cursor *c)
{
	uint8_t first = cur_u8(c);
	uint64_t v = first & 0x3f;

	for (unsigned i = (1u << (first >> 6)) - 1; i; i--)
		v = v << 8 | cur_u8(c);
	return v;
}

static void
skip_varints(struct cursor *c, unsigned count)
{
	while (count--)
		(void)quic_varint(c);
}

static void
skip_bytes(struct cursor *c, uint64_t len)
{
	cur_skip(c, len > SIZE_MAX ? SIZE_MAX : (size_t)len);
}

static struct span
take(struct cursor *c, uint64_t len)
{
	const uint8_t *p;

	if (len > cur_left(c)) {
		cur_skip(c, SIZE_MAX);
		return (struct span){ NULL, 0 };
	}
	p = cur_bytes(c, (size_t)len);
	return (struct span){ p, (size_t)len };
}

static void
skip_ack(struct cursor *c, bool ecn)
{
	uint64_t ranges;

	skip_varints(c, 2);
	ranges = quic_varint(c);
	skip_varints(c, 1);
	/* each takes two bytes at least */
	for (; ranges && !cur_failed(c); ranges--)
		skip_varints(c, 2);
	if (ecn)
		skip_varints(c, 3);
}

static void
read_stream(struct cursor *c, uint64_t type, struct quic_frame *f)
{
	f->kind = QUIC_FRAME_STREAM;
	f->stream = quic_varint(c);
	f->offset = type & 4 ? quic_varint(c) : 0;
	f->data = take(c, type & 2 ? quic_varint(c) : cur_left(c));
	f->fin = type & 1;
}

static int
read_other(struct cursor *c, uint64_t type, struct quic_frame *f)
{
	switch (type) {
	case 0x1e:	/* HANDSHAKE_DONE */
		return 0;
	case 0x05:	/* STOP_SENDING */
	case 0x11:	/* MAX_STREAM_DATA */
	case 0x15:	/* STREAM_DATA_BLOCKED */
		skip_varints(c, 2);
		return 0;
	case 0x07:	/* NEW_TOKEN */
		skip_bytes(c, quic_varint(c));
		return 0;
	case 0x10:	/* MAX_DATA */
	case 0x12:	/* MAX_STREAMS */
	case 0x13:
	case 0x14:	/* DATA_BLOCKED */
	case 0x16:	/* STREAMS_BLOCKED */
	case 0x17:
	case 0x19:	/* RETIRE_CONNECTION_ID */
		skip_varints(c, 1);
		return 0;
	case 0x18:
		f->kind = QUIC_FRAME_NEW_CONNECTION_ID;
		skip_varints(c, 2);
		f->data = take(c, cur_u8(c));
		f->token = take(c, 16);
		return 0;
	case 0x1a:	/* PATH_CHALLENGE */
	case 0x1b:	/* PATH_RESPONSE */
		cur_skip(c, 8);
		return 0;
	case 0x1c:
	case 0x1d:
		f->kind = QUIC_FRAME_CLOSE;
		skip_varints(c, type == 0x1c ? 2 : 1);
		skip_bytes(c, quic_varint(c));
		return 0;
	case 0x30:	/* DATAGRAM, RFC 9221: up to the end */
		cur_skip(c, cur_left(c));
		return 0;
	case 0x31:
		skip_bytes(c, quic_varint(c));
		return 0;
	}
	return ERR_UNSUPPORTED;
}

int
quic_frame_next(struct cursor *c, struct quic_frame *ret)
{
	struct quic_frame f = { .kind = QUIC_FRAME_OTHER };
	uint64_t type;
	int rc = 0;

	while (cur_left(c) && *cur_peek(c) == 0)
		cur_skip(c, 1);		/* padding */
	if (cur_left(c) == 0)
		return ERR_END;
	type = quic_varint(c);
	if (type >= 0x08 && type <= 0x0f) {
		read_stream(c, type, &f);
	} else if (type == 0x06) {
		f.kind = QUIC_FRAME_CRYPTO;
		f.offset = quic_varint(c);
		f.data = take(c, quic_varint(c));
	} else if (type == 0x04) {
		f.kind = QUIC_FRAME_RESET_STREAM;
		f.stream = quic_varint(c);
		skip_varints(c, 1);
		f.offset = quic_varint(c);
	} else if (type == 0x02 || type == 0x03) {
		skip_ack(c, type == 0x03);
	} else if (type != 0x01) {
		rc = read_other(c, type, &f);
	}
	if (rc)
		return rc;
	if (cur_failed(c))
		return ERR_MALFORMED;
	*ret = f;
	return 0;
}
