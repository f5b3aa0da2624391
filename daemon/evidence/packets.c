// SPDX-License-Identifier: Apache-2.0
#include "evidence/packets.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "telltap/source.h"

#define PACKETS_PATH	"data/capture/packets.pcapng"
#define PENDING_MAX	(1u << 20)
#define INTERFACES_MAX	65536u
#define OWNERS_MAX	(1u << 20)
#define EXECUTABLE_MAX	512

/* pcapng, draft-ietf-opsawg-pcapng: blocks and options. */
enum { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
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
put_section(struct buf *b)
{
	size_t start = begin_block(b, BLOCK_SECTION);

	put32(b, 0x1a2b3c4d);
	put16(b, 1);
	put16(b, 0);
	put32(b, UINT32_MAX);	/* length of the section: not given */
	put32(b, UINT32_MAX);
	end_block(b, start);
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

int
packets_init(struct packets *p, struct bag *bag)
{
	memset(p, 0, sizeof(*p));
	p->bag = bag;
	p->fd = -1;
	buf_init(&p->pending, 0);
	return tlog_hasher_init(&p->hasher);
}

void
packets_clear(struct packets *p)
{
	if (p->fd >= 0)
		close(p->fd);
	for (size_t i = 0; i < p->owner_count; i++)
		free(p->owners[i]);
	free(p->owners);
	buf_clear(&p->pending);
	tlog_hasher_clear(&p->hasher);
}

int
packets_set_owner(struct packets *p, uint32_t owner, uint64_t pid,
    const char *executable, bool ambiguous)
{
	char *text;

	if (owner >= OWNERS_MAX)
		return 0;
	if (owner >= p->owner_count) {
		size_t count = 2 * (size_t)owner + 16;
		char **owners = realloc(p->owners, count * sizeof(*owners));

		if (!owners)
			return -ENOMEM;
		memset(owners + p->owner_count, 0,
		    (count - p->owner_count) * sizeof(*owners));
		p->owners = owners;
		p->owner_count = count;
	}
	if (asprintf(&text, ", process %" PRIu64 "%s%s%.*s", pid,
		ambiguous ? " (ambiguous)" : "", executable ? " " : "", EXECUTABLE_MAX,
		executable ? executable : "") < 0)
		return -ENOMEM;
	free(p->owners[owner]);
	p->owners[owner] = text;
	return 0;
}

static int
begin_file(struct packets *p)
{
	p->fd = bag_create(p->bag, PACKETS_PATH);
	if (p->fd < 0)
		return p->fd;
	tlog_hash_begin(&p->hasher);
	put_section(&p->pending);
	return 0;
}

/* Interfaces are numbered in the file as in the capture: those before one are
 * written down with it. */
static int
put_interfaces(struct packets *p, const struct telltap_packet *packet,
    const struct telltap_interface *interfaces, size_t count)
{
	if (packet->interface >= INTERFACES_MAX)
		return ERR_LIMIT;
	for (; p->interface_count <= packet->interface; p->interface_count++) {
		size_t i = p->interface_count;
		bool known = interfaces && i < count &&
			     i != packet->interface;

		put_interface(&p->pending,
		    known ? interfaces[i].link_type : packet->link_type,
		    interfaces && i < count ? interfaces[i].name : "");
	}
	return 0;
}

static void
put_comment(struct packets *p, const struct telltap_packet *packet)
{
	char text[EXECUTABLE_MAX + 128];
	const char *owner = packet->owner && packet->owner < p->owner_count
				? p->owners[packet->owner]
				: NULL;
	int n = snprintf(text, sizeof(text), "telltap packet %" PRIu64 "%s",
	    packet->number, owner ? owner : "");

	put_option(&p->pending, OPT_COMMENT, text, (size_t)n);
}

static int
write_pending(struct packets *p)
{
	int err;

	if (p->pending.failed)
		return -ENOMEM;
	err = bag_write_all(p->fd, p->pending.data, p->pending.len);
	tlog_hash_add(&p->hasher, p->pending.data, p->pending.len);
	p->size += p->pending.len;
	buf_reset(&p->pending);
	return err;
}

int
packets_write(struct packets *p, const struct telltap_packet *packet,
    const struct telltap_interface *interfaces, size_t count)
{
	struct buf *b = &p->pending;
	uint8_t flags[4] = { packet->flags & TELLTAP_PACKET_INBOUND ? 1 : 2 };
	int err = p->fd < 0 ? begin_file(p) : 0;
	size_t start;

	if (!err)
		err = put_interfaces(p, packet, interfaces, count);
	if (err)
		return err;
	start = begin_block(b, BLOCK_PACKET);
	put32(b, packet->interface);
	put32(b, (uint32_t)(packet->ts_ns >> 32));
	put32(b, (uint32_t)packet->ts_ns);
	put32(b, packet->cap_len);
	put32(b, packet->wire_len);
	put_padded(b, packet->data, packet->cap_len);
	put_comment(p, packet);
	if (packet->flags & (TELLTAP_PACKET_INBOUND | TELLTAP_PACKET_OUTBOUND))
		put_option(b, OPT_FLAGS, flags, sizeof(flags));
	put_option(b, OPT_END, NULL, 0);
	end_block(b, start);
	p->count++;
	return b->len < PENDING_MAX ? 0 : write_pending(p);
}

int
packets_finish(struct packets *p)
{
	uint8_t sha256[32];
	int err;

	if (p->fd < 0)
		return 0;
	err = write_pending(p);
	if (close(p->fd) && !err)
		err = -errno;
	p->fd = -1;
	tlog_hash_end(&p->hasher, sha256);
	if (!err && p->hasher.failed)
		err = -EIO;
	return err ? err : bag_note(p->bag, PACKETS_PATH, p->size, sha256);
}
