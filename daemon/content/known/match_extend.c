// SPDX-License-Identifier: Apache-2.0
#include "content/known/match_extend.h"

#include <string.h>

#define BACKWARD_BASE	(64ull << 20)
#define PROXIES_MAX	256

/* How many of the first n bytes are equal. */
static size_t
equal_forward(const uint8_t *a, const uint8_t *b, size_t n)
{
	size_t i = 0;
	uint64_t x, y;

	if (!memcmp(a, b, n))
		return n;
	for (; i + 8 <= n; i += 8) {
		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		if (x != y)
			break;
	}
	while (i < n && a[i] == b[i])
		i++;
	return i;
}

/* How many of the n bytes before a and b are equal, from behind. */
static size_t
equal_backward(const uint8_t *a, const uint8_t *b, size_t n)
{
	size_t i = 0;
	uint64_t x, y;

	for (; i + 8 <= n; i += 8) {
		memcpy(&x, a - i - 8, 8);
		memcpy(&y, b - i - 8, 8);
		if (x != y)
			break;
	}
	while (i < n && a[-(ptrdiff_t)i - 1] == b[-(ptrdiff_t)i - 1])
		i++;
	return i;
}

/* Bytes could not be read again, unless they never were there. */
static void
doubt(struct matcher *m, const struct match_run *r)
{
	m->unsure |= !m->known->contents[r->content].print;
}

bool
match_follow(struct matcher *m, struct match_run *r, const uint8_t *p, size_t n)
{
	uint64_t size = m->known->contents[r->content].size, at;
	size_t have, same;

	while (n) {
		const uint8_t *q;

		at = r->file_off + r->len;
		if (at >= size)
			return false;
		q = known_read(m->known, r->content, at, &have);
		if (!q) {
			doubt(m, r);
			return false;
		}
		have = have < n ? have : n;
		same = equal_forward(p, q, have);
		r->len += same;
		p += same;
		n -= same;
		if (same < have)
			return false;
	}
	return r->file_off + r->len < size;
}

/* Moves the start of a run back over what is still in the stream's memory. */
static bool
back_in_history(struct matcher *m, struct match_run *r, uint64_t anchor)
{
	uint64_t from, to, floor;
	const uint8_t *p, *q;
	size_t n, have, same;

	floor = anchor > ANCHOR_BACK ? anchor - ANCHOR_BACK : 0;
	p = anchor_stream_view(&m->stream, anchor, &from, &to);
	if (!p)
		return false;
	floor = floor > from ? floor : from;
	while (r->stream_off > floor && r->file_off) {
		n = (size_t)(r->stream_off - floor);
		q = known_read_back(m->known, r->content, r->file_off, &have);
		if (!q) {
			doubt(m, r);
			return false;
		}
		n = n < have ? n : have;
		same = equal_backward(p - (anchor - r->stream_off), q, n);
		r->stream_off -= same;
		r->file_off -= same;
		r->len += same;
		if (same < n)
			return false;
	}
	return r->file_off && anchor - r->stream_off >= ANCHOR_BACK;
}

/* And over bytes that repeat with period 4 from void_start on. */
static bool
back_in_void(struct matcher *m, struct match_run *r, const struct anchor *a)
{
	uint64_t from, to, floor = a->void_start;
	const uint8_t *p = anchor_stream_view(&m->stream, a->offset, &from,
	    &to), *q;
	size_t have;

	if (r->stream_off <= floor)
		return true;
	while (r->stream_off > floor && r->file_off) {
		q = known_read_back(m->known, r->content, r->file_off, &have);
		if (!q) {
			doubt(m, r);
			return false;
		}
		for (size_t i = 0; i < have && r->stream_off > floor; i++) {
			uint64_t back = (a->offset - r->stream_off) % 4;

			if (*(p - 4 - back + 3) != *--q)
				return false;
			r->stream_off--;
			r->file_off--;
			r->len++;
		}
	}
	return r->file_off > 0;
}

/* The run that covers the byte before `end` and begins first. */
static const struct match_run *
run_covering(const struct matcher *m, uint64_t end)
{
	const struct match_run *best = NULL;

	for (size_t i = m->run_count; i-- > 0;) {
		const struct match_run *r = &m->runs[i];

		if (i < m->settled && r->reach < end)
			break;
		if (!r->dead && r->stream_off < end && match_run_end(r) >= end &&
		    (!best || r->stream_off <= best->stream_off))
			best = r;
	}
	return best;
}

/* And over bytes that are known through another run: file against file. */
static void
back_by_runs(struct matcher *m, struct match_run *r)
{
	for (int turn = 0; turn < PROXIES_MAX && r->file_off; turn++) {
		const struct match_run *o = run_covering(m, r->stream_off);
		uint64_t left;

		if (!o)
			return;
		left = r->stream_off - o->stream_off;
		while (left && r->file_off) {
			uint64_t at = o->file_off + left;
			size_t n, have, same;
			const uint8_t *p, *q;

			p = known_read_back(m->known, o->content, at, &n);
			q = known_read_back(m->known, r->content, r->file_off,
			    &have);
			if (!p || !q)
				return;
			n = n < have ? n : have;
			n = n < left ? n : (size_t)left;
			same = equal_backward(p, q, n);
			m->backward += same;
			r->stream_off -= same;
			r->file_off -= same;
			r->len += same;
			left -= same;
			if (same < n)
				return;
			if (m->backward > BACKWARD_BASE + 8 * m->offset) {
				m->limited = true;
				return;
			}
		}
	}
}

void
match_back(struct matcher *m, struct match_run *r, const struct anchor *a)
{
	if (back_in_history(m, r, a->offset) && back_in_void(m, r, a))
		back_by_runs(m, r);
}
