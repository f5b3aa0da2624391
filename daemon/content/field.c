// SPDX-License-Identifier: Apache-2.0
/* One field: what it is called, what stands in it, and what that means. */
#include <string.h>

#include "content/known/byte_class.h"
#include "content/walk/dns_message.h"
#include "content/format.h"
#include "content/hash_finder.h"
#include "content/scan_tree.h"
#include "content/target.h"
#include "content/vocabulary.h"
#include "content/walk/walkers.h"

#define HASH_SHORT_TEXT	8	/* eight digits of a CRC-32 */
#define WRAPPED_MIN	20	/* bytes; fewer wrap nothing of note */

struct reading {
	struct scan_node *n;
	const struct field *f;
	struct span value;	/* trimmed */
	bool tag;		/* names a version, not a file */
	bool known_only;	/* its name is not enough to call it a hash */
	char key[VOCABULARY_KEY_MAX];
};

static void
add_category(struct reading *r, const char *category, const char *why)
{
	scan_add_finding(r->n->s, &(struct scan_category){
	    .category = category, .path = r->f->path,
	    .offset = r->f->offset, .why = why });
}

/* The algorithm whose hashes are that long, KNOWN_HASH_COUNT if none. */
static enum known_hash
alg_by_len(size_t len)
{
	int a = 0;

	while (a < KNOWN_HASH_COUNT && known_hash_len((enum known_hash)a) != len)
		a++;
	return (enum known_hash)a;
}

/* "sha256:..." and the like: the rest, and that it says so. */
static struct span
without_prefix(struct span v, bool *ret_said)
{
	static const char *const prefixes[] = {
		"sha256:", "sha1:", "md5:", "sha512:", "sha-256:", "sha-1:",
		"sha-512:", "sha224:", "sha384:", "sha256=", "md5=", "sha1=",
		"sha512=", "urn:sha256:", "urn:sha1:", "urn:md5:",
	};

	if (!v.len || !memchr("smu", v.p[0] | 0x20, 3))
		return v;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		if (v.len > n && span_caseeq((struct span){ v.p, n },
		    span_str(prefixes[i]))) {
			*ret_said = true;
			return (struct span){ v.p + n, v.len - n };
		}
	}
	return v;
}

/* A hash of no known file: the name must say that it is one. */
static void
unknown_hash(struct reading *r, struct span v, bool said)
{
	enum known_hash wanted = KNOWN_HASH_COUNT, alg;
	uint8_t raw[KNOWN_HASH_MAX_LEN];
	const char *encoding = "hex";
	bool named = vocabulary_is_hash(r->key, &wanted);
	size_t len;

	/* _hash is what pages call a token against forgery */
	if (r->tag || r->known_only || (!named && !said) ||
	    (r->f->key.len && r->f->key.p[0] == '_'))
		return;
	len = hex_decode(v, raw, sizeof(raw));
	if (!len) {
		encoding = "base64";
		len = base64_decode(v, raw, sizeof(raw));
	}
	/* in an address "hash" alone may be a token: base64 is no sign of one */
	if (*encoding == 'b' && wanted == KNOWN_HASH_COUNT && !said &&
	    r->f->path.len > 6 && (!memcmp(r->f->path.p, "query:", 6) ||
	    !memcmp(r->f->path.p, "path:", 5)))
		return;
	alg = alg_by_len(len);
	if (alg == KNOWN_HASH_COUNT ||
	    (wanted != KNOWN_HASH_COUNT && wanted != alg))
		return;
	if (hash_enter(r->n, alg, raw, encoding, -1, r->f->path,
	    r->f->offset, true))
		add_category(r, "file.hash",
		    "a hash, by the field's name and form");
}

static void
read_hashes(struct reading *r)
{
	bool said = false, found = false;
	struct span v = without_prefix(r->value, &said);
	size_t i = 0;

	/* trimming is for text */
	if (!format_is_text(r->f->value.p, r->f->value.len)) {
		if (hash_raw(r->n, r->f->value, r->f->path, r->f->offset))
			add_category(r, "file.hash",
			    "the hash of a known file");
		return;
	}
	if (v.len < 22)
		return;
	if (hash_separated(r->n, v, r->f->path, r->f->offset, !r->tag)) {
		add_category(r, "file.hash", "the hash of a known file");
		return;
	}
	while (i < v.len) {
		struct span word = { v.p + i, 0 };

		while (i < v.len && byte_is(v.p[i], BYTE_WORD))
			i++;
		word.len = (size_t)(v.p + i - word.p);
		if (word.len >= 22)
			found |= hash_word(r->n, word, r->f->path,
			    r->f->offset + (uint64_t)(word.p - r->f->value.p),
			    !r->tag);
		if (word.len >= 22 && !found)
			unknown_hash(r, word, said);
		i++;
	}
	if (found && !r->tag)
		scan_add_category(r->n->s, "file.hash", r->f->path,
		    "the hash of a known file");
}

