// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_init(struct buf *b, size_t max_len)
{
	*b = (struct buf){ .max_len = max_len };
}

void
buf_clear(struct buf *b)
{
	if (!b)
		return;
	free(b->data);
	buf_init(b, b->max_len);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

/* Are len more bytes within the ceiling? Failed if they are not. */
static bool
may_grow(struct buf *b, size_t len)
{
	if (len > SIZE_MAX / 2 - b->len ||
	    (b->max_len && len > b->max_len - b->len))
		b->failed = true;
	return !b->failed;
}

static uint8_t *
resize(struct buf *b, size_t cap)
{
	uint8_t *data = realloc(b->data, cap);

	if (!data) {
		b->failed = true;
		return NULL;
	}
	b->data = data;
	b->cap = cap;
	return data + b->len;
}

uint8_t *
buf_grow(struct buf *b, size_t len)
{
	size_t cap, want;

	if (!may_grow(b, len))
		return NULL;
	want = b->len + len;
	cap = b->cap ? b->cap : 64;
	while (cap < want)
		cap *= 2;
	return resize(b, cap);
}

void
buf_fit(struct buf *b, size_t len)
{
	if (may_grow(b, len) && b->cap - b->len < len)
		(void)!resize(b, b->len + len);
}

void
buf_consume(struct buf *b, size_t len)
{
	if (len >= b->len) {
		b->len = 0;
		return;
	}
	memmove(b->data, b->data + len, b->len - len);
	b->len -= len;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	uint8_t *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return;
	}
	p = buf_reserve(b, (size_t)n + 1);
	if (!p)
		return;
	va_start(ap, fmt);
	vsnprintf((char *)p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}
