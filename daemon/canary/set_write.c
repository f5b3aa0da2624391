// SPDX-License-Identifier: Apache-2.0
/* The manifest, telltap-canaries.json, as it is written. */
#include "canary/set.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/json.h"

static int
seed_digest(const struct set *s, uint8_t ret_digest[static EVP_MAX_MD_SIZE])
{
	return EVP_Digest(s->seed, strlen(s->seed), ret_digest, NULL,
	    EVP_sha256(), NULL) ? 0 : -EIO;
}

int
set_commitment(const struct set *s, char ret_text[static SET_COMMITMENT_SIZE])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	int r = seed_digest(s, digest), n;

	if (r)
		return r;
	n = snprintf(ret_text, SET_COMMITMENT_SIZE, "canary seed sha256 ");
	for (int i = 0; i < 32; i++)
		n += snprintf(ret_text + n, SET_COMMITMENT_SIZE - (size_t)n,
		    "%02x", digest[i]);
	return 0;
}

static void
write_windows(struct json *j, uint64_t size)
{
	json_array(j, "windows");
	for (int e = 0; e < CODE_ENCODING_COUNT; e++) {
		struct code_window w = code_window_whole(size,
		    (enum code_encoding)e);

		json_object(j, NULL);
		json_str(j, "encoding", code_encoding_name(
		    (enum code_encoding)e));
		json_u64(j, "min", w.min);
		json_u64(j, "max", w.max);
		json_close_object(j);
	}
	json_close_array(j);
}

static void
write_file(struct json *j, const struct set_file *f)
{
	json_object(j, NULL);
	json_str(j, "name", f->name);
	json_str(j, "type", form_types[f->type].name);
	json_u64(j, "size", f->size);
	for (int h = 0; h < SET_HASH_COUNT; h++)
		json_hex(j, set_hash_name((enum set_hash)h), (struct span){
		    f->hash[h], set_hash_len((enum set_hash)h) });
	json_str(j, "mark", f->mark);
	write_windows(j, f->size);
	json_close_object(j);
}

static void
write_code(struct json *j, const struct set *s)
{
	json_object(j, "code");
	json_u64(j, "count", s->code.count);
	json_u64(j, "size_min", s->code.min);
	json_u64(j, "size_max", s->code.max);
	json_u64(j, "overhead_max", CODE_OVERHEAD_MAX);
	json_u64(j, "lookup_max", CODE_LOOKUP_MAX);
	json_close_object(j);
}

void
set_write(const struct set *s, struct buf *out)
{
	uint8_t commitment[EVP_MAX_MD_SIZE];
	struct json j;

	if (seed_digest(s, commitment)) {
		out->failed = true;
		return;
	}
	json_init(&j, out);
	json_object(&j, NULL);
	json_str(&j, "format", "telltap canaries");
	json_u64(&j, "version", SET_VERSION);
	json_str(&j, "seed", s->seed);
	json_hex(&j, "seed_sha256", (struct span){ commitment, 32 });
	write_code(&j, s);
	json_array(&j, "files");
	for (size_t i = 0; i < s->count; i++)
		write_file(&j, &s->files[i]);
	json_close_array(&j);
	json_close_object(&j);
	buf_u8(out, '\n');
}
