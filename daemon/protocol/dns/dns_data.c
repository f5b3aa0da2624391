// SPDX-License-Identifier: Apache-2.0
#include "protocol/dns/dns_text.h"

static void
put_decimal(struct dns_reader *r, uint32_t v)
{
	char s[10];
	int n = 0;

	do {
		s[n++] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	while (n)
		dns_put(r, s[--n]);
}

static void
put_text(struct dns_reader *r, const char *s)
{
	while (*s)
		dns_put(r, *s++);
}

static void
put_ipv4(struct dns_reader *r, const uint8_t *b)
{
	for (int i = 0; i < 4; i++) {
		if (i)
			dns_put(r, '.');
		put_decimal(r, b[i]);
	}
}

/* RFC 5952: the longest run of two or more zero groups, the first of equals,
 * becomes "::". */
static void
put_ipv6(struct dns_reader *r, const uint8_t *b)
{
	static const char hex[] = "0123456789abcdef";
	int best = -1, best_len = 1;

	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && !b[2 * (i + n)] && !b[2 * (i + n) + 1])
			n++;
		if (n > best_len) {
			best = i;
			best_len = n;
		}
	}
	for (int i = 0; i < 8; i++) {
		unsigned v = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
		int shift = 12;

		if (i == best) {
			put_text(r, "::");
			i += best_len - 1;
			continue;
		}
		if (i && i != best + (best < 0 ? 0 : best_len))
			dns_put(r, ':');
		while (shift && !(v >> shift))
			shift -= 4;
		for (; shift >= 0; shift -= 4)
			dns_put(r, hex[v >> shift & 15]);
	}
}

/* A name inside of record data, appended to the text there. */
static bool
put_name(struct dns_reader *r, struct cursor *c)
{
	struct span name;
	size_t start = r->m->text_len;

	if (!dns_read_name(r, c, &name))
		return false;
	/* The question's own name was not written again. */
	if (r->m->text_len == start)
		for (size_t i = 0; i < name.len; i++)
			dns_put(r, (char)name.p[i]);
	return true;
}

static bool
put_soa(struct dns_reader *r, struct cursor *c)
{
	if (!put_name(r, c))
		return false;
	dns_put(r, ' ');
	if (!put_name(r, c))
		return false;
	for (int i = 0; i < 5; i++) {
		dns_put(r, ' ');
		put_decimal(r, cur_be32(c));
	}
	return true;
}

static void
put_strings(struct dns_reader *r, struct cursor *c)
{
	for (bool first = true; cur_left(c); first = false) {
		struct cursor s = cur_sub(c, cur_u8(c));

		if (cur_failed(c))
			return;
		if (!first)
			dns_put(r, ' ');
		dns_put(r, '"');
		while (cur_left(&s)) {
			uint8_t b = cur_u8(&s);

			if (b == ' ')
				dns_put(r, ' ');
			else
				dns_put_byte(r, b, '"');
		}
		dns_put(r, '"');
	}
}

static void
put_hints(struct dns_reader *r, struct cursor v, size_t len)
{
	for (bool first = true; cur_left(&v) >= len; first = false) {
		const uint8_t *p = cur_bytes(&v, len);

		if (!first)
			dns_put(r, ',');
		if (len == 4)
			put_ipv4(r, p);
		else
			put_ipv6(r, p);
	}
}

static void
put_alpn(struct dns_reader *r, struct cursor v)
{
	for (bool first = true; cur_left(&v); first = false) {
		struct cursor one = cur_sub(&v, cur_u8(&v));

		if (!first)
			dns_put(r, ',');
		while (cur_left(&one))
			dns_put_byte(r, cur_u8(&one), ',');
	}
}

/* One SvcParam, RFC 9460 section 14.3.2. */
static void
put_param(struct dns_reader *r, uint16_t key, struct cursor v)
{
	static const char *const names[] = {
		"mandatory", "alpn", "no-default-alpn", "port", "ipv4hint",
		"ech", "ipv6hint", "dohpath",
	};

	if (key < sizeof(names) / sizeof(names[0])) {
		put_text(r, names[key]);
	} else {
		put_text(r, "key");
		put_decimal(r, key);
	}
	if (!cur_left(&v))
		return;
	dns_put(r, '=');
	if (key == 1)
		put_alpn(r, v);
	else if (key == 3 && cur_left(&v) == 2)
		put_decimal(r, cur_be16(&v));
	else if (key == 4 && cur_left(&v) % 4 == 0)
		put_hints(r, v, 4);
	else if (key == 6 && cur_left(&v) % 16 == 0)
		put_hints(r, v, 16);
	else if (key == 7)
		while (cur_left(&v))
			dns_put_byte(r, cur_u8(&v), ' ');
	else
		dns_put_hex(r, v);
}

static bool
put_svcb(struct dns_reader *r, struct cursor *c)
{
	put_decimal(r, cur_be16(c));
	dns_put(r, ' ');
	if (!put_name(r, c))
		return false;
	while (cur_left(c)) {
		uint16_t key = cur_be16(c);
		struct cursor v = cur_sub(c, cur_be16(c));

		if (cur_failed(c))
			return false;
		dns_put(r, ' ');
		put_param(r, key, v);
	}
	return true;
}

static bool
put_srv(struct dns_reader *r, struct cursor *c)
{
	for (int i = 0; i < 3; i++) {
		put_decimal(r, cur_be16(c));
		dns_put(r, ' ');
	}
	return put_name(r, c);
}

/* IPv4 as ::ffff:a.b.c.d. */
static void
keep_ipv4(struct dns_record *record, const uint8_t *p)
{
	memset(&record->addr, 0, sizeof(record->addr));
	record->addr.b[10] = record->addr.b[11] = 0xff;
	memcpy(record->addr.b + 12, p, 4);
	record->has_addr = true;
}

static bool
put_addr(struct dns_reader *r, struct dns_record *record, struct cursor *c,
    size_t skip)
{
	bool v6 = record->type == DNS_AAAA;
	const uint8_t *p;

	cur_skip(c, skip);
	p = cur_bytes(c, v6 ? 16 : 4);
	if (!p)
		return false;
	if (v6) {
		memcpy(record->addr.b, p, 16);
		record->has_addr = true;
		put_ipv6(r, p);
	} else {
		keep_ipv4(record, p);
		put_ipv4(r, p);
	}
	return true;
}

static bool
put_data(struct dns_reader *r, struct dns_record *record, struct cursor *c)
{
	switch (record->type) {
	case DNS_A:
	case DNS_AAAA:
		return put_addr(r, record, c, 0);
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		return put_name(r, c);
	case DNS_SOA:
		return put_soa(r, c);
	case DNS_MX:
		put_decimal(r, cur_be16(c));
		dns_put(r, ' ');
		return put_name(r, c);
	case DNS_TXT:
		put_strings(r, c);
		return true;
	case DNS_SRV:
		return put_srv(r, c);
	case DNS_SVCB:
	case DNS_HTTPS:
		return put_svcb(r, c);
	case DNS_NB:
		if (r->flavour == DNS_NETBIOS && cur_left(c) >= 6)
			return put_addr(r, record, c, 2);
	}
	dns_put_hex(r, *c);
	return true;
}

bool
dns_read_data(struct dns_reader *r, struct dns_record *record,
    struct cursor rdata)
{
	size_t start = r->m->text_len;
	bool ok = true;

	record->has_addr = false;
	/* Updates (RFC 2136) have records without data. */
	if (cur_left(&rdata))
		ok = put_data(r, record, &rdata) && !cur_failed(&rdata);
	record->data = dns_text_since(r, start);
	return ok;
}
