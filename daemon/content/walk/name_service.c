// SPDX-License-Identifier: Apache-2.0
#include "content/walk/name_service.h"

#define GTI_TOKEN	26	/* base32-like, as in the vendor's test name */
#define SXL_LEAST	32	/* below that a name is a server's */

/* The labels before the zone; false if the name is not below it. */
static bool
below(struct span name, const char *zone, struct span *ret_labels)
{
	struct span z = span_str(zone), end;

	if (name.len && name.p[name.len - 1] == '.')
		name.len--;
	if (name.len < z.len + 2)
		return false;
	end = (struct span){ name.p + name.len - z.len, z.len };
	if (end.p[-1] != '.' || !span_caseeq(end, z))
		return false;
	*ret_labels = (struct span){ name.p, name.len - z.len - 1 };
	return true;
}

static struct span
last_label(struct span labels)
{
	size_t at = labels.len;

	while (at && labels.p[at - 1] != '.')
		at--;
	return (struct span){ labels.p + at, labels.len - at };
}

static bool
is_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i] | 0x20;

		if ((uint8_t)(c - 'a') >= 26 && (uint8_t)(s.p[i] - '0') >= 10)
			return false;
	}
	return s.len == GTI_TOKEN;
}

static bool
read_gti(struct span name, struct name_service *ret)
{
	struct span labels;

	if (!below(name, "avqs.mcafee.com", &labels) &&
	    !below(name, "avts.mcafee.com", &labels))
		return false;
	*ret = (struct name_service){
		.kind = NAME_SERVICE_HASH,
		.name = "McAfee GTI",
		.why = "a file's reputation is asked for by its fingerprint, "
		       "which is part of the name",
		.token = last_label(labels),
	};
	return is_token(ret->token);
}

static bool
read_sxl(struct span name, struct name_service *ret)
{
	struct span labels;

	if (!below(name, "sophosxl.net", &labels) || labels.len < SXL_LEAST)
		return false;
	*ret = (struct name_service){
		.kind = NAME_SERVICE_HASH,
		.name = "Sophos SXL",
		.why = "a look-up by checksum is carried by the name (mail "
		       "filters ask there about addresses and links, too)",
		.token = labels,
	};
	return true;
}

static bool
read_clamav(struct span name, const char *type, struct name_service *ret)
{
	struct span labels;

	if (!type || !span_eq(span_str(type), SPAN_LITERAL("TXT")) ||
	    !below(name, "cvd.clamav.net", &labels) ||
	    !span_caseeq(labels, SPAN_LITERAL("current")))
		return false;
	*ret = (struct name_service){
		.kind = NAME_SERVICE_VERSION,
		.name = "ClamAV",
		.why = "asks for the newest versions; nothing about this "
		       "machine is in it",
	};
	return true;
}

bool
name_service_read(struct span name, const char *type,
    struct name_service *ret)
{
	struct name_service s;

	if (!read_gti(name, &s) && !read_sxl(name, &s) &&
	    !read_clamav(name, type, &s))
		return false;
	*ret = s;
	return true;
}
