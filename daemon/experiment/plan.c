// SPDX-License-Identifier: Apache-2.0
#include "experiment/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "experiment/plan_schema.h"

#define COUNT_DEFAULT	20
#define WAIT_MAX	86400
#define TIMEOUT_DEFAULT	3600

struct check {
	const char *path;
	char *error;
};

static int
fail(const struct check *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int
fail(const struct check *c, const char *fmt, ...)
{
	char what[YAMLFILE_ERROR_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(c->error, YAMLFILE_ERROR_MAX, "%.200s: %s", c->path, what);
	return ERR_MALFORMED;
}

bool
plan_is(const int *answer)
{
	return answer && *answer;
}

/* It is printed, and goes into marks. */
static bool
is_plain(const char *text, size_t max)
{
	size_t len = strlen(text), n;
	uint32_t cp;

	for (size_t at = 0; at < len; at += n) {
		n = utf8_decode((const uint8_t *)text + at, len - at, &cp);
		if (!n || cp < 0x20 || cp == 0x7f || utf8_is_trick(cp))
			return false;
	}
	return len && len <= max;
}

static int
check_phase(const struct check *c, const struct plan *p,
    struct plan_phase *phase)
{
	if (!is_plain(phase->name, PLAN_NAME_MAX))
		return fail(c, "phases: a name has 1 to %d printable bytes",
		    PLAN_NAME_MAX);
	for (const struct plan_phase *o = p->phases; o < phase; o++)
		if (!strcmp(o->name, phase->name))
			return fail(c, "phases: two are called %s",
			    phase->name);
	if (phase->wait_s > WAIT_MAX || phase->timeout_s > WAIT_MAX)
		return fail(c, "phases: %s: a day at most", phase->name);
	if (!phase->timeout_s)
		phase->timeout_s = TIMEOUT_DEFAULT;
	if (plan_is(phase->plant) && plan_is(phase->shuffle))
		return fail(c, "phases: %s: planting has its place and is "
		    "not shuffled", phase->name);
	if (plan_is(phase->restart) && !p->restart)
		return fail(c, "phases: %s: there is no command to restart "
		    "with", phase->name);
	if (plan_is(phase->network) && !p->network)
		return fail(c, "phases: %s: there are no commands to cut and "
		    "restore the network", phase->name);
	return 0;
}

static int
check_phases(const struct check *c, const struct plan *p)
{
	unsigned planted = 0;

	for (unsigned i = 0; i < p->phases_count; i++) {
		struct plan_phase *phase = &p->phases[i];
		int r = check_phase(c, p, phase);

		if (r)
			return r;
		if (phase->each && !planted)
			return fail(c, "phases: %s: no canary is there yet",
			    phase->name);
		planted += plan_is(phase->plant);
	}
	return planted == 1 ? 0 : fail(c, "phases: one of them, and one "
	    "alone, has plant: yes");
}

static int
check_canaries(const struct check *c, struct plan_canaries *k)
{
	if (!k->count)
		k->count = COUNT_DEFAULT;
	if (k->count > CODE_COUNT_MAX)
		return fail(c, "canaries: count: 1 to %d", CODE_COUNT_MAX);
	for (unsigned i = 0; i < k->types_count; i++)
		if (form_find(k->types[i], strlen(k->types[i])) < 0)
			return fail(c, "canaries: types: no such type: %s",
			    k->types[i]);
	return 0;
}

static int
check(const struct check *c, struct plan *p)
{
	int r;

	if (!is_plain(p->experiment, PLAN_NAME_MAX))
		return fail(c, "experiment: a name has 1 to %d printable "
		    "bytes", PLAN_NAME_MAX);
	if (p->seed && !is_plain(p->seed, SET_SEED_MAX))
		return fail(c, "seed: 1 to %d printable bytes", SET_SEED_MAX);
	if (!p->sessions)
		p->sessions = 1;
	if (p->sessions > PLAN_SESSIONS_MAX)
		return fail(c, "sessions: 1 to %d", PLAN_SESSIONS_MAX);
	for (unsigned i = 0; i < p->watch_count; i++)
		if (!strcmp(p->watch[i], "--case") ||
		    !strncmp(p->watch[i], "--case=", 7))
			return fail(c, "watch: the case is in the folder that "
			    "out names");
	r = check_canaries(c, p->canaries);
	return r ? r : check_phases(c, p);
}

int
plan_load(const char *path, struct plan **ret_plan,
    char ret_error[static YAMLFILE_ERROR_MAX])
{
	struct check c = { path, ret_error };
	void *data = NULL;
	int r = yamlfile_load(path, &plan_schema, &data, ret_error);

	if (!r)
		r = check(&c, data);
	if (r) {
		plan_free(data);
		return r;
	}
	*ret_plan = data;
	return 0;
}

void
plan_free(struct plan *p)
{
	yamlfile_free(&plan_schema, p);
}

size_t
plan_types(const struct plan *p, int ret_types[static CODE_COUNT_MAX])
{
	const struct plan_canaries *k = p->canaries;

	for (unsigned i = 0; i < k->types_count; i++)
		ret_types[i] = form_find(k->types[i], strlen(k->types[i]));
	for (int i = 0; i < FORM_TYPE_COUNT && !k->types_count; i++)
		ret_types[i] = i;
	return k->types_count ? k->types_count : FORM_TYPE_COUNT;
}
