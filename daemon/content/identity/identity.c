// SPDX-License-Identifier: Apache-2.0
#include "content/identity/identity_set.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "base/json.h"
#include "content/known/byte_class.h"

static const struct {
	const char *word, *category, *why;
} kinds[IDENTITY_KIND_COUNT] = {
	[IDENTITY_HOSTNAME] = { "hostname", "host.id",
	    "this machine's name" },
	[IDENTITY_MACHINE_ID] = { "machine-id", "host.id",
	    "this machine's id" },
	[IDENTITY_MAC] = { "mac", "host.id",
	    "the address of this machine's network card" },
	[IDENTITY_IP] = { "ip", "network.local", "this machine's address" },
	[IDENTITY_SERIAL] = { "serial", "host.id",
	    "a serial number of this machine" },
	[IDENTITY_USER] = { "user", "user",
	    "the name of a user of this machine" },
	[IDENTITY_HOME] = { "home", "user",
	    "the home folder of a user of this machine" },
	[IDENTITY_EMAIL] = { "email", "user",
	    "an e-mail address of this machine's user" },
	[IDENTITY_LICENCE] = { "licence", "product.licence",
	    "a licence key of this machine" },
	[IDENTITY_PACKAGE] = { "package", "software.inventory",
	    "several programs that are installed on this machine" },
};

const char *
identity_kind_word(enum identity_kind kind)
{
	return kinds[kind].word;
}

enum identity_kind
identity_kind_of(const char *word)
{
	int k = 0;

	while (k < IDENTITY_KIND_COUNT && strcmp(kinds[k].word, word))
		k++;
	return (enum identity_kind)k;
}

const char *
identity_category(enum identity_kind kind)
{
	return kinds[kind].category;
}

const char *
identity_why(enum identity_kind kind)
{
	return kinds[kind].why;
}

struct identity *
identity_new(void)
{
	struct identity *id = calloc(1, sizeof(*id));

	if (id)
		arena_init(&id->arena);
	return id;
}

void
identity_free(struct identity *id)
{
	if (!id)
		return;
	identity_drop_databases(id);
	arena_clear(&id->arena);
	free(id->entries);
	free(id->forms);
	free(id->packages);
	free(id);
}

const char *
identity_error(const struct identity *id)
{
	return id->error;
}

int
identity_fail(struct identity *id, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(id->error, sizeof(id->error), fmt, ap);
	va_end(ap);
	return err;
}

static size_t
count_hex(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += byte_is(s.p[i], BYTE_HEX);
	return n;
}

static bool
is_of_kind(enum identity_kind kind, struct span v)
{
	switch (kind) {
	case IDENTITY_MAC:
		return count_hex(v) == 12;
	case IDENTITY_MACHINE_ID:
		return v.len >= 8;
	case IDENTITY_HOME:
		return v.len > 3 && (memchr(v.p, '/', v.len) ||
		    memchr(v.p, '\\', v.len));
	case IDENTITY_EMAIL:
		return memchr(v.p, '@', v.len) != NULL;
	default:
		return true;
	}
}

static uint32_t
hash_of(struct span s)
{
	uint32_t h = 0x811c9dc5;

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];

		h = (h ^ (c >= 'A' && c <= 'Z' ? c | 0x20u : c)) * 0x01000193u;
	}
	return h ^ h >> 15;
}

uint32_t
identity_package(const struct identity *id, struct span s)
{
	if (!id->package_count || !s.len)
		return 0;
	for (size_t i = hash_of(s) & (id->package_slots - 1);
	     id->packages[i]; i = (i + 1) & (id->package_slots - 1)) {
		const struct identity_entry *e =
		    &id->entries[id->packages[i] - 1];

		if (span_caseeq(e->value, s))
			return id->packages[i];
	}
	return 0;
}

static void
place_package(uint32_t *slots, size_t count, uint32_t hash, uint32_t index)
{
	size_t i = hash & (count - 1);

	while (slots[i])
		i = (i + 1) & (count - 1);
	slots[i] = index;
}

