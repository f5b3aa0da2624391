/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/span.h"

/*
 * Writes JSON straight into a buffer: no tree, no printf. Commas are the
 * writer's business; keys are literals of ours and are not escaped. Values may
 * be hostile: what is not valid UTF-8 becomes U+FFFD, control characters, DEL,
 * U+2028, U+2029 and bidirectional controls are escaped, so that a line of the
 * log can neither break out of its quotes nor play tricks on a terminal.
 * Depth is at most 31; failure is latched in the buffer.
 */
struct json {
	struct buf *out;
	uint32_t open;		/* bit per depth: an item was written */
	unsigned depth;
};

void json_init(struct json *j, struct buf *out);

/* key NULL in arrays */
static inline void json_object(struct json *j, const char *key);
static inline void json_array(struct json *j, const char *key);
static inline void json_close_object(struct json *j);
static inline void json_close_array(struct json *j);

static inline void json_text(struct json *j, const char *key,
    struct span value);
static inline void json_str(struct json *j, const char *key, const char *value);
static inline void json_u64(struct json *j, const char *key, uint64_t value);
static inline void json_bool(struct json *j, const char *key, bool value);
/* At most six decimals, trailing zeros dropped. Finite values only. */
void json_real(struct json *j, const char *key, double value);
/* Lower-case hex of the bytes. */
void json_hex(struct json *j, const char *key, struct span bytes);
/* RFC 3339, UTC, nine decimals; ts_ns counts from the Unix epoch. */
static inline void json_time(struct json *j, const char *key, uint64_t ts_ns);
/* One or several items as they are, keys and all, commas only between them. */
void json_raw(struct json *j, const char *items, size_t len);

/*
 * What the functions above are made of. A line of the log has some sixty items,
 * and what most of them cost is their keys: so these are written in place,
 * where the compiler knows them, and values behind them by functions that end
 * the item. Values have so much room, at most:
 */
#define JSON_U64_ROOM	20u
#define JSON_TIME_ROOM	32u

void json_put_text(struct json *j, uint8_t *p, struct span value);
void json_put_u64(struct json *j, uint8_t *p, uint64_t value);
void json_put_time(struct json *j, uint8_t *p, uint64_t ts_ns);

/* The comma before an item and its key, with room for more bytes behind them,
 * where the caller goes on and which json_end_item() ends. NULL if memory is
 * out. */
static inline uint8_t *
json_begin_item(struct json *j, const char *key, size_t room)
{
	size_t key_len = key ? strlen(key) : 0;
	uint32_t bit = 1u << (j->depth & 31);
	uint8_t *p = buf_reserve(j->out, key_len + 4 + room);

	if (!p)
		return NULL;
	if (j->open & bit)
		*p++ = ',';
	j->open |= bit;
	if (!key)
		return p;
	*p++ = '"';
	memcpy(p, key, key_len);
	p += key_len;
	*p++ = '"';
	*p++ = ':';
	return p;
}

static inline void
json_end_item(struct json *j, const uint8_t *end)
{
	j->out->len = (size_t)(end - j->out->data);
}

static inline void
json_enter(struct json *j, const char *key, char bracket)
{
	uint8_t *p = json_begin_item(j, key, 1);

	if (p) {
		*p++ = (uint8_t)bracket;
		json_end_item(j, p);
	}
	if (j->depth == 31) {
		j->out->failed = true;
		return;
	}
	j->depth++;
	j->open &= ~(1u << j->depth);
}

static inline void
json_leave(struct json *j, char bracket)
{
	if (j->depth)
		j->depth--;
	buf_u8(j->out, (uint8_t)bracket);
}

static inline void
json_object(struct json *j, const char *key)
{
	json_enter(j, key, '{');
}

static inline void
json_array(struct json *j, const char *key)
{
	json_enter(j, key, '[');
}

static inline void
json_close_object(struct json *j)
{
	json_leave(j, '}');
}

static inline void
json_close_array(struct json *j)
{
	json_leave(j, ']');
}

static inline void
json_text(struct json *j, const char *key, struct span value)
{
	uint8_t *p = json_begin_item(j, key, value.len + 2);

	if (p)
		json_put_text(j, p, value);
}

static inline void
json_str(struct json *j, const char *key, const char *value)
{
	json_text(j, key, span_str(value));
}

static inline void
json_u64(struct json *j, const char *key, uint64_t value)
{
	uint8_t *p = json_begin_item(j, key, JSON_U64_ROOM);

	if (!p)
		return;
	if (value < 10) {	/* most of them are 0 */
		*p++ = (uint8_t)('0' + value);
		json_end_item(j, p);
	} else {
		json_put_u64(j, p, value);
	}
}

static inline void
json_bool(struct json *j, const char *key, bool value)
{
	uint8_t *p = json_begin_item(j, key, 5);

	if (!p)
		return;
	memcpy(p, value ? "true" : "false", 5);
	json_end_item(j, p + (value ? 4 : 5));
}

static inline void
json_time(struct json *j, const char *key, uint64_t ts_ns)
{
	uint8_t *p = json_begin_item(j, key, JSON_TIME_ROOM);

	if (p)
		json_put_time(j, p, ts_ns);
}

#endif
