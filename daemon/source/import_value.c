// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <time.h>

#include "source/import_fields.h"

#define NS_PER_SEC	UINT64_C(1000000000)

struct span
import_trim(struct span s)
{
	while (s.len && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r' ||
	    s.p[0] == '\n')) {
		s.p++;
		s.len--;
	}
	while (s.len && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t' ||
	    s.p[s.len - 1] == '\r' || s.p[s.len - 1] == '\n'))
		s.len--;
	return s;
}

bool
import_number(struct span s, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t d = (uint8_t)(s.p[i] - '0');

		if (d > 9 || n > (max - d) / 10)
			return false;
		n = n * 10 + d;
	}
	if (s.len)
		*ret = n;
	return s.len > 0;
}

/* As many figures as there are, at most max of them. */
static bool
take_figures(struct span *s, size_t max, uint64_t *ret)
{
	uint64_t n = 0;
	size_t i = 0;

	for (; i < s->len && i < max && (uint8_t)(s->p[i] - '0') <= 9; i++)
		n = n * 10 + (uint64_t)(s->p[i] - '0');
	s->p += i;
	s->len -= i;
	*ret = n;
	return i > 0;
}

static bool
take_char(struct span *s, const char *any)
{
	if (!s->len || !s->p[0] || !strchr(any, s->p[0]))
		return false;
	s->p++;
	s->len--;
	return true;
}

/* ".1234567", which may be missing. */
static uint64_t
take_fraction(struct span *s)
{
	uint64_t ns = 0, unit = NS_PER_SEC / 10;

	if (!take_char(s, ".,"))
		return 0;
	for (; s->len && (uint8_t)(s->p[0] - '0') <= 9; s->p++, s->len--) {
		ns += unit * (uint64_t)(s->p[0] - '0');
		unit /= 10;
	}
	return ns;
}

static bool
take_clock(struct span *s, uint64_t *ret_ns)
{
	uint64_t h, m, sec;

	if (!take_figures(s, 2, &h) || !take_char(s, ":") ||
	    !take_figures(s, 2, &m) || !take_char(s, ":") ||
	    !take_figures(s, 2, &sec) || h > 23 || m > 59 || sec > 60)
		return false;
	*ret_ns = (h * 3600 + m * 60 + sec) * NS_PER_SEC + take_fraction(s);
	return true;
}

/* "+02:00", "Z" or nothing, which is UTC. */
static bool
take_zone(struct span *s, int64_t *ret_ns)
{
	bool minus = s->len && s->p[0] == '-';
	uint64_t h, m;

	*ret_ns = 0;
	if (!s->len || take_char(s, "Zz"))
		return !s->len;
	if (!take_char(s, "+-") || !take_figures(s, 2, &h))
		return false;
	(void)take_char(s, ":");
	if (!take_figures(s, 2, &m) || h > 23 || m > 59 || s->len)
		return false;
	*ret_ns = (int64_t)((h * 3600 + m * 60) * NS_PER_SEC) *
		  (minus ? -1 : 1);
	return true;
}

bool
import_time(struct span s, uint64_t *ret_ns)
{
	struct tm tm = { 0 };
	uint64_t year, month, day, ns;
	int64_t zone, seconds;

	s = import_trim(s);
	if (!take_figures(&s, 4, &year) || !take_char(&s, "-/") ||
	    !take_figures(&s, 2, &month) || !take_char(&s, "-/") ||
	    !take_figures(&s, 2, &day) || !take_char(&s, "T ") ||
	    !take_clock(&s, &ns) || !take_zone(&s, &zone) || year < 1970 ||
	    year > 2200 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	tm.tm_year = (int)year - 1900;
	tm.tm_mon = (int)month - 1;
	tm.tm_mday = (int)day;
	seconds = (int64_t)timegm(&tm);
	if (seconds < 24 * 3600)
		return false;
	*ret_ns = (uint64_t)((int64_t)((uint64_t)seconds * NS_PER_SEC + ns) -
			     zone);
	return true;
}

bool
import_day_time(struct span s, uint64_t *ret_ns)
{
	uint64_t ns, noon = 12 * 3600 * NS_PER_SEC;

	s = import_trim(s);
	if (!take_clock(&s, &ns))
		return false;
	s = import_trim(s);
	if (s.len && (s.p[0] | 0x20) == 'p' && ns < noon)
		ns += noon;
	else if (s.len && (s.p[0] | 0x20) == 'a' && ns >= noon)
		ns -= noon;
	*ret_ns = ns;
	return true;
}

bool
import_address(struct span s, uint8_t *ret)
{
	uint8_t to[16] = { [10] = 0xff, [11] = 0xff };
	char text[64];
	const uint8_t *scope;

	s = import_trim(s);
	if (s.len > 1 && s.p[0] == '[' && s.p[s.len - 1] == ']')
		s = (struct span){ s.p + 1, s.len - 2 };
	scope = s.len ? memchr(s.p, '%', s.len) : NULL;
	if (scope)
		s.len = (size_t)(scope - s.p);
	if (!s.len || s.len >= sizeof(text))
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	if (inet_pton(AF_INET, text, to + 12) != 1 &&
	    inet_pton(AF_INET6, text, to) != 1)
		return false;
	memcpy(ret, to, 16);
	return true;
}
