// SPDX-License-Identifier: Apache-2.0
#include "evidence/transport.h"

#include <stddef.h>
#include <string.h>

static const struct transport transports[] = {
	{ 6, true, "tcp" },
	{ 17, true, "udp" },
	{ 1, false, "icmp" },
	{ 58, false, "ipv6-icmp" },
	{ 132, true, "sctp" },
	{ 2, false, "igmp" },
	{ 33, true, "dccp" },
	{ 46, false, "rsvp" },
	{ 47, false, "gre" },
	{ 50, false, "esp" },
	{ 51, false, "ah" },
	{ 88, false, "eigrp" },
	{ 89, false, "ospf" },
	{ 103, false, "pim" },
	{ 112, false, "vrrp" },
	{ 136, true, "udplite" },
	{ 0, false, NULL },
};

const struct transport *
transport_find(uint8_t proto)
{
	for (const struct transport *t = transports; t->name; t++)
		if (t->proto == proto)
			return t;
	return NULL;
}

const struct transport *
transport_by_name(const char *name)
{
	for (const struct transport *t = transports; t->name; t++)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}
