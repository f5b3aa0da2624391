// SPDX-License-Identifier: Apache-2.0
/*
 * packet_list CAPTURE - one line per frame, as packet_decode() sees it, for
 * comparing with other tools: number, result, and for packets: flags, source,
 * destination, protocol, ports, payload length by the headers, Community ID.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "flow/community_id.h"
#include "flow/packet.h"
#include "telltap/source.h"

static void
print_addr(const struct packet *p, const struct packet_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (p->ip_version == 4)
		inet_ntop(AF_INET, &addr->w[3], text, sizeof(text));
	else
		inet_ntop(AF_INET6, addr->b, text, sizeof(text));
	printf("\t%s", text);
}

static void
print_packet(const struct packet *p)
{
	char id[COMMUNITY_ID_SIZE];

	community_id_write(&p->src, &p->dst, p->src_port, p->dst_port, p->proto,
	    p->ip_version, id);
	printf("\t%#x", p->flags);
	print_addr(p, &p->src);
	print_addr(p, &p->dst);
	printf("\t%u\t%u\t%u\t%u\t%s", p->proto, p->src_port, p->dst_port,
	    p->payload_wire_len, id);
}

static const char *
result_name(int r)
{
	switch (r) {
	case 0:
		return "packet";
	case 1:
		return "nothing";
	case ERR_TRUNCATED:
		return "truncated";
	case ERR_UNSUPPORTED:
		return "unsupported";
	default:
		return "malformed";
	}
}

static void
list(struct packet_decoder *d, const struct telltap_packet *raw, size_t count)
{
	struct arena arena;
	struct packet p;
	int r;

	arena_init(&arena);
	for (size_t i = 0; i < count; i++) {
		r = packet_decode(d, &raw[i], &arena, &p);
		printf("%" PRIu64 "\t%s", raw[i].number, result_name(r));
		if (r == 0)
			print_packet(&p);
		putchar('\n');
		arena_reset(&arena, 1 << 20);
	}
	arena_clear(&arena);
}

int
main(int argc, char **argv)
{
	const char *paths[] = { argc > 1 ? argv[1] : "-" };
	struct telltap_source_options options = { .size = sizeof(options) };
	struct packet_decoder *d = packet_decoder_new(4 << 20);
	const struct telltap_packet *raw;
	struct telltap_source *source;
	size_t count;
	int r;

	r = telltap_source_open(paths, 1, &options, &source);
	if (r || !d) {
		fprintf(stderr, "%s\n", telltap_source_error(NULL));
		return 2;
	}
	while ((r = telltap_source_next(source, &raw, &count)) == 0)
		list(d, raw, count);
	packet_decoder_free(d);
	telltap_source_close(source);
	return r == TELLTAP_SOURCE_END ? 0 : 2;
}
