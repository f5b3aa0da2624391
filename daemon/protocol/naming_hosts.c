// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "protocol/naming_tables.h"

/*
 * Hosts whose applications nDPI knows without its table of hosts: it looks for
 * them in whole requests and questions.
 */
static const struct {
	const char *text;
	bool ends;			/* names end in it; else they begin */
	const char *application;
} hosts[] = {
	/* certificates of resolvers are asked for by these names */
	{ "2.dnscrypt-cert.", false, "dnscrypt" },
	{ "2.securedns.avast.com", false, "avastsecuredns" },
	{ ".aimini.com", true, "aimini" },
	{ ".aimini.net", true, "aimini" },
};

const char *
naming_own_host(const char *host, size_t len)
{
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		size_t n = strlen(hosts[i].text);

		if (len >= n && !memcmp(hosts[i].ends ? host + len - n : host,
			hosts[i].text, n))
			return hosts[i].application;
	}
	return NULL;
}
