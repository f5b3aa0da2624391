// SPDX-License-Identifier: Apache-2.0
#include "evidence/event/event_writer.h"
#include "flow/address.h"

static const char *
version_text(uint8_t version)
{
	switch (version) {
	case 9:
		return "0.9";
	case 10:
		return "1.0";
	case 11:
		return "1.1";
	case 20:
		return "2";
	case 30:
		return "3";
	default:
		return NULL;
	}
}

static void
write_http(struct event_writer *w, const struct event_http *h)
{
	struct json *j = &w->j;

	json_object(j, "http");
	event_word(w, "version", version_text(h->version));
	json_object(j, "request");
	event_text(w, "method", h->method);
	json_object(j, "body");
	json_u64(j, "bytes", h->request_body);
	json_close_object(j);
	json_close_object(j);
	if (h->status) {
		json_object(j, "response");
		json_u64(j, "status_code", h->status);
		json_object(j, "body");
		json_u64(j, "bytes", h->response_body);
		json_close_object(j);
		json_close_object(j);
	}
	json_close_object(j);
}

/* Everything up to the first c; all of it if there is none. */
static struct span
until(struct span s, int c)
{
	const uint8_t *p = s.len ? memchr(s.p, c, s.len) : NULL;

	if (p)
		s.len = (size_t)(p - s.p);
	return s;
}

/* The host without its port: "h", "h:80", "[::1]:80". */
static struct span
host_name(struct span host)
{
	if (host.len && host.p[0] == '[') {
		struct span in = until(host, ']');

		return (struct span){ in.p + 1, in.len - 1 };
	}
	return until(host, ':');
}

static void
write_port(struct json *j, struct span host)
{
	size_t digits = 0;
	uint64_t port = 0;

	while (digits < host.len && digits < 5 &&
	       (uint8_t)(host.p[host.len - 1 - digits] - '0') < 10)
		digits++;
	if (!digits || digits == host.len ||
	    host.p[host.len - 1 - digits] != ':')
		return;
	for (size_t i = host.len - digits; i < host.len; i++)
		port = port * 10 + (uint64_t)(host.p[i] - '0');
	if (port <= UINT16_MAX)
		json_u64(j, "port", port);
}

static void
write_url(struct event_writer *w, const struct event_http *h)
{
	struct span target = h->shown.len ? h->shown : h->target;
	struct span path = until(until(target, '#'), '?');
	struct span rest = until(target, '#');
	struct json *j = &w->j;

	if (!target.len && !h->host.len)
		return;
	json_object(j, "url");
	event_text(w, "original", target);
	event_text(w, "scheme", h->scheme);
	event_text(w, "domain", host_name(h->host));
	write_port(j, h->host);
	if (target.len && target.p[0] == '/') {
		event_text(w, "path", path);
		if (rest.len > path.len)
			event_text(w, "query",
			    (struct span){ rest.p + path.len + 1,
				rest.len - path.len - 1 });
	}
	json_close_object(j);
}

static void
write_answers(struct event_writer *w, const struct event_dns *d)
{
	size_t n = event_list(w, LEFT_ANSWERS, d->answer_count);
	struct json *j = &w->j;
	struct packet_addr addr;
	bool any = false;

	json_array(j, "answers");
	for (size_t i = 0; i < n && !event_writer_full(w); i++) {
		json_object(j, NULL);
		event_text(w, "data", d->answers[i]);
		json_close_object(j);
	}
	json_close_array(j);
	for (size_t i = 0; i < n && !event_writer_full(w); i++) {
		if (!address_parse(d->answers[i], &addr))
			continue;
		if (!any)
			json_array(j, "resolved_ip");
		any = true;
		event_text(w, NULL, d->answers[i]);
	}
	if (any)
		json_close_array(j);
}

static void
write_dns(struct event_writer *w, const struct event_dns *d)
{
	struct json *j = &w->j;
	char id[6], *p = id + sizeof(id);
	unsigned v = d->id;

	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	json_object(j, "dns");
	json_text(j, "id",
	    (struct span){ (uint8_t *)p, (size_t)(id + sizeof(id) - p) });
	json_str(j, "type", d->response_code ? "answer" : "query");
	json_object(j, "question");
	event_text(w, "name", d->question);
	event_word(w, "type", d->type);
	json_close_object(j);
	event_word(w, "response_code", d->response_code);
	if (d->answer_count)
		write_answers(w, d);
	json_close_object(j);
}

void
event_write_application(struct event_writer *w, const struct event_transfer *t)
{
	const struct event_http *h = t->http;

	if (h) {
		write_http(w, h);
		write_url(w, h);
		if (h->user_agent.len) {
			json_object(&w->j, "user_agent");
			event_text(w, "original", h->user_agent);
			json_close_object(&w->j);
		}
	}
	if (t->dns)
		write_dns(w, t->dns);
}

/* What the headers say, which need not be what the bodies are; so not ECS's
 * mime_type, which is by content. */
void
event_write_types(struct event_writer *w, const struct event_http *h)
{
	if (!h || (!h->request_type.len && !h->response_type.len))
		return;
	json_object(&w->j, "http");
	event_text(w, "request_type", h->request_type);
	event_text(w, "response_type", h->response_type);
	json_close_object(&w->j);
}
