// SPDX-License-Identifier: Apache-2.0
/* Known files of which parts are there, out of what known_print_write() made. */
#include "content/known/known_print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "content/known/known_set.h"

#define DIFF_LEN	(256u << 10)
#define TOTAL_MAX	(1ull << 32)

void
known_print_free(struct known_print *p)
{
	if (!p)
		return;
	free(p->bytes);
	free(p->parts);
	free(p->derived);
	free(p);
}

static bool
read_hex(struct span hex, uint8_t *ret, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	if (hex.len != 2 * len)
		return false;
	for (size_t i = 0; i < hex.len; i++) {
		const char *d = hex.p[i] ? strchr(digits, hex.p[i]) : NULL;

		if (!d)
			return false;
		ret[i / 2] = (uint8_t)(ret[i / 2] << 4 | (d - digits));
	}
	return true;
}

static bool
read_hashes(const struct json_node *line, struct known_file *f)
{
	const struct json_node *list = json_member(line, "hash"), *v;
	uint64_t crc;

	for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
		v = json_member(list, known_hash_name((enum known_hash)a));
		if (!v)
			continue;
		if (!read_hex(json_node_text(v), f->hash[a],
			known_hash_len((enum known_hash)a)))
			return false;
		f->has_hash |= (uint8_t)(1u << a);
	}
	v = json_member(line, "crc32");
	f->has_crc32 = v != NULL;
	if (v && (!json_node_u64(v, &crc) || crc > UINT32_MAX))
		return false;
	f->crc32 = v ? (uint32_t)crc : 0;
	v = json_member(line, "tlsh");
	f->has_tlsh = v != NULL;
	if (v && !read_hex(json_node_text(v), f->tlsh, TLSH_LEN))
		return false;
	return f->has_hash != 0;
}

static bool
read_origin(const struct json_node *line, struct known_file *f)
{
	struct span origin = json_node_text(json_member(line, "origin"));

	if (span_eq(origin, SPAN_LITERAL("canary")))
		f->origin = KNOWN_CANARY;
	else if (span_eq(origin, SPAN_LITERAL("product")))
		f->origin = KNOWN_PRODUCT;
	else if (!span_eq(origin, SPAN_LITERAL("user")))
		return false;
	return true;
}

static unsigned
kind_of(struct span name)
{
	unsigned kind = KNOWN_HASH_COUNT;

	while (kind < derive_kinds() &&
	       !span_eq(name, span_str(derive_name(kind))))
		kind++;
	return kind;
}

static int
read_derived(const struct json_node *line, struct known_print *p)
{
	const struct json_node *list = json_member(line, "derived");

	if (json_count(list) > derive_kinds())
		return ERR_MALFORMED;
	p->derived = calloc(json_count(list) + 1, sizeof(*p->derived));
	if (!p->derived)
		return -ENOMEM;
	for (const struct json_node *v = json_first(list); v; v = v->next) {
		struct known_derived *d = &p->derived[p->derived_count++];

		d->kind = kind_of(json_node_text(json_member(v, "kind")));
		if (d->kind == derive_kinds() ||
		    !read_hex(json_node_text(json_member(v, "value")),
			d->value, derive_len(d->kind)))
			return ERR_MALFORMED;
	}
	return 0;
}

/* Parts in order within the file, their bytes off the front of those given. */
static int
read_parts(const struct json_node *line, uint64_t size, struct span *bytes,
    struct known_print *p)
{
	const struct json_node *list = json_member(line, "parts");
	uint64_t end = 0, total = 0;

	p->parts = calloc(json_count(list) + 1, sizeof(*p->parts));
	if (!p->parts)
		return -ENOMEM;
	for (const struct json_node *v = json_first(list); v; v = v->next) {
		struct known_part *part = &p->parts[p->part_count++];

		if (!json_node_u64(json_member(v, "start"), &part->start) ||
		    !json_node_u64(json_member(v, "len"), &part->len) ||
		    part->start < end || !part->len ||
		    part->start > size || part->len > size - part->start ||
		    part->len > bytes->len - total)
			return ERR_MALFORMED;
		end = part->start + part->len;
		total += part->len;
	}
	p->bytes = malloc(total + 1);
	if (!p->bytes)
		return -ENOMEM;
	if (total)
		memcpy(p->bytes, bytes->p, total);
	bytes->p += total;
	bytes->len -= total;
	total = 0;
	for (size_t i = 0; i < p->part_count; i++) {
		p->parts[i].bytes = p->bytes + total;
		total += p->parts[i].len;
	}
	return 0;
}

static int
add_stream(uint32_t content, struct anchor_stream *s, struct known_index *x,
    struct anchor_thin *thin, const uint8_t *p, size_t len, bool last)
{
	int code;

	anchor_stream_open(s, p, len);
	code = known_add_anchors(content, s, x, thin, last);
	anchor_stream_close(s);
	return code;
}

