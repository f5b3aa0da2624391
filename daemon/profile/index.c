// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "profile/set.h"

/*
 * Patterns are found by what is literal at their end: "*.upd.example.com" and
 * "s??.upd.example.com" lie under the hash of "upd.example.com", read from the
 * back. A look-up hashes a name from the back and asks at each dot, up to the
 * first dot behind which no pattern goes on: that is soon for most names.
 */

/* The hash of the pattern's tail, whose labels are marked as such. */
static uint64_t
mark_tail(const struct profiles *set, const char *pattern)
{
	size_t end = strlen(pattern), from = end;
	uint64_t hash = PROFILE_HASH_START;

	while (from && pattern[from - 1] != '*' && pattern[from - 1] != '?')
		from--;
	/* the label with the wildcard is not literal */
	if (from) {
		const char *dot = strchr(pattern + from, '.');

		from = dot ? (size_t)(dot + 1 - pattern) : end;
	}
	while (end > from) {
		uint8_t bit, *bits;

		hash = profile_hash_byte(hash, (uint8_t)pattern[--end]);
		if (end > from && pattern[end - 1] != '.')
			continue;
		bits = profile_end_bit(set, hash, &bit);
		*bits |= bit;
	}
	return hash;
}

/* Literal characters count most, '?' a little, '*' nothing. */
static unsigned
weigh(const char *pattern)
{
	unsigned weight = 0;

	for (; *pattern; pattern++)
		weight += *pattern == '*' ? 0 : *pattern == '?' ? 1 : 256;
	return weight;
}

static struct profile_name *
find_name(const struct profiles *set, const char *pattern, uint64_t tail)
{
	struct profile_name *n = set->slots[tail & (set->slot_count - 1)];

	while (n && strcasecmp(n->pattern, pattern))
		n = n->next;
	return n;
}

static bool
same_ports(const struct profile_endpoint *a, const struct profile_endpoint *b)
{
	for (unsigned i = 0; i < a->ports_count; i++)
		for (unsigned k = 0; k < b->ports_count; k++)
			if (a->ports[i] == b->ports[k])
				return true;
	return false;
}

/* Two endpoints of one pattern: is there a reason for both? */
static int
check_pair(struct profiles *set, const char *file,
    const struct profile_endpoint *old, const struct profile_endpoint *new)
{
	if (old->profile != new->profile && !(old->shared && new->shared))
		return profiles_fail(set, -EEXIST, file, 0,
		    "endpoints, %s: %s claims it, too, and it is not marked "
		    "\"shared: true\" in both", new->pattern,
		    old->profile->id);
	if (old->profile == new->profile && old->purpose == new->purpose &&
	    old->transport == new->transport && same_ports(old, new))
		return profiles_fail(set, -EEXIST, file, 0,
		    "endpoints, %s: twice for the same purpose",
		    new->pattern);
	return 0;
}

static int
add_endpoint(struct profiles *set, const char *file,
    const struct profile_endpoint *e)
{
	uint64_t tail = mark_tail(set, e->pattern);
	struct profile_name *n = find_name(set, e->pattern, tail);
	int r = 0;

	if (!n) {
		struct profile_name **slot =
		    &set->slots[tail & (set->slot_count - 1)];

		n = &set->names[set->name_count++];
		*n = (struct profile_name){
			.next = *slot,
			.tail = tail,
			.pattern = e->pattern,
			.pattern_len = strlen(e->pattern),
			.weight = weigh(e->pattern),
		};
		*slot = n;
	}
	for (size_t i = 0; i < n->count && !r; i++)
		r = check_pair(set, file, n->endpoints[i], e);
	if (!r && n->count == PROFILE_MATCH_MAX)
		r = profiles_fail(set, ERR_LIMIT, file, 0,
		    "endpoints, %s: more than %d times", e->pattern,
		    PROFILE_MATCH_MAX);
	if (!r)
		n->endpoints[n->count++] = e;
	return r;
}

static int
lay_words(struct profile *p, struct profile_endpoint *e)
{
	int n;

	free(e->key);
	free(e->origin);
	e->key = e->origin = NULL;
	e->profile = p;
	n = asprintf(&e->key, "%s%s%s", p->vendor, e->network ? " " : "",
	    e->network ? e->network : "");
	if (n < 0) {
		e->key = NULL;
		return -ENOMEM;
	}
	n = asprintf(&e->origin, "profile %s, %s%s%s", p->id,
	    profile_confidence_name(e->confidence), *e->source ? ": " : "",
	    e->source);
	if (n < 0) {
		e->origin = NULL;
		return -ENOMEM;
	}
	return 0;
}

static size_t
count_endpoints(const struct profiles *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->count; i++)
		n += set->entries[i].profile->endpoints_count;
	return n;
}

int
profiles_index(struct profiles *set)
{
	size_t count = count_endpoints(set);
	int r = 0;

	set->slot_count = 64;
	while (set->slot_count < count * 2)
		set->slot_count *= 2;
	set->slots = calloc(set->slot_count, sizeof(*set->slots));
	set->names = calloc(count + 1, sizeof(*set->names));
	set->ends = calloc(set->slot_count, 1);
	if (!set->slots || !set->names || !set->ends)
		return profiles_fail(set, -ENOMEM, "profiles", 0,
		    "out of memory");
	for (size_t i = 0; i < set->count && !r; i++) {
		struct profile_entry *p = &set->entries[i];

		for (unsigned k = 0; k < p->profile->endpoints_count && !r;
		     k++) {
			struct profile_endpoint *e = &p->profile->endpoints[k];

			if (lay_words(p->profile, e))
				r = profiles_fail(set, -ENOMEM, p->file, 0,
				    "out of memory");
			else if (profile_is_host(e->pattern))
				r = add_endpoint(set, p->file, e);
		}
	}
	return r;
}

void
profiles_drop_index(struct profiles *set)
{
	free(set->slots);
	free(set->names);
	free(set->ends);
	set->slots = NULL;
	set->ends = NULL;
	set->names = NULL;
	set->slot_count = set->name_count = 0;
}

int
profiles_seal(struct profiles *set)
{
	int r;

	if (set->sealed)
		return 0;
	r = profiles_index(set);
	if (r)
		profiles_drop_index(set);
	set->sealed = !r;
	return r;
}
