// SPDX-License-Identifier: Apache-2.0
#include "service/config.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/config_schema.h"
#include "telltap/telltap.h"

#define FILE_MAX	(1 << 20)
#define CASES		"/var/lib/telltapd/cases"
#define LOCK		"/run/telltapd/lock"
#define KEY_NAME	"key"

struct config {
	struct config_file *file;
	struct targets targets;
	struct telltap_profiles *profiles;	/* who is watched by them */
	struct service_options options;
	char *credential;			/* the key that systemd gives */
	const char *path;			/* while it is read */
	char *error;
};

/* What libcyaml says of a failure: first why, then where, innermost first. */
struct complaint {
	char why[256], where[128];
	unsigned line;
};

static void
note_complaint(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct complaint *c = ctx;
	char text[512], *say = text, *line;

	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	if (strncmp(say, "Load: ", 6) == 0)
		say += 6;
	while (*say == ' ')
		say++;
	line = strstr(say, "(line: ");
	if (line && !c->line) {
		c->line = (unsigned)strtoul(line + 7, NULL, 10);
		if (sscanf(say, "in mapping field '%127[^']'", c->where) != 1)
			c->where[0] = '\0';
	}
	if (line || c->why[0] || strncmp(say, "Backtrace", 9) == 0)
		return;
	snprintf(c->why, sizeof(c->why), "%.*s", (int)sizeof(c->why) - 1, say);
}

