// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/yamlfile.h"
#include "profile/schema.h"
#include "profile/set.h"

static void
profile_free(struct profile *p)
{
	if (!p)
		return;
	for (unsigned i = 0; i < p->endpoints_count; i++) {
		free(p->endpoints[i].key);
		free(p->endpoints[i].origin);
	}
	yamlfile_free(&profile_schema, p);
}

static void
drop_entry(struct profile_entry *e)
{
	profile_free(e->profile);
	free(e->file);
	memset(e, 0, sizeof(*e));
}

struct profiles *
profiles_new(void)
{
	return calloc(1, sizeof(struct profiles));
}

void
profiles_free(struct profiles *set)
{
	if (!set)
		return;
	profiles_drop_index(set);
	for (size_t i = 0; i < set->count; i++)
		drop_entry(&set->entries[i]);
	free(set);
}

int
profiles_fail(struct profiles *set, int code, const char *file, unsigned line,
    const char *fmt, ...)
{
	int n = line ? snprintf(set->error, sizeof(set->error), "%s:%u: ",
			   file, line)
		     : snprintf(set->error, sizeof(set->error), "%s: ", file);
	va_list ap;

	if (n < 0 || (size_t)n >= sizeof(set->error))
		return code;
	va_start(ap, fmt);
	vsnprintf(set->error + n, sizeof(set->error) - (size_t)n, fmt, ap);
	va_end(ap);
	return code;
}

const char *
profiles_error(const struct profiles *set)
{
	return set->error[0] ? set->error : "no failure";
}

static int
parse(struct profiles *set, const char *name, const void *data, size_t len,
    struct profile **ret)
{
	struct yamlfile_wrong wrong;
	void *p = NULL;
	int r = yamlfile_parse(data, len, &profile_schema, &p, &wrong);

	if (r)
		return profiles_fail(set, r, name, wrong.line, "%s%s%s",
		    wrong.where, wrong.where[0] ? ": " : "", wrong.why);
	*ret = p;
	return 0;
}

/* Keeps the entries in the order of ids, whatever order they come in. */
static int
insert(struct profiles *set, struct profile_entry *e)
{
	size_t at = 0;

	while (at < set->count &&
	    strcmp(set->entries[at].profile->id, e->profile->id) < 0)
		at++;
	if (at < set->count &&
	    !strcmp(set->entries[at].profile->id, e->profile->id))
		return profiles_fail(set, -EEXIST, e->file, 0,
		    "%s is the id of %s, too", e->profile->id,
		    set->entries[at].file);
	memmove(&set->entries[at + 1], &set->entries[at],
	    (set->count - at) * sizeof(*e));
	set->entries[at] = *e;
	set->count++;
	return 0;
}

int
profiles_load_text(struct profiles *set, const char *name, const void *data,
    size_t len)
{
	struct profile_entry e = { .profile = NULL };
	int r;

	if (set->sealed)
		return profiles_fail(set, -EINVAL, name, 0, "comes too late");
	if (set->count == PROFILE_MAX_FILES)
		return profiles_fail(set, ERR_LIMIT, name, 0,
		    "more than %d profiles", PROFILE_MAX_FILES);
	if (len > PROFILE_MAX_FILE_LEN)
		return profiles_fail(set, ERR_LIMIT, name, 0,
		    "longer than %u bytes", PROFILE_MAX_FILE_LEN);
	r = parse(set, name, data, len, &e.profile);
	if (!r)
		r = profile_check(set, name, e.profile);
	if (!r && (!(e.file = strdup(name)) ||
	    !EVP_Digest(data, len, e.sha256, NULL, EVP_sha256(), NULL)))
		r = profiles_fail(set, -ENOMEM, name, 0, "out of memory");
	if (!r)
		r = insert(set, &e);
	if (r)
		drop_entry(&e);
	return r;
}

int
profiles_keep(struct profiles *set, const char *const *ids, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!profiles_find(set, ids[i]))
			return profiles_fail(set, -ENOENT, ids[i], 0,
			    "no such profile");
	for (size_t i = 0; i < set->count; i++) {
		struct profile_entry e = set->entries[i];
		bool wanted = false;

		for (size_t k = 0; k < count; k++)
			wanted |= !strcmp(e.profile->id, ids[k]);
		if (wanted)
			set->entries[kept++] = e;
		else
			drop_entry(&e);
	}
	set->count = kept;
	return 0;
}

size_t
profiles_count(const struct profiles *set)
{
	return set->count;
}

const struct profile *
profiles_at(const struct profiles *set, size_t i)
{
	return i < set->count ? set->entries[i].profile : NULL;
}

const struct profile *
profiles_find(const struct profiles *set, const char *id)
{
	for (size_t i = 0; i < set->count; i++)
		if (!strcmp(set->entries[i].profile->id, id))
			return set->entries[i].profile;
	return NULL;
}

void
profiles_digest(const struct profiles *set, uint8_t ret_sha256[32])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);

	for (size_t i = 0; ok && i < set->count; i++)
		ok = EVP_DigestUpdate(ctx, set->entries[i].sha256, 32);
	if (!ok || !EVP_DigestFinal_ex(ctx, ret_sha256, NULL))
		memset(ret_sha256, 0, 32);
	EVP_MD_CTX_free(ctx);
}
