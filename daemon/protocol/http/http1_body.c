// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http1_body.h"

#include <string.h>

void
http1_body_init(struct http1_body *b, enum http1_framing framing,
    uint64_t length)
{
	*b = (struct http1_body){ .left = length };
	switch (framing) {
	case HTTP1_NO_BODY:
		b->state = HTTP1_BODY_DONE;
		break;
	case HTTP1_LENGTH:
		b->state = length ? HTTP1_BODY_LENGTH : HTTP1_BODY_DONE;
		break;
	case HTTP1_CHUNKED:
		b->state = HTTP1_BODY_LINE;
		b->left = 0;
		break;
	case HTTP1_UNTIL_CLOSE:
		b->state = HTTP1_BODY_CLOSE;
		break;
	case HTTP1_UNKNOWN:
		b->state = HTTP1_BODY_BROKEN;
		break;
	}
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
line_start(struct http1_body *b)
{
	b->state = HTTP1_BODY_LINE;
	b->left = 0;
	b->digits = false;
	b->line_len = 0;
}

static void
line_end(struct http1_body *b)
{
	if (b->left) {
		b->state = HTTP1_BODY_DATA;
	} else {
		b->state = HTTP1_BODY_TRAILER;
		b->line_empty = true;
	}
}

/* One byte of a chunk length; false if it breaks the line. */
static bool
line_byte(struct http1_body *b, uint8_t c)
{
	int digit = hex_value(c);

	if (b->line_len == sizeof(b->line))
		return false;
	if (digit >= 0) {
		if (b->left > UINT64_MAX >> 5)
			return false;
		b->left = b->left << 4 | (uint64_t)digit;
		b->digits = true;
	} else if (!b->digits) {
		if (!is_blank(c))
			return false;
		if (c == '\n') {	/* an empty line before it */
			b->line_len = 0;
			return true;
		}
	} else if (c == '\n') {
		line_end(b);
		return true;
	} else {
		b->state = HTTP1_BODY_EXTENSION;
		return true;
	}
	b->line[b->line_len++] = c;
	return true;
}

static size_t
step_line(struct http1_body *b, const uint8_t *data, size_t len,
    struct span *ret_entity)
{
	for (size_t i = 0; i < len; i++) {
		if (!line_byte(b, data[i])) {
			b->state = HTTP1_BODY_BROKEN;
			*ret_entity = (struct span){ b->line, b->line_len };
			return i;
		}
		if (b->state != HTTP1_BODY_LINE)
			return i + 1;
	}
	return len;
}

/* The rest of a line that says nothing. */
static size_t
step_to_line_end(struct http1_body *b, const uint8_t *data, size_t len)
{
	const uint8_t *lf = memchr(data, '\n', len);

	if (!lf)
		return len;
	if (b->state == HTTP1_BODY_EXTENSION)
		line_end(b);
	else
		line_start(b);
	return (size_t)(lf - data) + 1;
}

static size_t
step_trailer(struct http1_body *b, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n') {
			if (b->line_empty) {
				b->state = HTTP1_BODY_DONE;
				return i + 1;
			}
			b->line_empty = true;
		} else if (data[i] != '\r') {
			b->line_empty = false;
		}
	}
	return len;
}

static size_t
step_counted(struct http1_body *b, const uint8_t *data, size_t len,
    struct span *ret_entity)
{
	if (len > b->left)
		len = (size_t)b->left;
	*ret_entity = (struct span){ data, len };
	b->left -= len;
	if (b->left == 0)
		b->state = b->state == HTTP1_BODY_LENGTH ? HTTP1_BODY_DONE :
		    HTTP1_BODY_DATA_END;
	return len;
}

size_t
http1_body_step(struct http1_body *b, const uint8_t *data, size_t len,
    struct span *ret_entity)
{
	*ret_entity = (struct span){ NULL, 0 };
	switch (b->state) {
	case HTTP1_BODY_LENGTH:
	case HTTP1_BODY_DATA:
		return step_counted(b, data, len, ret_entity);
	case HTTP1_BODY_LINE:
		return step_line(b, data, len, ret_entity);
	case HTTP1_BODY_EXTENSION:
	case HTTP1_BODY_DATA_END:
		return step_to_line_end(b, data, len);
	case HTTP1_BODY_TRAILER:
		return step_trailer(b, data, len);
	default:
		*ret_entity = (struct span){ data, len };
		return len;
	}
}

uint64_t
http1_body_gap(struct http1_body *b, uint64_t len)
{
	switch (b->state) {
	case HTTP1_BODY_LENGTH:
		if (len >= b->left) {
			len = b->left;
			b->state = HTTP1_BODY_DONE;
		}
		b->left -= len;
		return len;
	case HTTP1_BODY_DATA:
		if (len <= b->left) {
			b->left -= len;
			if (b->left == 0)
				b->state = HTTP1_BODY_DATA_END;
			return len;
		}
		b->state = HTTP1_BODY_BROKEN;
		return len;
	case HTTP1_BODY_CLOSE:
	case HTTP1_BODY_BROKEN:
		return len;
	default:
		b->state = HTTP1_BODY_BROKEN;
		return len;
	}
}
