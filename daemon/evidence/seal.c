// SPDX-License-Identifier: Apache-2.0
#include "evidence/seal.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"

static void
put_event(struct json *j, uint64_t sequence)
{
	json_object(j, "event");
	json_str(j, "kind", "event");
	json_array(j, "category");
	json_str(j, NULL, "file");
	json_close_array(j);
	json_array(j, "type");
	json_str(j, NULL, "info");
	json_close_array(j);
	json_str(j, "action", "seal");
	json_u64(j, "sequence", sequence);
	json_close_object(j);
}

static void
put_files(struct json *j, const struct bag *b)
{
	json_array(j, "files");
	for (size_t i = 0; i < b->count; i++) {
		const struct bag_file *f = &b->files[i];

		if (!strncmp(f->path, "data/log/", 9))
			continue;
		json_object(j, NULL);
		json_str(j, "path", f->path);
		json_u64(j, "size", f->size);
		json_hex(j, "sha256", (struct span){ f->sha256, 32 });
		json_close_object(j);
	}
	json_close_array(j);
}

int
seal_append(struct log *l)
{
	uint8_t root[TLOG_HASH_LEN];
	struct buf line;
	struct json j;
	int err;

	log_root(l, root);
	buf_init(&line, 0);
	json_init(&j, &line);
	json_object(&j, NULL);
	json_str(&j, "@timestamp", l->last_time);
	json_object(&j, "ecs");
	json_str(&j, "version", "8.17.0");
	json_close_object(&j);
	put_event(&j, l->tree.size);
	json_object(&j, "telltap");
	json_str(&j, "origin", "derived");
	json_object(&j, "seal");
	json_u64(&j, "lines", l->tree.size);
	json_hex(&j, "root", (struct span){ root, sizeof(root) });
	put_files(&j, l->bag);
	json_close_object(&j);
	json_close_object(&j);
	json_close_object(&j);
	err = line.failed ? -ENOMEM
			  : log_append(l, (const char *)line.data, line.len);
	buf_clear(&line);
	return err;
}
