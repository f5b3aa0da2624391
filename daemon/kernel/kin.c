// SPDX-License-Identifier: Apache-2.0
#include "kernel/kin.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "kernel/package.h"

#define PROGRAMS_MAX	256
#define ANSWERS_MAX	4096

struct program {
	char *executable, *unit;
	char *package;		/* NULL: none, or not asked yet */
	bool asked;
};

struct answer {
	UT_hash_handle hh;
	bool outside;
	char executable[];
};

struct kin {
	char *lists;
	struct program programs[PROGRAMS_MAX];
	size_t program_count;
	struct answer *answers;	/* of programs, whatever unit they run in */
};

struct kin *
kin_new(const char *lists)
{
	struct kin *k = calloc(1, sizeof(*k));

	if (k)
		k->lists = strdup(lists);
	if (k && !k->lists) {
		free(k);
		return NULL;
	}
	return k;
}

static void
forget_answers(struct kin *k)
{
	struct answer *a, *next;

	HASH_ITER(hh, k->answers, a, next) {
		HASH_DEL(k->answers, a);
		free(a);
	}
}

void
kin_free(struct kin *k)
{
	if (!k)
		return;
	forget_answers(k);
	for (size_t i = 0; i < k->program_count; i++) {
		free(k->programs[i].executable);
		free(k->programs[i].unit);
		free(k->programs[i].package);
	}
	free(k->lists);
	free(k);
}

bool
kin_folder_holds(const char *executable, const char *path)
{
	static const char *const shared[] = { "/usr/bin/", "/usr/sbin/",
		"/bin/", "/sbin/", "/usr/local/bin/", "/usr/local/sbin/",
		"/" };
	const char *slash = strrchr(executable, '/');
	size_t len = slash ? (size_t)(slash - executable) + 1 : 0;

	for (size_t i = 0; i < sizeof(shared) / sizeof(*shared); i++)
		if (strlen(shared[i]) == len &&
		    memcmp(shared[i], executable, len) == 0)
			return false;
	return len && strncmp(path, executable, len) == 0;
}

/* What comes new may be kin of what was asked about before. */
static void
add_program(struct kin *k, const struct process *p)
{
	struct program *g = &k->programs[k->program_count];

	for (size_t i = 0; i < k->program_count; i++)
		if (!strcmp(k->programs[i].executable, p->executable) &&
		    !strcmp(k->programs[i].unit, p->unit))
			return;
	if (k->program_count == PROGRAMS_MAX)
		return;
	g->executable = strdup(p->executable);
	g->unit = strdup(p->unit);
	if (!g->executable || !g->unit) {
		free(g->executable);
		free(g->unit);
		return;
	}
	k->program_count++;
	forget_answers(k);
}

static bool
shares_package(struct kin *k, const char *executable)
{
	char *package = package_of(k->lists, executable);
	bool same = false;

	for (size_t i = 0; package && !same && i < k->program_count; i++) {
		struct program *g = &k->programs[i];

		if (!g->asked)
			g->package = package_of(k->lists, g->executable);
		g->asked = true;
		same = g->package && !strcmp(g->package, package);
	}
	free(package);
	return same;
}

static bool
is_of_programs(struct kin *k, const char *executable)
{
	for (size_t i = 0; i < k->program_count; i++)
		if (!strcmp(k->programs[i].executable, executable) ||
		    kin_folder_holds(k->programs[i].executable, executable))
			return true;
	return shares_package(k, executable);
}

static bool
program_is_outside(struct kin *k, const char *executable)
{
	size_t len = strlen(executable);
	bool outside;
	struct answer *a;

	HASH_FIND(hh, k->answers, executable, len, a);
	if (a)
		return a->outside;
	outside = !is_of_programs(k, executable);
	if (HASH_COUNT(k->answers) >= ANSWERS_MAX)
		forget_answers(k);
	a = malloc(sizeof(*a) + len + 1);
	if (!a)
		return outside;
	a->outside = outside;
	memcpy(a->executable, executable, len + 1);
	HASH_ADD_KEYPTR(hh, k->answers, a->executable, len, a);
	return outside;
}

bool
kin_take(struct kin *k, const struct process *p, bool of_product)
{
	if (!p->executable[0])
		return false;
	if (of_product) {
		add_program(k, p);
		return false;
	}
	for (size_t i = 0; i < k->program_count; i++)
		if (p->unit[0] && !strcmp(k->programs[i].unit, p->unit))
			return false;
	return program_is_outside(k, p->executable);
}
