// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "protocol/naming_tables.h"

/*
 * Applications whose certificates say whose they are, where no host name does.
 * nDPI has this list inside, but looks at it only where it is given all of a
 * handshake.
 */
static const struct {
	const char *attribute;		/* how one of the subject begins */
	unsigned id;
} certificates[] = {
	{ "CN=AnyDesk Client", NDPI_PROTOCOL_ANYDESK },
	{ "CN=simplednscrypt.org", NDPI_PROTOCOL_DNSCRYPT },
	{ "CN=*.gateway.messenger.live.com", NDPI_PROTOCOL_SKYPE_TEAMS },
	{ "O=Cloudflare", NDPI_PROTOCOL_CLOUDFLARE },
	{ "O=Kakao", NDPI_PROTOCOL_KAKAOTALK },
	{ "O=Netflix", NDPI_PROTOCOL_NETFLIX },
	{ "O=ntop.org", NDPI_PROTOCOL_NTOP },
	{ "OU=FortiGate", NDPI_PROTOCOL_FORTICLIENT },
};

static const char *
name_of_attribute(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < sizeof(certificates) / sizeof(*certificates); i++) {
		size_t n = strlen(certificates[i].attribute);

		if (len >= n && memcmp(p, certificates[i].attribute, n) == 0)
			return naming_name(certificates[i].id);
	}
	return NULL;
}

const char *
naming_certificate(struct naming *n, struct span subject)
{
	const uint8_t *p = subject.p, *end = subject.p + subject.len;
	const char *name = NULL;

	while (!name && p < end) {
		const uint8_t *next = p;

		/* a comma inside a value stands behind a backslash */
		while (next < end && *next != ',')
			next += *next == '\\' && end - next > 1 ? 2 : 1;
		name = name_of_attribute(p, (size_t)(next - p));
		p = next + (next < end);
	}
	return name;
}
