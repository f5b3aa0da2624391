// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "protocol/naming_tables.h"

/* Where TLS alone says nothing of what it carries, its port does. */
static const struct {
	uint16_t port;
	uint16_t id;
	const char *of;			/* only of that application */
} ports[] = {
	{ 465, NDPI_PROTOCOL_MAIL_SMTPS, NULL },
	{ 587, NDPI_PROTOCOL_MAIL_SMTPS, NULL },
	{ 993, NDPI_PROTOCOL_MAIL_IMAPS, NULL },
	{ 995, NDPI_PROTOCOL_MAIL_POPS, NULL },
	{ 2197, NDPI_PROTOCOL_APPLE_PUSH, "apple" },
	{ 5223, NDPI_PROTOCOL_APPLE_PUSH, "apple" },
};

static bool
fits(const char *application, const char *of)
{
	return of ? application && !strcmp(application, of) : !application;
}

const char *
naming_tls_port(struct naming *n, const char *application,
    const uint16_t port[2])
{
	for (size_t i = 0; i < sizeof(ports) / sizeof(*ports); i++) {
		if ((port[0] == ports[i].port || port[1] == ports[i].port) &&
		    fits(application, ports[i].of))
			return naming_name(ports[i].id);
	}
	return application;
}
