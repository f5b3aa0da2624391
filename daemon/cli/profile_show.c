// SPDX-License-Identifier: Apache-2.0
#include "cli/profile_show.h"

#include <stdio.h>

#include "base/json.h"
#include "cli/cli.h"

static const char *const process_keys[] = {
	"exe", "comm", "unit", "service", "path", "sysext",
};

/* Which of the keys it is, and its pattern. */
static const char *
process_pattern(const struct profile_process *p, const char **ret_key)
{
	const char *const values[] = { p->exe, p->comm, p->unit, p->service,
		p->path, p->sysext };
	size_t i = 0;

	while (i < 5 && !values[i])
		i++;
	*ret_key = process_keys[i];
	return values[i];
}

static void
json_maybe(struct json *j, const char *key, const char *text)
{
	if (text && *text)
		json_str(j, key, text);
}

static void
json_texts(struct json *j, const char *key, char *const *texts,
    unsigned count)
{
	json_array(j, key);
	for (unsigned i = 0; i < count; i++)
		json_str(j, NULL, texts[i]);
	json_close_array(j);
}

static void
json_endpoint(struct json *j, const struct profile_endpoint *e)
{
	json_object(j, NULL);
	json_str(j, "pattern", e->pattern);
	json_array(j, "ports");
	for (unsigned i = 0; i < e->ports_count; i++)
		json_u64(j, NULL, e->ports[i]);
	json_close_array(j);
	json_str(j, "transport", profile_transport_name(e->transport));
	json_str(j, "purpose", profile_purpose_name(e->purpose));
	json_maybe(j, "network", e->network);
	json_str(j, "scope", profile_scope_name(e->scope));
	json_bool(j, "shared", e->shared);
	json_bool(j, "with_process", e->with_process);
	json_maybe(j, "note", e->note);
	json_maybe(j, "source", e->source);
	json_str(j, "confidence", profile_confidence_name(e->confidence));
	json_close_object(j);
}

static void
json_processes(struct json *j, const struct profile *p)
{
	json_object(j, "processes");
	for (unsigned os = 0; os < PROFILE_OS_COUNT; os++) {
		json_array(j, profile_os_name((enum profile_os)os));
		for (unsigned i = 0; i < p->processes[os].list_count; i++) {
			const struct profile_process *x =
			    &p->processes[os].list[i];
			const char *key, *pattern = process_pattern(x, &key);

			json_object(j, NULL);
			json_str(j, key, pattern);
			json_maybe(j, "note", x->note);
			json_maybe(j, "source", x->source);
			json_str(j, "confidence",
			    profile_confidence_name(x->confidence));
			json_close_object(j);
		}
		json_close_array(j);
	}
	json_close_object(j);
}

