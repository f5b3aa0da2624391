// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/utf8.h"
#include "canary/canary.h"
#include "cli/cli.h"
#include "evidence/key.h"
#include "service/marks.h"

#define COUNT_DEFAULT	20
#define SEED_LEN	32

/* Where each action's options begin in the table of parse(). */
enum { OF_PLANT = 0, OF_REWRITE = 2, OF_NONE = 5 };

struct wanted {
	const char *dir;
	const char *key_path, *case_dir;
	struct note_signer key;
	char seed[SET_SEED_MAX + 1];
	size_t count;
	int types[CODE_COUNT_MAX];
	size_t type_count;
};

static bool
say(const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return n > 0 && cli_write(line, (size_t)n < sizeof(line) ? (size_t)n
	    : sizeof(line) - 1);
}

static int
take_types(void *arg, const char *list)
{
	struct wanted *w = arg;

	w->type_count = 0;
	for (;;) {
		size_t len = strcspn(list, ",");
		int type = form_find(list, len);

		if (type < 0)
			return cli_fail("canary: no such type: %.*s", (int)len,
			    list);
		if (w->type_count == CODE_COUNT_MAX)
			return cli_fail("canary: too many types");
		w->types[w->type_count++] = type;
		if (!list[len])
			return CLI_OK;
		list += len + 1;
	}
}

/* The manifest must be able to say it. */
static bool
is_seed(const char *text)
{
	size_t len = strlen(text), n;
	uint32_t cp;

	if (!len || len > SET_SEED_MAX)
		return false;
	for (size_t at = 0; at < len; at += n) {
		n = utf8_decode((const uint8_t *)text + at, len - at, &cp);
		if (!n || utf8_is_trick(cp))
			return false;
	}
	return true;
}

static int
take_count(void *arg, const char *value)
{
	struct wanted *w = arg;
	char *end;

	w->count = strtoul(value, &end, 10);
	if (*end || end == value || *value == '-' || !w->count ||
	    w->count > CODE_COUNT_MAX)
		return cli_fail("canary: --count takes 1 to %d", CODE_COUNT_MAX);
	return 0;
}

static int
take_seed(void *arg, const char *value)
{
	struct wanted *w = arg;

	if (!is_seed(value))
		return cli_fail("canary: --seed takes 1 to %d bytes of text",
		    SET_SEED_MAX);
	strcpy(w->seed, value);
	return 0;
}

/* A seed that nobody can have known before. */
static int
random_seed(struct wanted *w)
{
	uint8_t bytes[SEED_LEN];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return cli_fail("canary: no random numbers: %s",
		    strerror(errno));
	for (int i = 0; i < SEED_LEN; i++)
		snprintf(w->seed + 2 * i, 3, "%02x", bytes[i]);
	return CLI_OK;
}

static int
parse(struct wanted *w, int argc, char **argv, int options_from)
{
	const struct cli_option options[] = {
		{ "count", .take = take_count, .arg = w },
		{ "types", .take = take_types, .arg = w },
		{ "seed", .take = take_seed, .arg = w },
		{ "key", .text = &w->key_path },
		{ "case", .text = &w->case_dir },
		{ .name = NULL },
	};

	*w = (struct wanted){ .count = COUNT_DEFAULT,
		.type_count = FORM_TYPE_COUNT };
	for (int i = 0; i < FORM_TYPE_COUNT; i++)
		w->types[i] = i;
	if (cli_options(argc, argv, options + options_from))
		return CLI_ERROR;
	if (argc - optind > 1)
		return cli_fail("canary %s: one folder at a time", argv[0]);
	if (optind == argc)
		return cli_fail("canary %s: give a folder; see telltap help",
		    argv[0]);
	w->dir = argv[optind];
	return w->seed[0] ? CLI_OK : random_seed(w);
}

static int
load_key(struct wanted *w)
{
	int r = w->key_path ? key_load(w->key_path, &w->key) : 0;

	return r ? cli_fail("%s: %s", w->key_path, cli_key_error(r)) : CLI_OK;
}

/* Before a size is on the disk, the log says that it was drawn already. */
static int
commit(const struct wanted *w, const struct set *s)
{
	char text[SET_COMMITMENT_SIZE];
	int r = w->case_dir ? set_commitment(s, text) : 0;

	if (!r && w->case_dir)
		r = marks_send(w->case_dir, text);
	return r ? cli_fail("canary: no run records into %s: %s; nothing was "
	    "planted", w->case_dir, err_text(r)) : CLI_OK;
}

static void
say_set(const char *what, const struct set *s)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < s->count; i++)
		bytes += s->files[i].size;
	say("%s %zu canaries, %" PRIu64 " bytes; seed %s\n", what, s->count,
	    bytes, s->seed);
}

static int
plant(const struct wanted *w)
{
	struct canary_error e;
	struct set s = { 0 };
	int r = set_draw(&s, w->seed, w->count, w->types, w->type_count);
	int code;

	if (r)
		return cli_fail("canary: %s", err_text(r));
	code = commit(w, &s);
	if (!code && canary_plant(w->dir, &s, w->key_path ? w->key.seed : NULL,
		&e))
		code = cli_fail("%s", e.text);
	if (!code)
		say_set("planted", &s);
	set_clear(&s);
	return code;
}

