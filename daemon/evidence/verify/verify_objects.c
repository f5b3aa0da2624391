// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "evidence/verify/verify.h"

/* Files that were sent and are kept: data/objects/ and their SHA-256. */

#define FOLDER	"data/objects/"

void
verify_note_objects(struct verify *v, const void *telltap)
{
	const json_t *data = json_object_get(telltap, "data");
	const json_t *files = json_object_get(data, "files"), *file;
	size_t i;

	json_array_foreach(files, i, file) {
		const char *hex = json_string_value(json_object_get(file,
		    "sha256"));
		char path[sizeof(FOLDER) + 64];
		struct verify_file *f;

		if (!json_is_true(json_object_get(file, "kept")) || !hex ||
		    strlen(hex) != 64)
			continue;
		snprintf(path, sizeof(path), FOLDER "%s", hex);
		f = verify_find(v, path);
		if (f)
			f->told = true;
		else
			v->objects_missing++;
	}
}

static bool
has_right_name(const struct verify_file *f)
{
	const char *hex = f->path + strlen(FOLDER);
	uint8_t sha256[32];

	return verify_read_hex(hex, strlen(hex), sha256, 32) &&
	       !memcmp(sha256, f->sha256, 32);
}

void
verify_tell_objects(struct verify *v)
{
	uint64_t count = 0, before = v->bad;

	for (size_t i = 0; i < v->file_count; i++) {
		const struct verify_file *f = &v->files[i];

		if (strncmp(f->path, FOLDER, strlen(FOLDER)))
			continue;
		count++;
		if (!has_right_name(f))
			verify_bad(v, "%s: its name is not its SHA-256",
			    f->path);
		else if (!f->told && v->cut_count)
			verify_unknown(v, "%s: its line was lost in a cut",
			    f->path);
		else if (!f->told && !v->withheld)
			verify_bad(v, "%s: no line says that it was sent",
			    f->path);
	}
	if (count && v->bad == before)
		verify_ok(v, "objects: %llu files that were sent, under their "
			     "SHA-256", (unsigned long long)count);
	if (v->objects_missing && !v->redacted)
		verify_unknown(v, "objects: %llu times a line names a file "
		    "that is kept elsewhere", (unsigned long long)
		    v->objects_missing);
}
