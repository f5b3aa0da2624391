// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_short.h"

#include <string.h>

#include "base/cursor.h"

/* Of the segments of a datagram that is cut only behind the capture: what the
 * paths of the net allow. */
#define SEGMENT_MIN	1200
#define SEGMENT_MAX	1500
#define SEGMENT_TRIES	8
#define SHORT_LEAST	21		/* any with a short header is longer */

static bool
open_whole(const struct quic_short *q, struct span packet, size_t id_len,
    uint8_t *ret_plain, size_t *ret_len)
{
	return quic_sender_open(q->keys, q->version, packet, 1 + id_len, true,
	    q->next_pn, ret_plain, ret_len) == 0;
}

/* The first of the datagrams, all sent to the same ID. */
static size_t
segment_by_id(const struct quic_short *q, struct span rest, size_t id_len,
    uint8_t *ret_plain, size_t *ret_len)
{
	struct cursor c = cur_init(rest.p, rest.len);
	const uint8_t *id;

	cur_skip(&c, 1);
	id = cur_bytes(&c, id_len);
	cur_skip(&c, SHORT_LEAST - id_len);
	for (unsigned n = 0; n < SEGMENT_TRIES && !cur_failed(&c); n++) {
		const uint8_t *at = memmem(cur_peek(&c), cur_left(&c), id,
		    id_len);
		struct span first = { rest.p, 0 };

		if (!at)
			break;
		first.len = (size_t)(at - rest.p) - 1;
		if (open_whole(q, first, id_len, ret_plain, ret_len))
			return first.len;
		cur_skip(&c, (size_t)(at - cur_peek(&c)) + 1);
	}
	return 0;
}

static size_t
segment_by_len(const struct quic_short *q, struct span rest,
    uint8_t *ret_plain, size_t *ret_len)
{
	size_t known = *q->longest;

	if (known && known < rest.len && open_whole(q,
		(struct span){ rest.p, known }, 0, ret_plain, ret_len))
		return known;
	for (size_t len = SEGMENT_MIN; len <= SEGMENT_MAX && len < rest.len &&
	     quic_sender_may_search(q->keys); len++)
		if (open_whole(q, (struct span){ rest.p, len }, 0, ret_plain,
			ret_len))
			return len;
	return 0;
}

size_t
quic_short_open(const struct quic_short *q, struct span rest, size_t id_len,
    uint8_t *ret_plain, size_t *ret_len)
{
	size_t used = rest.len;

	if (!open_whole(q, rest, id_len, ret_plain, ret_len))
		used = id_len ? segment_by_id(q, rest, id_len, ret_plain,
		    ret_len) : segment_by_len(q, rest, ret_plain, ret_len);
	if (!used && quic_sender_search(q->keys, q->version, rest, 1 + id_len,
		true, q->next_pn, ret_plain, ret_len) == 0)
		used = rest.len;
	if (used > *q->longest)
		*q->longest = used;
	return used;
}

/* Does the ID behind the first byte come again at every multiple of len? */
static bool
is_segment(struct span rest, size_t id_len, size_t len)
{
	struct cursor first = cur_init(rest.p, rest.len), c = first;
	const uint8_t *id;

	cur_skip(&first, 1);
	id = cur_bytes(&first, id_len);
	while (cur_left(&c) > len) {
		struct cursor at;

		cur_skip(&c, len);
		at = c;
		cur_skip(&at, 1);
		if (cur_left(&at) < SHORT_LEAST - 1 || cur_left(&at) < id_len ||
		    memcmp(cur_peek(&at), id, id_len))
			return false;
	}
	return true;
}

size_t
quic_short_segment(struct span rest, size_t id_len)
{
	struct cursor c = cur_init(rest.p, rest.len);
	const uint8_t *id, *at;
	size_t len;

	if (id_len < QUIC_SHORT_ID_MIN || id_len > QUIC_CID_MAX)
		return rest.len;
	cur_skip(&c, 1);
	id = cur_bytes(&c, id_len);
	cur_skip(&c, SHORT_LEAST - id_len);
	at = cur_failed(&c) ? NULL :
	    memmem(cur_peek(&c), cur_left(&c), id, id_len);
	if (!at)
		return rest.len;
	len = (size_t)(at - rest.p) - 1;
	return is_segment(rest, id_len, len) ? len : rest.len;
}
