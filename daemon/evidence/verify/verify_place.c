// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <jansson.h>

#include "evidence/verify/verify.h"

/*
 * What a line may say of itself by its kind and its place. "input" is what is
 * taken as it was logged: a verdict that says so would never be compared with
 * anything. A run ends with its summary, and only a live log goes on behind it.
 */

enum origin { ORIGIN_ANY, ORIGIN_INPUT, ORIGIN_DERIVED };

static const struct {
	const char *action;
	enum origin origin;
} kinds[] = {
	{ "transfer", ORIGIN_DERIVED },		/* but for those of hooks */
	{ "flow", ORIGIN_DERIVED },
	{ "file", ORIGIN_DERIVED },
	{ "summary", ORIGIN_DERIVED },
	{ "seal", ORIGIN_DERIVED },
	{ "input", ORIGIN_INPUT },
	{ "process", ORIGIN_INPUT },
	{ "file-read", ORIGIN_INPUT },
	{ "mark", ORIGIN_INPUT },
	{ "coverage", ORIGIN_INPUT },
	{ "anomaly", ORIGIN_ANY },		/* of a file, or of packets */
	{ NULL, ORIGIN_ANY },
};

static const char *
word_of(const json_t *o, const char *key)
{
	const char *word = json_string_value(json_object_get(o, key));

	return word ? word : "";
}

/* How the run was made, which its first line tells. Known files that join stand
 * in a line of the same kind. */
static void
note_run(struct verify *v, const json_t *telltap)
{
	const json_t *input = json_object_get(telltap, "input"), *option;
	struct verify_run_place *run = &v->run;
	bool live = false, hooks = false;
	size_t i;

	if (json_array_size(json_object_get(input, "joined")))
		return;
	json_array_foreach(json_object_get(input, "options"), i, option) {
		const char *text = json_string_value(option);

		live |= text && !strncmp(text, "live=", 5);
		hooks |= text && !strcmp(text, "tls-plaintext");
	}
	if (run->begun && !(run->live && live))
		verify_bad(v, "data/events.jsonl: line %llu: another run in one "
		    "log, which only a live one can have",
		    (unsigned long long)v->lines);
	*run = (struct verify_run_place){ .begun = true, .live = live,
		.hooks = hooks };
}

/* What was read at a TLS library stands in no packet. */
static enum origin
origin_of_transfer(const struct verify *v, const json_t *telltap)
{
	bool hooked = !strcmp(word_of(json_object_get(telltap, "transfer"),
	    "visibility"), "hooked");

	return hooked && v->run.hooks ? ORIGIN_INPUT : ORIGIN_DERIVED;
}

/* It may have been the first of a run, the case's or a later one. */
void
verify_skip_place(struct verify *v)
{
	if (v->lines == 1 || v->run.live)
		v->run = (struct verify_run_place){ .begun = true, .live = true,
			.hooks = true };
}

void
verify_check_place(struct verify *v, const char *action, const void *line)
{
	const json_t *telltap = json_object_get(line, "telltap");
	const char *origin = word_of(telltap, "origin");
	enum origin want;
	size_t i = 0;

	while (kinds[i].action && strcmp(kinds[i].action, action))
		i++;
	if (!kinds[i].action) {
		v->lines_unknown++;
		return;
	}
	want = kinds[i].origin;
	if (!strcmp(action, "input"))
		note_run(v, telltap);
	if (!strcmp(action, "transfer"))
		want = origin_of_transfer(v, telltap);
	if (want != ORIGIN_ANY &&
	    strcmp(origin, want == ORIGIN_INPUT ? "input" : "derived"))
		verify_bad(v, "data/events.jsonl: line %llu: a %s whose origin is "
		    "not %s", (unsigned long long)v->lines, action,
		    want == ORIGIN_INPUT ? "input" : "derived");
	/* Of several the first one is named. */
	if (v->run.ended && !strcmp(origin, "derived") && strcmp(action, "seal")) {
		verify_bad(v, "data/events.jsonl: line %llu comes after the "
		    "summary of its run", (unsigned long long)v->lines);
		v->run.ended = false;
	}
	v->run.ended |= !strcmp(action, "summary");
}

/* A folder's name ends with a slash. */
static bool
is_of_a_case(const char *path)
{
	static const char *const names[] = { "events.jsonl", "salt",
		"report.html", "report.json", "known.jsonl", "known.parts",
		"identity.jsonl", "log/", "capture/packets", "objects/" };

	if (strncmp(path, "data/", 5))
		return false;
	path += 5;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t len = strlen(names[i]);
		bool part = names[i][len - 1] == '/' || strchr(names[i], '/');

		if (!strncmp(path, names[i], len) && (part || !path[len]))
			return true;
	}
	return false;
}

void
verify_tell_places(struct verify *v)
{
	if (v->lines_unknown)
		verify_unknown(v, "data/events.jsonl: %llu lines are of kinds that "
		    "this version does not know",
		    (unsigned long long)v->lines_unknown);
	for (size_t i = 0; i < v->file_count; i++)
		if (!is_of_a_case(v->files[i].path))
			verify_unknown(v, "%s: sealed with the case, but nothing "
			    "of it is made by telltap or checked",
			    v->files[i].path);
}
