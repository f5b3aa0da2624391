/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_CATALOGUE_OUT_H
#define CONTENT_CATALOGUE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Writes one part of a file front to back while other parts of it are written
 * as well. The first failure ends it; close tells it, or the code that it is
 * given.
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

#endif
