// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "content/known/known_print.h"
#include "content/known/known_set.h"

static int
by_place(const void *a, const void *b)
{
	const struct scan_use *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end < y->end ? -1 : x->end > y->end;
}

static const char *
origin_word(uint8_t origin)
{
	return origin == KNOWN_CANARY ? "canary" : origin == KNOWN_PRODUCT
						       ? "product" : "user";
}

static void
put_hashes(struct json *j, const struct known_file *f)
{
	json_object(j, "hash");
	for (int a = 0; a < KNOWN_HASH_COUNT; a++)
		if (f->has_hash >> a & 1)
			json_hex(j, known_hash_name((enum known_hash)a),
			    (struct span){ f->hash[a],
				known_hash_len((enum known_hash)a) });
	json_close_object(j);
	if (f->has_crc32)
		json_u64(j, "crc32", f->crc32);
	if (f->has_tlsh)
		json_hex(j, "tlsh", (struct span){ f->tlsh, TLSH_LEN });
}

static int
put_derived(void *arg, unsigned kind, const uint8_t *value)
{
	struct json *j = arg;

	json_object(j, NULL);
	json_str(j, "kind", derive_name(kind));
	json_hex(j, "value", (struct span){ value, derive_len(kind) });
	json_close_object(j);
	return 0;
}

static int
copy_bytes(const struct known *k, uint32_t content, uint64_t from, uint64_t to,
    struct buf *out)
{
	while (from < to) {
		size_t len;
		const uint8_t *p = known_read(k, content, from, &len);

		if (!p)
			return -EIO;
		len = to - from < len ? (size_t)(to - from) : len;
		buf_append(out, p, len);
		if (out->failed)
			return ERR_LIMIT;
		from += len;
	}
	return 0;
}

/* The ranges of one file, those that touch as one. */
static int
put_parts(const struct known *k, uint32_t content, const struct scan_use *uses,
    size_t count, struct json *j, struct buf *bytes)
{
	int code = 0;

	json_array(j, "parts");
	for (size_t i = 0; i < count && !code;) {
		uint64_t start = uses[i].start, end = uses[i].end;

		for (i++; i < count && uses[i].start <= end; i++)
			end = uses[i].end > end ? uses[i].end : end;
		if (start == end)
			continue;
		json_object(j, NULL);
		json_u64(j, "start", start);
		json_u64(j, "len", end - start);
		json_close_object(j);
		code = copy_bytes(k, content, start, end, bytes);
	}
	json_close_array(j);
	return code;
}

static uint64_t
after_of(const struct known_stage *stages, size_t count, uint32_t file)
{
	for (size_t i = 0; i < count; i++)
		if (file < stages[i].file_count)
			return stages[i].after;
	return 0;
}

static int
put_file(const struct known *k, const struct scan_use *uses, size_t count,
    uint64_t after, struct buf *list, struct buf *bytes)
{
	const struct known_file *f = known_get(k, uses->file);
	uint32_t content;
	struct json j;
	int code = 0;

	json_init(&j, list);
	json_object(&j, NULL);
	json_str(&j, "name", f->name);
	json_str(&j, "origin", origin_word(f->origin));
	if (f->size != UINT64_MAX)
		json_u64(&j, "size", f->size);
	put_hashes(&j, f);
	if (after)
		json_u64(&j, "after", after);
	if (f->has_content && known_content_of(k, uses->file, &content)) {
		json_bool(&j, "content", true);
		json_array(&j, "derived");
		code = known_mark_derive(k, uses->file, put_derived, &j);
		json_close_array(&j);
		if (!code)
			code = put_parts(k, content, uses, count, &j, bytes);
	}
	json_close_object(&j);
	buf_u8(list, '\n');
	return code;
}

static void
put_sets(const struct known *k, struct buf *list)
{
	size_t count;
	const struct set *sets = known_sets(k, &count);

	for (size_t i = 0; i < count; i++) {
		struct buf text;
		struct json j;

		buf_init(&text, 0);
		set_write(&sets[i], &text);
		json_init(&j, list);
		json_object(&j, NULL);
		json_text(&j, "set", (struct span){ text.data, text.len });
		json_close_object(&j);
		buf_u8(list, '\n');
		list->failed |= text.failed;
		buf_clear(&text);
	}
}

/* With no known files less is looked for, and less is said to have been left out. */
static void
put_total(const struct known *k, const struct known_stage *stages, size_t count,
    struct buf *list)
{
	size_t i = 0;
	struct json j;

	while (i + 1 < count && !stages[i].file_count && !known_rows(k))
		i++;
	if (!known_rows(k) && (!count || !stages[i].file_count))
		return;
	json_init(&j, list);
	json_object(&j, NULL);
	json_u64(&j, "known", known_rows(k) + (count ? stages[i].file_count : 0));
	if (count && stages[i].after)
		json_u64(&j, "after", stages[i].after);
	json_close_object(&j);
	buf_u8(list, '\n');
}

int
known_print_write(const struct known *k, struct scan_use *uses,
    size_t use_count, const struct known_stage *stages, size_t stage_count,
    struct buf *ret_list, struct buf *ret_bytes)
{
	size_t files = 0;
	int code = 0;

	if (use_count)
		qsort(uses, use_count, sizeof(*uses), by_place);
	put_sets(k, ret_list);
	put_total(k, stages, stage_count, ret_list);
	for (size_t i = 0; i < use_count && !code; files++) {
		size_t n = 1;

		if (files == KNOWN_PRINTS_MAX)
			return ERR_LIMIT;
		while (i + n < use_count && uses[i + n].file == uses[i].file)
			n++;
		code = put_file(k, uses + i, n,
		    after_of(stages, stage_count, uses[i].file), ret_list,
		    ret_bytes);
		i += n;
	}
	return code ? code : ret_list->failed ? ERR_LIMIT : 0;
}
