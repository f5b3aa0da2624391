// SPDX-License-Identifier: Apache-2.0
/*
 * http_list CAPTURE [KEYLOG] - every HTTP message of a capture's connections as
 * the protocol room tells it, one JSON object a line, and one (with "hello") for
 * each QUIC connection whose ClientHello was read, for comparing with what
 * other tools saw. Secrets that the capture or the key log holds are used. Side 0
 * sent the first packet.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/json.h"
#include "flow/tcp.h"
#include "protocol/conn.h"
#include "protocol/tls/keylog.h"
#include "protocol/tls/tls.h"
#include "telltap/source.h"

#define FLOWS_MAX	65536
#define HEADS_MAX_LEN	(64 * 1024)

struct flow {
	struct flow *next;
	struct packet_addr addr[2];
	uint16_t port[2];
	uint64_t id;
	uint8_t proto;
	struct tcp_half half[2];
	struct conn *conn;
	struct end { struct flow *flow; unsigned side; } end[2];
	uint64_t bytes[2], accounted[2];
};

struct message {
	struct flow *flow;
	enum message_kind kind;
	uint64_t number;
	struct buf head[2];		/* start lines, one a line */
	EVP_MD_CTX *digest[2];
	uint64_t body[2], gap[2];
	int ended[2];			/* 0, 1 complete, 2 not */
	const char *limit;
};

static struct flow *flows[FLOWS_MAX];
static struct tcp_pool pool;
static uint64_t messages, open_messages;

static struct message *
on_begin(struct conn *conn, enum message_kind kind, const struct when *when)
{
	struct message *m = calloc(1, sizeof(*m));

	if (!m)
		exit(2);
	m->flow = conn->owner;
	m->kind = kind;
	m->number = messages++;
	open_messages++;
	return m;
}

static void
on_wire(struct message *m, unsigned side, uint64_t len,
    const struct when *when)
{
	m->flow->accounted[side] += len;
}

static void
on_head(struct message *m, unsigned side, const struct http_head *head,
    const struct when *when)
{
	struct buf *b = &m->head[side];

	if (b->len > HEADS_MAX_LEN)
		return;
	if (head->request) {
		buf_append(b, head->method.p, head->method.len);
		buf_str(b, " ");
		buf_append(b, head->target.p, head->target.len);
		buf_printf(b, " %u\n", head->version);
	} else {
		buf_printf(b, "%u %u\n", head->version, head->status);
	}
}

static void
on_body(struct message *m, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	m->body[side] += len;
	if (!m->digest[side]) {
		m->digest[side] = EVP_MD_CTX_new();
		if (!m->digest[side] ||
		    !EVP_DigestInit(m->digest[side], EVP_sha256()))
			exit(2);
	}
	EVP_DigestUpdate(m->digest[side], data, len);
}

static void
on_gap(struct message *m, unsigned side, uint64_t len,
    const struct when *when)
{
	m->gap[side] += len;
}

static void
on_body_end(struct message *m, unsigned side, bool complete,
    const struct when *when)
{
	m->ended[side] = complete ? 1 : 2;
}

static void
on_limit(struct message *m, const char *why)
{
	m->limit = why;
}

static void
on_sealed(struct message *m, unsigned side, uint64_t min_len,
    uint64_t max_len, const struct when *when)
{
}

static void
on_dns(struct message *m, unsigned side, const struct dns_message *dns,
    const struct when *when)
{
}

static void
write_side(struct json *j, struct message *m, unsigned side)
{
	static const char *const ended[] = { "no", "complete", "cut" };
	uint8_t sha256[32];

	json_object(j, side ? "side1" : "side0");
	json_text(j, "heads", (struct span){ m->head[side].data,
	    m->head[side].len });
	json_u64(j, "body", m->body[side]);
	json_u64(j, "gap", m->gap[side]);
	json_str(j, "ended", ended[m->ended[side]]);
	if (m->digest[side] &&
	    EVP_DigestFinal(m->digest[side], sha256, NULL))
		json_hex(j, "sha256", (struct span){ sha256, 32 });
	json_close_object(j);
	EVP_MD_CTX_free(m->digest[side]);
	buf_clear(&m->head[side]);
}

static void
on_end(struct message *m, enum message_end end, const struct when *when)
{
	static const char *const how[] = { "complete", "cut", "broken" };
	struct buf out = { 0 };
	struct json j;

	json_init(&j, &out);
	json_object(&j, NULL);
	json_u64(&j, "flow", m->flow->id);
	json_u64(&j, "number", m->number);
	json_u64(&j, "kind", m->kind);
	json_u64(&j, "client", m->flow->conn->endpoint_side);
	write_side(&j, m, 0);
	write_side(&j, m, 1);
	json_str(&j, "end", how[end]);
	json_str(&j, "limit", m->limit ? m->limit : "");
	json_close_object(&j);
	fwrite(out.data, 1, out.len, stdout);
	putchar('\n');
	buf_clear(&out);
	free(m);
	open_messages--;
}

