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
void json_close_object(struct json *j);
void json_close_array(struct json *j);

static inline void json_text(struct json *j, const char *key,
    struct span value);
static inline void json_str(struct json *j, const char *key, const char *value);
static inline void json_u64(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);
/* At most six decimals, trailing zeros dropped. Finite values only. */
void json_real(struct json *j, const char *key, double value);
/* Lower-case hex of the bytes. */
void json_hex(struct json *j, const char *key, struct span bytes);
/* RFC 3339, UTC, nine decimals; ts_ns counts from the Unix epoch. */
void json_time(struct json *j, const char *key, uint64_t ts_ns);
/* One or several items as they are, keys and all, commas only between them. */
void json_raw(struct json *j, const char *items, size_t len);

/* The same, for keys whose length is known; 0 and NULL in arrays. */
void json_text_n(struct json *j, const char *key, size_t key_len,
    struct span value);
void json_u64_n(struct json *j, const char *key, size_t key_len,
    uint64_t value);

void json_enter(struct json *j, const char *key, size_t key_len,
    char bracket);

static inline void
json_object(struct json *j, const char *key)
{
	json_enter(j, key, key ? strlen(key) : 0, '{');
}

static inline void
json_array(struct json *j, const char *key)
{
	json_enter(j, key, key ? strlen(key) : 0, '[');
}

static inline void
json_text(struct json *j, const char *key, struct span value)
{
	json_text_n(j, key, key ? strlen(key) : 0, value);
}

static inline void
json_str(struct json *j, const char *key, const char *value)
{
	json_text(j, key, span_str(value));
}

static inline void
json_u64(struct json *j, const char *key, uint64_t value)
{
	json_u64_n(j, key, key ? strlen(key) : 0, value);
}

#endif
