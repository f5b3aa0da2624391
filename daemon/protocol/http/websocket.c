// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/websocket.h"

#include <stdlib.h>

#include "base/cursor.h"
#include "protocol/conn.h"
#include "protocol/http/websocket_inflate.h"

enum opcode {
	OP_CONTINUATION,
	OP_TEXT,
	OP_BINARY,
	OP_CLOSE = 8,
};

enum frame_bit {
	BIT_FIN = 0x80,
	BIT_COMPRESSED = 0x40,
	BIT_MASK = 0x80,
};

#define HEADER_MAX_LEN	14
#define PIECE_LEN	4096

struct ws_side {
	struct message *message;	/* NULL between messages */
	struct websocket_inflate inflate;
	uint64_t left;			/* payload of the frame to come */
	uint64_t offset;		/* of it, for the mask */
	uint8_t header[HEADER_MAX_LEN];
	uint8_t header_len;
	uint8_t mask[4];
	bool in_payload;
	bool control;			/* the frame under way */
	bool open;			/* a message has begun */
	bool compressed;		/* the message is, and can be inflated */
	bool lost;			/* frames can't be told apart */
};

struct websocket {
	struct layer layer;
	const struct when *when;
	unsigned feeding;		/* side */
	bool deflate;
	struct ws_side side[2];
};

static const struct message_ops *
ops(const struct websocket *w)
{
	return w->layer.conn->env->ops;
}

static void
tell_limit(struct websocket *w, struct ws_side *s, const char *why)
{
	if (s->message && ops(w)->limit)
		ops(w)->limit(s->message, why);
}

/* Framing of the message, or of nobody. */
static void
wire(struct websocket *w, unsigned side, uint64_t len)
{
	struct ws_side *s = &w->side[side];

	if (s->message && !s->control)
		ops(w)->wire(s->message, side, len, w->when);
	else if (len)
		conn_add_overhead(w->layer.conn, side, CONN_UNDERSTOOD, len);
}

static void
give(void *arg, const uint8_t *data, size_t len)
{
	struct websocket *w = arg;
	struct ws_side *s = &w->side[w->feeding];

	if (s->message && len)
		ops(w)->body(s->message, w->feeding, data, len, w->when);
}

static void
begin(struct websocket *w, unsigned side)
{
	struct ws_side *s = &w->side[side];

	s->message = ops(w)->begin(w->layer.conn, MESSAGE_RUN, w->when);
	s->open = true;
}

static void
end(struct websocket *w, unsigned side, enum message_end how)
{
	struct ws_side *s = &w->side[side];

	w->feeding = side;
	if (s->compressed && how == MESSAGE_COMPLETE &&
	    websocket_inflate_end(&s->inflate, give, w)) {
		tell_limit(w, s, "compressed data that can't be inflated");
		how = MESSAGE_BROKEN;
	}
	if (s->message) {
		ops(w)->body_end(s->message, side, how == MESSAGE_COMPLETE,
		    w->when);
		ops(w)->end(s->message, how, w->when);
	}
	s->message = NULL;
	s->open = s->compressed = false;
}

static void
lose(struct websocket *w, unsigned side, const char *why)
{
	struct ws_side *s = &w->side[side];

	if (s->open)
		end(w, side, MESSAGE_CUT);
	s->lost = true;
	s->control = false;
	begin(w, side);
	tell_limit(w, s, why);
}

static void
frame_end(struct websocket *w, unsigned side)
{
	struct ws_side *s = &w->side[side];

	s->in_payload = false;
	s->header_len = 0;
	if (!s->control && (s->header[0] & BIT_FIN))
		end(w, side, MESSAGE_COMPLETE);
	s->control = false;
}

/* Bytes of the header, by what its second byte says. */
static uint8_t
header_want(const struct ws_side *s)
{
	uint8_t len = 2;

	if (s->header_len < 2)
		return 2;
	if ((s->header[1] & 0x7f) == 126)
		len += 2;
	if ((s->header[1] & 0x7f) == 127)
		len += 8;
	return s->header[1] & BIT_MASK ? len + 4 : len;
}

static void
header_done(struct websocket *w, unsigned side)
{
	struct ws_side *s = &w->side[side];
	struct cursor c = cur_init(s->header, s->header_len);
	uint8_t first = cur_u8(&c), second = cur_u8(&c);
	uint8_t opcode = first & 0x0f;

	s->left = second & 0x7f;
	if (s->left == 126)
		s->left = cur_be16(&c);
	else if (s->left == 127)
		s->left = cur_be64(&c);
	memset(s->mask, 0, sizeof(s->mask));
	if (second & BIT_MASK)
		cur_copy(&c, s->mask, sizeof(s->mask));
	s->offset = 0;
	s->in_payload = true;
	s->control = opcode >= OP_CLOSE;
	if (!s->control && opcode != OP_CONTINUATION) {
		if (s->open)
			end(w, side, MESSAGE_BROKEN);
		begin(w, side);
		s->compressed = w->deflate && (first & BIT_COMPRESSED);
		if (s->compressed)
			websocket_inflate_begin(&s->inflate);
	} else if (!s->control && !s->open) {
		begin(w, side);
		tell_limit(w, s, "the start of this message is missing");
	}
	wire(w, side, s->header_len);
	if (s->left == 0)
		frame_end(w, side);
}