/* Eight bytes of a hash may be characters, if not of ASCII alone. */
static bool
is_ascii(struct span v)
{
	uint8_t all = 0;

	for (size_t i = 0; i < v.len; i++)
		all |= v.p[i];
	return all < 0x80;
}

/* What only names a value as a whole: cut short, as a UUID, a hint. */
static void
read_marks(struct reading *r)
{
	const struct field *f = r->f;
	bool said = false;
	struct span v = without_prefix(r->value, &said);

	if (!r->n->s->known || r->n->s->hash_count >= SCAN_MAX_HASHES)
		return;
	if (hash_value(r->n, v, f->path, f->offset, !r->tag) ||
	    (f->value.len >= 8 && f->value.len <= KNOWN_HASH_MAX_LEN &&
	    !is_ascii(f->value) &&
	    hash_mark(r->n, f->value, "raw", f->path, f->offset, !r->tag)))
		scan_add_category(r->n->s, "file.hash", f->path,
		    "a hash of a part of a known file, or the first bytes of "
		    "the hash of one");
	hash_hint(r->n, span_str(r->key), v, f->path, f->offset);
}

static bool
is_absolute_url(struct span v)
{
	static const char *const schemes[] = {
		"http://", "https://", "ftp://",
	};

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(schemes[i]);

		if (v.len > n + 3 && span_caseeq((struct span){ v.p, n },
		    span_str(schemes[i])))
			return !memchr(v.p, ' ', v.len);
	}
	return false;
}

/* example.org/page: a dotted name before the first slash */
static bool
is_bare_url(struct span v)
{
	size_t i = 0, dots = 0;

	while (i < v.len && (byte_is(v.p[i], BYTE_ALPHA | BYTE_DIGIT) ||
	    v.p[i] == '-' || v.p[i] == '.')) {
		dots += v.p[i] == '.' && i && i + 1 < v.len;
		i++;
	}
	return dots && i > 3 && (i == v.len || v.p[i] == '/' ||
	    v.p[i] == ':') && !memchr(v.p, ' ', v.len);
}

static void
read_url(struct reading *r)
{
	bool named = vocabulary_is_url(r->key);

	if (r->value.len < 4 || r->value.len > SCAN_KEEP ||
	    vocabulary_is_schema(r->key))
		return;
	if (!is_absolute_url(r->value) && !(named && r->value.len > 5 &&
	    is_bare_url(r->value)))
		return;
	if (named)
		scan_add_url(r->n->s, r->value);
	add_category(r, "url", named ?
	    "an address, by the field's name" : "an address of a page or file");
}

static void
read_category(struct reading *r)
{
	const char *why, *category;

	category = vocabulary_category(r->key, r->value, &why);
	if (category)
		add_category(r, category, why);
	category = vocabulary_value(r->value, &why);
	if (category)
		add_category(r, category, why);
	scan_pattern_field(r->n->s, r->f);
}

static bool
is_known_file(struct reading *r, const uint8_t *p, size_t len)
{
	const struct known *k = r->n->s->known;
	uint8_t hash[32];
	size_t same;

	return len >= SCAN_SMALL && known_has_size(k, len) &&
	    EVP_Digest(p, len, hash, NULL, EVP_sha256(), NULL) &&
	    known_find_hash(k, KNOWN_SHA256, hash, &same) >= 0;
}

/* The value as an item of its own, as longer ones are. */
static void
open_item(struct reading *r, const struct node_origin *how, struct span v)
{
	struct node_origin from = *how;
	struct scan_node *item;

	from.encoding = r->f->encoding;
	from.path = r->f->path;
	from.field = true;
	from.bytes = r->f->bytes && !from.hex && !from.base64;
	item = node_open(r->n->s, r->n, &from);
	if (!item)
		return;
	node_data(item, v.p, v.len);
	node_close(item, true);
}

/* Does the value, or what it decodes to, equal a whole known file? Longer
 * values are items and looked at there. */
static void
read_small_file(struct reading *r)
{
	struct span v = r->f->value;
	struct node_origin from = { 0 };
	uint8_t raw[SCAN_FIELD];
	size_t len;

	if (!r->n->s->known || v.len < SCAN_SMALL || v.len >= SCAN_FIELD)
		return;
	if (!is_known_file(r, v.p, v.len)) {
		len = hex_len(r->value.p, r->value.len);
		from.hex = len >= SCAN_SMALL && known_has_size(r->n->s->known,
		    len);
		from.base64 = !from.hex && is_known_file(r, raw,
		    base64_decode(r->value, raw, sizeof(raw)));
		if (!from.hex && !from.base64)
			return;
		v = r->value;
	}
	open_item(r, &from, v);
}

