// SPDX-License-Identifier: Apache-2.0
#include "verdict/carry.h"

#include <stdlib.h>
#include <string.h>

#define RATE_BITS	6
#define FNV_PRIME	UINT64_C(0x100000001b3)
#define FNV_BASIS	UINT64_C(0xcbf29ce484222325)

_Static_assert(1u << RATE_BITS == CARRY_RATE, "rate");

/* splitmix64 */
static inline uint64_t
mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* What a byte adds to the window, from which it is shifted out after 64. */
static inline uint64_t
number_of(uint8_t byte)
{
	uint64_t n = (byte + 1u) * UINT64_C(0xd6e8feb86659fd93);

	return n ^ n >> 32;
}

unsigned
carry_rank(uint64_t mark)
{
	return mark ? (unsigned)__builtin_ctzll(mark) : 64;
}

static void
thin_out(struct carry *c)
{
	uint32_t kept = 0;

	c->rank++;
	for (uint32_t i = 0; i < c->count; i++)
		if (carry_rank(c->marks[i]) >= c->rank)
			c->marks[kept++] = c->marks[i];
	c->count = kept;
}

static void
add(struct carry *c, uint64_t mark)
{
	uint32_t cap = c->cap ? c->cap * 2 : 16;
	uint64_t *marks;

	/* Long runs of one byte have one mark, again and again. */
	if (carry_rank(mark) < c->rank ||
	    (c->count && c->marks[c->count - 1] == mark))
		return;
	if (c->count == CARRY_MAX)
		thin_out(c);
	if (c->count == c->cap) {
		if (cap > CARRY_MAX)
			return;
		marks = realloc(c->marks, cap * sizeof(*marks));
		if (!marks)
			return;
		c->marks = marks;
		c->cap = cap;
	}
	if (carry_rank(mark) >= c->rank)
		c->marks[c->count++] = mark;
}

void
carry_data(struct carry *c, const uint8_t *data, size_t len)
{
	uint64_t window = c->window;
	uint64_t whole = c->len ? c->whole : FNV_BASIS;

	for (size_t i = 0; i < len; i++) {
		window = (window << 1) + number_of(data[i]);
		whole = (whole ^ data[i]) * FNV_PRIME;
		if (!(window >> (64 - RATE_BITS)) && c->len + i >= 63)
			add(c, mix(window));
	}
	c->window = window;
	c->whole = whole;
	c->len += len;
}

void
carry_cut(struct carry *c, uint32_t keep)
{
	if (c->count > keep)
		c->count = keep;
}

void
carry_clear(struct carry *c)
{
	free(c->marks);
	*c = (struct carry){ 0 };
}

static uint64_t
add_text(uint64_t h, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ s.p[i]) * FNV_PRIME;
	return (h ^ 0xff) * FNV_PRIME;
}

/* Without its letters' case. */
static uint64_t
add_name(uint64_t h, struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.p[i];

		if ((uint8_t)(c - 'A') < 26)
			c |= 0x20;
		h = (h ^ c) * FNV_PRIME;
	}
	return h;
}

/* A proxy is asked for a whole address, whoever is behind it for a path. */
static struct span
path_of(struct span target)
{
	const uint8_t *at = target.len ?
	    memmem(target.p, target.len, "://", 3) : NULL;
	size_t left;

	if (!at || target.p[0] == '/')
		return target;
	at += 3;
	left = target.len - (size_t)(at - target.p);
	at = left ? memchr(at, '/', left) : NULL;
	if (!at)
		return SPAN_LITERAL("/");
	return (struct span){ at, target.len - (size_t)(at - target.p) };
}

/* Without the port. */
static struct span
name_of(struct span host)
{
	const uint8_t *colon = host.len ? memrchr(host.p, ':', host.len) : NULL;

	if (colon && !memchr(colon, ']', host.len - (size_t)(colon - host.p)))
		host.len = (size_t)(colon - host.p);
	return host;
}

uint64_t
carry_head(struct span method, struct span host, struct span target)
{
	uint64_t h = add_text(FNV_BASIS, method);

	h = mix(add_text(add_text(h, name_of(host)), path_of(target)));
	return h ? h : 1;
}

static bool
ends_with(struct span s, struct span end)
{
	return s.len >= end.len &&
	       !memcmp(s.p + s.len - end.len, end.p, end.len);
}

uint64_t
carry_host(struct span method, struct span host, struct span target)
{
	static const struct span connect = SPAN_LITERAL("CONNECT");
	struct span name = span_eq(method, connect) ? target : host;
	uint64_t h = FNV_BASIS;

	/* Another port is somebody else's, but for those that go unsaid. */
	if (ends_with(name, SPAN_LITERAL(":80")))
		name.len -= 3;
	else if (ends_with(name, SPAN_LITERAL(":443")))
		name.len -= 4;
	return name.len ? mix(add_name(h, name)) | 1 : 0;
}

uint64_t
carry_question(struct span name, struct span type)
{
	/* No method looks like that. */
	return mix(add_name(add_text(FNV_BASIS, SPAN_LITERAL("?")), name) ^
		   add_text(FNV_BASIS, type)) | 1;
}

struct carry_marks *
carry_keep(const struct carry *c, struct arena *arena)
{
	struct carry_marks *to = arena_zalloc(arena, sizeof(*to));
	uint64_t *marks;

	if (!to || !c)
		return to;
	to->len = c->len;
	to->whole = mix(c->whole ^ c->len);
	if (!c->count)
		return to;
	marks = arena_zalloc(arena, c->count * sizeof(*marks));
	if (!marks)
		return NULL;
	memcpy(marks, c->marks, c->count * sizeof(*marks));
	to->marks = marks;
	to->count = c->count;
	return to;
}
