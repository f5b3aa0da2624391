/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_UNXOR_KEY_H
#define CONTENT_UNXOR_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "content/known/known_set.h"

/*
 * Whether bytes are those at a place of a known file under a key that repeats.
 * Used by unxor.c, which proposes places.
 *
 * A stretch that is the file's as it stands agrees at each of its anchors, for
 * every length of a key: it is kept in mind, not compared again.
 */
#define UNXOR_PLAIN_MAX	16

struct unxor_plain {
	uint32_t content;
	uint64_t off;			/* of the content's, what is at from */
	size_t from, to;		/* 0: none */
};

struct unxor_head {
	const struct known *known;
	uint8_t *head;			/* len bytes */
	size_t len;
	uint32_t lag;			/* how long a key is looked for */
	uint8_t *key;			/* by offset modulo lag */
	struct unxor_plain plain[UNXOR_PLAIN_MAX];
	unsigned plain_count;
};

/* True: at is in a stretch that is known to stand there with no key. */
bool unxor_is_plain(const struct unxor_head *b, size_t at,
    const struct known_place *place);

/* Takes the key from the place, if enough agrees and it is one. */
bool unxor_take_key(struct unxor_head *b, size_t at,
    const struct known_place *place);

/* Can no other bytes agree with those of a content from start to end under a key of
 * that length? Their differences are packed, and still are so many. */
#define UNXOR_SAYS_MUCH	1024	/* bytes */
bool unxor_says_much(const struct known *k, uint32_t content, uint64_t start,
    uint64_t end, uint32_t lag);

#endif
