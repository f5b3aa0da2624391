/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_SEAL_TIME_H
#define EVIDENCE_SEAL_TIME_H

#include "base/err.h"
#include "base/buf.h"
#include "base/span.h"

/*
 * RFC 3161: a time-stamping authority's answer over a bag's tag manifest, which
 * proves that the case was there at that time.
 *
 * Is answer a granted one over text? With ca_path, a file of certificates in
 * PEM, also: is it signed by an authority of theirs? ret_time is its time in
 * words, of at least 64 bytes. ERR_MALFORMED, -EBADMSG, or -EINVAL for ca_path.
 */
int seal_time_check(struct span answer, struct span text, const char *ca_path,
    char *ret_time) must_check;

/*
 * seal_time_ask - has an authority say that this text is there now: asks a
 * server over HTTP (RFC 3161, 3.4), of an https URL in TLS (tls_ca: NULL or
 * whose certificates to trust), with a nonce, and sees that the answer is
 * one to this question; who gave it is seal_time_check()'s to tell. Codes of
 * http_post(); -EACCES: it was refused; -EBADMSG: another question's answer.
 */
int seal_time_ask(const char *url, const char *tls_ca, struct span text,
    struct buf *ret_answer) must_check;

#endif
