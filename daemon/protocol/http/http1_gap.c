// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http1_side.h"

/* Missing where no message is under way: of a response that is waited for, or
 * of nobody. */
static void
gap_between(struct http1 *h, unsigned side, uint64_t len)
{
	struct http1_side *s = &h->side[side];

	s->wire += s->held_len;
	if (!s->x && http1_role_of(h, side) == HTTP1_RESPONSE &&
	    http1_exchange_waiting(&h->open))
		http1_side_begin(h, side);
	if (s->x)
		http1_exchange_gap(&h->open, s->x, http1_role_of(h, side), len,
		    h->when);
	http1_side_lost(h, side, "bytes between messages are missing");
}

void
http1_side_gap(struct http1 *h, unsigned side, uint64_t len)
{
	struct http1_side *s = &h->side[side];
	uint64_t used;

	if (s->state == HTTP1_SIDE_WAIT)
		http1_side_tunnel(h);
	switch (s->state) {
	case HTTP1_SIDE_TUNNEL:
		http1_tunnel_gap(h, side, len);
		return;
	case HTTP1_SIDE_START:
		gap_between(h, side, len);
		return;
	case HTTP1_SIDE_BODY:
		if (s->x && http1_role_of(h, side) == HTTP1_REQUEST)
			s->x->expects = false;
		used = http1_body_gap(&s->body, len);
		break;
	default:
		used = len;
		break;
	}
	if (s->x)
		http1_exchange_gap(&h->open, s->x, http1_role_of(h, side), used,
		    h->when);
	if (s->state == HTTP1_SIDE_HEAD)
		http1_side_lost(h, side, "bytes of a head are missing");
	else if (s->state == HTTP1_SIDE_BODY &&
	    s->body.state == HTTP1_BODY_BROKEN)
		http1_side_lost(h, side, "bytes of the chunks' framing are missing");
	else if (s->state == HTTP1_SIDE_BODY &&
	    s->body.state == HTTP1_BODY_DONE)
		http1_side_done(h, side, true);
	if (used < len)
		gap_between(h, side, len - used);
}

void
http1_side_eof(struct http1 *h, unsigned side)
{
	struct http1_side *s = &h->side[side];

	if (s->state == HTTP1_SIDE_BODY && s->body.state == HTTP1_BODY_CLOSE)
		http1_side_done(h, side, true);
	else if (s->state == HTTP1_SIDE_LOST && s->x)
		http1_side_done(h, side, false);
}
