/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROFILE_SET_H
#define PROFILE_SET_H

#include "profile/profile.h"

/* The insides of a set, shared by the files of this room. */

struct profile_name;

/* A profile, and the bytes it came of. */
struct profile_entry {
	struct profile *profile;
	char *file;
	uint8_t sha256[32];
};

struct profiles {
	struct profile_entry entries[PROFILE_MAX_FILES];
	size_t count;
	bool sealed;
	/* the index: patterns by the hash of their last, literal labels */
	struct profile_name **slots;
	size_t slot_count;		/* a power of two */
	uint8_t *ends;			/* a bit for each hash of labels that some
					 * pattern ends with, 8 for each slot */
	struct profile_name *names;
	size_t name_count;
	char error[1024];
};

/* One pattern, and all endpoints that have it. */
struct profile_name {
	struct profile_name *next;	/* of the same slot */
	uint64_t tail;			/* hash of the literal labels */
	const char *pattern;
	size_t pattern_len;
	unsigned weight;		/* the heavier, the more specific */
	const struct profile_endpoint *endpoints[PROFILE_MATCH_MAX];
	size_t count;
};

/* Says what is wrong with a profile's file; line 0 if it is not known. */
int profiles_fail(struct profiles *set, int code, const char *file,
    unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* check.c: what the schema can't tell. */
int profile_check(struct profiles *set, const char *file,
    const struct profile *p) must_check;
/* True for a name that a resolver could be asked for, with wildcards. */
bool profile_is_host(const char *pattern);

/* index.c */
int profiles_index(struct profiles *set) must_check;
void profiles_drop_index(struct profiles *set);
/* The hash of labels read from the end of a name, one byte more. */
static inline uint64_t
profile_hash_byte(uint64_t hash, uint8_t c)
{
	if ((uint8_t)(c - 'A') < 26)
		c |= 0x20;
	return (hash ^ c) * UINT64_C(0x100000001b3);
}
#define PROFILE_HASH_START	UINT64_C(0xcbf29ce484222325)

/* May a pattern end with the labels of that hash? */
static inline uint8_t *
profile_end_bit(const struct profiles *set, uint64_t hash, uint8_t *ret_bit)
{
	*ret_bit = (uint8_t)(1 << (hash & 7));
	return &set->ends[hash >> 3 & (set->slot_count - 1)];
}

#endif
