// SPDX-License-Identifier: Apache-2.0
/*
 * Events in JSON, one object after the other or in one array: winlogbeat's,
 * before or after its ECS processing, evtx_dump's, those of ConvertTo-Json, and
 * RustNet's connections. What stands between objects is passed over.
 */
#include <errno.h>
#include <stdlib.h>

#include <jansson.h>

#include "source/import_fields.h"

#define OBJECT_MAX	(1u << 20)
#define DEPTH_MAX	64
#define WASTE_MAX	(64u << 20)	/* read of objects that do not end */
#define NS_PER_SEC	UINT64_C(1000000000)

/* Numbers become text here: all that one object may need. */
struct hold {
	json_t *object;
	char numbers[FIELD_COUNT + 4][24];
	size_t used;
};

static struct span
text_of(struct hold *h, json_t *v)
{
	struct span none = { NULL, 0 };
	int n;

	if (json_is_object(v))		/* evtx_dump: attributes beside it */
		v = json_object_get(v, "#text");
	if (json_is_string(v))
		return (struct span){ (const uint8_t *)json_string_value(v),
			json_string_length(v) };
	if (json_is_boolean(v))
		return span_str(json_is_true(v) ? "true" : "false");
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    h->used == sizeof(h->numbers) / sizeof(*h->numbers))
		return none;
	n = snprintf(h->numbers[h->used], sizeof(h->numbers[0]), "%lld",
	    (long long)json_integer_value(v));
	return (struct span){ (const uint8_t *)h->numbers[h->used++],
		(size_t)n };
}

/* "a.b.c": objects in each other, or one key with dots. */
static json_t *
get(json_t *o, const char *path)
{
	const char *dot;
	char key[64];
	json_t *whole = json_object_get(o, path);

	while (!whole && (dot = strchr(path, '.'))) {
		if ((size_t)(dot - path) >= sizeof(key))
			return NULL;
		memcpy(key, path, (size_t)(dot - path));
		key[dot - path] = '\0';
		o = json_object_get(o, key);
		path = dot + 1;
		whole = json_object_get(o, path);
	}
	return whole;
}

/* {"UtcTime": "..."}, or a list of {"@Name": "UtcTime", "#text": "..."}. */
static void
read_data(struct hold *h, json_t *data, struct import_fields *f)
{
	enum import_field field;
	const char *key;
	json_t *v;
	size_t i;

	if (json_is_object(data) && json_object_get(data, "Data"))
		data = json_object_get(data, "Data");
	json_array_foreach(data, i, v) {
		json_t *name = json_object_get(v, "@Name");

		if (!name)
			name = get(v, "#attributes.Name");
		field = import_field_of(span_str(json_string_value(name)));
		if (field != FIELD_COUNT && !f->v[field].len)
			f->v[field] = text_of(h, v);
	}
	if (!json_is_object(data))
		return;
	json_object_foreach(data, key, v) {
		field = import_field_of(span_str(key));
		if (field != FIELD_COUNT && !f->v[field].len)
			f->v[field] = text_of(h, v);
	}
}

static void
fill(struct hold *h, json_t *o, const char *path, enum import_field field,
    struct import_fields *f)
{
	if (!f->v[field].len)
		f->v[field] = text_of(h, get(o, path));
}

/* What winlogbeat's ECS module has moved elsewhere. */
static void
read_ecs(struct hold *h, json_t *o, struct import_fields *f)
{
	static const struct {
		const char *path;
		enum import_field field;
	} places[] = {
		{ "process.entity_id", FIELD_GUID },
		{ "process.pid", FIELD_PID },
		{ "process.executable", FIELD_IMAGE },
		{ "process.command_line", FIELD_ARGS },
		{ "process.parent.pid", FIELD_PARENT },
		{ "network.transport", FIELD_PROTOCOL },
		{ "source.ip", FIELD_SOURCE_IP },
		{ "source.port", FIELD_SOURCE_PORT },
		{ "destination.ip", FIELD_TARGET_IP },
		{ "destination.port", FIELD_TARGET_PORT },
		{ "dns.question.name", FIELD_QUERY },
	};
	struct span direction = text_of(h, get(o, "network.direction"));

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		fill(h, o, places[i].path, places[i].field, f);
	if (!f->v[FIELD_INITIATED].len)
		f->v[FIELD_INITIATED] = span_str(
		    span_eq(direction, SPAN_LITERAL("egress")) ||
			    span_eq(direction, SPAN_LITERAL("outbound")) ?
			"true" : "false");
}

static void
read_windows(struct import_run *r, struct hold *h, json_t *o)
{
	struct import_fields f = { 0 };
	json_t *event = json_object_get(o, "Event"), *data;

	if (event) {
		fill(h, event, "System.EventID", FIELD_ID, &f);
		fill(h, event, "System.Provider.#attributes.Name",
		    FIELD_PROVIDER, &f);
		fill(h, event, "System.TimeCreated.#attributes.SystemTime",
		    FIELD_LOGGED, &f);
		read_data(h, json_object_get(event, "EventData"), &f);
		import_sysmon(r, &f);
		return;
	}
	fill(h, o, "winlog.event_id", FIELD_ID, &f);
	fill(h, o, "winlog.provider_name", FIELD_PROVIDER, &f);
	fill(h, o, "event.code", FIELD_ID, &f);
	fill(h, o, "event.provider", FIELD_PROVIDER, &f);
	fill(h, o, "event_id", FIELD_ID, &f);
	fill(h, o, "Id", FIELD_ID, &f);
	fill(h, o, "ProviderName", FIELD_PROVIDER, &f);
	fill(h, o, "@timestamp", FIELD_LOGGED, &f);
	data = get(o, "winlog.event_data");
	if (!data)
		data = json_object_get(o, "event_data");
	read_data(h, data, &f);
	import_message(text_of(h, json_object_get(o, "Message")), &f);
	if (json_object_get(o, "process"))
		read_ecs(h, o, &f);
	import_sysmon(r, &f);
}

