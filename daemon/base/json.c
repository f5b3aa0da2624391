// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/utf8.h"

static const char hex_digit[] = "0123456789abcdef";

void
json_init(struct json *j, struct buf *out)
{
	*j = (struct json){ .out = out };
}

static void
put(struct json *j, const char *s, size_t len)
{
	buf_append(j->out, s, len);
}

/* The comma before an item and its key, with room for more bytes behind them,
 * where the caller goes on and which close_item() ends. NULL if memory is out.
 */
static inline uint8_t *
open_item(struct json *j, const char *key, size_t key_len, size_t room)
{
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
close_item(struct json *j, const uint8_t *end)
{
	j->out->len = (size_t)(end - j->out->data);
}

static void
item(struct json *j, const char *key)
{
	uint8_t *p = open_item(j, key, key ? strlen(key) : 0, 0);

	if (p)
		close_item(j, p);
}

void
json_raw(struct json *j, const char *items, size_t len)
{
	uint8_t *p = open_item(j, NULL, 0, len);

	if (!p)
		return;
	memcpy(p, items, len);
	close_item(j, p + len);
}

void
json_enter(struct json *j, const char *key, size_t key_len, char bracket)
{
	uint8_t *p = open_item(j, key, key_len, 1);

	if (p) {
		*p++ = (uint8_t)bracket;
		close_item(j, p);
	}
	if (j->depth == 31) {
		j->out->failed = true;
		return;
	}
	j->depth++;
	j->open &= ~(1u << j->depth);
}

static void
leave(struct json *j, char bracket)
{
	if (j->depth)
		j->depth--;
	buf_u8(j->out, (uint8_t)bracket);
}

void
json_close_object(struct json *j)
{
	leave(j, '}');
}

void
json_close_array(struct json *j)
{
	leave(j, ']');
}

#define ONES	UINT64_C(0x0101010101010101)
#define HIGHS	UINT64_C(0x8080808080808080)

/* May one of eight bytes be c? Never no if one is. */
static inline uint64_t
may_have(uint64_t w, uint8_t c)
{
	return (w ^ ONES * c) - ONES;
}

/* Plain bytes that stand in JSON as they are. */
static size_t
plain_len(const uint8_t *p, size_t len)
{
	size_t i = 0;
	uint64_t w;

	for (; len - i >= 8; i += 8) {
		memcpy(&w, p + i, 8);
		if (((w - ONES * 0x20) | may_have(w, 0x7f) |
			may_have(w, '"') | may_have(w, '\\') | w) & HIGHS)
			break;
	}
	while (i < len && p[i] >= 0x20 && p[i] < 0x7f && p[i] != '"' &&
	       p[i] != '\\')
		i++;
	return i;
}

static void
escape(struct json *j, uint32_t cp)
{
	char s[6] = { '\\', 'u' };

	for (int i = 0; i < 4; i++)
		s[2 + i] = hex_digit[cp >> (12 - 4 * i) & 15];
	put(j, s, 6);
}

static void
put_char(struct json *j, uint32_t cp, const uint8_t *p, size_t len)
{
	if (cp == '"' || cp == '\\') {
		buf_u8(j->out, '\\');
		buf_u8(j->out, (uint8_t)cp);
	} else if (cp == '\n') {
		put(j, "\\n", 2);
	} else if (cp == '\t') {
		put(j, "\\t", 2);
	} else if (cp == '\r') {
		put(j, "\\r", 2);
	} else if (utf8_is_trick(cp)) {
		escape(j, cp);
	} else {
		buf_append(j->out, p, len);
	}
}

/* Text from its first byte on that does not stand as it is. */
static void
put_odd(struct json *j, const uint8_t *p, size_t left)
{
	while (left) {
		size_t n = plain_len(p, left);
		uint32_t cp;

		buf_append(j->out, p, n);
		p += n;
		left -= n;
		if (!left)
			break;
		n = utf8_decode(p, left, &cp);
		if (!n) {
			put(j, "\xef\xbf\xbd", 3);
			n = 1;
		} else {
			put_char(j, cp, p, n);
		}
		p += n;
		left -= n;
	}
	buf_u8(j->out, '"');
}

void
json_text_n(struct json *j, const char *key, size_t key_len,
    struct span value)
{
	size_t n = plain_len(value.p, value.len);
	uint8_t *p = open_item(j, key, key_len, n + 2);

	if (!p)
		return;
	*p++ = '"';
	if (n)
		memcpy(p, value.p, n);
	p += n;
	if (n == value.len)
		*p++ = '"';
	close_item(j, p);
	if (n < value.len)
		put_odd(j, value.p + n, value.len - n);
}

/* Writes up to p, returns where the digits begin. */
static inline uint8_t *
digits_back(uint8_t *p, uint64_t v)
{
	static const char pairs[] = "00010203040506070809101112131415161718"
	    "19202122232425262728293031323334353637383940414243444546474849"
	    "50515253545556575859606162636465666768697071727374757677787980"
	    "81828384858687888990919293949596979899";

	for (; v >= 100; v /= 100)
		memcpy(p -= 2, pairs + v % 100 * 2, 2);
	if (v >= 10)
		memcpy(p -= 2, pairs + v * 2, 2);
	else
		*--p = (uint8_t)('0' + v);
	return p;
}

static void
put_u64(struct json *j, uint64_t v)
{
	uint8_t s[20], *p = digits_back(s + 20, v);

	buf_append(j->out, p, (size_t)(s + 20 - p));
}

void
json_u64_n(struct json *j, const char *key, size_t key_len, uint64_t value)
{
	uint8_t s[20], *d = digits_back(s + 20, value);
	size_t n = (size_t)(s + 20 - d);
	uint8_t *p = open_item(j, key, key_len, n);

	if (!p)
		return;
	memcpy(p, d, n);
	close_item(j, p + n);
}

void
json_bool(struct json *j, const char *key, bool value)
{
	item(j, key);
	if (value)
		put(j, "true", 4);
	else
		put(j, "false", 5);
}

void
json_real(struct json *j, const char *key, double value)
{
	double scaled = fabs(value) * 1e6;
	uint64_t v;
	char s[7];
	int n = 7;

	item(j, key);
	if (!isfinite(value) || scaled > 1e18) {
		j->out->failed = true;
		return;
	}
	v = (uint64_t)(scaled + 0.5);
	if (value < 0 && v)
		buf_u8(j->out, '-');
	put_u64(j, v / 1000000);
	v %= 1000000;
	if (!v)
		return;
	s[0] = '.';
	for (int i = 6; i >= 1; i--) {
		s[i] = (char)('0' + v % 10);
		v /= 10;
	}
	while (s[n - 1] == '0')
		n--;
	put(j, s, (size_t)n);
}

void
json_hex(struct json *j, const char *key, struct span bytes)
{
	uint8_t *p;

	item(j, key);
	p = buf_reserve(j->out, bytes.len * 2 + 2);
	if (!p)
		return;
	*p++ = '"';
	for (size_t i = 0; i < bytes.len; i++) {
		*p++ = (uint8_t)hex_digit[bytes.p[i] >> 4];
		*p++ = (uint8_t)hex_digit[bytes.p[i] & 15];
	}
	*p = '"';
	j->out->len += bytes.len * 2 + 2;
}

static char *
digits(char *p, unsigned v, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		p[i] = (char)('0' + v % 10);
		v /= 10;
	}
	return p + n;
}

