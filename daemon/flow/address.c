// SPDX-License-Identifier: Apache-2.0
#include "flow/address.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

/* Up to 99,999. */
static char *
put_decimal(char *p, unsigned v)
{
	if (v >= 10000)
		*p++ = (char)('0' + v / 10000);
	if (v >= 1000)
		*p++ = (char)('0' + v / 1000 % 10);
	if (v >= 100)
		*p++ = (char)('0' + v / 100 % 10);
	if (v >= 10)
		*p++ = (char)('0' + v / 10 % 10);
	*p++ = (char)('0' + v % 10);
	return p;
}

static char *
put_dotted(char *p, const uint8_t b[4])
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*p++ = '.';
		p = put_decimal(p, b[i]);
	}
	return p;
}

static char *
put_group(char *p, unsigned v)
{
	int shift = v >= 0x1000 ? 12 : v >= 0x100 ? 8 : v >= 0x10 ? 4 : 0;

	for (; shift >= 0; shift -= 4)
		*p++ = "0123456789abcdef"[v >> shift & 15];
	return p;
}

/* The longest run of two or more zero groups, the first of equals: RFC 5952,
 * section 4.2. *ret_len is 0 if there is none. */
static int
longest_zeros(const unsigned g[8], int *ret_len)
{
	int best = 0, best_len = 0;

	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && !g[i + n])
			n++;
		if (n > best_len) {
			best = i;
			best_len = n;
		}
		i += n;
	}
	*ret_len = best_len > 1 ? best_len : 0;
	return best;
}

static char *
put_ipv6(char *p, const uint8_t b[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	int zeros, zeros_len;
	unsigned g[8];

	if (!memcmp(b, mapped, sizeof(mapped))) {
		memcpy(p, "::ffff:", 7);
		return put_dotted(p + 7, b + 12);
	}
	for (int i = 0; i < 8; i++)
		g[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
	zeros = longest_zeros(g, &zeros_len);
	for (int i = 0; i < 8;) {
		if (zeros_len && i == zeros) {
			*p++ = ':';
			*p++ = ':';
			i += zeros_len;
			continue;
		}
		if (i && !(zeros_len && i == zeros + zeros_len))
			*p++ = ':';
		p = put_group(p, g[i++]);
	}
	return p;
}

size_t
address_format(const struct packet_addr *addr, uint8_t ip_version,
    char ret_text[static ADDRESS_TEXT_MAX])
{
	char *end = ip_version == 4 ? put_dotted(ret_text, addr->b + 12)
				    : put_ipv6(ret_text, addr->b);

	*end = 0;
	return (size_t)(end - ret_text);
}

size_t
address_format_port(const struct packet_addr *addr, uint8_t ip_version,
    uint16_t port, char ret_text[static ADDRESS_PORT_TEXT_MAX])
{
	bool brackets = ip_version != 4;
	char *p = ret_text;

	if (brackets)
		*p++ = '[';
	p += address_format(addr, ip_version, p);
	if (brackets)
		*p++ = ']';
	*p++ = ':';
	p = put_decimal(p, port);
	*p = 0;
	return (size_t)(p - ret_text);
}

uint8_t
address_parse(struct span text, struct packet_addr *ret_addr)
{
	struct packet_addr a = { .b = { [10] = 0xff, [11] = 0xff } };
	char s[ADDRESS_TEXT_MAX];

	if (!text.len || text.len >= sizeof(s))
		return 0;
	memcpy(s, text.p, text.len);
	s[text.len] = 0;
	if (strlen(s) != text.len)
		return 0;
	if (inet_pton(AF_INET, s, a.b + 12) == 1) {
		*ret_addr = a;
		return 4;
	}
	if (inet_pton(AF_INET6, s, a.b) == 1) {
		*ret_addr = a;
		return 6;
	}
	return 0;
}
