/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_HTTP1_PLAIN_H
#define PROTOCOL_HTTP1_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/http/http1_head.h"

/*
 * The heads that nearly all traffic has, read in place in one pass: the whole
 * head at hand, lines ended by CRLF, a request to a path, headers that differ
 * in name, no folding, no contradiction in the framing. Whatever is not of
 * exactly that form is left to libhtp, which knows what servers make of it; what
 * is, both read alike.
 */
#define HTTP1_PLAIN_MAX_HEADERS	32

/*
 * http1_plain_read - true if data begins with such a head; then *ret_used is its
 * length, and the spans of *ret_head point into data, its headers into headers.
 * to_head_method: the response answers HEAD.
 */
bool http1_plain_read(const uint8_t *data, size_t len, bool request,
    bool to_head_method, struct http_header headers[HTTP1_PLAIN_MAX_HEADERS],
    struct http_head *ret_head, enum http1_framing *ret_framing,
    size_t *ret_used);

#endif