/* Days since 1970-01-01 to a civil date; Howard Hinnant's algorithm. */
static void
civil(uint64_t days, unsigned *y, unsigned *m, unsigned *d)
{
	uint64_t z = days + 719468, era = z / 146097;
	unsigned doe = (unsigned)(z - era * 146097);
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	unsigned mp = (5 * doy + 2) / 153;

	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = (unsigned)(yoe + era * 400) + (*m <= 2);
}

/* "2023-11-14T22:13:20." of a second; the last one asked for is kept. */
static const char *
second_text(uint64_t sec)
{
	static __thread uint64_t kept = UINT64_MAX;
	static __thread char s[20];
	unsigned rest = (unsigned)(sec % 86400), y, m, d;
	char *p = s;

	if (kept == sec)
		return s;
	kept = sec;
	civil(sec / 86400, &y, &m, &d);
	p = digits(p, y, 4);
	*p++ = '-';
	p = digits(p, m, 2);
	*p++ = '-';
	p = digits(p, d, 2);
	*p++ = 'T';
	p = digits(p, rest / 3600, 2);
	*p++ = ':';
	p = digits(p, rest / 60 % 60, 2);
	*p++ = ':';
	p = digits(p, rest % 60, 2);
	*p = '.';
	return s;
}

void
json_time(struct json *j, const char *key, uint64_t ts_ns)
{
	uint8_t *p = open_item(j, key, key ? strlen(key) : 0, 32), *d;

	if (!p)
		return;
	*p++ = '"';
	memcpy(p, second_text(ts_ns / 1000000000), 20);
	p += 20;
	/* with a digit in front that keeps the zeros, then overwritten */
	d = digits_back(p + 9, 1000000000 + ts_ns % 1000000000);
	*d = '.';
	p += 9;
	*p++ = 'Z';
	*p++ = '"';
	close_item(j, p);
}
