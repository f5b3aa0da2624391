/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_SEAL_TIME_H
#define EVIDENCE_SEAL_TIME_H

#include "base/err.h"
#include "base/span.h"

/*
 * RFC 3161: a time-stamping authority's answer over a bag's tag manifest, which
 * proves that the case was there at that time. Getting one needs the network
 * and is curl's business; see docs/verify-by-hand.md.
 *
 * Is answer a granted one over text? With ca_path, a file of certificates in
 * PEM, also: is it signed by an authority of theirs? ret_time is its time in
 * words, of at least 64 bytes. ERR_MALFORMED, -EBADMSG, or -EINVAL for ca_path.
 */
int seal_time_check(struct span answer, struct span text, const char *ca_path,
    char *ret_time) must_check;

#endif
