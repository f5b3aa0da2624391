// SPDX-License-Identifier: Apache-2.0
#include "base/cursor.h"
#include "protocol/naming.h"

/* Both ends' rules at once: the port, and what only that protocol begins
 * with. What is not sure is left to nDPI. */

/* RFC 5905 section 7.3: version and mode, then a header of 48 bytes. */
static bool
is_ntp(const uint8_t *p, size_t len)
{
	unsigned version = p[0] >> 3 & 7, mode = p[0] & 7;

	return len >= 48 && len % 4 == 0 && len <= 1024 && version >= 1 &&
	    version <= 4 && mode >= 1 && mode <= 5;
}

/* RFC 2131 section 3: the magic cookie behind BOOTP's 236 bytes. */
static bool
is_dhcp(const uint8_t *p, size_t len)
{
	static const uint8_t cookie[4] = { 99, 130, 83, 99 };

	return len >= 240 && (p[0] == 1 || p[0] == 2) &&
	    memcmp(p + 236, cookie, 4) == 0;
}

static bool
begins(const uint8_t *p, size_t len, const char *text)
{
	size_t n = strlen(text);

	return len >= n && memcmp(p, text, n) == 0;
}

const char *
naming_datagram(const uint8_t *payload, size_t len, uint16_t src_port,
    uint16_t dst_port)
{
	if (!len)
		return NULL;
	if ((src_port == 123 || dst_port == 123) && is_ntp(payload, len))
		return "ntp";
	if ((dst_port == 67 || dst_port == 68) && is_dhcp(payload, len))
		return "dhcp";
	if ((src_port == 1900 || dst_port == 1900) &&
	    (begins(payload, len, "M-SEARCH * HTTP/1.1\r\n") ||
	    begins(payload, len, "NOTIFY * HTTP/1.1\r\n") ||
	    begins(payload, len, "HTTP/1.1 200 OK\r\n")))
		return "ssdp";
	return NULL;
}
