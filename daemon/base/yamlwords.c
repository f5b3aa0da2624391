// SPDX-License-Identifier: Apache-2.0
#include "base/yamlwords.h"

#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DEPTH_MAX 8

static void
put(struct yamlfile_wrong *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
put(struct yamlfile_wrong *w, const char *fmt, ...)
{
	size_t len = strlen(w->why);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->why + len, sizeof(w->why) - len, fmt, ap);
	va_end(ap);
}

/* The field of that key, wherever it is first. */
static const struct cyaml_schema_field *
find_field(const struct cyaml_schema_value *v, const char *key, int depth)
{
	const struct cyaml_schema_field *f, *found;

	if (depth == DEPTH_MAX)
		return NULL;
	if (v->type == CYAML_SEQUENCE)
		return find_field(v->sequence.entry, key, depth + 1);
	if (v->type != CYAML_MAPPING)
		return NULL;
	for (f = v->mapping.fields; f->key; f++)
		if (strcmp(f->key, key) == 0)
			return f;
	for (f = v->mapping.fields; f->key; f++) {
		found = find_field(&f->value, key, depth + 1);
		if (found)
			return found;
	}
	return NULL;
}

static const char *
name_event(const char *event)
{
	if (strncmp(event, "SEQUENCE", 8) == 0)
		return "a list";
	if (strncmp(event, "MAPPING", 7) == 0)
		return "keys and values";
	return strncmp(event, "SCALAR", 6) == 0 ? "a single value" : "nothing";
}

/* "Expecting SEQUENCE, got event: SCALAR" */
static void
put_expected(struct yamlfile_wrong *w, const char *want, const char *got)
{
	if (strncmp(want, "SEQUENCE", 8) == 0)
		put(w, "takes a list such as [a, b]");
	else if (strncmp(want, "MAPPING", 7) == 0)
		put(w, "takes keys and values, one to a line");
	else
		put(w, "takes a single value");
	put(w, ", not %s", name_event(got));
}

static void
put_words(struct yamlfile_wrong *w, const struct cyaml_schema_value *schema,
    const char *got)
{
	const struct cyaml_schema_field *f = find_field(schema, w->where, 0);
	const struct cyaml_schema_value *v = f ? &f->value : NULL;

	if (v && v->type == CYAML_SEQUENCE)
		v = v->sequence.entry;
	if (!v || v->type != CYAML_ENUM) {
		put(w, "can't be %s", got);
		return;
	}
	put(w, "takes ");
	for (uint32_t i = 0; i < v->enumeration.count; i++)
		put(w, "%s%s", !i ? "" : i + 1 < v->enumeration.count ? ", "
								     : " or ",
		    v->enumeration.strings[i].str);
	put(w, ", not %s", got);
}

static void
put_unknown(struct yamlfile_wrong *w, const struct cyaml_schema_value *schema,
    const char *outer, const char *got)
{
	const struct cyaml_schema_field *f = find_field(schema, outer, 0);
	const struct cyaml_schema_value *v = f ? &f->value : schema;

	if (v->type == CYAML_SEQUENCE)
		v = v->sequence.entry;
	put(w, "there is no such key: %.64s; there are", got);
	for (f = v->type == CYAML_MAPPING ? v->mapping.fields : NULL; f && f->key;
	    f++)
		put(w, "%s %s", f == v->mapping.fields ? "" : ",", f->key);
}

/* The rest of text behind that, or NULL. */
static const char *
behind(const char *text, const char *head)
{
	size_t len = strlen(head);

	return strncmp(text, head, len) == 0 ? text + len : NULL;
}

void
yamlwords_put(const struct cyaml_schema_value *schema, const char *outer,
    struct yamlfile_wrong *w)
{
	char said[sizeof(w->why)];
	const char *rest, *got;

	memcpy(said, w->why, sizeof(said));
	w->why[0] = '\0';
	got = strstr(said, ", got event: ");
	/* What is in a list has no key of its own. */
	if (!w->where[0] && !behind(said, "Unexpected key: "))
		memcpy(w->where, outer, strnlen(outer, sizeof(w->where) - 1) + 1);
	if ((rest = behind(said, "Expecting ")) && got) {
		put_expected(w, rest, got + strlen(", got event: "));
	} else if ((rest = behind(said, "Invalid ENUM value: "))) {
		put_words(w, schema, rest);
	} else if ((rest = behind(said, "Unexpected key: "))) {
		put_unknown(w, schema, outer, rest);
	} else if ((rest = behind(said, "Missing required mapping field: "))) {
		w->where[0] = '\0';
		put(w, "there is no %s, which has to be", rest);
	} else if (behind(said, "Mapping field already seen: ")) {
		put(w, "is there twice");
	} else if (behind(said, "STRING length < ")) {
		put(w, "must not be empty");
	} else if (behind(said, "YAML alias unsupported")) {
		put(w, "an alias (*) is not taken");
	} else {
		put(w, "%s", said);
	}
}
