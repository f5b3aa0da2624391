// SPDX-License-Identifier: Apache-2.0
#include "protocol/ftp.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/cursor.h"

static bool
begins(struct span line, const char *word)
{
	size_t len = strlen(word);

	return line.len > len &&
	    span_caseeq((struct span){ line.p, len }, span_str(word));
}

/* A number of at most max, and the byte behind it. */
static bool
take_number(struct cursor *c, unsigned max, unsigned *ret, uint8_t *ret_next)
{
	unsigned n = 0, digits = 0;
	uint8_t b = 0;

	while (cur_left(c)) {
		b = cur_u8(c);
		if ((uint8_t)(b - '0') > 9)
			break;
		n = n * 10 + (unsigned)(b - '0');
		if (n > max)
			return false;
		digits++;
	}
	*ret = n;
	*ret_next = b;
	return digits > 0;
}

/* h1,h2,h3,h4,p1,p2 */
static bool
six_numbers(struct cursor *c, struct ftp_place *ret)
{
	struct ftp_place p = { .addr.b = { [10] = 0xff, [11] = 0xff } };
	unsigned n[6];
	uint8_t next;

	for (int i = 0; i < 6; i++)
		if (!take_number(c, 255, &n[i], &next) ||
		    (i < 5 && next != ','))
			return false;
	for (int i = 0; i < 4; i++)
		p.addr.b[12 + i] = (uint8_t)n[i];
	p.port = (uint16_t)(n[4] << 8 | n[5]);
	*ret = p;
	return p.port != 0;
}

/* Up to that byte, which is skipped; an empty span if there is none. */
static struct span
part(struct cursor *c, uint8_t end)
{
	const uint8_t *p = cur_peek(c);
	const uint8_t *mark = cur_left(c) ? memchr(p, end, cur_left(c)) : NULL;
	struct span s = { p, mark ? (size_t)(mark - p) : 0 };

	cur_skip(c, mark ? s.len + 1 : cur_left(c));
	return s;
}

static bool
take_address(struct span text, struct packet_addr *ret)
{
	char s[INET6_ADDRSTRLEN];
	struct packet_addr a = { .b = { [10] = 0xff, [11] = 0xff } };

	if (!text.len || text.len >= sizeof(s))
		return false;
	memcpy(s, text.p, text.len);
	s[text.len] = '\0';
	if (inet_pton(AF_INET, s, a.b + 12) != 1 &&
	    inet_pton(AF_INET6, s, a.b) != 1)
		return false;
	*ret = a;
	return true;
}

/* |2|address|port|, with any byte for the bars; |||port| is the sender's. */
static bool
extended(struct cursor *c, const struct packet_addr *from,
    struct ftp_place *ret)
{
	struct ftp_place p = { .addr = *from };
	uint8_t bar = cur_u8(c), next;
	struct span family = part(c, bar), address = part(c, bar);
	unsigned port;

	if (!take_number(c, 65535, &port, &next) || next != bar || !port)
		return false;
	if ((family.len || address.len) && !take_address(address, &p.addr))
		return false;
	p.port = (uint16_t)port;
	*ret = p;
	return true;
}

bool
ftp_find_place(struct span line, const struct packet_addr *from,
    struct ftp_place *ret_place)
{
	struct cursor c = cur_init(line.p, line.len);

	if (begins(line, "PORT ")) {
		cur_skip(&c, 5);
		return six_numbers(&c, ret_place);
	}
	if (begins(line, "EPRT ")) {
		cur_skip(&c, 5);
		return extended(&c, from, ret_place);
	}
	if (!begins(line, "227 ") && !begins(line, "229 "))
		return false;
	(void)part(&c, '(');
	return line.p[2] == '7' ? six_numbers(&c, ret_place) :
	    extended(&c, from, ret_place);
}
