/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_NAMING_TABLES_H
#define PROTOCOL_NAMING_TABLES_H

#include <ndpi_api.h>

#include "protocol/naming.h"

/*
 * What naming.c and naming_tables.c share: nDPI's modules, of which only one at
 * a time may be set up or asked for its tables.
 */
struct naming {
	struct ndpi_detection_module_struct *module;	/* made when needed */
	bool failed;
	struct naming_flow *pool;
	struct naming_flow *oldest, *newest;	/* of those handed out, by
						 * when they were fed */
	unsigned pool_count;
	unsigned live;			/* flows handed out */
	uint8_t packet[1536];
};

/* A module of its own for a shard; NULL if it can't be had. */
struct ndpi_detection_module_struct *naming_module_new(void);
void naming_module_free(struct ndpi_detection_module_struct *m);

/* nDPI's name of one of its protocols in lower case; NULL if it has none. */
const char *naming_name(unsigned id);

/* naming_hosts.c: a host, in lower case, that nDPI's table of them lacks; nDPI's
 * name of the application, or NULL. */
const char *naming_own_host(const char *host, size_t len);

void naming_verdict_of(ndpi_protocol p, const struct naming_tuple *tuple,
    struct naming_verdict *ret);

static inline bool
naming_is_ipv4(const struct packet_addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(a->b, mapped, 12) == 0;
}

#endif
