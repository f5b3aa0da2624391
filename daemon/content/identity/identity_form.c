// SPDX-License-Identifier: Apache-2.0
/* In which forms a value may go out. */
#include <errno.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "content/known/byte_class.h"
#include "content/identity/identity_set.h"

#define SPELLING_MAX	(2 * IDENTITY_MAX_LEN + 8)
#define SPELLINGS_MAX	12

struct spelling {
	uint8_t text[SPELLING_MAX];
	size_t len;
};

/* Of no machine in particular. */
static bool
is_common(struct span v)
{
	static const char *const words[] = { "localhost", "root", "admin",
		"administrator", "user", "users", "guest", "test", "ubuntu",
		"debian", "fedora", "kali", "vagrant", "default", "system",
		"unknown", "none", "host", "client", "server", "computer",
		"desktop", "laptop", "home", "office", "windows", "linux",
		"nobody", "daemon", "public", "owner", "/root", "/home",
		"127.0.0.1", "127.0.1.1", "0.0.0.0", "::1", "::",
		"to be filled by o.e.m.", "default string", "not specified",
		"system serial number", "0123456789", "localdomain",
		"localhost.localdomain" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (span_caseeq(v, span_str(words[i])))
			return true;
	return false;
}

static int
put(struct identity *id, const struct identity_form *form, const void *bytes,
    size_t len)
{
	size_t cap = id->form_cap ? 2 * id->form_cap : 256;
	struct identity_form *list;
	uint8_t *copy;

	if (!len || len > UINT16_MAX)
		return 0;
	if (id->form_count == id->form_cap) {
		list = realloc(id->forms, cap * sizeof(*list));
		if (!list)
			return -ENOMEM;
		id->forms = list;
		id->form_cap = cap;
	}
	copy = arena_alloc(&id->arena, len);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, len);
	id->forms[id->form_count] = *form;
	id->forms[id->form_count].bytes = copy;
	id->forms[id->form_count++].len = (uint16_t)len;
	return 0;
}

static int
put_hex(struct identity *id, struct identity_form form, const uint8_t *p,
    size_t len)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hex[2 * SPELLING_MAX];

	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = (uint8_t)digits[p[i] >> 4];
		hex[2 * i + 1] = (uint8_t)digits[p[i] & 15];
	}
	form.encoding = "hex";
	form.caseless = true;
	return put(id, &form, hex, 2 * len);
}

/* What stays the same wherever the value stands in a longer run: at each of
 * three places of a group its first and last characters may depend on what
 * adjoins. least: shorter ones are left out. */
static int
put_base64(struct identity *id, struct identity_form form, const uint8_t *p,
    size_t len, size_t least)
{
	int r = 0;

	form.encoding = "base64";
	form.caseless = form.word = false;
	for (size_t shift = 0; !r && shift < 3; shift++) {
		uint8_t in[SPELLING_MAX + 2] = { 0 };
		uint8_t text[(SPELLING_MAX + 4) / 3 * 4 + 4];
		size_t skip = (shift * 8 + 5) / 6, end;
		bool url = false;

		memcpy(in + shift, p, len);
		EVP_EncodeBlock(text, in, (int)(len + shift));
		end = (len + shift) * 8 / 6;
		if (end < skip + least)
			continue;
		r = put(id, &form, text + skip, end - skip);
		for (size_t i = skip; i < end; i++) {
			url |= text[i] == '+' || text[i] == '/';
			text[i] = text[i] == '+' ? '-' :
			    text[i] == '/' ? '_' : text[i];
		}
		if (!r && url)
			r = put(id, &form, text + skip, end - skip);
	}
	return r;
}

static size_t
widen(const uint8_t *p, size_t len, uint8_t *to)
{
	for (size_t i = 0; i < len; i++) {
		to[2 * i] = p[i];
		to[2 * i + 1] = 0;
	}
	return 2 * len;
}

static bool
is_ascii(struct span v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] >= 0x80)
			return false;
	return true;
}

