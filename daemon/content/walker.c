// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "content/target.h"
#include "content/walkers.h"

static const struct {
	const char *coding;
	const struct walker *walker;
} codings[] = {
	{ "gzip", &walker_gzip },
	{ "x-gzip", &walker_gzip },
	{ "deflate", &walker_zlib },
	{ "br", &walker_brotli },
	{ "zstd", &walker_zstd },
};

static const struct {
	uint8_t len;
	char magic[8];
	const struct walker *walker;
} magics[] = {
	{ 3, "\x1f\x8b\x08", &walker_gzip },
	{ 4, "\x28\xb5\x2f\xfd", &walker_zstd },
};

bool
walker_splits(const struct walker *w)
{
	return w == &walker_multipart;
}

static const struct walker *
by_coding(const struct scan_node *n, const uint8_t *p, size_t len)
{
	struct span coding = coding_last(n->from.coding);

	for (size_t i = 0; i < sizeof(codings) / sizeof(*codings); i++) {
		if (!span_caseeq(coding, span_str(codings[i].coding)))
			continue;
		/* "deflate" comes as zlib, and raw from those who misread */
		if (codings[i].walker == &walker_zlib && !zlib_fits(p, len))
			return &walker_deflate;
		return codings[i].walker;
	}
	return NULL;
}

static bool
begins(struct span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && span_caseeq((struct span){ s.p, n },
	    span_str(prefix));
}

/* By the declared type, where the bytes don't speak against it. */
static const struct walker *
by_type(const struct scan_node *n, const uint8_t *p, size_t len, bool whole)
{
	struct span type = header_main(n->from.declared_type);

	if (begins(type, "multipart/"))
		return &walker_multipart;
	if (begins(type, "application/x-www-form-urlencoded") &&
	    form_fits(p, len, whole))
		return &walker_form;
	return NULL;
}

const struct walker *
walker_choose(const struct scan_node *n, const uint8_t *p, size_t len,
    bool whole)
{
	const struct walker *w;

	if (!len)
		return NULL;
	if (n->from.base64)
		return &walker_base64;
	if (n->from.hex)
		return &walker_hex;
	w = by_coding(n, p, len);
	if (w)
		return w;
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++) {
		if (len >= magics[i].len &&
		    !memcmp(p, magics[i].magic, magics[i].len))
			return magics[i].walker;
	}
	w = by_type(n, p, len, whole);
	if (w)
		return w;
	if (zlib_fits(p, len))
		return &walker_zlib;
	if (json_fits(p, len))
		return &walker_json;
	if (hex_fits(p, len))
		return &walker_hex;
	if (base64_fits(p, len, whole))
		return &walker_base64;
	if (form_fits(p, len, whole))
		return &walker_form;
	if (lines_fit(p, len, whole))
		return &walker_lines;
	return NULL;
}
