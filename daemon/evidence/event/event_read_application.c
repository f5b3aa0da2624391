// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "evidence/event/event_fields.h"

static uint8_t
read_version(struct event_fields *f, const struct json_node *o)
{
	static const struct {
		const char *text;
		uint8_t version;
	} versions[] = { { "0.9", 9 }, { "1.0", 10 }, { "1.1", 11 },
			 { "2", 20 }, { "3", 30 } };
	const char *text = field_word(f, o, "version");

	for (size_t i = 0; text && i < 5; i++)
		if (!strcmp(text, versions[i].text))
			return versions[i].version;
	return 0;
}

/* The host as the request named it: brackets around IPv6, then the port. */
static struct span
read_host(struct event_fields *f, const struct json_node *url)
{
	struct span domain = field_text(f, url, "domain");
	bool v6 = domain.len && memchr(domain.p, ':', domain.len);
	const struct json_node *port = json_member(url, "port");
	uint64_t n = field_u64(f, url, "port");
	size_t room = domain.len + 9, len = 0;
	char *s = field_room(f, room, 1), digits[8] = { 0 };

	if (!s || n > UINT16_MAX)
		return domain;
	if (v6)
		s[len++] = '[';
	if (domain.len)
		memcpy(s + len, domain.p, domain.len);
	len += domain.len;
	if (v6)
		s[len++] = ']';
	if (port) {
		int i = sizeof(digits);

		do {
			digits[--i] = (char)('0' + n % 10);
			n /= 10;
		} while (n);
		s[len++] = ':';
		memcpy(s + len, digits + i, sizeof(digits) - (size_t)i);
		len += sizeof(digits) - (size_t)i;
	}
	return (struct span){ (uint8_t *)s, len };
}

static void
read_http(struct event_fields *f, struct event_transfer *t)
{
	const struct json_node *o = field_object(f, f->root, "http");
	const struct json_node *request = field_object(f, o, "request");
	const struct json_node *response = field_object(f, o, "response");
	const struct json_node *url = field_object(f, f->root, "url");
	const struct json_node *telltap = field_object(f, f->root, "telltap");
	const struct json_node *types = field_object(f, telltap, "http");
	const struct json_node *agent = field_object(f, f->root, "user_agent");
	struct event_http *h = o ? field_room(f, 1, sizeof(*h)) : NULL;

	if (!h)
		return;
	h->version = read_version(f, o);
	h->method = field_text(f, request, "method");
	h->request_body = field_u64(f, field_object(f, request, "body"),
	    "bytes");
	h->status = (uint16_t)field_u64(f, response, "status_code");
	h->response_body = field_u64(f, field_object(f, response, "body"),
	    "bytes");
	h->request_type = field_text(f, types, "request_type");
	h->response_type = field_text(f, types, "response_type");
	h->target = field_text(f, url, "original");
	h->scheme = field_text(f, url, "scheme");
	h->host = read_host(f, url);
	h->user_agent = field_text(f, agent, "original");
	t->http = h;
}

static void
read_dns(struct event_fields *f, struct event_transfer *t)
{
	const struct json_node *o = field_object(f, f->root, "dns"), *a;
	const struct json_node *question = field_object(f, o, "question");
	struct event_dns *d = o ? field_room(f, 1, sizeof(*d)) : NULL;
	const char *id = field_word(f, o, "id");
	struct span *answers;
	size_t n;

	if (!d)
		return;
	d->id = id ? (uint16_t)strtoul(id, NULL, 10) : 0;
	d->question = field_text(f, question, "name");
	d->type = field_word(f, question, "type");
	d->response_code = field_word(f, o, "response_code");
	a = field_array(f, o, "answers");
	n = json_count(a);
	answers = field_room(f, n, sizeof(*answers));
	d->answers = answers;
	d->answer_count = answers ? n : 0;
	for (const struct json_node *v = json_first(a); answers && v;
	     v = v->next)
		*answers++ = field_text(f, v, "data");
	t->dns = d;
}

void
event_read_application(struct event_fields *f, struct event_transfer *t)
{
	read_http(f, t);
	read_dns(f, t);
}
