/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_INPUT_H
#define SOURCE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The bytes of one capture, front to back: a file, a pipe, standard input or
 * memory; gzip (RFC 1952) and zstd (RFC 8878) are unpacked on the way,
 * recognised by their first bytes. Memory is constant whatever the stream
 * unpacks to.
 */

struct input;

/* path "-" is standard input. Fails with an errno value, or ERR_UNSUPPORTED
 * for a packing we do not read; *ret_error is then a literal or NULL. */
must_check int input_open(const char *path, struct input **ret_input,
    const char **ret_error);

/* Borrowed bytes as if they were a file. */
must_check int input_open_memory(const void *data, size_t len,
    struct input **ret_input);

void input_close(struct input *in);

/* Up to len bytes to dst; *ret_len 0 is the end. ERR_TRUNCATED when packed
 * data end early, ERR_MALFORMED when they are damaged. */
must_check int input_read(struct input *in, uint8_t *dst, size_t len,
    size_t *ret_len);

/* A regular file, which can be opened again; not a pipe. */
bool input_is_regular(const struct input *in);

/* The descriptor, if its bytes are a regular file's as they are and all that was
 * read of it has been given out; else -1. */
int input_plain_fd(const struct input *in);

/* "gzip", "zstd" or NULL. */
const char *input_compression(const struct input *in);

/* Why input_read() failed; a literal, or NULL when it was the system. */
const char *input_error(const struct input *in);

#endif
