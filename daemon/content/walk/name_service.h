/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_NAME_SERVICE_H
#define CONTENT_NAME_SERVICE_H

#include <stdbool.h>

#include "base/span.h"

/*
 * Services that are asked by the DNS: what is sent is in the name itself. Used
 * by the verdict on a question. Forms as the vendors publish them.
 */
enum name_service_kind {
	NAME_SERVICE_HASH,	/* a file is looked up by a fingerprint */
	NAME_SERVICE_VERSION,	/* is there an update? */
};

struct name_service {
	enum name_service_kind kind;
	const char *name;	/* "McAfee GTI" */
	const char *why;	/* for a lay reader */
	struct span token;	/* what was sent, part of the name; or empty */
};

/* name is a question's, type "A", "TXT"...; false if it is none of these. */
bool name_service_read(struct span name, const char *type,
    struct name_service *ret);

#endif
