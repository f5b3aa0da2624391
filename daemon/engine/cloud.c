// SPDX-License-Identifier: Apache-2.0
#include "engine/cloud.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "engine/reason.h"
#include "engine/shard.h"

/* What is sent in a name goes to whose zone it is, whatever resolver carries
 * it there. */
static bool
match_question(struct clouds *c, const struct event *e,
    struct profile_match *ret)
{
	struct profile_match m;
	size_t n = 0;

	if (e->action != EVENT_TRANSFER || !e->transfer->dns ||
	    !profile_match_host(c->profiles, e->transfer->dns->question, 53,
		NULL, &m))
		return false;
	for (size_t i = 0; i < m.count; i++)
		if (m.endpoints[i]->transport == PROFILE_DNS)
			m.endpoints[n++] = m.endpoints[i];
	m.count = n;
	*ret = m;
	return n > 0;
}

static bool
match_far_end(struct clouds *c, const struct profile *process,
    const struct event_flow *f, struct profile_match *ret)
{
	char address[INET6_ADDRSTRLEN] = "";

	if (f->domain.len)
		return profile_match_host(c->profiles, f->domain,
		    f->remote_port, process, ret);
	if (!process)
		return false;
	if (f->ip_version == 4)
		inet_ntop(AF_INET, f->remote.b + 12, address, sizeof(address));
	else
		inet_ntop(AF_INET6, f->remote.b, address, sizeof(address));
	if (profile_match_address(c->profiles, address, f->remote_port,
	    process, ret))
		return true;
	return profile_match_port(process, f->remote_port, ret);
}

/* What an event says that was laid down before the far end had a name. */
static void
say_update(struct record *r, struct cloud_room *room, struct span why)
{
	reason_add(r, &room->transfer, room->reasons,
	    sizeof(room->reasons) / sizeof(*room->reasons), why);
	room->transfer.kind = KIND_UPDATE_DOWNLOAD;
}

bool
cloud_has_met(const struct clouds *c, const struct profile *p)
{
	for (size_t i = 0; i < c->met_count; i++)
		if (c->met[i] == p)
			return true;
	return false;
}

static void
meet(struct clouds *c, const struct profile *p)
{
	if (!cloud_has_met(c, p) && c->met_count < PROFILE_MAX_FILES)
		c->met[c->met_count++] = p;
}

static bool
is_download(const struct record *r)
{
	return r->event.action == EVENT_TRANSFER &&
	       r->event.transfer->kind == KIND_DOWNLOAD;
}

/* A mirror of one's own is in no profile, but who fetches from it may be. */
static void
lay_profile(struct clouds *c, const struct profile *process, struct record *r,
    struct cloud_room *room)
{
	static const struct span by_far_end =
	    SPAN_LITERAL("what it came from is known to give updates, and "
			 "nothing else");
	static const struct span by_program =
	    SPAN_LITERAL("the program that asked for it is known to fetch "
			 "updates, and to do nothing else");
	struct profile_words *w = &room->words;
	struct profile_match match;

	if (!match_question(c, &r->event, &match) &&
	    !match_far_end(c, process, &r->flow, &match)) {
		if (is_download(r) && process && r->event.process &&
		    profile_fetches_updates(process, r->event.process->executable))
			say_update(r, room, by_program);
		return;
	}
	for (size_t i = 0; i < match.count; i++)
		meet(c, match.endpoints[i]->profile);
	profile_match_words(&match, w);
	r->cloud = (struct event_cloud){
		.vendor = w->vendor,
		.network = w->network,
		.purpose = w->purpose,
		.source = w->source,
		.key = w->key,
	};
	if (w->update && is_download(r))
		say_update(r, room, by_far_end);
}

/* Whose updates an answer is, where its host says nothing. */
static void
lay_answer(struct clouds *c, const char *answer_of, struct record *r,
    struct cloud_room *room)
{
	const struct profile *p = profiles_find(c->profiles, answer_of);

	if (!p)
		return;
	meet(c, p);
	snprintf(room->source, sizeof(room->source),
	    "profile %s, by how the answer begins", p->id);
	r->cloud = (struct event_cloud){
		.vendor = span_str(p->vendor),
		.purpose = SPAN_LITERAL("update"),
		.source = span_str(room->source),
		.key = span_str(p->vendor),
	};
}

/* Names are equal in either case, and some resolvers ask in a drawn one. */
static void
lower_domain(struct event_flow *f, struct cloud_room *room)
{
	const uint8_t *p = f->domain.p;
	size_t len = f->domain.len, i = 0;

	while (i < len && (uint8_t)(p[i] - 'A') > 25)
		i++;
	if (i == len || len > sizeof(room->domain))
		return;
	for (i = 0; i < len; i++)
		room->domain[i] = (char)((uint8_t)(p[i] - 'A') > 25 ? p[i] :
		    p[i] | 0x20);
	f->domain.p = (uint8_t *)room->domain;
}

void
cloud_lay(struct clouds *c, const struct names *names,
    const struct profile *process, struct record *r, struct cloud_room *room)
{
	struct event_flow *f = &r->flow;
	const char *answer_of = f->answer_of;
	enum names_source source;

	if (!f->domain.len) {
		f->domain = names_find(names, &f->remote, &source);
		if (f->domain.len)
			f->domain_source =
			    source == NAMES_DNS ? "dns" : "capture";
	}
	lower_domain(f, room);
	if (f->domain.len) {
		r->cloud.key = f->domain;
	} else {
		r->cloud.key.p = (uint8_t *)room->key;
		r->cloud.key.len = address_format_port(&f->remote,
		    f->ip_version, f->remote_port, room->key);
	}
	r->event.cloud = &r->cloud;
	if (r->event.action == EVENT_TRANSFER)
		answer_of = r->event.transfer->answer_of;
	if (c->profiles && answer_of)
		lay_answer(c, answer_of, r, room);
	if (c->profiles)
		lay_profile(c, process, r, room);
}
