// SPDX-License-Identifier: Apache-2.0
/*
 * What files have in common: the tables of a linker, library code, a template, a
 * colour profile, a licence, the pages of a database. Found in an item that is
 * plainly another file, it does not name the known file that holds it too; nobody
 * knows how many others do.
 */
#include <stdlib.h>
#include <string.h>

#include "content/entropy.h"
#include "content/format.h"
#include "content/scan_tree.h"

#define OWN_BEGIN	4096	/* bytes: so many of a file's first ones, */
#define OWN_NOISE	(32u << 10)	/* or of noise within it, are its own */

#define LICENCE_MAX	(64u << 10)	/* bytes that are read for this */
#define LICENCE_NEAR	300	/* bytes around a word that go with it */
#define LICENCE_WORDS	3	/* different ones of those that tell */
#define LICENCE_BESIDE	512	/* bytes that no word is near to */

/* By these a licence is known; */
static const char *const telling[] = { "licens", "warrant", "copyright",
	"redistribut", "merchantab", "permission", "permitted", "liab",
	"free software", NULL };
/* and these stand all over it, too. In the licences that Debian carries no more
 * than 396 bytes are beside all of them. */
static const char *const common[] = { "licence", "software", "distribut",
	"freedom", "program", "source", "patent", "terms", "work", "modif", "grant", "right", "version",
	"notice", "convey", "document", NULL };

/* The item begins as that content does, and has half of it: it is what has become
 * of it. (By fewer of their first bytes files of a kind are alike.) */
static bool
begins_with(const struct scan_node *n, const struct scan_match *m)
{
	uint32_t content = m->content;

	if (m->sent_bytes < n->s->known->contents[content].size / 2)
		return false;
	for (size_t i = 0; i < n->match->run_count; i++) {
		const struct match_run *r = &n->match->runs[i];

		if (!r->dead && r->content == content && !r->stream_off)
			return true;
	}
	return false;
}

/* The bytes of the match, in lower case; how many of them. */
static size_t
read_ranges(const struct scan_node *n, const struct scan_match *m, char *text)
{
	size_t have = 0, len;

	for (size_t i = 0; i < m->range_count; i++) {
		struct scan_range r = m->ranges[i];

		for (; r.start < r.end && have < LICENCE_MAX; r.start += len) {
			const uint8_t *p = known_read(n->s->known, m->content,
			    r.start, &len);

			if (!p)
				return 0;
			if (len > r.end - r.start)
				len = (size_t)(r.end - r.start);
			if (len > LICENCE_MAX - have)
				len = LICENCE_MAX - have;
			for (size_t k = 0; k < len; k++)
				text[have++] = (char)(p[k] >= 'A' && p[k] <= 'Z'
				    ? p[k] | 0x20 : p[k]);
		}
	}
	return have;
}

/* Marks what stands near a word; true if it is there. */
static bool
mark_word(const char *text, size_t len, const char *word, char *near)
{
	size_t word_len = strlen(word);
	const char *at = text, *end = text + len;
	bool found = false;

	while ((at = memmem(at, (size_t)(end - at), word, word_len))) {
		size_t from = (size_t)(at - text), to = from + LICENCE_NEAR;

		from = from < LICENCE_NEAR ? 0 : from - LICENCE_NEAR;
		memset(near + from, 1, (to < len ? to : len) - from);
		found = true;
		at += word_len;
	}
	return found;
}

/* Words of a licence all over it, and not enough beside them to be a run. */
static bool
is_licence(const struct scan_node *n, const struct scan_match *m)
{
	char *text, *near;
	size_t len, beside = 0;
	unsigned words = 0;
	bool is = false;

	if (m->sent_bytes > LICENCE_MAX)
		return false;
	text = malloc(LICENCE_MAX);
	near = calloc(1, LICENCE_MAX);
	if (!text || !near)
		goto out;
	len = read_ranges(n, m, text);
	for (size_t i = 0; telling[i]; i++)
		words += mark_word(text, len, telling[i], near);
	for (size_t i = 0; common[i]; i++)
		(void)mark_word(text, len, common[i], near);
	for (size_t i = 0; i < len; i++)
		beside += !near[i];
	is = words >= LICENCE_WORDS && beside < LICENCE_BESIDE;
out:
	free(text);
	free(near);
	return is;
}

/* Both are databases, or archives, of one kind: what small parts of both have in
 * common is how such are made. (What one of them holds is no such file. One that
 * has grown since holds most of what it was.) */
static bool
is_of_kind(const struct scan_node *n, uint32_t content)
{
	const char *mime_type = format_of(n->head, n->head_len).mime_type;
	uint64_t size = n->s->known->contents[content].size;
	uint8_t head[SCAN_HEAD];
	size_t len = size < sizeof(head) ? (size_t)size : sizeof(head);

	/* the types are of one table */
	return mime_type && known_copy(n->s->known, content, 0, head, len) &&
	    format_of(head, len).mime_type == mime_type;
}

static bool
is_noise(const struct scan_node *n, const struct match_run *r)
{
	uint8_t *bytes = malloc(OWN_NOISE);
	struct entropy e;
	bool is = false;

	if (bytes && known_copy(n->s->known, r->content, r->file_off, bytes,
	    OWN_NOISE)) {
		entropy_init(&e);
		entropy_data(&e, bytes, OWN_NOISE);
		is = entropy_is_noise(&e);
	}
	free(bytes);
	return is;
}

/*
 * A run that is the known file's own, whatever it lies in: how it begins, or, where
 * it is of another kind, half of it in one piece, or noise: data that are packed
 * don't come about twice. (Files of one kind have pictures, fonts and libraries
 * in common.)
 */
static bool
has_own_run(const struct scan_node *n, const struct scan_match *m)
{
	uint64_t size = n->s->known->contents[m->content].size;
	bool alike = is_of_kind(n, m->content);

	for (size_t i = 0; i < n->match->run_count; i++) {
		const struct match_run *r = &n->match->runs[i];

		if (r->dead || r->content != m->content || r->len < OWN_BEGIN)
			continue;
		if (!r->file_off || (!alike && (r->len >= size / 2 ||
		    (r->len >= OWN_NOISE && is_noise(n, r)))))
			return true;
	}
	return false;
}

/* A text, or a script, of a web page: such are in many of them. (Other markup is
 * what values are wrapped in.) */
static bool
is_of_page(const struct scan_node *n, const struct scan_match *m)
{
	return n->parent && n->from.field && !n->from.base64 && !n->from.hex &&
	    format_is_page(n->parent->head, n->parent->head_len) &&
	    m->sent_bytes < n->s->known->contents[m->content].size / 2;
}

bool
scan_is_shared(const struct scan_node *n, const struct scan_match *m)
{
	if (m->whole || !n->match || n->missing)
		return false;
	if (format_is_own(n->head, n->head_len))
		return m->sent_bytes < n->size / 2 &&
		    !begins_with(n, m) && !has_own_run(n, m);
	if (is_of_page(n, m))
		return true;
	if (m->sent_bytes < n->size / 2 && m->sent_bytes <
	    n->s->known->contents[m->content].size / 2 &&
	    is_of_kind(n, m->content))
		return true;
	return m->sent_bytes < n->size / 4 * 3 &&
	    format_is_text(n->head, n->head_len) && is_licence(n, m);
}
