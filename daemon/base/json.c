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

void
json_raw(struct json *j, const char *items, size_t len)
{
	uint8_t *p = json_begin_item(j, NULL, len);

	if (!p)
		return;
	memcpy(p, items, len);
	json_end_item(j, p + len);
}

#define ONES	UINT64_C(0x0101010101010101)
#define HIGHS	UINT64_C(0x8080808080808080)

/* May one of eight bytes be c? Never no if one is. */
static inline uint64_t
may_have(uint64_t w, uint8_t c)
{
	return (w ^ ONES * c) - ONES;
}

/* Has one of eight bytes to be looked at? Never no if one has. */
static inline uint64_t
may_be_odd(uint64_t w)
{
	return ((w - ONES * 0x20) | may_have(w, 0x7f) | may_have(w, '"') |
		   may_have(w, '\\') | w) & HIGHS;
}

/* Two halves of len bytes, 4 to 16, which overlap; false if it is not known
 * that all of them stand in JSON as they are. */
static inline bool
copy_halves(uint8_t *to, const uint8_t *p, size_t len)
{
	uint32_t a, b;
	uint64_t c, d;

	if (len < 8) {
		memcpy(&a, p, 4);
		memcpy(&b, p + len - 4, 4);
		if (may_be_odd(a | (uint64_t)b << 32))
			return false;
		memcpy(to, &a, 4);
		memcpy(to + len - 4, &b, 4);
		return true;
	}
	memcpy(&c, p, 8);
	memcpy(&d, p + len - 8, 8);
	if (may_be_odd(c) || may_be_odd(d))
		return false;
	memcpy(to, &c, 8);
	memcpy(to + len - 8, &d, 8);
	return true;
}

/* Copies bytes that stand in JSON as they are, up to the first that does not;
 * tells how many. There is room for all of them. */
static size_t
copy_plain(uint8_t *to, const uint8_t *p, size_t len)
{
	size_t i = 0;
	uint64_t w;

	for (; len - i > 16; i += 8) {
		memcpy(&w, p + i, 8);
		if (may_be_odd(w))
			break;
		memcpy(to + i, &w, 8);
	}
	if (len - i >= 4 && len - i <= 16 &&
	    copy_halves(to + i, p + i, len - i))
		return len;
	for (; i < len && p[i] >= 0x20 && p[i] < 0x7f && p[i] != '"' &&
	     p[i] != '\\'; i++)
		to[i] = p[i];
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
		uint8_t *to = buf_reserve(j->out, left);
		size_t n = to ? copy_plain(to, p, left) : left;
		uint32_t cp;

		if (to)
			j->out->len += n;
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
json_put_text(struct json *j, uint8_t *p, struct span value)
{
	size_t n;

	*p++ = '"';
	n = copy_plain(p, value.p, value.len);
	p += n;
	if (n == value.len)
		*p++ = '"';
	json_end_item(j, p);
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

static unsigned
digit_count(uint64_t v)
{
	static const uint64_t tens[20] = { 0, 10, 100, 1000, 10000, 100000,
		1000000, 10000000, 100000000, 1000000000, 10000000000,
		100000000000, 1000000000000, 10000000000000, 100000000000000,
		1000000000000000, 10000000000000000, 100000000000000000,
		1000000000000000000, 10000000000000000000u };
	unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);
	unsigned less = bits * 1233 >> 12;	/* log10(2) */

	return less + (v >= tens[less]);
}

void
json_put_u64(struct json *j, uint8_t *p, uint64_t value)
{
	unsigned n = digit_count(value);

	digits_back(p + n, value);
	json_end_item(j, p + n);
}

void
json_real(struct json *j, const char *key, double value)
{
	double scaled = fabs(value) * 1e6;
	uint8_t *p = json_begin_item(j, key, 1 + JSON_U64_ROOM);
	uint64_t v;
	char s[7];
	int n = 7;

	if (!isfinite(value) || scaled > 1e18)
		j->out->failed = true;
	if (!p || j->out->failed)
		return;
	v = (uint64_t)(scaled + 0.5);
	if (value < 0 && v)
		*p++ = '-';
	json_put_u64(j, p, v / 1000000);
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
	uint8_t *p = json_begin_item(j, key, bytes.len * 2 + 2);

	if (!p)
		return;
	*p++ = '"';
	for (size_t i = 0; i < bytes.len; i++) {
		*p++ = (uint8_t)hex_digit[bytes.p[i] >> 4];
		*p++ = (uint8_t)hex_digit[bytes.p[i] & 15];
	}
	*p++ = '"';
	json_end_item(j, p);
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
json_put_time(struct json *j, uint8_t *p, uint64_t ts_ns)
{
	uint8_t *d;

	*p++ = '"';
	memcpy(p, second_text(ts_ns / 1000000000), 20);
	p += 20;
	/* with a digit in front that keeps the zeros, then overwritten */
	d = digits_back(p + 9, 1000000000 + ts_ns % 1000000000);
	*d = '.';
	p += 9;
	*p++ = 'Z';
	*p++ = '"';
	json_end_item(j, p);
}
