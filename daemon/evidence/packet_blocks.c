// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "telltap/case.h"
#include "telltap/packet.h"
#include "telltap/source.h"

#define INTERFACES_MAX	65536u
#define OWNERS_MAX	(1u << 20)
#define EXECUTABLE_MAX	512
#define NAME_MAX_LEN	255u

/* pcapng, draft-ietf-opsawg-pcapng: blocks and options. */
enum { BLOCK_INTERFACE = 1, BLOCK_NAMES = 4, BLOCK_PACKET = 6 };
enum { NAMES_END = 0, NAMES_IPV4 = 1, NAMES_IPV6 = 2 };
enum { OPT_END = 0, OPT_COMMENT = 1, OPT_NAME = 2, OPT_TSRESOL = 9,
	OPT_FLAGS = 2 };

static void
put16(struct buf *b, uint16_t v)
{
	buf_append(b, (uint8_t[]){ (uint8_t)v, (uint8_t)(v >> 8) }, 2);
}

static void
put32(struct buf *b, uint32_t v)
{
	put16(b, (uint16_t)v);
	put16(b, (uint16_t)(v >> 16));
}

static void
put_padded(struct buf *b, const void *data, size_t len)
{
	buf_append(b, data, len);
	buf_append(b, "\0\0\0", (4 - len % 4) % 4);
}

static void
put_option(struct buf *b, uint16_t code, const void *data, size_t len)
{
	put16(b, code);
	put16(b, (uint16_t)len);
	put_padded(b, data, len);
}

/* A block's length stands before and behind it, and is known at its end. */
static size_t
begin_block(struct buf *b, uint32_t type)
{
	put32(b, type);
	put32(b, 0);
	return b->len - 8;
}

static void
end_block(struct buf *b, size_t start)
{
	uint32_t len = (uint32_t)(b->len - start + 4);

	put32(b, len);
	for (int i = 0; i < 4 && !b->failed; i++)
		b->data[start + 4 + (size_t)i] = (uint8_t)(len >> 8 * i);
}

static void
put_interface(struct buf *b, uint16_t link_type, const char *name)
{
	size_t start = begin_block(b, BLOCK_INTERFACE);
	size_t len = strnlen(name, 256);

	put16(b, link_type);
	put16(b, 0);
	put32(b, 0);		/* no limit */
	if (len)
		put_option(b, OPT_NAME, name, len);
	put_option(b, OPT_TSRESOL, "\x09", 1);
	put_option(b, OPT_END, NULL, 0);
	end_block(b, start);
}

struct telltap_blocks {
	struct buf interfaces, packets;
	bool taken;			/* to be dropped before the next */
	uint32_t interface_count;	/* written down */
	char **owners;			/* by owner: what the comment says */
	size_t owner_count;
};

struct telltap_blocks *
telltap_blocks_new(void)
{
	struct telltap_blocks *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	buf_init(&b->interfaces, 0);
	buf_init(&b->packets, 0);
	return b;
}

void
telltap_blocks_free(struct telltap_blocks *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->owner_count; i++)
		free(b->owners[i]);
	free(b->owners);
	buf_clear(&b->interfaces);
	buf_clear(&b->packets);
	free(b);
}

int
telltap_blocks_owner(struct telltap_blocks *b, uint32_t owner, uint64_t pid,
    const char *executable, bool ambiguous)
{
	char *text;

	if (owner >= OWNERS_MAX)
		return 0;
	if (owner >= b->owner_count) {
		size_t count = 2 * (size_t)owner + 16;
		char **owners = realloc(b->owners, count * sizeof(*owners));

		if (!owners)
			return -ENOMEM;
		memset(owners + b->owner_count, 0,
		    (count - b->owner_count) * sizeof(*owners));
		b->owners = owners;
		b->owner_count = count;
	}
	if (asprintf(&text, ", process %" PRIu64 "%s%s%.*s", pid,
		ambiguous ? " (ambiguous)" : "", executable ? " " : "",
		EXECUTABLE_MAX,
		executable ? executable : "") < 0)
		return -ENOMEM;
	free(b->owners[owner]);
	b->owners[owner] = text;
	return 0;
}

/* Interfaces are numbered in the file as in the capture: those before one are
 * written down with it. */