static void
add_spelling(struct spelling *list, size_t *count, const uint8_t *p, size_t len)
{
	if (*count == SPELLINGS_MAX || !len || len > SPELLING_MAX)
		return;
	for (size_t i = 0; i < *count; i++)
		if (list[i].len == len && !memcmp(list[i].text, p, len))
			return;
	memcpy(list[*count].text, p, len);
	list[(*count)++].len = len;
}

static void
add_cases(struct spelling *list, size_t *count, const uint8_t *p, size_t len)
{
	uint8_t lower[SPELLING_MAX], upper[SPELLING_MAX];

	for (size_t i = 0; i < len; i++) {
		bool letter = byte_is(p[i], BYTE_ALPHA);

		lower[i] = letter ? p[i] | 0x20 : p[i];
		upper[i] = letter ? p[i] & ~0x20 : p[i];
	}
	add_spelling(list, count, p, len);
	add_spelling(list, count, lower, len);
	add_spelling(list, count, upper, len);
}

/* The figures alone, in groups of size, parted by mark. */
static size_t
group(struct span v, size_t size, char mark, uint8_t *to)
{
	size_t n = 0, figures = 0;

	for (size_t i = 0; i < v.len; i++) {
		if (!byte_is(v.p[i], BYTE_HEX))
			continue;
		if (mark && figures && figures % size == 0)
			to[n++] = (uint8_t)mark;
		to[n++] = v.p[i];
		figures++;
	}
	return n;
}

static bool
is_figures(struct span v, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < v.len; i++) {
		if (byte_is(v.p[i], BYTE_HEX))
			n++;
		else if (v.p[i] != '-' && v.p[i] != ':' && v.p[i] != '.' &&
		    v.p[i] != '{' && v.p[i] != '}')
			return false;
	}
	return n == count;
}

/* "0123...-": 32 figures as a UUID is written. */
static size_t
as_uuid(struct span v, uint8_t *to)
{
	static const size_t before[] = { 8, 12, 16, 20 };
	uint8_t plain[2 * IDENTITY_MAX_LEN];
	size_t n = 0, next = 0, len = group(v, 1, 0, plain);

	for (size_t i = 0; i < len; i++) {
		if (next < 4 && i == before[next]) {
			to[n++] = '-';
			next++;
		}
		to[n++] = plain[i];
	}
	return n;
}

static size_t
spell(const struct identity_entry *e, struct spelling *list)
{
	uint8_t text[SPELLING_MAX];
	size_t count = 0;

	add_cases(list, &count, e->value.p, e->value.len);
	if (e->kind == IDENTITY_MAC) {
		add_cases(list, &count, text, group(e->value, 2, ':', text));
		add_cases(list, &count, text, group(e->value, 2, '-', text));
		add_cases(list, &count, text, group(e->value, 4, '.', text));
		add_cases(list, &count, text, group(e->value, 1, 0, text));
	} else if (is_figures(e->value, 32)) {
		add_cases(list, &count, text, group(e->value, 1, 0, text));
		add_cases(list, &count, text, as_uuid(e->value, text));
	}
	if (e->kind == IDENTITY_MACHINE_ID && e->value.len < SPELLING_MAX) {
		/* as the hash of the file that holds it */
		memcpy(text, e->value.p, e->value.len);
		text[e->value.len] = '\n';
		add_spelling(list, &count, text, e->value.len + 1);
	}
	return count;
}

static int
put_digests(struct identity *id, uint32_t entry, const uint8_t *p, size_t len)
{
	static const char *const names[] = { "md5", "sha1", "sha256" };
	const EVP_MD *const md[] = { EVP_md5(), EVP_sha1(), EVP_sha256() };
	int r = 0;

	for (size_t i = 0; !r && i < 3; i++) {
		struct identity_form form = { .entry = entry,
			.form = names[i], .encoding = "raw" };
		uint8_t hash[EVP_MAX_MD_SIZE];
		unsigned n = 0;

		if (!EVP_Digest(p, len, hash, &n, md[i], NULL))
			return -ENOMEM;
		r = put(id, &form, hash, n);
		if (!r)
			r = put_hex(id, form, hash, n);
		if (!r)
			r = put_base64(id, form, hash, n, n);
	}
	return r;
}