static const struct message_ops ops = {
	.begin = on_begin,
	.wire = on_wire,
	.http_head = on_head,
	.body = on_body,
	.gap = on_gap,
	.body_end = on_body_end,
	.limit = on_limit,
	.sealed = on_sealed,
	.dns = on_dns,
	.end = on_end,
};

static struct conn_env env = { .ops = &ops };

static void
sink_data(void *arg, const uint8_t *data, size_t len, uint64_t ts_ns,
    uint64_t packet)
{
	struct end *e = arg;
	struct when when = { ts_ns, packet };

	e->flow->bytes[e->side] += len;
	conn_data(e->flow->conn, e->side, data, len, &when);
}

static void
sink_gap(void *arg, uint64_t len, uint64_t ts_ns, uint64_t packet)
{
	struct end *e = arg;
	struct when when = { ts_ns, packet };

	conn_gap(e->flow->conn, e->side, len, &when);
}

static void
sink_conflict(void *arg, uint64_t offset, uint64_t len, uint64_t ts_ns,
    uint64_t packet)
{
}

static void
sink_eof(void *arg, uint64_t ts_ns, uint64_t packet)
{
	struct end *e = arg;
	struct when when = { ts_ns, packet };

	conn_eof(e->flow->conn, e->side, &when);
}

static const struct tcp_sink sink = {
	.data = sink_data,
	.gap = sink_gap,
	.conflict = sink_conflict,
	.eof = sink_eof,
};

static void
write_hello(const struct flow *f)
{
	const struct tls_info *tls = f->conn->tls;
	struct buf out = { 0 };
	struct json j;

	if (f->proto != 17 || !tls || !tls->has_client_hello)
		return;
	json_init(&j, &out);
	json_object(&j, NULL);
	json_u64(&j, "flow", f->id);
	json_u64(&j, "kind", 9);
	json_u64(&j, "port", f->port[f->conn->endpoint_side]);
	json_text(&j, "hello", tls_info_server_name(tls));
	json_text(&j, "alpn", tls_info_alpn(tls));
	json_text(&j, "ja4", tls_info_ja4(tls));
	json_u64(&j, "cipher", tls->cipher);
	json_close_object(&j);
	fwrite(out.data, 1, out.len, stdout);
	putchar('\n');
	buf_clear(&out);
}

static int
finish(struct flow *f, const struct when *when)
{
	int bad = 0;

	for (unsigned side = 0; side < 2 && f->proto == 6; side++)
		tcp_half_finish(&f->half[side], &pool, &sink, &f->end[side],
		    when->ts_ns, when->packet);
	conn_finish(f->conn, when);
	for (unsigned side = 0; side < 2; side++) {
		uint64_t sum = f->accounted[side];

		sum += f->conn->overhead[side][CONN_UNDERSTOOD];
		sum += f->conn->overhead[side][CONN_ENCRYPTED];
		if (sum != f->bytes[side]) {
			fprintf(stderr, "flow %" PRIu64 " side %u: %" PRIu64
			    " bytes, %" PRIu64 " accounted for\n", f->id, side,
			    f->bytes[side], sum);
			bad = 1;
		}
	}
	for (unsigned side = 0; side < 2 && f->proto == 6; side++)
		tcp_half_clear(&f->half[side], &pool);
	write_hello(f);
	conn_free(f->conn);
	free(f);
	return bad;
}

static int
read_keylog(struct keylog *keys, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int r = f ? 0 : -1;

	while (!r && (len = getline(&line, &room, f)) > 0)
		r = keylog_add(keys, (const uint8_t *)line, (size_t)len);
	free(line);
	if (f)
		fclose(f);
	return r;
}

/* Secrets stand anywhere in a capture; a pass of its own finds them. */
static int
read_keys(const char *const *paths, const char *keylog)
{
	struct telltap_source_options options = { .size = sizeof(options) };
	struct keylog *keys = keylog_new();
	const struct telltap_packet *raw;
	struct telltap_source *source;
	size_t count, n;
	int end = 0;

	if (!keys || (keylog && read_keylog(keys, keylog)) ||
	    telltap_source_open(paths, 1, &options, &source))
		return -1;
	while (!end) {
		const struct telltap_block *blocks;

		end = telltap_source_next(source, &raw, &count);
		blocks = telltap_source_blocks(source, &n);
		for (size_t i = 0; i < n; i++)
			if (blocks[i].kind == TELLTAP_BLOCK_SECRETS &&
			    keylog_add(keys, blocks[i].data, blocks[i].len))
				end = -1;
	}
	telltap_source_close(source);
	env.keys = keys;
	return 0;
}

