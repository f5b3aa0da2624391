// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "evidence/event/event_writer.h"
#include "evidence/transport.h"
#include "flow/address.h"
#include "flow/community_id.h"

/* The endpoint is known to have begun the conversation. */
static bool
endpoint_began(const struct event_flow *f)
{
	return f->endpoint_by && (!strcmp(f->endpoint_by, "syn") ||
				     !strcmp(f->endpoint_by, "hello"));
}

/* Ids are text: numbers above 2^53 don't survive every JSON reader. */
static void
write_id(struct json *j, const char *key, uint64_t id)
{
	char s[20];
	int i = 20;

	do {
		s[--i] = (char)('0' + id % 10);
		id /= 10;
	} while (id);
	json_text(j, key, (struct span){ (uint8_t *)s + i, (size_t)(20 - i) });
}

/* Made here, where it is needed, unless it came with the event. */
static void
write_community_id(struct event_writer *w, const struct event_flow *f)
{
	char id[COMMUNITY_ID_SIZE];

	if (f->community_id.len) {
		event_text(w, "community_id", f->community_id);
		return;
	}
	community_id_write(&f->local, &f->remote, f->local_port,
	    f->remote_port, f->proto, f->ip_version, id);
	json_str(&w->j, "community_id", id);
}

static void
write_network(struct event_writer *w, const struct event_flow *f,
    const struct transport *t)
{
	struct json *j = &w->j;

	json_object(j, "network");
	if (t)
		json_str(j, "transport", t->name);
	else
		write_id(j, "iana_number", f->proto);
	json_str(j, "type", f->ip_version == 4 ? "ipv4" : "ipv6");
	event_word(w, "protocol", f->protocol);
	event_word(w, "application", f->application);
	write_community_id(w, f);
	if (endpoint_began(f))
		json_str(j, "direction", "egress");
	json_close_object(j);
}

static void
write_address(struct event_writer *w, const struct packet_addr *addr,
    uint8_t ip_version)
{
	char text[ADDRESS_TEXT_MAX];
	size_t len = address_format(addr, ip_version, text);

	json_text(&w->j, "ip", (struct span){ (uint8_t *)text, len });
}

static void
write_volume(struct json *j, const struct event *e, bool out)
{
	const struct event_flow *f = e->flow;

	if (e->transfer) {
		json_u64(j, "bytes", out ? e->transfer->payload_out
					 : e->transfer->payload_in);
	} else if (e->action == EVENT_FLOW) {
		json_u64(j, "bytes", out ? f->payload_out : f->payload_in);
		json_u64(j, "packets", out ? f->packets_out : f->packets_in);
	}
}

static void
write_tls(struct event_writer *w, const struct event_tls *t)
{
	struct json *j = &w->j;

	json_object(j, "tls");
	event_word(w, "version", t->version);
	event_word(w, "cipher", t->cipher);
	event_text(w, "next_protocol", t->alpn);
	if (t->resumed)
		json_bool(j, "resumed", true);
	if (t->server_name.len || t->ja3.len) {
		json_object(j, "client");
		event_text(w, "server_name", t->server_name);
		event_text(w, "ja3", t->ja3);
		json_close_object(j);
	}
	if (t->cert_subject.len || t->cert_issuer.len || t->has_cert) {
		json_object(j, "server");
		event_text(w, "subject", t->cert_subject);
		event_text(w, "issuer", t->cert_issuer);
		if (t->has_cert) {
			json_object(j, "hash");
			event_digest(w, "sha256", t->cert_sha256);
			json_close_object(j);
		}
		json_close_object(j);
	}
	json_close_object(j);
}

void
event_write_network(struct event_writer *w, const struct event *e)
{
	const struct event_flow *f = e->flow;
	const struct transport *t = transport_find(f->proto);
	bool ports = t && t->ports;
	struct json *j = &w->j;

	write_network(w, f, t);
	json_object(j, "source");
	write_address(w, &f->local, f->ip_version);
	if (ports)
		json_u64(j, "port", f->local_port);
	write_volume(j, e, true);
	json_close_object(j);
	json_object(j, "destination");
	write_address(w, &f->remote, f->ip_version);
	if (ports)
		json_u64(j, "port", f->remote_port);
	event_text(w, "domain", f->domain);
	write_volume(j, e, false);
	json_close_object(j);
	if (f->tls)
		write_tls(w, f->tls);
}

static void
write_each_way(struct json *j, const char *key_out, uint64_t out,
    const char *key_in, uint64_t in)
{
	json_u64(j, key_out, out);
	json_u64(j, key_in, in);
}

static void
write_flow_counts(struct event_writer *w, const struct event_flow *f)
{
	struct json *j = &w->j;

	if (f->joined)
		json_bool(j, "joined", true);
	write_each_way(j, "payload_out", f->payload_out, "payload_in",
	    f->payload_in);
	write_each_way(j, "gaps_out", f->gaps_out, "gaps_in", f->gaps_in);
	write_each_way(j, "retransmitted_out", f->retransmitted_out,
	    "retransmitted_in", f->retransmitted_in);
	if (f->ignored_out || f->ignored_in)
		write_each_way(j, "ignored_out", f->ignored_out, "ignored_in",
		    f->ignored_in);
	write_each_way(j, "conflicts_out", f->conflicts_out, "conflicts_in",
	    f->conflicts_in);
	json_u64(j, "understood_out", f->understood_out);
	json_u64(j, "undeciphered_out", f->undeciphered_out);
	json_u64(j, "encrypted_out", f->encrypted_out);
	if (f->continues)
		write_id(j, "continues", f->continues);
	json_u64(j, "interface", f->interface);
	event_word(w, "end_reason", f->end_reason);
	if (f->has_digests) {
		event_digest(w, "sha256_out", f->sha256_out);
		event_digest(w, "sha256_in", f->sha256_in);
	}
	if (f->has_plaintext) {
		write_each_way(j, "plaintext_out", f->plaintext_out,
		    "plaintext_in", f->plaintext_in);
	}
	if (f->has_plaintext_digests) {
		event_digest(w, "plaintext_sha256_out",
		    f->plaintext_sha256_out);
		event_digest(w, "plaintext_sha256_in", f->plaintext_sha256_in);
	}
}

/* What ECS has no field for. */
static void
write_tls_own(struct event_writer *w, const struct event_tls *t)
{
	struct json *j = &w->j;

	if (!t->ja4.len && !t->sealed && !t->keys)
		return;
	json_object(j, "tls");
	event_text(w, "ja4", t->ja4);
	event_word(w, "keys", t->keys);
	event_text(w, "unsupported", t->unsupported);
	if (t->keys)
		write_each_way(j, "records_opened", t->opened,
		    "records_unauthentic", t->unauthentic);
	if (t->sealed)
		event_digest(w, "client_random", t->client_random);
	json_close_object(j);
}

void
event_write_flow(struct event_writer *w, const struct event *e)
{
	const struct event_flow *f = e->flow;
	struct json *j = &w->j;

	json_object(j, "flow");
	write_id(j, "id", f->id);
	event_word(w, "endpoint_by", f->endpoint_by);
	event_word(w, "protocol_by", f->protocol_by);
	event_word(w, "domain_source", f->domain_source);
	if (e->action == EVENT_FLOW)
		write_flow_counts(w, f);
	json_close_object(j);
	if (e->action == EVENT_FLOW) {
		json_object(j, "coverage");
		write_each_way(j, "missing_out", f->missing_out, "missing_in",
		    f->missing_in);
		json_close_object(j);
	}
	if (f->tls)
		write_tls_own(w, f->tls);
}
