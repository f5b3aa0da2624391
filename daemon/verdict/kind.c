// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "verdict/event.h"

static const char *const kinds[KIND_COUNT] = {
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

static const char *const grades[GRADE_COUNT] = {
	[GRADE_PROVEN] = "proven",
	[GRADE_OBSERVED] = "observed",
	[GRADE_INFERRED] = "inferred",
	[GRADE_OPAQUE] = "opaque",
};

static const char *const visibilities[VISIBILITY_COUNT] = {
	[VISIBLE_CLEAR] = "clear",
	[VISIBLE_DECRYPTED] = "decrypted",
	[VISIBLE_HOOKED] = "hooked",
	[VISIBLE_ENCRYPTED] = "encrypted",
};

const char *
kind_name(enum kind k)
{
	return kinds[k];
}

const char *
grade_name(enum grade g)
{
	return grades[g];
}

const char *
visibility_name(enum visibility v)
{
	return visibilities[v];
}

enum kind
kind_by_name(const char *name)
{
	int k;

	for (k = 0; k < KIND_COUNT; k++)
		if (strcmp(kinds[k], name) == 0)
			break;
	return (enum kind)k;
}

const char *const category_names[] = {
	"file.content", "file.hash", "file.name", "file.path", "file.size",
	"file.signer", "url", "domain", "process", "behaviour", "detection",
	"system", "host.id", "user", "network.local", "software.inventory",
	"product.licence", "crash.dump", "undetermined", NULL
};

bool
category_is_known(const char *name)
{
	for (size_t i = 0; category_names[i]; i++)
		if (!strcmp(category_names[i], name))
			return true;
	return false;
}