static int
put_interfaces(struct telltap_blocks *b, const struct telltap_packet *packet,
    const struct telltap_interface *interfaces, size_t count)
{
	if (packet->interface >= INTERFACES_MAX)
		return ERR_LIMIT;
	for (; b->interface_count <= packet->interface; b->interface_count++) {
		size_t i = b->interface_count;
		bool known = interfaces && i < count &&
			     i != packet->interface;

		put_interface(&b->interfaces,
		    known ? interfaces[i].link_type : packet->link_type,
		    interfaces && i < count ? interfaces[i].name : "");
	}
	return 0;
}

static uint8_t *
store32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		*p++ = (uint8_t)(v >> 8 * i);
	return p;
}

/* Every packet has one: written without printf. */
static void
put_comment(struct telltap_blocks *b, const struct telltap_packet *packet)
{
	static const char label[] = "telltap packet ";
	char text[EXECUTABLE_MAX + 128], digits[20];
	size_t at = sizeof(digits), len = strlen(label), owner_len;
	const char *owner = packet->owner && packet->owner < b->owner_count
				? b->owners[packet->owner]
				: NULL;
	uint64_t n = packet->number;

	memcpy(text, label, len);
	do {
		digits[--at] = (char)('0' + n % 10);
	} while (n /= 10);
	memcpy(text + len, digits + at, sizeof(digits) - at);
	len += sizeof(digits) - at;
	owner_len = owner ? strlen(owner) : 0;
	if (owner_len > sizeof(text) - len)
		owner_len = sizeof(text) - len;
	if (owner_len)
		memcpy(text + len, owner, owner_len);
	put_option(&b->packets, OPT_COMMENT, text, len + owner_len);
}

static void
put_packet(struct telltap_blocks *b, const struct telltap_packet *packet)
{
	uint8_t flags[4] = { packet->flags & TELLTAP_PACKET_INBOUND ? 1 : 2 };
	struct buf *out = &b->packets;
	size_t start = out->len;
	uint8_t head[28], *p = head;

	p = store32(p, BLOCK_PACKET);
	p = store32(p, 0);	/* its length, once known */
	p = store32(p, packet->interface);
	p = store32(p, (uint32_t)(packet->ts_ns >> 32));
	p = store32(p, (uint32_t)packet->ts_ns);
	p = store32(p, packet->cap_len);
	p = store32(p, packet->wire_len);
	buf_append(out, head, (size_t)(p - head));
	put_padded(out, packet->data, packet->cap_len);
	put_comment(b, packet);
	if (packet->flags & (TELLTAP_PACKET_INBOUND | TELLTAP_PACKET_OUTBOUND))
		put_option(out, OPT_FLAGS, flags, sizeof(flags));
	put_option(out, OPT_END, NULL, 0);
	end_block(out, start);
}

static void
drop_taken(struct telltap_blocks *b)
{
	if (!b->taken)
		return;
	buf_reset(&b->interfaces);
	buf_reset(&b->packets);
	b->taken = false;
}

int
telltap_blocks_name(struct telltap_blocks *b, const uint8_t *address,
    const void *name, size_t name_len)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool v4 = !memcmp(address, mapped, sizeof(mapped));
	size_t address_len = v4 ? 4 : 16, start;
	uint8_t record[16 + NAME_MAX_LEN + 1];

	if (!name_len || name_len > NAME_MAX_LEN || memchr(name, 0, name_len))
		return 0;
	drop_taken(b);
	memcpy(record, address + 16 - address_len, address_len);
	memcpy(record + address_len, name, name_len);
	record[address_len + name_len] = 0;
	start = begin_block(&b->packets, BLOCK_NAMES);
	put_option(&b->packets, v4 ? NAMES_IPV4 : NAMES_IPV6, record,
	    address_len + name_len + 1);
	put_option(&b->packets, NAMES_END, NULL, 0);
	end_block(&b->packets, start);
	return b->packets.failed ? -ENOMEM : 0;
}

int
telltap_blocks_add(struct telltap_blocks *b,
    const struct telltap_packet *packet,
    const struct telltap_interface *interfaces, size_t interface_count)
{
	int err;

	drop_taken(b);
	err = put_interfaces(b, packet, interfaces, interface_count);
	if (!err)
		put_packet(b, packet);
	return err                                             ? err
	       : b->interfaces.failed || b->packets.failed ? -ENOMEM
							       : 0;
}

void
telltap_blocks_take(struct telltap_blocks *b, const void **ret_interfaces,
    size_t *ret_interfaces_len, const void **ret_packets, size_t *ret_len)
{
	drop_taken(b);
	b->taken = true;
	*ret_interfaces = b->interfaces.data;
	*ret_interfaces_len = b->interfaces.len;
	*ret_packets = b->packets.data;
	*ret_len = b->packets.len;
}