static bool
read_system_time(json_t *o, uint64_t *ret_ns)
{
	json_t *s = json_object_get(o, "secs_since_epoch");
	json_t *ns = json_object_get(o, "nanos_since_epoch");
	json_int_t sec = json_integer_value(s);

	if (sec <= 0 || sec > INT64_C(1) << 33)
		return false;
	*ret_ns = (uint64_t)sec * NS_PER_SEC +
		  (uint64_t)json_integer_value(ns) % NS_PER_SEC;
	return true;
}

/* "10.0.0.1:443", "[::1]:443" */
static bool
read_end(struct span s, struct import_end *ret)
{
	uint64_t port;

	for (size_t i = s.len; i-- > 0;) {
		if (s.p[i] != ':')
			continue;
		ret->known = import_address((struct span){ s.p, i },
		    ret->address);
		if (!ret->known || !import_number((struct span){ s.p + i + 1,
			s.len - i - 1 }, 65535, &port))
			return false;
		ret->port = (uint16_t)port;
		return true;
	}
	return false;
}

static void
read_rustnet(struct import_run *r, struct hold *h, json_t *o)
{
	struct import_event e = { .source = "import:rustnet",
		.kind = IMPORT_CONNECTION };
	struct span proto = text_of(h, json_object_get(o, "protocol"));
	json_t *pid = json_object_get(o, "pid");

	if (span_caseeq(proto, SPAN_LITERAL("tcp")))
		e.proto = 6;
	else if (span_caseeq(proto, SPAN_LITERAL("udp")))
		e.proto = 17;
	if (!e.proto || !json_is_integer(pid)) {
		r->stats.others++;
		return;
	}
	e.name = text_of(h, json_object_get(o, "process_name"));
	if (json_integer_value(pid) < 1 ||
	    json_integer_value(pid) > UINT32_MAX ||
	    !read_end(text_of(h, json_object_get(o, "local_addr")),
		&e.local) ||
	    !read_end(text_of(h, json_object_get(o, "remote_addr")),
		&e.remote) ||
	    !read_system_time(json_object_get(o, "first_seen"), &e.ts_ns)) {
		r->stats.unreadable++;
		return;
	}
	e.pid = (uint64_t)json_integer_value(pid);
	if (!read_system_time(json_object_get(o, "last_seen"), &e.last_ns) ||
	    e.last_ns < e.ts_ns)
		e.last_ns = e.ts_ns;
	import_hand_on(r, &e);
}

bool
import_json_payload(struct span text, struct import_fields *f, void **ret_hold)
{
	struct hold *h = calloc(1, sizeof(*h));

	if (!h)
		return false;
	h->object = json_loadb((const char *)text.p, text.len, 0, NULL);
	if (!h->object) {
		free(h);
		return false;
	}
	read_data(h, json_object_get(h->object, "EventData"), f);
	*ret_hold = h;
	return true;
}

void
import_json_drop(void *hold)
{
	struct hold *h = hold;

	if (!h)
		return;
	json_decref(h->object);
	free(h);
}

/* Up to the bracket that closes the object; 0: it does not end, or is too long
 * or too deep for an event. */
static size_t
object_len(struct span s)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < s.len && i < OBJECT_MAX; i++) {
		if (quoted) {
			if (s.p[i] == '\\')
				i++;
			else if (s.p[i] == '"')
				quoted = false;
			continue;
		}
		if (s.p[i] == '"')
			quoted = true;
		else if (s.p[i] == '{' && ++depth > DEPTH_MAX)
			return 0;
		else if (s.p[i] == '}' && !--depth)
			return i + 1;
	}
	return 0;
}

static void
read_object(struct import_run *r, struct span text)
{
	struct hold h = { .used = 0 };

	h.object = json_loadb((const char *)text.p, text.len, 0, NULL);
	if (!h.object) {
		r->stats.unreadable++;
		return;
	}
	if (json_object_get(h.object, "local_addr"))
		read_rustnet(r, &h, h.object);
	else
		read_windows(r, &h, h.object);
	json_decref(h.object);
}

/* The next object, which is looked for at the start of a line or behind a
 * comma or bracket; after one that does not end, from the next line on. */
bool
import_json(struct import_run *r, struct span file)
{
	struct span first = import_trim(file);
	size_t waste = 0;

	if (!first.len || (first.p[0] != '{' && first.p[0] != '[' &&
	    (first.len < 7 || memcmp(first.p, "Record ", 7))))
		return false;
	while (!r->err && file.len) {
		const uint8_t *open = memchr(file.p, '{', file.len), *nl;
		size_t len;

		if (!open)
			break;
		file.len -= (size_t)(open - file.p);
		file.p = open;
		len = object_len(file);
		if (len) {
			read_object(r, (struct span){ file.p, len });
		} else {
			r->stats.unreadable++;
			waste += file.len < OBJECT_MAX ? file.len : OBJECT_MAX;
			if (waste > WASTE_MAX)
				break;
			nl = memchr(file.p, '\n', file.len);
			len = nl ? (size_t)(nl - file.p) + 1 : file.len;
		}
		file.p += len;
		file.len -= len;
	}
	return true;
}
