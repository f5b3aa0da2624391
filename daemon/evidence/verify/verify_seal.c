// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <jansson.h>

#include "evidence/verify/verify.h"

/* The seal covers every file but the log, which covers the seal; tiles are
 * counted. */
static bool
is_log(const char *path)
{
	return !strcmp(path, "data/events.jsonl") ||
	       !strcmp(path, "data/log/checkpoint") ||
	       !strcmp(path, "data/log/vkey") ||
	       !strncmp(path, "data/log/tile/", 14);
}

static void
check_file(struct verify *v, json_t *entry)
{
	const char *path = json_string_value(json_object_get(entry, "path"));
	const char *hex = json_string_value(json_object_get(entry, "sha256"));
	json_int_t size = json_integer_value(json_object_get(entry, "size"));
	struct verify_file *f = path ? verify_find(v, path) : NULL;
	uint8_t sha256[32];

	if (!path || !hex || !verify_read_hex(hex, strlen(hex), sha256, 32)) {
		verify_bad(v, "seal: an entry is no path and hash");
	} else if (!f && v->redacted) {
		v->files_withheld++;
		verify_unknown(v, "%s: withheld; its SHA-256 is %s", path,
		    hex);
	} else if (!f) {
		verify_bad(v, "%s: sealed, but not in the case", path);
	} else {
		f->sealed = true;
		if (memcmp(sha256, f->sha256, 32) || size < 0 ||
		    (uint64_t)size != f->size)
			verify_bad(v, "%s: not the file that was sealed",
			    path);
	}
}

void
verify_check_seal(struct verify *v, const void *line)
{
	json_t *telltap = json_object_get(line, "telltap");
	json_t *seal = json_object_get(telltap, "seal"), *entry;
	const char *hex = json_string_value(json_object_get(seal, "root"));
	json_int_t lines = json_integer_value(json_object_get(seal, "lines"));
	uint8_t ours[32], theirs[32];
	uint64_t before = v->bad;
	size_t i, count = 0;

	v->sealed = true;
	tlog_root(&v->tree, ours);
	if (lines < 0 || (uint64_t)lines != v->tree.size || !hex ||
	    !verify_read_hex(hex, strlen(hex), theirs, 32) ||
	    memcmp(ours, theirs, 32))
		verify_bad(v, "seal: its root is not that of the %llu lines "
			      "before it", (unsigned long long)v->tree.size);
	json_array_foreach(json_object_get(seal, "files"), i, entry) {
		check_file(v, entry);
		count++;
	}
	for (size_t k = 0; k < v->file_count; k++)
		if (!v->files[k].sealed && !is_log(v->files[k].path))
			verify_bad(v, "%s: not sealed", v->files[k].path);
	if (v->bad == before)
		verify_ok(v, "seal: %zu files are those that were sealed",
		    count - v->files_withheld);
}
