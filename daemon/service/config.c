// SPDX-License-Identifier: Apache-2.0
#include "service/config.h"

#include <errno.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/yamlfile.h"
#include "evidence/key.h"
#include "kernel/paths.h"
#include "service/config_schema.h"
#include "telltap/telltap.h"

#define CASES		"/var/lib/telltapd/cases"
#define LOCK		"/run/telltapd/lock"

struct config {
	struct config_file *file;
	struct targets targets;
	struct telltap_profiles *profiles;	/* who is watched by them */
	struct service_options options;
	char *credential;			/* the key that systemd gives */
	const char *path;			/* while it is read */
	char *error;
};

static int
fail(struct config *c, int err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

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

/* Of a key of `watch` (outer), or of the file itself (NULL), and what it says. */
static int
fail_at(struct config *c, const char *outer, const char *key, const char *value,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));

static int
fail_at(struct config *c, const char *outer, const char *key, const char *value,
    const char *fmt, ...)
{
	unsigned line = yamlfile_line(c->path, outer, key, value);
	char what[CONFIG_ERROR_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return line ? fail(c, ERR_MALFORMED, "line %u: %s: %s", line, key, what)
		    : fail(c, ERR_MALFORMED, "%s: %s", key, what);
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
		return fail_at(c, NULL, "part-size", text,
		    "takes a size such as 500M, not %s", text);
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
		return fail_at(c, "watch", "profile", w->profile[0], "%s",
		    telltap_profiles_error(c->profiles));
	err = targets_add_profiles(&c->targets, c->profiles, &id);
	if (err == ERR_LIMIT)
		return fail_at(c, "watch", "profile", NULL, "more than %d "
			"programs or units", TARGETS_MAX);
	return err ? fail_at(c, "watch", "profile", id, "%s names no program or "
			"unit on Linux", id)
		   : 0;
}

static int
take_targets(struct config *c)
{
	const struct config_watch *w = c->file->watch;
	struct targets *t = &c->targets;
	int err = 0;

	for (unsigned i = 0; i < w->exe_count && !err; i++) {
		if (w->exe[i][0] != '/' && w->exe[i][0] != '*')
			return fail_at(c, "watch", "exe", w->exe[i], "takes "
				"whole paths, or patterns of them, not %s",
			    w->exe[i]);
		err = targets_add(t->exes, &t->exe_count, w->exe[i]);
	}
	for (unsigned i = 0; i < w->unit_count && !err; i++)
		err = targets_add(t->units, &t->unit_count, w->unit[i]);
	for (unsigned i = 0; i < w->cgroup_count && !err; i++)
		err = targets_add(t->cgroups, &t->cgroup_count, w->cgroup[i]);
	if (err)
		return fail(c, err, "watch: too many");
	for (unsigned i = 0; i < w->pid_count; i++)
		if (targets_add_pid(t, w->pid[i]))
			return fail_at(c, "watch", "pid", w->pid[i], "takes "
				"numbers of processes, not %s", w->pid[i]);
	for (unsigned i = 0; i < w->user_count; i++)
		if (targets_add_user(t, w->user[i]))
			return fail_at(c, "watch", "user", w->user[i],
			    "there is no user %s", w->user[i]);
	err = take_profiles(c);
	if (!err && !targets_any(t))
		err = fail_at(c, NULL, "watch", NULL, "says nobody: give exe, "
			"unit, cgroup, pid, user or profile");
	return err;
}

/* LoadCredential=key:... of the unit; what the file names comes first. */
static int
take_key(struct config *c)
{
	c->options.key_path = c->file->key;
	if (c->file->key)
		return 0;
	if (key_credential(&c->credential))
		return fail(c, -ENOMEM, "out of memory");
	c->options.key_path = c->credential;
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
	o->tap.tls_plaintext = yes(w->tls_plaintext, false);
	if (o->tap.tls_plaintext && o->tap.no_bpf)
		return fail_at(c, "watch", "tls-plaintext", NULL, "needs bpf: "
			"yes");
	o->known = (const char *const *)f->known;
	o->known_count = f->known_count;
	o->passwords = (const char *const *)f->passwords;
	o->password_count = f->passwords_count;
	o->keylogs = (const char *const *)f->keylogs;
	o->keylog_count = f->keylogs_count;
	o->tls_keys = (const char *const *)f->tls_keys;
	o->tls_key_count = f->tls_keys_count;
	o->profile_dir = f->profiles;
	o->case_dir = f->cases ? f->cases : CASES;
	o->digests = yes(f->digests, false);
	o->no_dpi = !yes(f->dpi, true);
	o->no_packets = !yes(f->packets, true);
	o->keep_objects = yes(f->objects, false);
	o->parts = true;
	return f->part_size ? take_size(c, f->part_size, &o->part_max) : 0;
}

/* What is to be read has to be there, before what runs ends for it. */
static int
see(struct config *c, const char *key, const char *path)
{
	int err = path ? paths_may(path, R_OK) : 0;

	return !err ? 0 : fail_at(c, NULL, key, path, "%s: %s", path,
	    err == -ETIMEDOUT ? "its file system does not answer" :
				strerror(-err));
}

static int
see_list(struct config *c, const char *key, char *const *paths, unsigned count)
{
	int err = 0;

	for (unsigned i = 0; i < count && !err; i++)
		err = see(c, key, paths[i]);
	return err;
}

/* Cases are written to a folder that is there, or is made where it is to be; the
 * usual one's is made by systemd or the package, and need not be there yet. */
static int
see_cases(struct config *c)
{
	const char *path = c->file->cases;
	char *copy;
	int err;

	if (!path || !strcmp(path, CASES) || !paths_may(path, F_OK))
		return 0;
	copy = strdup(path);
	if (!copy)
		return fail(c, -ENOMEM, "out of memory");
	err = !paths_may(dirname(copy), F_OK) ? 0 : fail_at(c, NULL, "cases",
	    path, "%s: the folder that it is to be in is not there", path);
	free(copy);
	return err;
}

static int
see_files(struct config *c)
{
	const struct config_file *f = c->file;
	int err = see_list(c, "known", f->known, f->known_count);

	if (!err)
		err = see_list(c, "tls-key", f->tls_keys, f->tls_keys_count);
	if (!err)
		err = see(c, "profiles", f->profiles);
	if (!err)
		err = see(c, "key", f->key);
	if (!err)
		err = see(c, "tsa-ca", f->tsa_ca);
	if (!err)
		err = see(c, "tsa-tls-ca", f->tsa_tls_ca);
	return err ? err : see_cases(c);
}

int
config_load(const char *path, char ret_error[static CONFIG_ERROR_MAX],
    struct config **ret_config)
{
	struct config *c = calloc(1, sizeof(*c));
	int err;

	snprintf(ret_error, CONFIG_ERROR_MAX, "out of memory");
	if (!c)
		return -ENOMEM;
	c->path = path;
	c->error = ret_error;
	err = yamlfile_load(path, &config_schema, (void **)&c->file, ret_error);
	if (!err)
		err = see_files(c);
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
	if (!c)
		return;
	yamlfile_free(&config_schema, c->file);
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

/* What is not there stays NULL. */
static int
copy(const char *from, char **ret_to)
{
	*ret_to = from ? strdup(from) : NULL;
	return from && !*ret_to ? -ENOMEM : 0;
}

int
config_read_authority(const char *path,
    char ret_error[static CONFIG_ERROR_MAX], struct config_authority *ret)
{
	struct config_authority a = { .url = NULL };
	struct config_file *file = NULL;
	int err = yamlfile_load(path, &config_schema, (void **)&file,
	    ret_error);

	if (err)
		return err;
	err = copy(file->tsa, &a.url);
	if (!err)
		err = copy(file->tsa_ca, &a.ca);
	if (!err)
		err = copy(file->tsa_tls_ca, &a.tls_ca);
	if (err)
		config_clear_authority(&a);
	else
		*ret = a;
	yamlfile_free(&config_schema, file);
	return err;
}

void
config_clear_authority(struct config_authority *a)
{
	free(a->url);
	free(a->ca);
	free(a->tls_ca);
	*a = (struct config_authority){ .url = NULL };
}
