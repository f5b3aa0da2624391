// SPDX-License-Identifier: Apache-2.0
#include "content/known/known_canary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/* Of files in a manifest; many times what is ever planted in one folder. */
#define LISTED_MAX	4096
#define SETS_MAX	64	/* of canaries in all */
#define TEXT_MAX	(16 << 20)
#define TEXT_STEP	(64 << 10)

void
known_canaries_clear(struct known_canaries *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->list[i].path);
	free(c->list);
	*c = (struct known_canaries){ 0 };
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool
read_hash(const json_t *o, enum known_hash alg, uint8_t *ret)
{
	const char *hex = json_string_value(json_object_get(o,
	    known_hash_name(alg)));
	size_t len = known_hash_len(alg);

	if (!hex || strlen(hex) != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(hex[2 * i]);
		int low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* A file in the manifest's own folder, dir_len bytes of path. */
static bool
read_entry(const json_t *o, const char *path, size_t dir_len,
    struct known_canary *ret)
{
	const char *name = json_string_value(json_object_get(o, "name"));
	const json_t *size = json_object_get(o, "size");

	if (!name || !*name || strchr(name, '/') || !json_is_integer(size) ||
	    json_integer_value(size) < 0)
		return false;
	ret->size = (uint64_t)json_integer_value(size);
	ret->met = false;
	for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
		/* a manifest lists these four */
		if (a != KNOWN_SHA224 && a != KNOWN_SHA384 &&
		    !read_hash(o, (enum known_hash)a, ret->hash[a]))
			return false;
	}
	return asprintf(&ret->path, "%.*s%s", (int)dir_len, path, name) >= 0;
}

static int
read_list(struct known_canaries *c, const json_t *root, const char *path)
{
	const json_t *files = json_object_get(root, "files");
	const char *format = json_string_value(json_object_get(root,
	    "format"));
	const char *slash = strrchr(path, '/');
	size_t dir_len = slash ? (size_t)(slash - path) + 1 : 0;
	size_t count = json_array_size(files);
	struct known_canary *list;

	if (!format || strcmp(format, "telltap canaries") || !count ||
	    count > LISTED_MAX)
		return ERR_MALFORMED;
	list = reallocarray(c->list, c->count + count, sizeof(*list));
	if (!list)
		return -ENOMEM;
	c->list = list;
	for (size_t i = 0; i < count; i++) {
		if (!read_entry(json_array_get(files, i), path, dir_len,
			&list[c->count]))
			return ERR_MALFORMED;
		c->count++;
	}
	return 0;
}

/* The set as a whole, for what sizes say. A manifest that has files, but no
 * whole set, is good for its files; one whose signature does not hold is good
 * for nothing. */
static int
keep_set(struct known *k, const uint8_t *text, size_t len)
{
	struct set *sets, set;
	const char *wrong;
	int r = set_read(&set, text, len, &wrong);

	if (r)
		return r == ERR_MALFORMED ? 0 : r;
	sets = k->set_count < SETS_MAX ? reallocarray(k->sets,
	    k->set_count + 1, sizeof(*sets)) : NULL;
	if (!sets) {
		r = k->set_count < SETS_MAX ? -ENOMEM : ERR_LIMIT;
		set_clear(&set);
		return r;
	}
	k->sets = sets;
	sets[k->set_count++] = set;
	return 0;
}

const struct set *
known_sets(const struct known *k, size_t *ret_count)
{
	*ret_count = k->set_count;
	return k->sets;
}

static int
read_text(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "rbe");
	size_t n = f ? 1 : 0;

	if (!f)
		return -errno;
	while (n) {
		uint8_t *room = buf_reserve(ret, TEXT_STEP);

		n = room ? fread(room, 1, TEXT_STEP, f) : 0;
		ret->len += n;
	}
	n = (size_t)ferror(f);
	fclose(f);
	return n ? -EIO : ret->failed ? -EFBIG : 0;
}

int
known_canaries_read(struct known *k, struct known_canaries *c,
    const char *path)
{
	json_t *root;
	struct buf text;
	int r;

	buf_init(&text, TEXT_MAX);
	r = read_text(path, &text);
	if (r) {
		buf_clear(&text);
		return known_fail(k, r, "%s: %s", path, err_text(r));
	}
	root = json_loadb((const char *)text.data, text.len,
	    JSON_REJECT_DUPLICATES, NULL);
	r = root ? read_list(c, root, path) : ERR_MALFORMED;
	if (!r)
		r = keep_set(k, text.data, text.len);
	json_decref(root);
	buf_clear(&text);
	if (r == -EBADMSG)
		return known_fail(k, r, "%s: its signature does not hold",
		    path);
	return r ? known_fail(k, r, "%s: not a manifest of canaries: %s", path,
	    err_text(r)) : 0;
}

void
known_canaries_mark(struct known *k, struct known_canaries *c,
    const char *path)
{
	struct known_file *f = &k->files[k->file_count - 1];

	for (size_t i = 0; i < c->count; i++) {
		if (!strcmp(c->list[i].path, path) &&
		    !memcmp(c->list[i].hash[KNOWN_SHA256],
			f->hash[KNOWN_SHA256], 32)) {
			f->origin = KNOWN_CANARY;
			c->list[i].met = true;
		}
	}
}

static int
push(struct known *k, const struct known_canary *c)
{
	const char *slash = strrchr(c->path, '/');
	const char *name = slash ? slash + 1 : c->path;
	struct known_file *f = known_push(k, name, strlen(name));

	if (!f)
		return known_fail(k, -ENOMEM, "%s: out of memory", c->path);
	memcpy(f->hash, c->hash, sizeof(f->hash));
	f->has_hash = (1u << KNOWN_HASH_COUNT) - 1;
	f->size = c->size;
	f->origin = KNOWN_CANARY;
	return 0;
}

int
known_canaries_push_rest(struct known *k, const struct known_canaries *c)
{
	int r = 0;

	for (size_t i = 0; i < c->count && !r; i++)
		if (!c->list[i].met)
			r = push(k, &c->list[i]);
	return r;
}
