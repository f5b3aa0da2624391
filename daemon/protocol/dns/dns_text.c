// SPDX-License-Identifier: Apache-2.0
#include "protocol/dns/dns_text.h"

#define NAME_WIRE_MAX	255
#define LABEL_MAX	63
#define POINTER		0xc0

void
dns_put(struct dns_reader *r, char c)
{
	if (r->m->text_len < DNS_TEXT_MAX)
		r->m->text[r->m->text_len++] = c;
	else
		r->m->cut = true;
}

struct span
dns_text_since(const struct dns_reader *r, size_t start)
{
	if (r->m->text_len == DNS_TEXT_MAX)
		return (struct span){ 0 };
	return (struct span){ (const uint8_t *)r->m->text + start,
		r->m->text_len - start };
}

void
dns_put_byte(struct dns_reader *r, uint8_t b, char special)
{
	if (b > 0x20 && b < 0x7f && b != '\\' && b != (uint8_t)special) {
		dns_put(r, (char)b);
		return;
	}
	dns_put(r, '\\');
	dns_put(r, (char)('0' + b / 100));
	dns_put(r, (char)('0' + b / 10 % 10));
	dns_put(r, (char)('0' + b % 10));
}

void
dns_put_hex(struct dns_reader *r, struct cursor c)
{
	static const char hex[] = "0123456789abcdef";

	while (cur_left(&c)) {
		uint8_t b = cur_u8(&c);

		dns_put(r, hex[b >> 4]);
		dns_put(r, hex[b & 15]);
	}
}

/* RFC 1001 section 14.1: 16 bytes, two letters A to P each; the last byte is
 * the kind of service. */
static bool
put_netbios(struct dns_reader *r, const uint8_t *label)
{
	uint8_t name[16];
	size_t len = 15;

	for (size_t i = 0; i < 16; i++) {
		uint8_t hi = (uint8_t)(label[2 * i] - 'A');
		uint8_t lo = (uint8_t)(label[2 * i + 1] - 'A');

		if (hi > 15 || lo > 15)
			return false;
		name[i] = (uint8_t)(hi << 4 | lo);
	}
	while (len && (name[len - 1] == ' ' || !name[len - 1]))
		len--;
	for (size_t i = 0; i < len; i++)
		dns_put_byte(r, name[i], '.');
	dns_put(r, '<');
	dns_put_hex(r, cur_init(name + 15, 1));
	dns_put(r, '>');
	return true;
}

static void
put_label(struct dns_reader *r, const uint8_t *label, size_t len)
{
	if (r->flavour == DNS_NETBIOS && len == 32 && put_netbios(r, label))
		return;
	for (size_t i = 0; i < len; i++)
		dns_put_byte(r, label[i], '.');
}

bool
dns_read_name(struct dns_reader *r, struct cursor *c, struct span *ret_name)
{
	struct cursor jumped, *at = c;
	size_t start = r->m->text_len, wire = 0;
	/* Each jump has to land before the place it is made from and before
	 * the one it landed at last, so that jumps end. */
	size_t limit = (size_t)(cur_peek(c) - r->whole.p);

	for (;;) {
		uint8_t len = cur_u8(at);

		if (cur_failed(at))
			return false;
		if (len >= POINTER) {
			size_t target = (size_t)(len & 0x3f) << 8 | cur_u8(at);

			if (cur_failed(at) || target >= limit)
				return false;
			if (at == c && !wire && r->m->question_count &&
			    target == 12) {
				*ret_name = r->m->questions[0].name;
				return true;
			}
			limit = target;
			jumped = cur_init(r->whole.p, r->whole.len);
			cur_skip(&jumped, target);
			at = &jumped;
			continue;
		}
		if (len > LABEL_MAX)
			return false;
		wire += 1u + len;
		if (wire > NAME_WIRE_MAX)
			return false;
		if (!len)
			break;
		const uint8_t *label = cur_bytes(at, len);

		if (!label)
			return false;
		if (r->m->text_len > start)
			dns_put(r, '.');
		put_label(r, label, len);
	}
	if (wire == 1)
		dns_put(r, '.');
	*ret_name = dns_text_since(r, start);
	return true;
}

void
dns_skip_name(struct cursor *c)
{
	while (!cur_failed(c)) {
		uint8_t len = cur_u8(c);

		if (len >= POINTER) {
			cur_skip(c, 1);
			return;
		}
		if (!len)
			return;
		cur_skip(c, len > LABEL_MAX ? SIZE_MAX : len);
	}
}
