// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "base/utf8.h"
#include "profile/set.h"
#include "verdict/event.h"

#define MAX_HOST	253
#define MAX_LABEL	63

/* Text that can be shown as it is. */
static bool
is_clean(const char *text)
{
	const uint8_t *p = (const uint8_t *)text;
	size_t left = text ? strlen(text) : 0, n;
	uint32_t cp;

	for (; left; p += n, left -= n) {
		n = utf8_decode(p, left, &cp);
		if (!n || utf8_is_trick(cp))
			return false;
	}
	return true;
}

static bool
are_clean(char *const *texts, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (!is_clean(texts[i]))
			return false;
	return true;
}

static bool
is_address(const char *text)
{
	uint8_t b[16];

	return inet_pton(AF_INET, text, b) == 1 ||
	       inet_pton(AF_INET6, text, b) == 1;
}

bool
profile_is_host(const char *pattern)
{
	return strcmp(pattern, "*") && !is_address(pattern);
}

/* Labels of letters, digits, '-', '_' and wildcards; the last two without
 * any, so that no pattern takes a whole top-level domain. */
static bool
host_is_sound(const char *s)
{
	size_t label = 0, dots = 0, wild_at = 0;

	if (!*s || strlen(s) > MAX_HOST)
		return false;
	for (; *s; s++) {
		if (*s == '.') {
			if (!label)
				return false;
			dots++;
			label = 0;
			continue;
		}
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789-_*?", *s) || ++label > MAX_LABEL)
			return false;
		if (*s == '*' || *s == '?')
			wild_at = dots + 1;
	}
	return label && dots && dots + 1 >= wild_at + 2;
}

static int
check_id(struct profiles *set, const char *file, const char *id)
{
	size_t n = strlen(id);

	if (strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != n)
		return profiles_fail(set, ERR_MALFORMED, file, 0,
		    "id: only a-z, 0-9 and - may be in it: %s", id);
	if (strncmp(file, id, n) || strcmp(file + n, ".yaml"))
		return profiles_fail(set, ERR_MALFORMED, file, 0,
		    "id: %s does not belong into a file of that name", id);
	return 0;
}

static int
check_process(struct profiles *set, const char *file, const char *os,
    unsigned i, const struct profile_process *p)
{
	unsigned named = !!p->exe + !!p->comm + !!p->unit + !!p->service +
			 !!p->path + !!p->sysext;
	char *const texts[] = { p->exe, p->comm, p->unit, p->service, p->path,
		p->sysext, p->note, p->source };

	if (named != 1)
		return profiles_fail(set, ERR_MALFORMED, file, 0,
		    "processes, %s, entry %u: one of exe, comm, unit, "
		    "service, path, sysext is needed, %u are there", os, i,
		    named);
	if (!are_clean(texts, sizeof(texts) / sizeof(*texts)))
		return profiles_fail(set, ERR_MALFORMED, file, 0,
		    "processes, %s, entry %u: a character that can't be shown",
		    os, i);
	if (!*p->source && p->confidence != PROFILE_RECOLLECTION)
		return profiles_fail(set, ERR_MALFORMED, file, 0,
		    "processes, %s, entry %u: no source", os, i);
	return 0;
}

static int
check_endpoint(struct profiles *set, const char *file,
    const struct profile_endpoint *e)
{
	char *const texts[] = { e->pattern, e->network, e->note, e->source };

	if (!are_clean(texts, sizeof(texts) / sizeof(*texts)))
		return profiles_fail(set, ERR_MALFORMED, file, 0,
		    "endpoints: a character that can't be shown");
	if (profile_is_host(e->pattern) && !host_is_sound(e->pattern))
		return profiles_fail(set, ERR_MALFORMED, file, 0,
		    "endpoints: no host name, or too wide a pattern: %s",
		    e->pattern);
	for (unsigned i = 0; i < e->ports_count; i++)
		if (!e->ports[i])
			return profiles_fail(set, ERR_MALFORMED, file, 0,
			    "endpoints, %s: port 0", e->pattern);
	if (!*e->source && e->confidence != PROFILE_RECOLLECTION)
		return profiles_fail(set, ERR_MALFORMED, file, 0,
		    "endpoints, %s: no source", e->pattern);
	return 0;
}

int
profile_check(struct profiles *set, const char *file, const struct profile *p)
{
	int r = check_id(set, file, p->id);
	bool clean = is_clean(p->vendor) &&
		     are_clean(p->products, p->products_count) &&
		     are_clean(p->sends, p->sends_count) &&
		     are_clean(p->quirks, p->quirks_count);

	for (unsigned i = 0; i < p->sources_count; i++)
		clean &= is_clean(p->sources[i].title) &&
			 is_clean(p->sources[i].url);
	if (!r && !clean)
		r = profiles_fail(set, ERR_MALFORMED, file, 0,
		    "a character that can't be shown");
	for (unsigned i = 0; !r && i < p->mentions_count; i++)
		if (!category_is_known(p->mentions[i]))
			r = profiles_fail(set, ERR_MALFORMED, file, 0,
			    "mentions, entry %u: no category of data", i + 1);
	for (unsigned os = 0; os < PROFILE_OS_COUNT; os++)
		for (unsigned i = 0; !r && i < p->processes[os].list_count; i++)
			r = check_process(set, file,
			    profile_os_name((enum profile_os)os), i + 1,
			    &p->processes[os].list[i]);
	for (unsigned i = 0; !r && i < p->endpoints_count; i++)
		r = check_endpoint(set, file, &p->endpoints[i]);
	return r;
}
