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
