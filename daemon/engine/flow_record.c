// SPDX-License-Identifier: Apache-2.0
#include "engine/flow_record.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/naming.h"
#include "protocol/tls/tls.h"

#define PROTO_TCP	6
#define PROTO_UDP	17

bool
flow_user_init(struct flow_user *u, bool digests)
{
	if (!digests)
		return true;
	u->digested = true;
	for (int i = 0; i < 2; i++) {
		u->digest[i] = EVP_MD_CTX_new();
		if (!u->digest[i] ||
		    !EVP_DigestInit_ex(u->digest[i], EVP_sha256(), NULL)) {
			flow_user_clear(u);
			return false;
		}
	}
	return true;
}

void
flow_user_clear(struct flow_user *u)
{
	if (!u)
		return;
	conn_free(u->conn);
	for (int i = 0; u->digested && i < 2; i++) {
		EVP_MD_CTX_free(u->digest[i]);
		u->digest[i] = NULL;
	}
	*u = (struct flow_user){ 0 };
}

void
flow_user_digest(struct flow_user *u, unsigned side, const uint8_t *data,
    size_t len)
{
	EVP_DigestUpdate(u->digest[side], data, len);
}

void
flow_record_drop(struct flow *f)
{
	struct flow_user *u = flow_user_of(f);
	struct when when = { f->end_ns, f->last_packet };

	if (u && u->conn)
		conn_finish(u->conn, &when);
	flow_user_clear(u);
	f->has_user = false;
}

bool
flow_record_joined(const struct flow *f)
{
	return f->proto == PROTO_TCP &&
	       !((f->half[0].flags | f->half[1].flags) & TCP_HALF_SYN);
}

void
flow_record_name(const struct flow *f, struct naming *n,
    struct event_flow *ret)
{
	struct naming_verdict v = { 0 };
	struct naming_tuple t = { .proto = f->proto };

	/* a connection has been named as well as can be */
	if (!n || ret->protocol)
		return;
	memcpy(t.addr, f->addr, sizeof(t.addr));
	memcpy(t.port, f->port, sizeof(t.port));
	naming_guess(n, &t, &v);
	ret->protocol = v.protocol;
	/* what IP itself says is told by no port */
	if (v.protocol && (f->proto == PROTO_TCP || f->proto == PROTO_UDP))
		ret->protocol_by = "guess";
	if (!ret->application)
		ret->application = v.application;
}

static struct span
copy(struct arena *a, struct span text)
{
	char *s = text.len ? arena_strndup(a, text.p, text.len) : NULL;

	return (struct span){ (uint8_t *)s, s ? text.len : 0 };
}

static const char *
cipher_name(struct arena *a, uint16_t cipher)
{
	const char *name = tls_cipher_name(cipher);
	static const char hex[] = "0123456789abcdef";
	char *s;

	if (name || !cipher)
		return name;
	s = arena_strndup(a, "0x0000", 6);
	for (int i = 0; s && i < 4; i++)
		s[2 + i] = hex[cipher >> (12 - 4 * i) & 15];
	return s;
}

/* What the keys opened, or which they would have to be. */
static void
fill_keys(const struct tls_info *t, struct event_tls *ret)
{
	static const char *const words[] = {
		[TLS_KEYS_UNUSED] = "unused",
		[TLS_KEYS_OPENED] = "opened",
		[TLS_KEYS_WRONG] = "wrong",
		[TLS_KEYS_UNSUPPORTED] = "unsupported",
	};

	ret->keys = words[t->keys];
	if (t->keys == TLS_KEYS_UNSUPPORTED)
		ret->unsupported = span_str(tls_info_unsupported(t));
	ret->opened = t->opened;
	ret->unauthentic = t->unauthentic;
	ret->sealed = t->has_client_hello && !t->opened;
	memcpy(ret->client_random, t->client_random, 32);
}

static void
fill_tls(const struct conn *c, struct arena *a, bool totals,
    struct event_flow *ret)
{
	const struct tls_info *t = c->tls;
	struct event_tls *e = arena_zalloc(a, sizeof(*e));

	if (!e)
		return;
	if (t->has_server_hello) {	/* before it they are offers */
		e->version = tls_version_name(t->version);
		e->cipher = cipher_name(a, t->cipher);
	}
	e->server_name = copy(a, tls_info_server_name(t));
	e->alpn = copy(a, tls_info_alpn(t));
	e->ja3 = copy(a, tls_info_ja3(t));
	e->ja4 = copy(a, tls_info_ja4(t));
	e->cert_subject = copy(a, tls_info_cert_subject(t));
	e->cert_issuer = copy(a, tls_info_cert_issuer(t));
	e->may_be_h2 = t->may_be_h2;
	e->has_cert = tls_info_has_leaf(t);
	e->resumed = t->has_server_hello && t->resumed;
	if (e->has_cert)
		memcpy(e->cert_sha256, tls_info_cert_sha256(t).p, 32);
	if (totals)
		fill_keys(t, e);
	/* No key is wanted for what was told. */
	e->sealed &= !c->hook;
	ret->tls = e;
	if (e->server_name.len) {
		ret->domain = e->server_name;
		ret->domain_source = "sni";
	}
}

static void
fill_names(const struct flow *f, struct arena *a, bool totals,
    struct event_flow *ret)
{
	static const char *const by[] = {
		[ENDPOINT_BY_ATTRIBUTION] = "attribution",
		[ENDPOINT_BY_OPTION] = "option",
		[ENDPOINT_BY_SYN] = "syn",
		[ENDPOINT_BY_HELLO] = "hello",
		[ENDPOINT_BY_FIRST_PACKET] = "first-packet",
	};
	const struct flow_user *u = flow_user_of(f);
	const struct conn *c = u->conn;