static void
json_profile(struct json *j, const struct profile *p)
{
	json_object(j, NULL);
	json_str(j, "id", p->id);
	json_str(j, "vendor", p->vendor);
	json_texts(j, "products", p->products, p->products_count);
	json_processes(j, p);
	json_array(j, "endpoints");
	for (unsigned i = 0; i < p->endpoints_count; i++)
		json_endpoint(j, &p->endpoints[i]);
	json_close_array(j);
	json_texts(j, "sends", p->sends, p->sends_count);
	json_texts(j, "mentions", p->mentions, p->mentions_count);
	json_texts(j, "quirks", p->quirks, p->quirks_count);
	json_array(j, "sources");
	for (unsigned i = 0; i < p->sources_count; i++) {
		json_object(j, NULL);
		json_str(j, "title", p->sources[i].title);
		json_str(j, "url", p->sources[i].url);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

static void
json_line(struct json *j, const struct profile *p)
{
	json_object(j, NULL);
	json_str(j, "id", p->id);
	json_str(j, "vendor", p->vendor);
	json_u64(j, "endpoints", p->endpoints_count);
	json_texts(j, "products", p->products, p->products_count);
	json_close_object(j);
}

static void
json_match(struct json *j, const struct profile_match *m)
{
	struct profile_words w;

	profile_match_words(m, &w);
	json_object(j, NULL);
	json_text(j, "vendor", w.vendor);
	if (w.network.len)
		json_text(j, "network", w.network);
	json_text(j, "purpose", w.purpose);
	json_text(j, "source", w.source);
	json_text(j, "key", w.key);
	json_array(j, "profiles");
	for (size_t i = 0; i < m->count; i++)
		json_str(j, NULL, m->endpoints[i]->profile->id);
	json_close_array(j);
	json_array(j, "endpoints");
	for (size_t i = 0; i < m->count; i++)
		json_endpoint(j, m->endpoints[i]);
	json_close_array(j);
	json_close_object(j);
}

static void
text_fact(struct buf *b, const char *note, const char *source,
    enum profile_confidence confidence)
{
	buf_printf(b, "      %s%s%s\n", profile_confidence_name(confidence),
	    source && *source ? ": " : "", source ? source : "");
	if (note)
		buf_printf(b, "      %s\n", note);
}

static void
text_endpoint(struct buf *b, const struct profile_endpoint *e)
{
	buf_printf(b, "    %s  %s", e->pattern,
	    profile_transport_name(e->transport));
	for (unsigned i = 0; i < e->ports_count; i++)
		buf_printf(b, "%s%u", i ? "," : " ", e->ports[i]);
	buf_printf(b, "  %s", profile_purpose_name(e->purpose));
	if (e->network)
		buf_printf(b, "  %s", e->network);
	if (e->scope != PROFILE_INTERNET)
		buf_printf(b, "  %s", profile_scope_name(e->scope));
	buf_str(b, e->shared ? "  shared" : "");
	buf_str(b, e->with_process ? "  only with its process" : "");
	buf_str(b, "\n");
	text_fact(b, e->note, e->source, e->confidence);
}

static void
text_texts(struct buf *b, const char *title, char *const *texts,
    unsigned count)
{
	buf_printf(b, "\n  %s\n", title);
	for (unsigned i = 0; i < count; i++)
		buf_printf(b, "    %s\n", texts[i]);
}

static void
text_profile(struct buf *b, const struct profile *p)
{
	buf_printf(b, "%s  %s\n", p->id, p->vendor);
	text_texts(b, "products", p->products, p->products_count);
	for (unsigned os = 0; os < PROFILE_OS_COUNT; os++) {
		buf_printf(b, "\n  processes on %s\n",
		    profile_os_name((enum profile_os)os));
		for (unsigned i = 0; i < p->processes[os].list_count; i++) {
			const struct profile_process *x =
			    &p->processes[os].list[i];
			const char *key, *pattern = process_pattern(x, &key);

			buf_printf(b, "    %s %s\n", key, pattern);
			text_fact(b, x->note, x->source, x->confidence);
		}
	}
	buf_str(b, "\n  endpoints\n");
	for (unsigned i = 0; i < p->endpoints_count; i++)
		text_endpoint(b, &p->endpoints[i]);
	text_texts(b, "the vendor says is sent, or is reported to be",
	    p->sends, p->sends_count);
	text_texts(b, "categories of data that this names", p->mentions,
	    p->mentions_count);
	text_texts(b, "quirks", p->quirks, p->quirks_count);
	buf_str(b, "\n  sources\n");
	for (unsigned i = 0; i < p->sources_count; i++)
		buf_printf(b, "    %s\n      %s\n", p->sources[i].title,
		    p->sources[i].url);
}

static void
write_out(struct buf *b)
{
	if (b->failed)
		cli_fail("out of memory");
	else
		cli_write(b->data, b->len);
	buf_clear(b);
}

void
profile_show_line(const struct profile *p, bool json)
{
	struct buf b;
	struct json j;

	buf_init(&b, 0);
	json_init(&j, &b);
	if (json) {
		json_line(&j, p);
		buf_str(&b, "\n");
	} else {
		buf_printf(&b, "%-22s %-32s %3u endpoints\n", p->id, p->vendor,
		    p->endpoints_count);
	}
	write_out(&b);
}

void
profile_show(const struct profile *p, bool json)
{
	struct buf b;
	struct json j;

	buf_init(&b, 0);
	json_init(&j, &b);
	if (json) {
		json_profile(&j, p);
		buf_str(&b, "\n");
	} else {
		text_profile(&b, p);
	}
	write_out(&b);
}

void
profile_show_match(const struct profile_match *m, bool json)
{
	struct buf b;
	struct json j;

	buf_init(&b, 0);
	json_init(&j, &b);
	if (json) {
		json_match(&j, m);
		buf_str(&b, "\n");
	} else {
		for (size_t i = 0; i < m->count; i++) {
			const struct profile *p = m->endpoints[i]->profile;

			buf_printf(&b, "%s  %s\n", p->id, p->vendor);
			text_endpoint(&b, m->endpoints[i]);
		}
	}
	write_out(&b);
}
