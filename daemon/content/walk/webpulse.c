// SPDX-License-Identifier: Apache-2.0
/* Symantec's WebPulse is asked about a page by a path that holds the page's
 * address: /webpulse/2/R/<id>/.../GET/https/<host>/80/<path>. */
#include <stdio.h>

#include "content/known/byte_class.h"
#include "content/scan_tree.h"
#include "content/target.h"

#define URL_MAX	2048

/* The next segment of a path; false at its end. */
static bool
take_segment(struct span *s, struct span *ret)
{
	size_t n = 0;

	if (!s->len || s->p[0] != '/')
		return false;
	s->p++;
	s->len--;
	while (n < s->len && s->p[n] != '/')
		n++;
	*ret = (struct span){ s->p, n };
	s->p += n;
	s->len -= n;
	return true;
}

static bool
is_host(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!byte_is(s.p[i], BYTE_ALPHA | BYTE_DIGIT) &&
		    s.p[i] != '.' && s.p[i] != '-')
			return false;
	return s.len && s.len < 256;
}

static bool
is_port(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!byte_is(s.p[i], BYTE_DIGIT))
			return false;
	return s.len && s.len <= 5;
}

/* What follows the method: scheme, host, port and path. */
static void
read_address(struct scan_node *n, struct span rest, uint64_t offset)
{
	struct span scheme, host, port;
	char url[URL_MAX];
	int len;

	if (!take_segment(&rest, &scheme) || !take_segment(&rest, &host) ||
	    !take_segment(&rest, &port) || !is_host(host) || !is_port(port) ||
	    (!span_eq(scheme, SPAN_LITERAL("http")) &&
		!span_eq(scheme, SPAN_LITERAL("https"))))
		return;
	len = snprintf(url, sizeof(url), "%.*s://%.*s:%.*s%.*s",
	    (int)scheme.len, (const char *)scheme.p, (int)host.len,
	    (const char *)host.p, (int)port.len, (const char *)port.p,
	    (int)(rest.len < URL_MAX ? rest.len : URL_MAX),
	    rest.len ? (const char *)rest.p : "");
	if (len < 0)
		return;
	if ((size_t)len >= sizeof(url))
		len = sizeof(url) - 1;
	scan_add_url(n->s, (struct span){ (uint8_t *)url, (size_t)len });
	scan_add_finding(n->s, &(struct scan_category){ .category = "url",
	    .path = SPAN_LITERAL("path:webpulse"), .offset = offset,
	    .why = "a page's address, in a look-up of WebPulse" });
}

void
webpulse_scan(struct scan_node *n, struct span path)
{
	struct span rest = path, part;

	if (!take_segment(&rest, &part) ||
	    !span_eq(part, SPAN_LITERAL("webpulse")))
		return;
	while (take_segment(&rest, &part)) {
		if (!span_eq(part, SPAN_LITERAL("GET")) &&
		    !span_eq(part, SPAN_LITERAL("POST")) &&
		    !span_eq(part, SPAN_LITERAL("CONNECT")))
			continue;
		read_address(n, rest, (uint64_t)(rest.p - path.p));
		return;
	}
}