/* As PowerShell and its like hand text on. */
static int
put_wide_base64(struct identity *id, uint32_t entry, const struct spelling *s)
{
	uint8_t wide[SPELLING_MAX];

	if (s->len < 5 || 2 * s->len > sizeof(wide) ||
	    !is_ascii((struct span){ s->text, s->len }))
		return 0;
	return put_base64(id, (struct identity_form){ .entry = entry,
	    .form = "utf-16" }, wide, widen(s->text, s->len, wide), 10);
}

/* As text: four bytes or more, else it is in everything. */
static int
put_plain(struct identity *id, uint32_t entry, const struct spelling *s)
{
	struct identity_form form = { .entry = entry, .form = "plain",
		.caseless = true, .word = true };
	uint8_t wide[2 * SPELLING_MAX];
	int r = 0;

	if (s->len < 4 || s->text[s->len - 1] == '\n')
		return 0;
	r = put(id, &form, s->text, s->len);
	form.word = false;
	if (!r && s->len >= 5)
		r = put_hex(id, form, s->text, s->len);
	if (!r)
		r = put_base64(id, form, s->text, s->len, 8);
	form.form = "utf-16";
	form.encoding = NULL;
	form.wide = true;
	if (!r && is_ascii((struct span){ s->text, s->len }))
		r = put(id, &form, wide, widen(s->text, s->len, wide));
	if (!r)
		r = put_wide_base64(id, entry, s);
	return r;
}

/* The figures of a card's address or an id as the bytes that they are, and the
 * hashes of these. */
static int
put_bytes(struct identity *id, uint32_t entry, struct span v)
{
	struct identity_form form = { .entry = entry, .form = "bytes",
		.encoding = "raw" };
	uint8_t figures[2 * IDENTITY_MAX_LEN], raw[IDENTITY_MAX_LEN];
	size_t n = group(v, 1, 0, figures) / 2;
	int r;

	for (size_t i = 0; i < n; i++)
		raw[i] = (uint8_t)(hex_digit(figures[2 * i]) << 4 |
		    hex_digit(figures[2 * i + 1]));
	r = put(id, &form, raw, n);
	return r ? r : put_digests(id, entry, raw, n);
}

static int
make_forms(struct identity *id, uint32_t entry)
{
	const struct identity_entry *e = &id->entries[entry];
	struct spelling list[SPELLINGS_MAX];
	uint8_t wide[2 * SPELLING_MAX];
	size_t count = spell(e, list);
	bool plain = !is_common(e->value);
	int r = 0;

	for (size_t i = 0; !r && i < count; i++) {
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again |= span_caseeq((struct span){ list[i].text,
			    list[i].len }, (struct span){ list[k].text,
			    list[k].len });
		/* base64 knows the case, so each spelling has its own */
		if (plain && !again)
			r = put_plain(id, entry, &list[i]);
		else if (plain && list[i].len >= 7)
			r = put_base64(id, (struct identity_form){
			    .entry = entry, .form = "plain" }, list[i].text,
			    list[i].len, 8);
		if (plain && again && !r)
			r = put_wide_base64(id, entry, &list[i]);
		if (!r)
			r = put_digests(id, entry, list[i].text, list[i].len);
		if (!r && is_ascii((struct span){ list[i].text, list[i].len }))
			r = put_digests(id, entry, wide,
			    widen(list[i].text, list[i].len, wide));
	}
	if (!r && (e->kind == IDENTITY_MAC || is_figures(e->value, 32)))
		r = put_bytes(id, entry, e->value);
	return r;
}

int
identity_make_forms(struct identity *id)
{
	int r = 0;

	for (size_t i = 0; !r && i < id->count; i++)
		if (id->entries[i].kind != IDENTITY_PACKAGE)
			r = make_forms(id, (uint32_t)i);
	return r;
}
