/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_DNS_MESSAGE_H
#define CONTENT_DNS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/*
 * Questions to the DNS that travel in HTTP (RFC 8484): the body of a POST, or
 * base64 in the query of a GET.
 */

#define DNS_NAME_MAX	255

struct scan_node;

/* The name that a message of one question and no answer asks for, labels and
 * dots; its length, 0 if the bytes are no such message. */
size_t dns_question_name(const uint8_t *p, size_t len,
    uint8_t ret_name[static DNS_NAME_MAX]);

/* What that name says, found at path; nothing if there is none. */
void dns_question_scan(struct scan_node *n, struct span message,
    struct span path);

#endif