/* A short value that something is wrapped in, bare, in base64 or in hex; or the
 * base64 of an address. */
static void
read_wrapped(struct reading *r)
{
	struct span v = r->value;
	struct reading plain = *r;
	struct node_origin from = { 0 };
	uint8_t raw[SCAN_FIELD];

	if (v.len < WRAPPED_MIN || r->f->value.len >= SCAN_FIELD)
		return;
	/* trimming is for text */
	if (!format_is_text(v.p, v.len))
		v = r->f->value;
	if (!walker_shows(v.p, v.len)) {
		from.hex = walker_shows(raw, hex_decode(v, raw, sizeof(raw)));
		plain.value = (struct span){ raw, from.hex ? 0 :
			base64_decode(v, raw, sizeof(raw)) };
		from.base64 = walker_shows(raw, plain.value.len);
		read_url(&plain);
		if (!from.hex && !from.base64)
			return;
	}
	open_item(r, &from, v);
}

static bool
is_number(struct span v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!byte_is(v.p[i], BYTE_DIGIT))
			return false;
	return true;
}

/* A value that may be a piece of a file, as it is or decoded. */
static void
read_sliver(struct reading *r)
{
	struct scan_sliver sliver = { .bytes = r->f->value,
		.path = r->f->path };
	uint8_t raw[SCAN_FIELD];
	const char *encoding;
	size_t len;

	if (!r->n->s->known || sliver.bytes.len < SCAN_LEAST)
		return;
	sliver.small = sliver.bytes.len < SCAN_SMALL;
	/* offsets and counts stand beside pieces, and would crowd them out */
	if (sliver.small && is_number(sliver.bytes))
		return;
	sliver.wraps = scan_wraps_of(r->n);
	scan_wraps_add(&sliver.wraps, r->f->encoding);
	len = value_decode(r->value, raw, sizeof(raw), &encoding);
	/* of a few bytes nobody can tell which it is */
	if (!len || sliver.small)
		scan_add_sliver(r->n->s, &sliver);
	if (!len)
		return;
	sliver.bytes = (struct span){ raw, len };
	scan_wraps_add(&sliver.wraps, encoding);
	scan_add_sliver(r->n->s, &sliver);
}

/* GET /dns-query?dns=AAAB... */
static void
read_dns(struct reading *r)
{
	uint8_t raw[SCAN_FIELD];
	size_t len;

	if (!span_eq(r->f->path, SPAN_LITERAL("query:dns")))
		return;
	len = base64_decode(r->value, raw, sizeof(raw));
	dns_question_scan(r->n, (struct span){ raw, len }, r->f->path);
}

static void
read_begin(struct reading *r, struct scan_node *n, const struct field *f)
{
	*r = (struct reading){ .n = n, .f = f, .value = text_trim(f->value) };
	vocabulary_normalize(f->key, r->key);
	r->tag = vocabulary_is_tag(r->key) || vocabulary_is_below_tag(f->path);
}

/* The name of a header of a program's own, that it is about a file. */
static bool
says_file(const char *key)
{
	static const char *const words[] = {
		"file", "sample", "binary", "malware", "threat", "virus",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (key[0] == 'x' && strstr(key, words[i]))
			return true;
	return false;
}

void
scan_field_hashes(struct scan_node *n, const struct field *f)
{
	bool of_known = n->s->known && f->value.len >= HASH_SHORT_TEXT;
	struct reading r;

	/* most headers are of neither kind, and there are many of them */
	if (!of_known && (!f->key.len || (f->key.p[0] | 0x20) != 'x'))
		return;
	read_begin(&r, n, f);
	/* X-File-SHA256 */
	r.known_only = !says_file(r.key);
	if (!r.known_only)
		memmove(r.key, r.key + 1, strlen(r.key));
	else if (!of_known)
		return;
	read_hashes(&r);
	if (!n->s->known)
		return;
	hash_hint(n, span_str(r.key), r.value, f->path, f->offset);
	if (hash_value(n, r.value, f->path, f->offset, !r.tag))
		add_category(&r, "file.hash", "the first bytes of the hash of "
		    "a known file, or the hash of a part of it");
}

void
scan_field(struct scan_node *n, const struct field *f)
{
	struct reading r;

	if (!n->s->outbound)
		return;
	if (n->s->fields++ >= SCAN_MAX_FIELDS) {
		scan_limit(n->s, "more fields than are read");
		return;
	}
	if (!f->value.len)
		return;
	scan_identify(n, f);
	read_begin(&r, n, f);
	read_hashes(&r);
	read_marks(&r);
	read_small_file(&r);
	read_wrapped(&r);
	read_sliver(&r);
	read_dns(&r);
	if (!format_is_text(r.value.p, r.value.len)) {
		scan_pattern_field(n->s, f);
		return;
	}
	read_url(&r);
	read_category(&r);
}
