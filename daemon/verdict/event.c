// SPDX-License-Identifier: Apache-2.0
#include "verdict/event.h"

#include <string.h>

static const char *const kind_names[KIND_COUNT] = {
	[KIND_FILE_UPLOAD] = "file-upload",
	[KIND_FILE_FRAGMENT] = "file-fragment",
	[KIND_HASH_LOOKUP] = "hash-lookup",
	[KIND_URL_LOOKUP] = "url-lookup",
	[KIND_NAME_LOOKUP] = "name-lookup",
	[KIND_TELEMETRY] = "telemetry",
	[KIND_UPDATE_DOWNLOAD] = "update-download",
	[KIND_DOWNLOAD] = "download",
	[KIND_KEEP_ALIVE] = "keep-alive",
	[KIND_OTHER] = "other",
	[KIND_OPAQUE] = "opaque",
};

static const char *const grade_names[GRADE_COUNT] = {
	[GRADE_PROVEN] = "proven",
	[GRADE_OBSERVED] = "observed",
	[GRADE_INFERRED] = "inferred",
	[GRADE_OPAQUE] = "opaque",
};

static const char *const visibility_names[VISIBILITY_COUNT] = {
	[VISIBLE_CLEAR] = "clear",
	[VISIBLE_DECRYPTED] = "decrypted",
	[VISIBLE_HOOKED] = "hooked",
	[VISIBLE_ENCRYPTED] = "encrypted",
};

const char *
kind_name(enum kind k)
{
	return (unsigned)k < KIND_COUNT ? kind_names[k] : "opaque";
}

const char *
grade_name(enum grade g)
{
	return (unsigned)g < GRADE_COUNT ? grade_names[g] : "opaque";
}

const char *
visibility_name(enum visibility v)
{
	return (unsigned)v < VISIBILITY_COUNT ? visibility_names[v]
					      : "encrypted";
}

enum kind
kind_by_name(const char *name)
{
	unsigned k = 0;

	while (k < KIND_COUNT && strcmp(kind_names[k], name))
		k++;
	return (enum kind)k;
}
