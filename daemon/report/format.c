// SPDX-License-Identifier: Apache-2.0
#include "report/format.h"

#include <time.h>

#include "base/utf8.h"

void
format_count(struct buf *b, uint64_t n)
{
	char s[27];
	int i = sizeof(s), digits = 0;

	do {
		if (digits && digits % 3 == 0)
			s[--i] = ',';
		s[--i] = (char)('0' + n % 10);
		digits++;
		n /= 10;
	} while (n);
	buf_append(b, s + i, sizeof(s) - (size_t)i);
}

void
format_exact_bytes(struct buf *b, uint64_t n)
{
	format_count(b, n);
	buf_str(b, " B");
}

/* Rounded to the nearest, with one decimal below 100. */
void
format_bytes(struct buf *b, uint64_t n)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB",
					     "EB" };
	unsigned __int128 unit = 1000;
	int u = 0;

	if (n < 10000) {
		format_exact_bytes(b, n);
		return;
	}
	while (u < 5 && n / unit >= 1000) {
		unit *= 1000;
		u++;
	}
	if (n / unit < 100 && (n + unit / 20) / (unit / 10) < 1000)
		buf_printf(b, "%u.%u",
		    (unsigned)((n + unit / 20) / (unit / 10) / 10),
		    (unsigned)((n + unit / 20) / (unit / 10) % 10));
	else
		format_count(b, (uint64_t)((n + unit / 2) / unit));
	buf_u8(b, ' ');
	buf_str(b, units[u]);
}

static void
put_time(struct buf *b, uint64_t ns, const char *form)
{
	time_t sec = (time_t)(ns / 1000000000);
	struct tm tm;
	char s[32];

	if (!gmtime_r(&sec, &tm) || !strftime(s, sizeof(s), form, &tm)) {
		b->failed = true;
		return;
	}
	buf_str(b, s);
}

void
format_time(struct buf *b, uint64_t ns)
{
	put_time(b, ns, "%H:%M:%S");
}

void
format_date_time(struct buf *b, uint64_t ns)
{
	put_time(b, ns, "%Y-%m-%d %H:%M:%S");
}

void
format_period(struct buf *b, uint64_t first_ns, uint64_t last_ns)
{
	const uint64_t day_ns = 86400ull * 1000000000;

	format_date_time(b, first_ns);
	buf_str(b, " \xe2\x80\x93 ");
	if (first_ns / day_ns == last_ns / day_ns)
		format_time(b, last_ns);
	else
		format_date_time(b, last_ns);
	buf_str(b, " UTC");
}

void
format_length(struct buf *b, uint64_t ns)
{
	uint64_t s = ns / 1000000000, minutes = s / 60, hours = minutes / 60;

	if (!s)
		buf_str(b, "under 1 s");
	else if (s < 120)
		buf_printf(b, "%llu s", (unsigned long long)s);
	else if (minutes < 120)
		buf_printf(b, "%llu min", (unsigned long long)minutes);
	else if (hours < 48)
		buf_printf(b, "%llu h %llu min", (unsigned long long)hours,
		    (unsigned long long)(minutes % 60));
	else
		buf_printf(b, "%llu days %llu h",
		    (unsigned long long)(hours / 24),
		    (unsigned long long)(hours % 24));
}

void
format_share(struct buf *b, uint64_t part, uint64_t whole)
{
	unsigned tenths;

	if (!whole) {
		buf_str(b, "none");
		return;
	}
	if (part >= whole) {
		buf_str(b, "100 %");
		return;
	}
	tenths = (unsigned)((unsigned __int128)part * 1000 / whole);
	if (!tenths)
		buf_str(b, part ? "under 0.1 %" : "0 %");
	else
		buf_printf(b, "%u.%u %%", tenths / 10, tenths % 10);
}

void
format_number_of(struct buf *b, uint64_t n, const char *noun)
{
	format_count(b, n);
	buf_u8(b, ' ');
	buf_str(b, noun);
	if (n != 1)
		buf_u8(b, 's');
}

/* The next character, or 0xfffd and one byte for what is none. */
static size_t
next_char(struct span text, size_t at, uint32_t *ret_cp)
{
	size_t n = utf8_decode(text.p + at, text.len - at, ret_cp);

	if (!n)
		*ret_cp = 0xfffd;
	return n ? n : 1;
}

static void
put_char(struct buf *b, uint32_t cp, const uint8_t *p, size_t n)
{
	if (utf8_is_trick(cp))
		buf_printf(b, "<U+%04X>", cp);
	else if (cp == 0xfffd)
		buf_str(b, "\xef\xbf\xbd");
	else
		buf_append(b, p, n);
}

void
format_safe(struct buf *b, struct span text)
{
	uint32_t cp;
	size_t n;

	for (size_t i = 0; i < text.len; i += n) {
		n = next_char(text, i, &cp);
		put_char(b, cp, text.p + i, n);
	}
}

void
format_html(struct buf *b, struct span text)
{
	uint32_t cp;
	size_t n;

	for (size_t i = 0; i < text.len; i += n) {
		n = next_char(text, i, &cp);
		if (cp == '<')
			buf_str(b, "&lt;");
		else if (cp == '>')
			buf_str(b, "&gt;");
		else if (cp == '&')
			buf_str(b, "&amp;");
		else if (cp == '"')
			buf_str(b, "&quot;");
		else if (cp == '\'')
			buf_str(b, "&#39;");
		else if (utf8_is_trick(cp))
			buf_printf(b, "&lt;U+%04X&gt;", cp);
		else
			put_char(b, cp, text.p + i, n);
	}
}

void
format_csv(struct buf *b, struct span text)
{
	static const uint8_t formula[] = "=+-@\t\r|%";
	uint32_t cp;
	size_t n;

	buf_u8(b, '"');
	if (text.len && memchr(formula, text.p[0], sizeof(formula) - 1))
		buf_u8(b, '\'');
	for (size_t i = 0; i < text.len; i += n) {
		n = next_char(text, i, &cp);
		if (cp == '"')
			buf_u8(b, '"');
		put_char(b, cp, text.p + i, n);
	}
	buf_u8(b, '"');
}

void
format_hex(struct buf *b, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		buf_u8(b, (uint8_t)"0123456789abcdef"[bytes[i] >> 4]);
		buf_u8(b, (uint8_t)"0123456789abcdef"[bytes[i] & 15]);
	}
}

size_t
format_width(const struct buf *b, size_t start)
{
	size_t n = 0;

	for (size_t i = start; i < b->len; i++)
		n += (b->data[i] & 0xc0) != 0x80;
	return n;
}
