// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "evidence/event/event_fields.h"
#include "evidence/transport.h"
#include "flow/address.h"

/* Decimal text of at most 19 digits; 0 and latched otherwise. */
static uint64_t
read_id(struct event_fields *f, const char *key, struct span s)
{
	uint64_t v = 0;

	if (!s.len || s.len > 20)
		field_bad(f, key);
	for (size_t i = 0; i < s.len && s.len <= 20; i++) {
		if ((uint8_t)(s.p[i] - '0') > 9 ||
		    __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, s.p[i] - '0', &v)) {
			field_bad(f, key);
			return 0;
		}
	}
	return v;
}

static void
read_network(struct event_fields *f, struct event_flow *flow)
{
	const struct json_node *o = field_object(f, f->root, "network");
	const char *name = field_word(f, o, "transport");
	struct span number = field_text(f, o, "iana_number");
	const struct transport *t = name ? transport_by_name(name) : NULL;

	if (t)
		flow->proto = t->proto;
	else if (number.len)
		flow->proto = (uint8_t)read_id(f, "iana_number", number);
	else
		field_bad(f, "network.transport");
	flow->protocol = field_word(f, o, "protocol");
	flow->application = field_word(f, o, "application");
	flow->community_id = field_text(f, o, "community_id");
}

static const struct json_node *
read_end(struct event_fields *f, const char *key, struct packet_addr *ret_addr,
    uint16_t *ret_port, uint8_t *ret_version)
{
	const struct json_node *o = field_object(f, f->root, key);
	uint64_t port = field_u64(f, o, "port");

	*ret_version = address_parse(field_text(f, o, "ip"), ret_addr);
	if (!*ret_version || port > UINT16_MAX)
		field_bad(f, key);
	*ret_port = (uint16_t)port;
	return o;
}

static void
read_ends(struct event_fields *f, struct event *e, struct event_flow *flow)
{
	const struct json_node *source, *destination;
	uint8_t version;

	source = read_end(f, "source", &flow->local, &flow->local_port,
	    &version);
	destination = read_end(f, "destination", &flow->remote,
	    &flow->remote_port, &flow->ip_version);
	if (version != flow->ip_version)
		field_bad(f, "destination.ip");
	flow->domain = field_text(f, destination, "domain");
	if (e->action != EVENT_FLOW)
		return;
	flow->packets_out = field_u64(f, source, "packets");
	flow->packets_in = field_u64(f, destination, "packets");
}

static void
read_tls(struct event_fields *f, struct event_flow *flow)
{
	const struct json_node *o = field_object(f, f->root, "tls");
	const struct json_node *telltap = field_object(f, f->root, "telltap");
	const struct json_node *own = field_object(f, telltap, "tls");
	const struct json_node *client = field_object(f, o, "client");
	const struct json_node *server = field_object(f, o, "server");
	struct event_tls *t = o ? field_room(f, 1, sizeof(*t)) : NULL;

	if (!t)
		return;
	t->version = field_word(f, o, "version");
	t->cipher = field_word(f, o, "cipher");
	t->alpn = field_text(f, o, "next_protocol");
	t->resumed = field_bool(f, o, "resumed");
	t->server_name = field_text(f, client, "server_name");
	t->ja3 = field_text(f, client, "ja3");
	t->ja4 = field_text(f, own, "ja4");
	t->keys = field_word(f, own, "keys");
	t->unsupported = field_text(f, own, "unsupported");
	t->opened = field_u64(f, own, "records_opened");
	t->unauthentic = field_u64(f, own, "records_unauthentic");
	t->sealed = field_sha256(f, own, "client_random", t->client_random);
	t->cert_subject = field_text(f, server, "subject");
	t->cert_issuer = field_text(f, server, "issuer");
	t->has_cert = field_sha256(f, field_object(f, server, "hash"),
	    "sha256", t->cert_sha256);
	flow->tls = t;
}

static void
read_counts(struct event_fields *f, const struct json_node *o, struct event_flow *flow)
{
	flow->joined = field_bool(f, o, "joined");
	flow->payload_out = field_u64(f, o, "payload_out");
	flow->payload_in = field_u64(f, o, "payload_in");
	flow->gaps_out = field_u64(f, o, "gaps_out");
	flow->gaps_in = field_u64(f, o, "gaps_in");
	flow->retransmitted_out = field_u64(f, o, "retransmitted_out");
	flow->retransmitted_in = field_u64(f, o, "retransmitted_in");
	flow->ignored_out = field_u64(f, o, "ignored_out");
	flow->ignored_in = field_u64(f, o, "ignored_in");
	flow->conflicts_out = field_u64(f, o, "conflicts_out");
	flow->conflicts_in = field_u64(f, o, "conflicts_in");
	flow->understood_out = field_u64(f, o, "understood_out");
	flow->undeciphered_out = field_u64(f, o, "undeciphered_out");
	flow->encrypted_out = field_u64(f, o, "encrypted_out");
	if (json_member(o, "continues"))
		flow->continues = read_id(f, "telltap.flow.continues",
		    field_text(f, o, "continues"));
	flow->interface = field_u64(f, o, "interface");
	flow->end_reason = field_word(f, o, "end_reason");
	flow->has_digests = field_sha256(f, o, "sha256_out", flow->sha256_out);
	field_sha256(f, o, "sha256_in", flow->sha256_in);
	flow->plaintext_out = field_u64(f, o, "plaintext_out");
	flow->plaintext_in = field_u64(f, o, "plaintext_in");
	flow->has_plaintext = json_member(o, "plaintext_out") != NULL;
	flow->has_plaintext_digests = field_sha256(f, o, "plaintext_sha256_out",
	    flow->plaintext_sha256_out);
	field_sha256(f, o, "plaintext_sha256_in", flow->plaintext_sha256_in);
}

void
event_read_flow(struct event_fields *f, struct event *e)
{
	const struct json_node *telltap = field_object(f, f->root, "telltap");
	const struct json_node *o = field_object(f, telltap, "flow"), *event, *coverage;
	struct event_flow *flow = o ? field_room(f, 1, sizeof(*flow)) : NULL;

	if (!flow)
		return;
	flow->id = read_id(f, "telltap.flow.id", field_text(f, o, "id"));
	flow->endpoint_by = field_word(f, o, "endpoint_by");
	flow->protocol_by = field_word(f, o, "protocol_by");
	flow->domain_source = field_word(f, o, "domain_source");
	read_network(f, flow);
	read_ends(f, e, flow);
	read_tls(f, flow);
	e->flow = flow;
	if (e->action != EVENT_FLOW)
		return;
	read_counts(f, o, flow);
	event = field_object(f, f->root, "event");
	flow->start_ns = field_time(f, event, "start");
	flow->end_ns = field_time(f, event, "end");
	coverage = field_object(f, telltap, "coverage");
	flow->missing_out = field_u64(f, coverage, "missing_out");
	flow->missing_in = field_u64(f, coverage, "missing_in");
}
