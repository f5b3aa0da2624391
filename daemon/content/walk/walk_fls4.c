// SPDX-License-Identifier: Apache-2.0
/*
 * Comodo's File Lookup Service, version 4, as the vendor's own public code
 * writes it: type, id, number of hashes, their kind, protocol, application, a
 * GUID, the caller, and the hashes. Nothing marks it, so all of what went out,
 * a packet or a few, must be such to the byte.
 */
#include <string.h>

#include "base/cursor.h"
#include "content/scan_tree.h"
#include "content/walk/walkers.h"

#define GUID_LEN	16u
#define PROTOCOL	3
#define CALLER_MAX	4

struct fls4_packet {
	uint8_t type;
	enum known_hash alg;
	uint8_t count;
	const uint8_t *guid, *hashes;
};

/* Of files: simple, extended, hits (two), malware (two); of who signed them. */
static bool
is_of_files(uint8_t type)
{
	return type <= 2 || type == 4 || type == 6 || type == 9;
}

static bool
is_of_vendors(uint8_t type)
{
	return type == 5 || type == 8;
}

static bool
read_packet(struct cursor *c, struct fls4_packet *ret)
{
	uint8_t kind, protocol, application, caller;

	ret->type = cur_u8(c);
	cur_skip(c, 4);
	ret->count = cur_u8(c);
	kind = cur_u8(c);
	protocol = cur_u8(c);
	application = cur_u8(c);
	ret->guid = cur_bytes(c, GUID_LEN);
	caller = cur_u8(c);
	if (cur_failed(c) || !ret->count || protocol != PROTOCOL ||
	    !application || !caller || caller > CALLER_MAX ||
	    !(is_of_files(ret->type) || is_of_vendors(ret->type)) ||
	    !fls_alg(kind, &ret->alg))
		return false;
	ret->hashes = cur_bytes(c, ret->count * known_hash_len(ret->alg));
	return !cur_failed(c);
}

bool
fls4_fits(const uint8_t *p, size_t len, bool whole)
{
	struct cursor c = cur_init(p, len);
	struct fls4_packet packet;

	while (whole && cur_left(&c))
		if (!read_packet(&c, &packet))
			return false;
	return whole && len;
}

struct fls4_state {
	size_t len;
	uint8_t bytes[SCAN_HEAD];
};

static bool
fls4_open(struct scan_node *n)
{
	return true;
}

static void
fls4_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct fls4_state *st = n->state;

	len = len < sizeof(st->bytes) - st->len ? len :
	    sizeof(st->bytes) - st->len;
	memcpy(st->bytes + st->len, p, len);
	st->len += len;
}

static void
tell(struct scan_node *n, const struct fls4_state *st,
    const struct fls4_packet *packet, unsigned *count)
{
	static const uint8_t none[GUID_LEN];
	size_t hash_len = known_hash_len(packet->alg);

	if (memcmp(packet->guid, none, GUID_LEN))
		scan_add_finding(n->s, &(struct scan_category){
		    .category = "host.id", .path = SPAN_LITERAL("/guid"),
		    .offset = (uint64_t)(packet->guid - st->bytes),
		    .why = "an id in a look-up of Comodo's FLS" });
	if (is_of_vendors(packet->type))
		scan_add_category(n->s, "file.signer",
		    SPAN_LITERAL("/hashes"), "a look-up of who signed a file");
	for (size_t i = 0; is_of_files(packet->type) && i < packet->count; i++)
		fls_tell_hash(n, packet->alg, packet->hashes + i * hash_len,
		    (*count)++, (uint64_t)(packet->hashes + i * hash_len -
		    st->bytes));
}

static void
fls4_close(struct scan_node *n)
{
	struct fls4_state *st = n->state;
	struct cursor c = cur_init(st->bytes, st->len);
	struct fls4_packet packet;
	unsigned count = 0;

	while (cur_left(&c) && read_packet(&c, &packet))
		tell(n, st, &packet, &count);
	n->parsed = !cur_failed(&c) && !cur_left(&c);
}

const struct walker walker_fls4 = {
	.name = "fls",
	.state_len = sizeof(struct fls4_state),
	.open = fls4_open,
	.data = fls4_data,
	.close = fls4_close,
};
