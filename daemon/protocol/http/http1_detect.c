// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http1.h"

#include "base/cursor.h"
#include "base/span.h"

#define METHOD_MAX_LEN	24
#define LINE_MAX_LEN	(32 * 1024)

/* RFC 9110, 5.6.2. */
static bool
is_token_char(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || (c && memchr("!#$%&'*+-.^_`|~", c, 15));
}

/* Methods that no other protocol of this form uses: RTSP and SIP have OPTIONS,
 * HTTP/2's preface has PRI. */
static bool
is_known_method(struct span method)
{
	static const char *const known[] = {
		"GET", "POST", "PUT", "HEAD", "CONNECT", "DELETE", "PATCH",
		"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK",
		"UNLOCK", "TRACE", "REPORT", "SEARCH",
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (span_eq(method, span_str(known[i])))
			return true;
	return false;
}

/* What CONNECT asks for: a name, or an address (RFC 9112, 3.2.3). */
static bool
begins_authority(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '[' || c == '_';
}

/* Whether a whole line ends in " HTTP/1.x". */
static int
ends_in_version(struct cursor c)
{
	static const uint8_t version[] = " HTTP/1.";
	size_t len = cur_left(&c);
	const uint8_t *line = cur_peek(&c), *lf;

	lf = len ? memchr(line, '\n', len) : NULL;
	if (!lf)
		return len >= LINE_MAX_LEN ? 0 : -1;
	len = (size_t)(lf - line);
	if (len && line[len - 1] == '\r')
		len--;
	c = cur_init(line, len);
	if (len < sizeof(version))
		return 0;
	cur_skip(&c, len - sizeof(version));
	return memcmp(cur_peek(&c), version, sizeof(version) - 1) == 0;
}

static int
detect_request(struct cursor c)
{
	struct cursor line = c;
	struct span method = { cur_peek(&c), 0 };
	uint8_t next;

	while (cur_left(&c) && is_token_char(*cur_peek(&c))) {
		cur_skip(&c, 1);
		if (++method.len > METHOD_MAX_LEN)
			return 0;
	}
	if (cur_left(&c) == 0)
		return -1;
	if (method.len == 0 || cur_u8(&c) != ' ')
		return 0;
	if (cur_left(&c) == 0)
		return -1;
	next = *cur_peek(&c);
	if (is_known_method(method) && (next == '/' || next == 'h' ||
	    next == 'H' || (begins_authority(next) &&
	    span_eq(method, SPAN_LITERAL("CONNECT")))))
		return 1;
	return ends_in_version(line);
}

int
http1_detect(const uint8_t *data, size_t len, bool *ret_request)
{
	static const uint8_t version[] = "HTTP/1.";
	struct cursor c = cur_init(data, len);
	size_t have;
	int rc;

	while (cur_left(&c) && (*cur_peek(&c) == '\r' || *cur_peek(&c) == '\n'))
		cur_skip(&c, 1);
	have = cur_left(&c);
	if (have == 0)
		return len >= 16 ? 0 : -1;
	if (have > sizeof(version) - 1)
		have = sizeof(version) - 1;
	if (memcmp(cur_peek(&c), version, have) == 0) {
		if (have < sizeof(version) - 1)
			return -1;
		*ret_request = false;
		return 1;
	}
	rc = detect_request(c);
	if (rc == 1)
		*ret_request = true;
	return rc;
}
