// SPDX-License-Identifier: Apache-2.0
/* The manifest, telltap-canaries.json, as it is read: by anybody's hand. */
#include "canary/set.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/utf8.h"

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c);

	return c && at ? (int)(at - digits) : -1;
}

static bool
read_hash(const json_t *o, enum set_hash h, uint8_t *ret)
{
	const char *hex = json_string_value(json_object_get(o,
	    set_hash_name(h)));
	size_t len = set_hash_len(h);

	if (!hex || strlen(hex) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool
read_text(const json_t *o, const char *key, char *ret, size_t room)
{
	const json_t *v = json_object_get(o, key);
	size_t len = json_string_length(v);

	if (!json_is_string(v) || len >= room ||
	    strlen(json_string_value(v)) != len)
		return false;
	memcpy(ret, json_string_value(v), len + 1);
	return true;
}

static bool
read_u64(const json_t *o, const char *key, uint64_t *ret)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return false;
	*ret = (uint64_t)json_integer_value(v);
	return true;
}

/* A name is of a file in the folder itself: nothing else may be touched. And
 * it is printed. */
static bool
is_plain(const char *name)
{
	size_t len = strlen(name), n;
	uint32_t cp;

	for (size_t at = 0; at < len; at += n) {
		n = utf8_decode((const uint8_t *)name + at, len - at, &cp);
		if (!n || utf8_is_trick(cp))
			return false;
	}
	return *name && *name != '.' && !strchr(name, '/') &&
	    strcmp(name, SET_MANIFEST);
}

static const char *
read_file(const json_t *o, struct set_file *f)
{
	const char *type = json_string_value(json_object_get(o, "type"));

	if (!read_text(o, "name", f->name, sizeof(f->name)) ||
	    !is_plain(f->name))
		return "a file without a plain name";
	if (!read_text(o, "mark", f->mark, sizeof(f->mark)))
		return "a file without a mark";
	f->type = type ? form_find(type, strlen(type)) : -1;
	if (f->type < 0)
		return "a file of an unknown type";
	if (!read_u64(o, "size", &f->size))
		return "a file without a size";
	for (int h = 0; h < SET_HASH_COUNT; h++) {
		if (!read_hash(o, (enum set_hash)h, f->hash[h]))
			return "a file without its hashes";
	}
	return NULL;
}

static const char *
read_code(const json_t *root, struct code *ret)
{
	const json_t *code = json_object_get(root, "code");
	uint64_t count;

	if (!read_u64(code, "count", &count) ||
	    !read_u64(code, "size_min", &ret->min) ||
	    !read_u64(code, "size_max", &ret->max))
		return "no code";
	ret->count = (size_t)count;
	return NULL;
}

static const char *
read_root(const json_t *root, struct set *s)
{
	const json_t *files = json_object_get(root, "files");
	const char *format = json_string_value(json_object_get(root,
	    "format"));
	const char *wrong;
	uint64_t version;

	if (!format || strcmp(format, "telltap canaries"))
		return "not a manifest of canaries";
	if (!read_u64(root, "version", &version) || version != SET_VERSION)
		return "a version that is not known here";
	if (!read_text(root, "seed", s->seed, sizeof(s->seed)))
		return "no seed";
	wrong = read_code(root, &s->code);
	if (wrong)
		return wrong;
	s->count = json_array_size(files);
	if (!s->count || s->count > CODE_COUNT_MAX ||
	    s->count != s->code.count)
		return "not as many files as the code has";
	s->files = calloc(s->count, sizeof(*s->files));
	for (size_t i = 0; s->files && i < s->count && !wrong; i++)
		wrong = read_file(json_array_get(files, i), &s->files[i]);
	return s->files ? wrong : "out of memory";
}

int
set_read(struct set *ret, const uint8_t *text, size_t len,
    const char **ret_wrong)
{
	json_t *root = json_loadb((const char *)text, len,
	    JSON_REJECT_DUPLICATES, NULL);
	const char *wrong = root ? NULL : "not JSON";
	struct set s = { 0 };
	int r = 0;

	/* First, for what was changed says nothing else. */
	if (json_object_get(root, "signature"))
		r = set_check_signature(text, len, s.signer);
	if (r)
		wrong = "its signature does not hold";
	else if (root)
		wrong = read_root(root, &s);
	json_decref(root);
	if (!wrong) {
		*ret = s;
		return 0;
	}
	set_clear(&s);
	*ret_wrong = wrong;
	return r ? r : ERR_MALFORMED;
}