static void
take_header(struct websocket *w, unsigned side, struct cursor *c)
{
	struct ws_side *s = &w->side[side];

	while (s->header_len < header_want(s) && cur_left(c))
		s->header[s->header_len++] = cur_u8(c);
	if (s->header_len < 2 || s->header_len < header_want(s))
		return;
	if (s->header_len >= 10 && (s->header[1] & 0x7f) == 127 &&
	    s->header[2] & 0x80) {
		lose(w, side, "a frame's length is out of range");
		wire(w, side, s->header_len);
		return;
	}
	header_done(w, side);
}

static void
take_payload(struct websocket *w, unsigned side, struct cursor *c)
{
	struct ws_side *s = &w->side[side];
	uint8_t piece[PIECE_LEN];
	const uint8_t *data;
	size_t len = cur_left(c) < sizeof(piece) ? cur_left(c) : sizeof(piece);

	if (len > s->left)
		len = (size_t)s->left;
	data = cur_bytes(c, len);
	wire(w, side, len);
	for (size_t i = 0; i < len; i++)
		piece[i] = data[i] ^ s->mask[(s->offset + i) & 3];
	s->left -= len;
	s->offset += len;
	w->feeding = side;
	if (!s->control && s->compressed) {
		if (websocket_inflate_data(&s->inflate, piece, len, give, w)) {
			tell_limit(w, s,
			    "compressed data that can't be inflated");
			s->compressed = false;
			give(w, piece, len);
		}
	} else if (!s->control) {
		give(w, piece, len);
	}
	if (s->left == 0)
		frame_end(w, side);
}

static void
ws_data(struct layer *l, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct websocket *w = (struct websocket *)l;
	struct ws_side *s = &w->side[side];
	struct cursor c = cur_init(data, len);

	w->when = when;
	while (cur_left(&c)) {
		if (s->lost) {
			wire(w, side, cur_left(&c));
			w->feeding = side;
			give(w, cur_peek(&c), cur_left(&c));
			return;
		}
		if (s->in_payload)
			take_payload(w, side, &c);
		else
			take_header(w, side, &c);
	}
}

static void
ws_gap(struct layer *l, unsigned side, uint64_t len, const struct when *when)
{
	struct websocket *w = (struct websocket *)l;
	struct ws_side *s = &w->side[side];
	uint64_t inside = 0;

	w->when = when;
	websocket_inflate_lose(&s->inflate);
	if (!s->lost && s->in_payload) {
		inside = len < s->left ? len : s->left;
		if (s->message && !s->control)
			ops(w)->gap(s->message, side, inside, when);
		s->left -= inside;
		s->offset += inside;
		if (!s->control && s->compressed) {
			tell_limit(w, s, "compressed data behind a gap");
			s->compressed = false;
		}
		if (s->left == 0)
			frame_end(w, side);
		if (inside == len)
			return;
	}
	if (!s->lost) {
		uint8_t held = s->header_len;

		lose(w, side, "where frames begin is not known behind a gap");
		wire(w, side, held);
	}
	if (s->message)
		ops(w)->gap(s->message, side, len - inside, when);
}

static void
ws_finish(struct layer *l, const struct when *when)
{
	struct websocket *w = (struct websocket *)l;

	w->when = when;
	for (unsigned side = 0; side < 2; side++) {
		struct ws_side *s = &w->side[side];

		if (!s->lost && !s->in_payload) {
			s->control = true;
			wire(w, side, s->header_len);
		}
		if (s->open)
			end(w, side, s->lost ? MESSAGE_BROKEN : MESSAGE_CUT);
	}
}

static void
ws_free(struct layer *l)
{
	struct websocket *w = (struct websocket *)l;

	websocket_inflate_clear(&w->side[0].inflate);
	websocket_inflate_clear(&w->side[1].inflate);
	free(w);
}

static const struct layer_ops websocket_ops = {
	.name = "websocket",
	.data = ws_data,
	.gap = ws_gap,
	.finish = ws_finish,
	.free = ws_free,
};

static bool
mentions(struct span text, const char *word)
{
	return text.len && memmem(text.p, text.len, word, strlen(word));
}

struct layer *
websocket_layer_new(struct conn *conn, unsigned client, struct span extensions)
{
	struct websocket *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->layer.ops = &websocket_ops;
	w->layer.conn = conn;
	w->deflate = mentions(extensions, "permessage-deflate");
	w->side[client].inflate.alone =
	    mentions(extensions, "client_no_context_takeover");
	w->side[client ^ 1].inflate.alone =
	    mentions(extensions, "server_no_context_takeover");
	return &w->layer;
}
