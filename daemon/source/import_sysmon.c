// SPDX-License-Identifier: Apache-2.0
/* Sysmon's events, whichever way they were exported: fields in, event out. */
#include "source/import_fields.h"

static const struct {
	const char *name;
	enum import_field field;
} fields[] = {
	{ "UtcTime", FIELD_TIME },
	{ "ProcessGuid", FIELD_GUID },
	{ "ProcessId", FIELD_PID },
	{ "Image", FIELD_IMAGE },
	{ "CommandLine", FIELD_ARGS },
	{ "ParentProcessId", FIELD_PARENT },
	{ "Hashes", FIELD_HASHES },
	{ "Protocol", FIELD_PROTOCOL },
	{ "Initiated", FIELD_INITIATED },
	{ "SourceIp", FIELD_SOURCE_IP },
	{ "SourcePort", FIELD_SOURCE_PORT },
	{ "DestinationIp", FIELD_TARGET_IP },
	{ "DestinationPort", FIELD_TARGET_PORT },
	{ "QueryName", FIELD_QUERY },
};

enum import_field
import_field_of(struct span name)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (span_eq(name, span_str(fields[i].name)))
			return fields[i].field;
	return FIELD_COUNT;
}

void
import_message(struct span text, struct import_fields *f)
{
	while (text.len) {
		const uint8_t *nl = memchr(text.p, '\n', text.len), *colon;
		struct span line = { text.p,
			nl ? (size_t)(nl - text.p) : text.len };
		enum import_field field;

		text.p += line.len + (nl != NULL);
		text.len -= line.len + (nl != NULL);
		colon = line.len ? memchr(line.p, ':', line.len) : NULL;
		if (!colon)
			continue;
		field = import_field_of(import_trim(
		    (struct span){ line.p, (size_t)(colon - line.p) }));
		if (field == FIELD_COUNT || f->v[field].len)
			continue;
		f->v[field] = import_trim((struct span){ colon + 1,
			(size_t)(line.p + line.len - colon - 1) });
	}
}

void
import_hand_on(struct import_run *r, const struct import_event *e)
{
	r->stats.events++;
	if (!r->err)
		r->err = r->on_event(r->arg, e);
}

static int
hex_value(uint8_t c)
{
	if ((uint8_t)(c - '0') <= 9)
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "SHA1=..,SHA256=E3B0..": the one that events can bear. */
static void
read_hashes(struct span s, struct import_event *e)
{
	static const char name[] = "SHA256=";
	const uint8_t *at = s.len ? memmem(s.p, s.len, name, 7) : NULL;
	uint8_t hash[32];

	if (!at || (size_t)(s.p + s.len - at) < 7 + 64)
		return;
	for (size_t i = 0; i < 32; i++) {
		int hi = hex_value(at[7 + 2 * i]), lo = hex_value(at[8 + 2 * i]);

		if (hi < 0 || lo < 0)
			return;
		hash[i] = (uint8_t)(hi << 4 | lo);
	}
	memcpy(e->sha256, hash, sizeof(hash));
	e->has_sha256 = true;
}

static bool
read_end(struct span ip, struct span port, struct import_end *ret)
{
	uint64_t n;

	ret->known = import_address(ip, ret->address);
	if (!ret->known || !import_number(import_trim(port), 65535, &n))
		return false;
	ret->port = (uint16_t)n;
	return true;
}

static bool
read_connection(const struct import_fields *f, struct import_event *e)
{
	struct span proto = import_trim(f->v[FIELD_PROTOCOL]);
	bool initiated = span_caseeq(import_trim(f->v[FIELD_INITIATED]),
	    SPAN_LITERAL("true"));
	struct import_end source = { .port = 0 }, target = { .port = 0 };

	if (span_caseeq(proto, SPAN_LITERAL("tcp")))
		e->proto = 6;
	else if (span_caseeq(proto, SPAN_LITERAL("udp")))
		e->proto = 17;
	if (!e->proto || !read_end(f->v[FIELD_SOURCE_IP],
	    f->v[FIELD_SOURCE_PORT], &source) ||
	    !read_end(f->v[FIELD_TARGET_IP], f->v[FIELD_TARGET_PORT], &target))
		return false;
	/* source is who began it, which may be the far end */
	e->local = initiated ? source : target;
	e->remote = initiated ? target : source;
	e->opens = e->proto == 6;
	return true;
}

static bool
read_kind(const struct import_fields *f, struct import_event *e)
{
	switch (e->kind) {
	case IMPORT_CONNECTION:
		return read_connection(f, e);
	case IMPORT_QUERY:
		e->query = import_trim(f->v[FIELD_QUERY]);
		return e->query.len > 0;
	case IMPORT_START:
		e->args = import_trim(f->v[FIELD_ARGS]);
		read_hashes(f->v[FIELD_HASHES], e);
		(void)import_number(import_trim(f->v[FIELD_PARENT]),
		    UINT32_MAX, &e->parent_pid);
		return true;
	case IMPORT_END:
		return true;
	}
	return false;
}

static bool
is_ours(uint64_t id, enum import_kind *ret)
{
	switch (id) {
	case 1:
		*ret = IMPORT_START;
		return true;
	case 3:
		*ret = IMPORT_CONNECTION;
		return true;
	case 5:
		*ret = IMPORT_END;
		return true;
	case 22:
		*ret = IMPORT_QUERY;
		return true;
	}
	return false;
}

static bool
is_sysmon(struct span provider)
{
	return !provider.len ||
	       memmem(provider.p, provider.len, "Sysmon", 6) != NULL;
}

void
import_sysmon(struct import_run *r, const struct import_fields *f)
{
	struct import_event e = { .source = "import:sysmon",
		.guid = import_trim(f->v[FIELD_GUID]),
		.executable = import_trim(f->v[FIELD_IMAGE]) };
	uint64_t id;

	if (!is_sysmon(f->v[FIELD_PROVIDER]) ||
	    !import_number(import_trim(f->v[FIELD_ID]), 65535, &id) ||
	    !is_ours(id, &e.kind)) {
		r->stats.others++;
		return;
	}
	if ((!import_time(f->v[FIELD_TIME], &e.ts_ns) &&
		!import_time(f->v[FIELD_LOGGED], &e.ts_ns)) ||
	    !import_number(import_trim(f->v[FIELD_PID]), UINT32_MAX, &e.pid) ||
	    !e.pid || !read_kind(f, &e)) {
		r->stats.unreadable++;
		return;
	}
	e.last_ns = e.ts_ns;
	import_hand_on(r, &e);
}