static struct flow **
find(const struct packet *p, unsigned *ret_side)
{
	uint32_t h = p->src.w[3] ^ p->dst.w[3] ^ p->src_port ^ p->dst_port;
	struct flow **at = &flows[(h ^ h >> 16) % FLOWS_MAX];

	for (; *at; at = &(*at)->next)
		for (unsigned side = 0; side < 2; side++)
			if ((*at)->proto == p->proto &&
			    !memcmp(&(*at)->addr[side], &p->src, 16) &&
			    !memcmp(&(*at)->addr[!side], &p->dst, 16) &&
			    (*at)->port[side] == p->src_port &&
			    (*at)->port[!side] == p->dst_port) {
				*ret_side = side;
				return at;
			}
	*ret_side = 0;
	return at;
}

static struct flow *
flow_new(const struct packet *p)
{
	static uint64_t ids;
	struct flow *f = calloc(1, sizeof(*f));
	struct conn init = { .env = &env, .proto = p->proto };

	if (!f)
		exit(2);
	f->id = p->proto == 6 ? ids++ : 0;
	f->proto = p->proto;
	f->addr[0] = p->src;
	f->addr[1] = p->dst;
	init.addr = f->addr;
	f->port[0] = init.port[0] = p->src_port;
	f->port[1] = init.port[1] = p->dst_port;
	for (unsigned side = 0; side < 2; side++)
		f->end[side] = (struct end){ f, side };
	init.owner = f;
	init.endpoint_by = ENDPOINT_BY_FIRST_PACKET;
	f->conn = conn_new(&init);
	if (!f->conn)
		exit(2);
	return f;
}

static int
take(const struct packet *p)
{
	struct when when = { p->ts_ns, p->number };
	unsigned side;
	struct flow **at = find(p, &side), *f = *at;
	int bad = 0;

	if (p->proto == 17) {
		if (!f)
			f = *at = flow_new(p);
		if (p->payload_len)
			sink_data(&f->end[side], p->payload, p->payload_len,
			    p->ts_ns, p->number);
		return 0;
	}
	if (f && (p->tcp_flags & TCP_SYN) &&
	    tcp_half_reopened(&f->half[side], &f->half[!side], p)) {
		*at = f->next;
		bad = finish(f, &when);
		at = find(p, &side);
	}
	if (!*at)
		*at = flow_new(p);
	f = *at;
	if (p->tcp_flags & TCP_ACK)
		tcp_half_ack(&f->half[!side], &pool, p, &sink,
		    &f->end[!side]);
	tcp_half_segment(&f->half[side], &pool, p, &sink, &f->end[side]);
	return bad;
}

int
main(int argc, char **argv)
{
	const char *paths[] = { argc > 1 ? argv[1] : "-" };
	struct telltap_source_options options = { .size = sizeof(options) };
	struct packet_decoder *d = packet_decoder_new(4 << 20);
	struct when last = { 0, 0 };
	const struct telltap_packet *raw;
	struct telltap_source *source;
	struct arena arena;
	struct packet p;
	size_t count;
	int bad = 0;

	arena_init(&arena);
	if (!d || read_keys(paths, argc > 2 ? argv[2] : NULL) || tcp_pool_init(&pool, 64 << 20) ||
	    telltap_source_open(paths, 1, &options, &source)) {
		fprintf(stderr, "%s\n", telltap_source_error(NULL));
		return 2;
	}
	while (telltap_source_next(source, &raw, &count) == 0) {
		for (size_t i = 0; i < count; i++) {
			last = (struct when){ raw[i].ts_ns, raw[i].number };
			if (packet_decode(d, &raw[i], &arena, &p) == 0 &&
			    (p.proto == 6 || p.proto == 17))
				bad |= take(&p);
			arena_reset(&arena, 1 << 20);
		}
	}
	for (size_t i = 0; i < FLOWS_MAX; i++)
		for (struct flow *f = flows[i], *next; f; f = next) {
			next = f->next;
			bad |= finish(f, &last);
		}
	if (open_messages) {
		fprintf(stderr, "%" PRIu64 " messages never ended\n",
		    open_messages);
		bad = 1;
	}
	arena_clear(&arena);
	keylog_free((struct keylog *)env.keys);
	packet_decoder_free(d);
	tcp_pool_clear(&pool);
	telltap_source_close(source);
	return bad;
}
