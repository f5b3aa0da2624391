/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_KEYS_READ_H
#define ENGINE_KEYS_READ_H

#include <stdint.h>

#include "base/err.h"

/*
 * Reads the file of a key log, line by line, as it is or as gzip or zstd packs it.
 * For keys.c, before the engine is jailed.
 */
struct keylog;

/* ret_sha256: of the file, packed as it is. On a failure *ret_why is a literal that
 * says more than the code does, or is left alone. */
int keys_read_file(struct keylog *log, int fd, uint8_t *ret_sha256,
    const char **ret_why) must_check;

#endif