/* The part's bytes, differenced with those a lag before. */
static int
add_xored(struct known *k, uint32_t content, const struct known_part *p,
    int which, uint8_t *diff)
{
	uint64_t lag = known_lags[which];
	struct anchor_stream s;
	int code = 0;

	anchor_stream_init(&s);
	anchor_stream_jump(&s, p->start);
	for (uint64_t at = lag; at < p->len && !code;) {
		size_t n = p->len - at < DIFF_LEN ? (size_t)(p->len - at)
						  : DIFF_LEN;

		for (size_t i = 0; i < n; i++)
			diff[i] = p->bytes[at + i] ^ p->bytes[at + i - lag];
		at += n;
		code = add_stream(content, &s, k->xored[which], NULL, diff, n,
		    at == p->len);
	}
	return code;
}

static int
add_anchors(struct known *k, uint32_t content, const struct known_part *p)
{
	uint8_t *diff = malloc(DIFF_LEN);
	struct anchor_stream s;
	struct anchor_thin all;
	int code;

	if (!diff)
		return -ENOMEM;
	anchor_stream_init(&s);
	anchor_stream_jump(&s, p->start);
	/* a print has a ceiling of its own */
	anchor_thin_init(&all, UINT64_MAX);
	code = add_stream(content, &s, k->index, &all, p->bytes, p->len, true);
	for (int i = 0; i < KNOWN_LAGS && !code; i++)
		code = add_xored(k, content, p, i, diff);
	free(diff);
	return code;
}

/* A file of which all bytes are there proves its hash. */
static int
check_whole(const struct known_print *p, const struct known_file *f,
    bool *ret_whole)
{
	uint8_t sha256[32];

	*ret_whole = false;
	if (p->part_count != 1 || p->parts[0].len != f->size ||
	    !(f->has_hash >> KNOWN_SHA256 & 1))
		return 0;
	if (EVP_Digest(p->bytes, f->size, sha256, NULL, EVP_sha256(), NULL) !=
	    1)
		return -ENOMEM;
	*ret_whole = !memcmp(sha256, f->hash[KNOWN_SHA256], 32);
	return *ret_whole ? 0 : -EBADMSG;
}

static int
add_content(struct known *k, const struct json_node *line, struct span *bytes,
    struct known_print_line *ret)
{
	struct known_print *p = calloc(1, sizeof(*p));
	struct known_file *f = &k->files[k->file_count - 1];
	uint32_t number = (uint32_t)k->content_count;
	struct known_content *c;
	int code = p ? read_derived(line, p) : -ENOMEM;

	if (!code)
		code = read_parts(line, f->size, bytes, p);
	if (!code)
		code = check_whole(p, f, &ret->whole);
	for (size_t i = 0; !code && i < p->part_count; i++)
		code = add_anchors(k, number, &p->parts[i]);
	if (!code)
		code = known_mark_print(k, p);
	c = code ? NULL : known_push_content(k, f->size);
	if (!c) {
		known_print_free(p);
		return code ? code : ERR_LIMIT;
	}
	c->print = p;
	f->has_content = true;
	ret->parted = p->part_count && !ret->whole;
	return 0;
}

static int
add_set(struct known *k, struct span text)
{
	struct set *sets, set;
	const char *wrong;
	int code = set_read(&set, text.p, text.len, &wrong);

	if (code)
		return code;
	sets = reallocarray(k->sets, k->set_count + 1, sizeof(*sets));
	if (!sets) {
		set_clear(&set);
		return -ENOMEM;
	}
	k->sets = sets;
	sets[k->set_count++] = set;
	return 0;
}

int
known_print_add(struct known *k, const struct json_node *line,
    struct span *bytes, struct known_print_line *ret_line)
{
	const struct json_node *set = json_member(line, "set"), *v;
	struct known_print_line r = { .set = set != NULL };
	struct span name = json_node_text(json_member(line, "name"));
	struct known_file *f;
	int code = 0;

	if (set)
		code = k->set_count < 64 ? add_set(k, json_node_text(set))
					 : ERR_LIMIT;
	v = json_member(line, "known");
	if (v && !set && (k->others || k->file_count ||
	    !json_node_u64(v, &k->others) || k->others > TOTAL_MAX))
		code = ERR_MALFORMED;
	r.total = v != NULL;
	v = json_member(line, "after");
	if (!set && !code && v && !json_node_u64(v, &r.after))
		code = ERR_MALFORMED;
	if (set || r.total || code) {
		*ret_line = r;
		return code;
	}
	if (k->file_count == KNOWN_PRINTS_MAX || !name.p ||
	    memchr(name.p, 0, name.len))
		return ERR_MALFORMED;
	f = known_push(k, (const char *)name.p, name.len);
	if (!f)
		return -ENOMEM;
	k->others -= k->others > 0;
	v = json_member(line, "size");
	if ((v && !json_node_u64(v, &f->size)) || !read_origin(line, f) ||
	    !read_hashes(line, f))
		return ERR_MALFORMED;
	v = json_member(line, "content");
	if (v && v->type == JSON_TRUE) {
		if (!(f->has_hash >> KNOWN_SHA256 & 1) ||
		    f->size > KNOWN_MAX_SIZE)
			return ERR_MALFORMED;
		code = add_content(k, line, bytes, &r);
	}
	if (!code)
		*ret_line = r;
	return code;
}
