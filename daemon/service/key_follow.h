/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_KEY_FOLLOW_H
#define SERVICE_KEY_FOLLOW_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Key logs that grow while they are read: the parent has them followed, by a process
 * that it waits for with patience (patience.h), and tells the engine, which can open
 * no file. One need not exist yet; one that was cut or put in another's place is read
 * from its start again, and one that does not answer is let alone for a minute. Lines
 * are handed on once they are whole; what is no line after 64 KiB is passed over.
 */
#define KEY_FOLLOW_MAX	64

struct key_follow;

typedef int (*key_follow_fn)(void *arg, const uint8_t *text, size_t len);

struct key_follow *key_follow_new(const char *const *paths, size_t count);
void key_follow_free(struct key_follow *f);

/* All of it is told again, to somebody who has heard nothing. */
void key_follow_rewind(struct key_follow *f);

/* Reads what is new, at most some MiB of it per file. 0, or what give
 * returned. */
int key_follow_read(struct key_follow *f, key_follow_fn give, void *arg)
	must_check;

#endif
