/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_X509_H
#define PROTOCOL_X509_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/span.h"

/*
 * Of a certificate only the names, found by walking its outer DER; keys of
 * hostile certificates and other extensions are never decoded. Bytes in, struct
 * out.
 */
struct x509_names {
	struct span subject, issuer;	/* DER of the Name, borrowed */
	struct span alternatives;	/* of the subject's; empty if there are
					 * none, or they can't be read */
};

#define X509_NAME_TEXT_MAX	1024

/* ERR_TRUNCATED or ERR_MALFORMED if der is no certificate. */
int x509_find_names(struct span der, struct x509_names *ret) must_check;

/* A Name as RFC 2253 text ("CN=a,O=b"), cut at X509_NAME_TEXT_MAX bytes; the
 * caller frees ret->p. An empty Name gives an empty span. */
int x509_name_text(struct span name, struct span *ret) must_check;

/* The next host of the alternatives, of which the list then holds the rest; false
 * if there is none. May begin with "*.". */
bool x509_next_host(struct span *alternatives, struct span *ret_host);

#endif