static int
add_package(struct identity *id, uint32_t index)
{
	size_t slots = id->package_slots ? 2 * id->package_slots : 64;
	uint32_t *list;

	if (2 * (id->package_count + 1) > id->package_slots) {
		list = calloc(slots, sizeof(*list));
		if (!list)
			return -ENOMEM;
		for (size_t i = 0; i < id->package_slots; i++)
			if (id->packages[i])
				place_package(list, slots,
				    hash_of(id->entries[id->packages[i] -
					1].value), id->packages[i]);
		free(id->packages);
		id->packages = list;
		id->package_slots = slots;
	}
	place_package(id->packages, id->package_slots,
	    hash_of(id->entries[index - 1].value), index);
	id->package_count++;
	return 0;
}

/* Whether the value is there already; packages have a table for it. */
static bool
has(const struct identity *id, enum identity_kind kind, struct span value)
{
	if (kind == IDENTITY_PACKAGE)
		return identity_package(id, value) != 0;
	for (size_t i = 0; i < id->count; i++)
		if (id->entries[i].kind == kind &&
		    span_eq(id->entries[i].value, value))
			return true;
	return false;
}

int
identity_add(struct identity *id, enum identity_kind kind, struct span value)
{
	size_t cap = id->cap ? 2 * id->cap : 32;
	struct identity_entry *list;
	char *copy;

	while (value.len && byte_is(value.p[0], BYTE_SPACE))
		value = (struct span){ value.p + 1, value.len - 1 };
	while (value.len && byte_is(value.p[value.len - 1], BYTE_SPACE))
		value.len--;
	if (!value.len || value.len > IDENTITY_MAX_LEN || id->sealed ||
	    !is_of_kind(kind, value))
		return identity_fail(id, ERR_MALFORMED, "\"%.*s\" is no %s",
		    (int)(value.len < 64 ? value.len : 64),
		    value.len ? (const char *)value.p : "",
		    kinds[kind].word);
	if (has(id, kind, value))
		return 0;
	if (kind == IDENTITY_PACKAGE ?
		id->package_count == IDENTITY_MAX_PACKAGES :
		id->count - id->package_count == IDENTITY_MAX)
		return identity_fail(id, ERR_LIMIT,
		    "more values than can be looked for");
	if (id->count == id->cap) {
		list = realloc(id->entries, cap * sizeof(*list));
		if (!list)
			return -ENOMEM;
		id->entries = list;
		id->cap = cap;
	}
	copy = arena_strndup(&id->arena, value.p, value.len);
	if (!copy)
		return -ENOMEM;
	id->entries[id->count++] = (struct identity_entry){ kind,
		{ (const uint8_t *)copy, value.len } };
	return kind == IDENTITY_PACKAGE ? add_package(id, (uint32_t)id->count) :
					  0;
}

int
identity_seal(struct identity *id)
{
	int r = id->sealed ? 0 : identity_make_forms(id);

	if (!r && !id->sealed)
		r = identity_compile(id);
	id->sealed = !r;
	return r;
}

size_t
identity_digest(const struct identity *id, uint8_t ret_sha256[32])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	memset(ret_sha256, 0, 32);
	if (!md || !EVP_DigestInit_ex(md, EVP_sha256(), NULL))
		goto out;
	for (size_t i = 0; i < id->count; i++) {
		uint8_t head[5] = { (uint8_t)id->entries[i].kind };
		struct span v = id->entries[i].value;

		for (int k = 0; k < 4; k++)
			head[1 + k] = (uint8_t)(v.len >> 8 * k);
		EVP_DigestUpdate(md, head, sizeof(head));
		EVP_DigestUpdate(md, v.p, v.len);
	}
	EVP_DigestFinal_ex(md, ret_sha256, NULL);
out:
	EVP_MD_CTX_free(md);
	return id->count;
}

void
identity_write(const struct identity *id, struct buf *out)
{
	for (size_t i = 0; i < id->count; i++) {
		struct json j;

		json_init(&j, out);
		json_object(&j, NULL);
		json_str(&j, "kind", kinds[id->entries[i].kind].word);
		json_text(&j, "value", id->entries[i].value);
		json_close_object(&j);
		buf_u8(out, '\n');
	}
}
