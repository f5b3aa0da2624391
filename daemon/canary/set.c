// SPDX-License-Identifier: Apache-2.0
#include "canary/set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#define NAME_TRIES	64

/* What people call files that they keep, and programs that they use. */
static const char *const nouns[] = {
	"annual", "backup", "budget", "contract", "delivery", "estimate",
	"expenses", "handover", "holiday", "insurance", "inventory", "invoice",
	"letter", "meeting", "minutes", "offer", "orders", "payroll", "plan",
	"prices", "project", "proposal", "quarter", "receipt", "report",
	"review", "rota", "schedule", "statement", "summary", "survey", "travel",
};
static const char *const kinds[] = {
	"archive", "client", "copy", "draft", "export", "final", "helper",
	"import", "list", "manager", "north", "notes", "office", "old", "print",
	"reader", "scan", "signed", "sync", "table", "tool", "update", "viewer",
	"west",
};

#define COUNT_OF(a) (sizeof(a) / sizeof(*(a)))

static const struct {
	const char *name;
	size_t len;
	const EVP_MD *(*md)(void);
} hashes[SET_HASH_COUNT] = {
	{ "md5", 16, EVP_md5 },
	{ "sha1", 20, EVP_sha1 },
	{ "sha256", 32, EVP_sha256 },
	{ "sha512", 64, EVP_sha512 },
};

size_t
set_hash_len(enum set_hash h)
{
	return hashes[h].len;
}

const char *
set_hash_name(enum set_hash h)
{
	return hashes[h].name;
}

int
set_hash_bytes(const uint8_t *data, size_t len,
    uint8_t ret_hash[static SET_HASH_COUNT][64])
{
	for (int h = 0; h < SET_HASH_COUNT; h++) {
		if (!EVP_Digest(data, len, ret_hash[h], NULL, hashes[h].md(),
			NULL))
			return -EIO;
	}
	return 0;
}

void
set_clear(struct set *s)
{
	free(s->files);
	*s = (struct set){ 0 };
}

static void
draw_name(struct set_file *f, struct stream *s)
{
	const char *noun = nouns[stream_below(s, COUNT_OF(nouns))];
	const char *kind = kinds[stream_below(s, COUNT_OF(kinds))];
	unsigned number = 1 + (unsigned)stream_below(s, 999);

	snprintf(f->name, sizeof(f->name), "%s-%s-%u%s", noun, kind, number,
	    form_types[f->type].suffix);
}

static bool
name_taken(const struct set *s, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (!strcmp(s->files[i].name, s->files[index].name))
			return true;
	}
	return false;
}

static int
draw_file(struct set *s, size_t index)
{
	struct set_file *f = &s->files[index];
	struct stream words;
	uint8_t id[8];
	int r = stream_init(&words, span_str(s->seed), "name", index);

	if (!r) {
		stream_bytes(&words, id, sizeof(id));
		strcpy(f->mark, "telltap canary ");
		for (size_t i = 0; i < sizeof(id); i++)
			snprintf(f->mark + FORM_MARK_LEN - 16 + 2 * i, 3,
			    "%02x", id[i]);
		r = ERR_LIMIT;
	}
	for (int tries = 0; r == ERR_LIMIT && tries < NAME_TRIES; tries++) {
		draw_name(f, &words);
		if (!name_taken(s, index))
			r = 0;
	}
	stream_clear(&words);
	return r;
}

int
set_draw(struct set *ret, const char *seed, size_t count, const int *types,
    size_t type_count)
{
	struct set s = { .code = code_for(count) };
	uint64_t sizes[CODE_COUNT_MAX];
	int r;

	if (!count || count > CODE_COUNT_MAX || !type_count ||
	    strlen(seed) > SET_SEED_MAX)
		return -EINVAL;
	strcpy(s.seed, seed);
	s.files = calloc(count, sizeof(*s.files));
	if (!s.files)
		return -ENOMEM;
	s.count = count;
	r = code_draw(&s.code, span_str(seed), sizes);
	for (size_t i = 0; i < count && !r; i++) {
		s.files[i].size = sizes[i];
		s.files[i].type = types[i % type_count];
		r = draw_file(&s, i);
	}
	if (r)
		set_clear(&s);
	else
		*ret = s;
	return r;
}

int
set_make(struct set *s, size_t index, struct buf *ret_data)
{
	struct set_file *file = &s->files[index];
	struct stream noise;
	struct form f = {
		.out = ret_data,
		.size = file->size,
		.mark = file->mark,
		.noise = &noise,
	};
	int r = stream_init(&noise, span_str(s->seed), "content", index);

	if (!r)
		r = form_write(&form_types[file->type], &f);
	if (!r)
		r = set_hash_bytes(ret_data->data, ret_data->len, file->hash);
	stream_clear(&noise);
	return r;
}