static int
rewrite(const struct wanted *w, const struct set *old)
{
	int types[CODE_COUNT_MAX], r, code;
	struct canary_error e;
	struct set s = { 0 };

	if (!strcmp(w->seed, old->seed))
		return cli_fail("canary rewrite: the seed is the old one");
	for (size_t i = 0; i < old->count; i++)
		types[i] = old->files[i].type;
	r = set_draw(&s, w->seed, old->count, types, old->count);
	if (r)
		return cli_fail("canary: %s", err_text(r));
	code = commit(w, &s);
	if (!code && canary_rewrite(w->dir, old, &s, w->key_path ? w->key.seed :
		NULL, &e))
		code = cli_fail("%s", e.text);
	if (!code)
		say_set("rewrote", &s);
	set_clear(&s);
	return code;
}

static const char *
state_word(enum canary_state state)
{
	return state == CANARY_INTACT ? "intact" :
	    state == CANARY_MISSING ? "missing" : "changed";
}

static int
list(const struct wanted *w, const struct set *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct set_file *f = &s->files[i];
		char sha256[65];

		for (int k = 0; k < 32; k++)
			snprintf(sha256 + 2 * k, 3, "%02x",
			    f->hash[SET_SHA256][k]);
		if (!say("%s  %-7s  %-6s  %10" PRIu64 "  %s\n", sha256,
			state_word(canary_check(w->dir, f)),
			form_types[f->type].name, f->size, f->name))
			return CLI_ERROR;
	}
	return CLI_OK;
}

/* What was found at each is said; the look itself is the touch. */
static int
touch(const struct wanted *w, const struct set *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct set_file *f = &s->files[i];

		if (!say("%s  %s\n", state_word(canary_check(w->dir, f)),
			f->name))
			return CLI_ERROR;
	}
	return CLI_OK;
}

/* The manifest stays as long as something that it lists does. */
static int
remove_set(const struct wanted *w, const struct set *s)
{
	struct canary_error e;
	size_t left = 0;

	for (size_t i = 0; i < s->count; i++) {
		enum canary_state state;

		if (canary_remove(w->dir, &s->files[i], &state, &e))
			return cli_fail("%s", e.text);
		if (state != CANARY_INTACT)
			say("%s  %s\n", state_word(state), s->files[i].name);
		left += state == CANARY_CHANGED;
	}
	if (left)
		return cli_fail("%s: %zu not as planted, left as found; the "
		    "manifest stays", w->dir, left);
	return canary_remove_manifest(w->dir, &e) ? cli_fail("%s", e.text)
						  : CLI_OK;
}

static const struct {
	const char *name;
	int options_from;
	int (*run)(const struct wanted *w, const struct set *s);
} actions[] = {
	{ "plant", OF_PLANT, NULL },
	{ "rewrite", OF_REWRITE, rewrite },
	{ "list", OF_NONE, list },
	{ "touch", OF_NONE, touch },
	{ "remove", OF_NONE, remove_set },
};

/* What a planting left that was cut off. A folder that is to be made is not there
 * yet. */
static int
unplant(const char *dir, bool *ret_undone)
{
	struct canary_error e;
	size_t files = 0;
	int r = canary_unplant(dir, ret_undone, &files, &e);

	if (r == -ENOENT)
		return CLI_OK;
	if (r)
		return cli_fail("%s", e.text);
	if (*ret_undone)
		fprintf(stderr, "telltap: %s: a planting was cut off; %zu files "
		    "that it left are taken away\n", dir, files);
	return CLI_OK;
}

/* Before the manifest is read. */
static int
settle(const char *dir)
{
	bool settled = false;
	struct canary_error e;
	size_t back = 0;

	if (canary_settle(dir, &settled, &back, &e))
		return cli_fail("%s", e.text);
	if (settled && back)
		fprintf(stderr, "telltap: %s: a rewrite was cut off; %zu "
		    "canaries are as before it again\n", dir, back);
	else if (settled)
		fprintf(stderr, "telltap: %s: a rewrite was cut off; what it "
		    "had aside is taken away\n", dir);
	return CLI_OK;
}

static int
run(size_t action, int argc, char **argv)
{
	struct canary_error e;
	struct set s = { 0 };
	struct wanted w;
	bool undone = false;
	int code = parse(&w, argc, argv, actions[action].options_from);

	if (!code)
		code = load_key(&w);
	if (code)
		return code;
	code = unplant(w.dir, &undone);
	/* That was all there was to remove. */
	if (undone && actions[action].run == remove_set)
		goto out;
	if (!code && actions[action].run)
		code = settle(w.dir);
	if (!code && !actions[action].run)
		code = plant(&w);
	else if (!code && canary_open(w.dir, &s, &e))
		code = cli_fail("%s", e.text);
	else if (!code)
		code = actions[action].run(&w, &s);
out:
	set_clear(&s);
	key_forget(&w.key);
	return code;
}

int
cli_canary(int argc, char **argv)
{
	if (argc < 2)
		return cli_fail("canary: plant, list, touch, rewrite or "
		    "remove; see telltap help");
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (!strcmp(argv[1], actions[i].name))
			return run(i, argc - 1, argv + 1);
	return cli_fail("canary: no such action: %s; see telltap help",
	    argv[1]);
}
