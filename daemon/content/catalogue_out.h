/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_CATALOGUE_OUT_H
#define CONTENT_CATALOGUE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Writes one part of a file front to back while other parts of it are written
 * as well: bytes that follow each other, or words that bits are set in. The
 * first failure ends it; close tells it, or the code that it is given.
 */

struct out {
	int fd;
	uint64_t at;
	size_t held;
	uint8_t *buf;
};

int out_open(struct out *o, int fd, uint64_t at) must_check;
int out_put(struct out *o, const void *data, size_t len) must_check;
int out_close(struct out *o, int code) must_check;

struct out_words {
	int fd;
	bool zero;		/* nothing is there yet */
	uint64_t at, count;
	uint64_t from;		/* the first in buf */
	uint64_t *buf;
};

int out_words_open(struct out_words *w, int fd, uint64_t at, uint64_t count,
    bool zero) must_check;
/* Bits of a word, which is not before the one of the last call. */
int out_words_set(struct out_words *w, uint64_t word, uint64_t bits) must_check;
int out_words_close(struct out_words *w, int code) must_check;

#endif
