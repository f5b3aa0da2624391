// SPDX-License-Identifier: Apache-2.0
#include "content/known/catalogue_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "content/known/known_manifest.h"

#define READ_LEN	(256u << 10)
#define LINE_MAX_LEN	(64u << 10)
#define COLUMNS_MAX	64

enum column {			/* from KNOWN_HASH_COUNT on; below: a hash */
	COLUMN_NAME = KNOWN_HASH_COUNT,
	COLUMN_SIZE,
	COLUMN_OTHER,
};

struct list_reader {
	gzFile file;		/* NULL: all is in buf */
	const uint8_t *buf;
	size_t at, held;
	bool ended;
	uint64_t line;
	const char *error;
	bool begun;
	uint8_t separator;	/* of a table; 0: a manifest */
	uint8_t column[COLUMNS_MAX];
	size_t column_count;
	char name[MANIFEST_NAME_MAX + 1];
	uint8_t field[LINE_MAX_LEN];	/* with its quotes taken off */
	uint8_t own[READ_LEN];
};

int
list_open(const char *path, struct list_reader **ret_l)
{
	struct list_reader *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	errno = 0;
	l->file = gzopen(path, "rbe");
	if (!l->file) {
		free(l);
		return errno ? -errno : -ENOMEM;
	}
	gzbuffer(l->file, READ_LEN);
	l->buf = l->own;
	*ret_l = l;
	return 0;
}

struct list_reader *
list_over(const uint8_t *text, size_t len)
{
	struct list_reader *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->buf = text;
	l->held = len;
	l->ended = true;
	return l;
}

void
list_close(struct list_reader *l)
{
	if (l && l->file)
		gzclose(l->file);
	free(l);
}

const char *
list_error(const struct list_reader *l)
{
	return l->error;
}

uint64_t
list_line(const struct list_reader *l)
{
	return l->line;
}

static int
fail(struct list_reader *l, int code, const char *why)
{
	l->error = why;
	return code;
}

/* More of the file behind what is left of the buffer. */
static int
fill(struct list_reader *l)
{
	int n;

	memmove(l->own, l->own + l->at, l->held - l->at);
	l->held -= l->at;
	l->at = 0;
	n = gzread(l->file, l->own + l->held, (unsigned)(READ_LEN - l->held));
	if (n < 0)
		return fail(l, -EIO, "can't be read, or is damaged");
	l->ended = n == 0;
	l->held += (size_t)n;
	return 0;
}

/* 1: a line without its end, 0: there are no more. */
static int
next_line(struct list_reader *l, struct span *ret_line)
{
	const uint8_t *p, *nl;
	size_t len;
	int err;

	for (;;) {
		p = l->buf + l->at;
		len = l->held - l->at;
		nl = len ? memchr(p, '\n', len) : NULL;
		if (nl || l->ended)
			break;
		if (len >= LINE_MAX_LEN)
			return fail(l, ERR_LIMIT, "line too long");
		err = fill(l);
		if (err)
			return err;
	}
	if (!len)
		return 0;
	l->line++;
	len = nl ? (size_t)(nl - p) : len;
	if (len >= LINE_MAX_LEN)
		return fail(l, ERR_LIMIT, "line too long");
	l->at += len + (nl != NULL);
	if (len && p[len - 1] == '\r')
		len--;
	*ret_line = (struct span){ p, len };
	return 1;
}

static bool
is_remark(struct span s)
{
	size_t i = 0;

	while (i < s.len && (s.p[i] == ' ' || s.p[i] == '\t'))
		i++;
	return i == s.len || s.p[0] == '#';
}

/*
 * The next field of a table's line, *line going on behind it: as it stands, or,
 * in quotes, with two of them meaning one. False: a quote has no end.
 */
static bool
next_field(struct list_reader *l, struct span *line, struct span *ret_field)
{
	const uint8_t *sep;
	size_t i, n = 0;

	if (!line->len || line->p[0] != '"') {
		sep = line->len ? memchr(line->p, l->separator, line->len) :
		    NULL;
		n = sep ? (size_t)(sep - line->p) : line->len;
		*ret_field = (struct span){ line->p, n };
		i = n;
	} else {
		for (i = 1;; i++) {
			if (i == line->len)
				return false;
			if (line->p[i] == '"' && (++i == line->len ||
			    line->p[i] != '"'))
				break;
			l->field[n++] = line->p[i];
		}
		*ret_field = (struct span){ l->field, n };
		while (i < line->len && line->p[i] != l->separator)
			i++;
	}
	i += i < line->len;
	*line = (struct span){ line->p + i, line->len - i };
	return true;
}

