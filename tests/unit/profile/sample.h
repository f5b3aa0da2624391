/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_PROFILE_SAMPLE_H
#define TESTS_PROFILE_SAMPLE_H

#include <stdio.h>
#include <string.h>

#include "profile/profile.h"

/* Profiles made of a head and endpoints, one line of YAML flow for each. */

#define SAMPLE_MAX	8192

static inline const char *
sample(char *to, const char *id, const char *endpoints)
{
	snprintf(to, SAMPLE_MAX,
	    "id: %s\nvendor: Vendor of %s\nproducts: [one]\n"
	    "processes:\n"
	    "  linux:\n"
	    "  - {exe: \"/opt/%s/*\", source: s, confidence: vendor-doc}\n"
	    "  - {unit: %s.service, source: s, confidence: vendor-doc}\n"
	    "  windows:\n"
	    "  - {exe: %s.exe, source: s, confidence: vendor-doc}\n"
	    "  macos:\n"
	    "  - {path: \"/Applications/%s.app\", source: s, "
	    "confidence: vendor-doc}\n"
	    "  - {comm: %sd, source: s, confidence: vendor-doc}\n"
	    "endpoints:\n%s"
	    "sends: []\nquirks: []\nsources: []\n",
	    id, id, id, id, id, id, id, endpoints);
	return to;
}

#define ENDPOINT(pattern, port, purpose, more)                          \
	"- {pattern: \"" pattern "\", ports: [" port "], transport: https, " \
	"purpose: " purpose more ", source: s, confidence: vendor-doc}\n"

static inline int
sample_add(struct profiles *set, const char *id, const char *endpoints)
{
	char text[SAMPLE_MAX], file[64];

	sample(text, id, endpoints);
	snprintf(file, sizeof(file), "%s.yaml", id);
	return profiles_load_text(set, file, text, strlen(text));
}

#endif
