// SPDX-License-Identifier: Apache-2.0
/* One block is hashed here: EVP's look-up and context would cost more. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "flow/community_id.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/sha.h>

enum {
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ICMP6 = 58,
	PROTO_SCTP = 132,
};

/* Types that answer each other. */
static const uint8_t pairs4[][2] = {
	{ 0, 8 }, { 9, 10 }, { 13, 14 }, { 15, 16 }, { 17, 18 },
};

static const uint8_t pairs6[][2] = {
	{ 128, 129 }, { 130, 131 }, { 133, 134 }, { 135, 136 }, { 139, 140 },
	{ 144, 145 },
};

static int
find_partner(uint8_t proto, unsigned type)
{
	bool ip4 = proto == PROTO_ICMP;
	const uint8_t (*pairs)[2] = ip4 ? pairs4 : pairs6;
	size_t n = ip4 ? sizeof(pairs4) / 2 : sizeof(pairs6) / 2;

	for (size_t i = 0; i < n; i++) {
		if (pairs[i][0] == type)
			return pairs[i][1];
		if (pairs[i][1] == type)
			return pairs[i][0];
	}
	return -1;
}

uint16_t
community_id_icmp_port(uint8_t proto, uint8_t type, uint8_t code)
{
	int partner = find_partner(proto, type);

	return partner < 0 ? code : (uint16_t)partner;
}

static bool
is_one_way(uint8_t proto, uint16_t src_port)
{
	return (proto == PROTO_ICMP || proto == PROTO_ICMP6) &&
	    find_partner(proto, src_port) < 0;
}

static bool
has_ports(uint8_t proto)
{
	return proto == PROTO_TCP || proto == PROTO_UDP ||
	    proto == PROTO_SCTP || proto == PROTO_ICMP ||
	    proto == PROTO_ICMP6;
}

struct block {
	uint8_t b[64];
	size_t len;
};

static void
put(struct block *k, const void *p, size_t len)
{
	memcpy(k->b + k->len, p, len);
	k->len += len;
}

static void
put_be16(struct block *k, uint16_t v)
{
	const uint8_t be[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	put(k, be, 2);
}

/* 20 bytes are six groups of three and one of two. */
static void
write_base64(const uint8_t digest[SHA_DIGEST_LENGTH], char *out)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < SHA_DIGEST_LENGTH; i += 3) {
		bool full = i + 2 < SHA_DIGEST_LENGTH;
		uint32_t v = (uint32_t)digest[i] << 16 | digest[i + 1] << 8 |
		    (full ? digest[i + 2] : 0);

		*out++ = abc[v >> 18];
		*out++ = abc[v >> 12 & 63];
		*out++ = abc[v >> 6 & 63];
		*out++ = full ? abc[v & 63] : '=';
	}
	*out = '\0';
}

void
community_id_write(const struct packet_addr *src, const struct packet_addr *dst,
    uint16_t src_port, uint16_t dst_port, uint8_t proto, uint8_t ip_version,
    char ret_text[COMMUNITY_ID_SIZE])
{
	size_t skip = ip_version == 4 ? 12 : 0, len = 16 - skip;
	int order = memcmp(src->b + skip, dst->b + skip, len);
	struct block k = { .len = 2 };		/* the seed, 0 */
	uint8_t digest[SHA_DIGEST_LENGTH];
	SHA_CTX sha;

	if (!is_one_way(proto, src_port) &&
	    (order > 0 || (order == 0 && src_port > dst_port))) {
		const struct packet_addr *addr = src;
		uint16_t port = src_port;

		src = dst;
		dst = addr;
		src_port = dst_port;
		dst_port = port;
	}
	put(&k, src->b + skip, len);
	put(&k, dst->b + skip, len);
	put(&k, &proto, 1);
	put(&k, "", 1);
	if (has_ports(proto)) {
		put_be16(&k, src_port);
		put_be16(&k, dst_port);
	}
	SHA1_Init(&sha);
	SHA1_Update(&sha, k.b, k.len);
	SHA1_Final(digest, &sha);
	memcpy(ret_text, "1:", 2);
	write_base64(digest, ret_text + 2);
}
