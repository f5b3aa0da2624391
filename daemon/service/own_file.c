// SPDX-License-Identifier: Apache-2.0
#include "service/own_file.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "kernel/kin.h"

static const char *const installed[] = { "/opt/", "/usr/", "/var/lib/",
	"/var/opt/", "/snap/", NULL };
static const char *const kept[] = { "/etc/", "/var/log/", "/var/cache/",
	"/run/", NULL };

#define QUARANTINE_LEVELS	3

/* The path behind the folder that it is below, NULL if there is none. */
static const char *
rest_below(const char *path, const char *const *folders)
{
	for (; *folders; folders++)
		if (!strncmp(path, *folders, strlen(*folders)))
			return path + strlen(*folders);
	return NULL;
}

/* A part of the path between slashes is the name, or begins with it. */
static bool
has_part(const char *path, const char *name)
{
	size_t len = strlen(name);

	for (; path; path = strchr(path, '/')) {
		path += *path == '/';
		if (!strncmp(path, name, len) &&
		    !isalnum((unsigned char)path[len]))
			return true;
	}
	return false;
}

static bool
is_quarantined(const char *path)
{
	static const char name[] = "quarantine/";
	const char *at = rest_below(path, installed);

	if (!at)
		at = rest_below(path, kept);
	for (int level = 0; at && level < QUARANTINE_LEVELS; level++) {
		if (!strncasecmp(at, name, sizeof(name) - 1))
			return true;
		at = strchr(at, '/');
		at += at != NULL;
	}
	return false;
}

bool
own_file(const char *executable, const char *path)
{
	const char *slash = strrchr(executable, '/');

	/* A path with such a part may lead anywhere. */
	if (!slash || !slash[1] || strstr(path, "/../") ||
	    strstr(executable, "/../"))
		return false;
	if (rest_below(executable, installed) &&
	    kin_folder_holds(executable, path))
		return true;
	if (is_quarantined(path))
		return true;
	return (rest_below(path, installed) || rest_below(path, kept)) &&
	       has_part(path, slash + 1);
}
