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

/* The comma before an item and its key. */
static void
item(struct json *j, const char *key)
{
	uint32_t bit = 1u << (j->depth & 31);
	size_t len;
	uint8_t *p;

	if (j->open & bit)
		buf_u8(j->out, ',');
	j->open |= bit;
	if (!key)
		return;
	len = strlen(key);
	p = buf_reserve(j->out, len + 3);
	if (!p)
		return;
	p[0] = '"';
	memcpy(p + 1, key, len);
	p[len + 1] = '"';
	p[len + 2] = ':';
	j->out->len += len + 3;
}

static void
enter(struct json *j, const char *key, char bracket)
{
	item(j, key);
	buf_u8(j->out, (uint8_t)bracket);
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
json_object(struct json *j, const char *key)
{
	enter(j, key, '{');
}

void
json_array(struct json *j, const char *key)
{
	enter(j, key, '[');
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

/* Plain bytes that stand in JSON as they are. */
static size_t
plain_len(const uint8_t *p, size_t len)
{
	size_t i = 0;

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

void
json_text(struct json *j, const char *key, struct span value)
{
	const uint8_t *p = value.p;
	size_t left = value.len;

	item(j, key);
	buf_u8(j->out, '"');
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
json_str(struct json *j, const char *key, const char *value)
{
	json_text(j, key, span_str(value));
}

static void
put_u64(struct json *j, uint64_t v)
{
	char s[20];
	int i = 20;

	do {
		s[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	put(j, s + i, (size_t)(20 - i));
}

void
json_u64(struct json *j, const char *key, uint64_t value)
{
	item(j, key);
	put_u64(j, value);
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

void
json_time(struct json *j, const char *key, uint64_t ts_ns)
{
	uint64_t sec = ts_ns / 1000000000;
	unsigned rest = (unsigned)(sec % 86400), y, m, d;
	char s[32], *p = s;

	civil(sec / 86400, &y, &m, &d);
	item(j, key);
	*p++ = '"';
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
	*p++ = '.';
	p = digits(p, (unsigned)(ts_ns % 1000000000), 9);
	*p++ = 'Z';
	*p++ = '"';
	put(j, s, (size_t)(p - s));
}