static uint8_t
column_of(struct span title)
{
	static const char *const names[] = { "md5", "sha1", "sha224", "sha256",
		"sha384", "sha512", "filename", "filesize" };
	char plain[16];
	size_t n = 0;

	for (size_t i = 0; i < title.len; i++) {
		uint8_t c = title.p[i] | 0x20;

		if (title.p[i] == '-' || title.p[i] == '_' ||
		    title.p[i] == ' ')
			continue;
		if (n == sizeof(plain) - 1)
			return COLUMN_OTHER;
		plain[n++] = (char)c;
	}
	plain[n] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(plain, names[i]))
			return (uint8_t)i;
	return strcmp(plain, "name") ? strcmp(plain, "size") ? COLUMN_OTHER :
	    COLUMN_SIZE : COLUMN_NAME;
}

/* The line that names the columns; a mark of UTF-8 may stand before it. */
static bool
read_titles(struct list_reader *l, struct span line)
{
	bool has_hash = false;
	struct span title;

	if (line.len >= 3 && !memcmp(line.p, "\xef\xbb\xbf", 3))
		line = (struct span){ line.p + 3, line.len - 3 };
	l->separator = memchr(line.p, ',', line.len) ? ',' : '\t';
	while (line.len && l->column_count < COLUMNS_MAX) {
		if (!next_field(l, &line, &title))
			return false;
		l->column[l->column_count] = column_of(title);
		has_hash |= l->column[l->column_count++] < KNOWN_HASH_COUNT;
	}
	return has_hash;
}

static bool
take_size(struct span s, uint64_t *ret_size)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || v > UINT64_MAX / 100)
			return false;
		v = v * 10 + (s.p[i] - '0');
	}
	if (s.len)
		*ret_size = v;
	return true;
}

/* A name into the reader's own bytes; NULL, or what is wrong with it. */
static const char *
take_name(struct list_reader *l, struct span name, bool escaped,
    struct list_record *r)
{
	if (name.len > MANIFEST_NAME_MAX)
		return "name too long";
	if (name.len && memchr(name.p, 0, name.len))
		return "NUL byte in the name";
	if (name.len)
		memcpy(l->name, name.p, name.len);
	l->name[name.len] = '\0';
	if (escaped)
		name.len = manifest_unescape(l->name);
	r->name = (struct span){ (const uint8_t *)l->name, name.len };
	return NULL;
}

static const char *
take_field(struct list_reader *l, uint8_t column, struct span field,
    struct list_record *r)
{
	struct manifest_line hash;

	if (column == COLUMN_NAME)
		return take_name(l, field, false, r);
	if (column == COLUMN_SIZE)
		return take_size(field, &r->size) ? NULL : "not a size";
	if (column == COLUMN_OTHER || !field.len)
		return NULL;
	if (manifest_hash(field, &hash) != field.len || hash.alg != column)
		return "not a hash of its column";
	memcpy(r->hash[column], hash.hash, known_hash_len(hash.alg));
	r->has_hash |= (uint8_t)(1u << column);
	return NULL;
}

static const char *
read_row(struct list_reader *l, struct span line, struct list_record *r)
{
	const char *wrong = NULL;
	struct span field;

	for (size_t i = 0; i < l->column_count && !wrong; i++) {
		if (!next_field(l, &line, &field))
			return "a quote that has no end";
		wrong = take_field(l, l->column[i], field, r);
	}
	return wrong || r->has_hash ? wrong : "no hash";
}

static const char *
read_sum(struct list_reader *l, struct span line, struct list_record *r)
{
	struct manifest_line m;
	const char *wrong = manifest_read_line(line, &m);

	if (wrong)
		return wrong;
	memcpy(r->hash[m.alg], m.hash, known_hash_len(m.alg));
	r->has_hash = (uint8_t)(1u << m.alg);
	return take_name(l, m.name, m.escaped, r);
}

int
list_next(struct list_reader *l, struct list_record *ret_record)
{
	struct manifest_line m;
	const char *wrong;
	struct span line;
	int got;

	while ((got = next_line(l, &line)) > 0) {
		if (is_remark(line))
			continue;
		wrong = l->begun ? NULL : manifest_read_line(line, &m);
		if (wrong && !read_titles(l, line))
			return fail(l, ERR_MALFORMED,
			    manifest_hash(line, &m) ? wrong :
			    "neither a manifest nor a table's titles");
		if (!l->begun) {
			l->begun = true;
			if (l->column_count)
				continue;
		}
		ret_record->has_hash = 0;
		ret_record->size = UINT64_MAX;
		ret_record->name = (struct span){ NULL, 0 };
		wrong = l->column_count ? read_row(l, line, ret_record) :
		    read_sum(l, line, ret_record);
		return wrong ? fail(l, ERR_MALFORMED, wrong) : 1;
	}
	return got;
}
