/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_FILTER_H
#define SOURCE_FILTER_H

#include <stdbool.h>

#include "base/err.h"
#include "telltap/packet.h"

/*
 * A capture filter in libpcap's syntax, compiled once for each link type that
 * the capture turns out to have.
 */

struct filter;

/* On failure *ret_error is what libpcap says; lives until the next call. */
must_check int filter_new(const char *expression, struct filter **ret_filter,
    const char **ret_error);
void filter_free(struct filter *f);

/* False also where the expression makes no sense for the link type. */
bool filter_match(struct filter *f, const struct telltap_packet *p);

/* The number that libpcap calls the link type by in memory. */
int filter_dlt(unsigned link_type);

#endif