static cyaml_config_t
yaml_config(struct complaint *c)
{
	return (cyaml_config_t){
		.log_fn = note_complaint,
		.log_ctx = c,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_WARNING,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

static int
fail(struct config *c, int err, const char *fmt, ...)
{
	char what[CONFIG_ERROR_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(c->error, CONFIG_ERROR_MAX, "%.200s: %s", c->path, what);
	return err;
}

static int
read_file(struct config *c, char **ret_data, size_t *ret_len)
{
	FILE *f = fopen(c->path, "re");
	char *data = f ? malloc(FILE_MAX) : NULL;
	size_t len = data ? fread(data, 1, FILE_MAX, f) : 0;
	int err = !f ? -errno : !data ? -ENOMEM : ferror(f) ? -EIO : 0;

	if (!err && len == FILE_MAX)
		err = -EFBIG;
	if (f)
		fclose(f);
	if (err) {
		free(data);
		return fail(c, err, "%s", strerror(-err));
	}
	*ret_data = data;
	*ret_len = len;
	return 0;
}

static int
parse(struct config *c, const char *data, size_t len)
{
	struct complaint why = { .line = 0 };
	cyaml_config_t cfg = yaml_config(&why);
	cyaml_err_t r;

	if (!len || memchr(data, 0, len))
		return fail(c, ERR_MALFORMED, "%s", len ? "a NUL byte"
							: "empty");
	r = cyaml_load_data((const uint8_t *)data, len, &cfg, &config_schema,
	    (cyaml_data_t **)&c->file, NULL);
	if (r == CYAML_ERR_OOM)
		return fail(c, -ENOMEM, "out of memory");
	if (!r && c->file)
		return 0;
	if (!why.why[0])
		snprintf(why.why, sizeof(why.why), "%s",
		    r ? cyaml_strerror(r) : "nothing in it");
	if (!why.line)
		return fail(c, ERR_MALFORMED, "%s", why.why);
	if (!why.where[0])
		return fail(c, ERR_MALFORMED, "line %u: %s", why.line, why.why);
	return fail(c, ERR_MALFORMED, "line %u: %s: %s", why.line, why.where,
	    why.why);
}

static bool
yes(const int *value, bool otherwise)
{
	return value ? *value != 0 : otherwise;
}

/* A number, or with K, M, G behind it. */
static int
take_size(struct config *c, const char *text, uint64_t *ret)
{
	static const char units[] = "KMG";
	char *end;
	unsigned long long n = strtoull(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;
	int shift = unit ? 10 * (int)(unit - units + 1) : 0;

	if (*text < '0' || *text > '9' || !n || n > UINT64_MAX >> 40 ||
	    (*end && (!unit || end[1])))
		return fail(c, ERR_MALFORMED,
		    "part-size: takes a size such as 500M, not %s", text);
	*ret = n << shift;
	return 0;
}

static int
take_profiles(struct config *c)
{
	const struct config_watch *w = c->file->watch;
	const char *id = "";
	int err;

	if (!w->profile_count)
		return 0;
	c->profiles = telltap_profiles_new();
	if (!c->profiles)
		return fail(c, -ENOMEM, "out of memory");
	err = telltap_profiles_load(c->profiles, c->file->profiles);
	if (!err)
		err = telltap_profiles_keep(c->profiles,
		    (const char *const *)w->profile, w->profile_count);
	if (!err)
		err = telltap_profiles_seal(c->profiles);
	if (err)
		return fail(c, err, "watch: profile: %s",
		    telltap_profiles_error(c->profiles));
	err = targets_add_profiles(&c->targets, c->profiles, &id);
	if (err == ERR_LIMIT)
		return fail(c, err, "watch: profile: more than %d programs or "
			"units", TARGETS_MAX);
	return err ? fail(c, err, "watch: profile: %s names no program or unit "
				  "on Linux", id)
		   : 0;
}

static int
take_targets(struct config *c)
{
	const struct config_watch *w = c->file->watch;
	struct targets *t = &c->targets;
	int err = 0;

	for (unsigned i = 0; i < w->exe_count && !err; i++)
		err = targets_add(t->exes, &t->exe_count, w->exe[i]);
	for (unsigned i = 0; i < w->unit_count && !err; i++)
		err = targets_add(t->units, &t->unit_count, w->unit[i]);
	for (unsigned i = 0; i < w->cgroup_count && !err; i++)
		err = targets_add(t->cgroups, &t->cgroup_count, w->cgroup[i]);
	if (err)
		return fail(c, err, "watch: too many");
	for (unsigned i = 0; i < w->pid_count; i++)
		if (targets_add_pid(t, w->pid[i]))
			return fail(c, ERR_MALFORMED,
			    "watch: pid: takes a number, not %s", w->pid[i]);
	for (unsigned i = 0; i < w->user_count; i++)
		if (targets_add_user(t, w->user[i]))
			return fail(c, ERR_MALFORMED,
			    "watch: user: there is no user %s", w->user[i]);
	err = take_profiles(c);
	if (!err && !targets_any(t))
		err = fail(c, ERR_MALFORMED, "watch: says nobody: give exe, "
			"unit, cgroup, pid, user or profile");
	return err;
}

/* LoadCredential=key:... of the unit; what the file names comes first. */
static int
take_key(struct config *c)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char *path;
	FILE *f;

	c->options.key_path = c->file->key;
	if (c->file->key || !folder)
		return 0;
	if (asprintf(&path, "%s/" KEY_NAME, folder) < 0)
		return fail(c, -ENOMEM, "out of memory");
	f = fopen(path, "re");
	if (f) {
		fclose(f);
		c->options.key_path = c->credential = path;
		return 0;
	}
	free(path);
	return 0;
}

static int
take_options(struct config *c)
{
	const struct config_file *f = c->file;
	const struct config_watch *w = f->watch;
	struct service_options *o = &c->options;

	targets_give(&c->targets, &o->tap);
	o->tap.no_descendants = !yes(w->descendants, true);
	o->tap.passed_sockets = yes(w->passed_sockets, true);
	o->tap.file_reads = yes(w->file_reads, false);
	o->tap.known_from_reads = yes(w->known_from_reads, true);
	o->tap.no_bpf = !yes(w->bpf, true);
	o->known = (const char *const *)f->known;
	o->known_count = f->known_count;
	o->profile_dir = f->profiles;
	o->case_dir = f->cases ? f->cases : CASES;
	o->digests = yes(f->digests, false);
	o->no_dpi = !yes(f->dpi, true);
	o->no_packets = !yes(f->packets, true);
	o->keep_objects = yes(f->objects, false);
	o->parts = true;
	return f->part_size ? take_size(c, f->part_size, &o->part_max) : 0;
}

int
config_load(const char *path, char ret_error[static CONFIG_ERROR_MAX],
    struct config **ret_config)
{
	struct config *c = calloc(1, sizeof(*c));
	char *data = NULL;
	size_t len = 0;
	int err;

	snprintf(ret_error, CONFIG_ERROR_MAX, "out of memory");
	if (!c)
		return -ENOMEM;
	c->path = path;
	c->error = ret_error;
	err = read_file(c, &data, &len);
	if (!err)
		err = parse(c, data, len);
	free(data);
	if (!err)
		err = take_targets(c);
	if (!err)
		err = take_options(c);
	if (!err)
		err = take_key(c);
	c->path = c->error = NULL;
	if (err) {
		config_free(c);
		return err;
	}
	*ret_error = '\0';
	*ret_config = c;
	return 0;
}

void
config_free(struct config *c)
{
	struct complaint why = { .line = 0 };
	cyaml_config_t cfg = yaml_config(&why);

	if (!c)
		return;
	if (c->file)
		cyaml_free(&cfg, &config_schema, c->file, 0);
	targets_clear(&c->targets);
	telltap_profiles_free(c->profiles);
	free(c->credential);
	free(c);
}

const struct service_options *
config_options(const struct config *c)
{
	return &c->options;
}

const char *
config_lock(const struct config *c)
{
	return c->file->lock ? c->file->lock : LOCK;
}