	ret->endpoint_by = by[c ? c->endpoint_by : u->endpoint_by];
	if (!c)
		return;
	ret->protocol = c->protocol;
	ret->protocol_by = c->guessed ? "guess" : NULL;
	ret->application = c->application;
	ret->answer_of = c->answer_of;
	if (c->host) {
		ret->domain = copy(a, shared_span(c->host));
		ret->domain_source = "host";
	}
	if (c->tls)
		fill_tls(c, a, totals, ret);
}

static void
fill_stream(const struct flow *f, unsigned out, struct event_flow *ret)
{
	struct tcp_stats o = tcp_half_stats(&f->half[out]);
	struct tcp_stats i = tcp_half_stats(&f->half[!out]);

	ret->joined = flow_record_joined(f);
	ret->payload_out = o.delivered_len;
	ret->payload_in = i.delivered_len;
	ret->gaps_out = o.gap_count;
	ret->gaps_in = i.gap_count;
	ret->missing_out = o.missing_len;
	ret->missing_in = i.missing_len;
	ret->retransmitted_out = o.retransmitted_len;
	ret->retransmitted_in = i.retransmitted_len;
	ret->ignored_out = o.ignored_len + o.late_len;
	ret->ignored_in = i.ignored_len + i.late_len;
	ret->conflicts_out = o.conflict_len;
	ret->conflicts_in = i.conflict_len;
}

/* All outbound payload is accounted for: what no message and no handshake
 * claims was not understood. */
static void
fill_account(const struct flow_user *u, unsigned out, struct event_flow *ret)
{
	const struct conn *c = u->conn;
	uint64_t sum;

	ret->understood_out = u->understood_out;
	ret->undeciphered_out = u->undeciphered_out;
	ret->encrypted_out = u->encrypted_out;
	if (c) {
		ret->understood_out += c->overhead[out][CONN_UNDERSTOOD];
		ret->encrypted_out += c->overhead[out][CONN_ENCRYPTED];
	}
	/* A program may hand over what its connection never carries. */
	/* Other flows of the connection carried the rest of its messages. */
	if ((int64_t)ret->understood_out < 0) {
		uint64_t elsewhere = -ret->understood_out;

		ret->understood_out = 0;
		ret->undeciphered_out -= elsewhere < ret->undeciphered_out ?
		    elsewhere : ret->undeciphered_out;
	}
	sum = ret->undeciphered_out + ret->encrypted_out;
	if (c && c->hook && sum + ret->understood_out > ret->payload_out)
		ret->understood_out = sum < ret->payload_out ?
		    ret->payload_out - sum : 0;
	sum += ret->understood_out;
	if (sum < ret->payload_out)
		ret->undeciphered_out += ret->payload_out - sum;
}

/* Of nothing, if nothing was digested. */
static void
finish_digest(EVP_MD_CTX *ctx, uint8_t *ret)
{
	if (ctx)
		EVP_DigestFinal_ex(ctx, ret, NULL);
	else
		EVP_Digest("", 0, ret, NULL, EVP_sha256(), NULL);
}

static void
fill_plaintext(struct conn *c, unsigned out, struct event_flow *ret)
{
	static const struct conn_plaintext none;
	const struct conn_plaintext *p = c->plaintext ? c->plaintext : &none;

	if (!c->decrypted && !c->hook)
		return;
	ret->has_plaintext = true;
	ret->plaintext_out = p->len[out];
	ret->plaintext_in = p->len[!out];
	if (!c->env->digests || c->proto != PROTO_TCP)
		return;
	ret->has_plaintext_digests = true;
	finish_digest(p->digest[out], ret->plaintext_sha256_out);
	finish_digest(p->digest[!out], ret->plaintext_sha256_in);
}

static void
fill_totals(const struct flow *f, unsigned out, struct event_flow *ret)
{
	const struct flow_user *u = flow_user_of(f);

	ret->packets_out = f->packets[out];
	ret->packets_in = f->packets[!out];
	if (f->proto == PROTO_TCP) {
		fill_stream(f, out, ret);
	} else {
		ret->payload_out = f->payload[out];
		ret->payload_in = f->payload[!out];
		ret->gaps_out = f->cuts[out];
		ret->gaps_in = f->cuts[!out];
		ret->missing_out = f->cut[out];
		ret->missing_in = f->cut[!out];
	}
	fill_account(u, out, ret);
	ret->continues = u->continues;
	if (u->conn)
		fill_plaintext(u->conn, out, ret);
	if (!u->digested)
		return;
	ret->has_digests = true;
	finish_digest(u->digest[out], ret->sha256_out);
	finish_digest(u->digest[!out], ret->sha256_in);
}

void
flow_record_fill(const struct flow *f, struct arena *arena, bool totals,
    struct event_flow *ret)
{
	const struct flow_user *u = flow_user_of(f);
	unsigned out = u->conn ? u->conn->endpoint_side : u->endpoint_side;

	ret->id = f->id;
	ret->start_ns = f->start_ns;
	ret->end_ns = f->end_ns;
	ret->local = f->addr[out];
	ret->remote = f->addr[!out];
	ret->local_port = f->port[out];
	ret->remote_port = f->port[!out];
	ret->proto = f->proto;
	ret->ip_version = f->ip_version;
	ret->interface = f->interface;
	ret->owner = f->owner;
	ret->other_owner = f->other_owner;
	ret->owner_unsure = f->owner_unsure;
	fill_names(f, arena, totals, ret);
	if (totals)
		fill_totals(f, out, ret);
}
