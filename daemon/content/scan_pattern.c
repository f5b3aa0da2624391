// SPDX-License-Identifier: Apache-2.0
/* What has the form of an identifier, where no value is known: in running text,
 * in bytes of no known structure, in fields. */
#include <stdlib.h>
#include <string.h>

#include "content/format.h"
#include "content/pattern/pattern.h"
#include "content/scan_tree.h"
#include "content/hash_finder.h"

#define HELD_MAX	16	/* of an item; of each kind one is told */
#define DECODED_MIN	16	/* bytes of base64 or hex; fewer hold nothing */

/* Bytes that turn out to be noise, or a known file's, tell nothing: what was
 * found in an item is held back until it ends. */
struct node_patterns {
	struct scan_node *node;
	struct pattern_stream *stream;
	struct scan_category held[HELD_MAX];
	size_t count;
	uint64_t seen;		/* bytes */
};

struct place {
	struct scan *s;
	struct span path;
	uint64_t offset;
	const char *encoding;	/* of all of it; NULL: none */
};

static struct scan_category
finding(const struct pattern_hit *hit)
{
	return (struct scan_category){ .category = hit->category,
		.offset = hit->offset, .why = hit->why, .kind = hit->kind,
		.encoding = hit->encoding, .value = hit->value,
		.by_form = true };
}

static bool
is_held(const struct node_patterns *p, const struct pattern_hit *hit)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->held[i].category, hit->category) &&
		    p->held[i].kind == hit->kind)
			return true;
	return false;
}

static void
hold(void *arg, const struct pattern_hit *hit)
{
	struct node_patterns *p = arg;

	if (p->count == HELD_MAX || is_held(p, hit))
		return;
	p->held[p->count] = finding(hit);
	p->held[p->count++].value = scan_keep(p->node->s, hit->value);
}

/* Hashes of known files; in narrow text the hash finder looks for them. */
static void
on_word(void *arg, struct span word, uint64_t offset)
{
	const struct node_patterns *p = arg;

	hash_word(p->node, word, (struct span){ 0 }, offset, true);
}

void
scan_pattern_begin(struct scan_node *n, const uint8_t *p, size_t len)
{
	if (format_of(p, len).file)
		return;
	n->patterns = calloc(1, sizeof(*n->patterns));
	if (!n->patterns)
		return;
	n->patterns->node = n;
	n->patterns->stream = pattern_stream_new(hold,
	    n->s->known ? on_word : NULL, n->patterns);
	if (n->patterns->stream)
		return;
	free(n->patterns);
	n->patterns = NULL;
}

void
scan_pattern_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	if (!n->patterns)
		return;
	n->patterns->seen += len;
	pattern_stream_data(n->patterns->stream, p, len);
}

void
scan_pattern_gap(struct scan_node *n, uint64_t len)
{
	if (n->patterns)
		pattern_stream_gap(n->patterns->stream, len);
}

void
scan_pattern_end(struct scan_node *n, const struct scan_item *item)
{
	struct node_patterns *p = n->patterns;

	if (!p)
		return;
	pattern_stream_end(p->stream);
	if (item->high_entropy || item->file_format || item->match_count)
		p->count = 0;
	for (size_t i = 0; i < p->count; i++) {
		p->held[i].path = n->from.path;
		scan_add_finding(n->s, &p->held[i]);
		n->s->notes[n->item].worth = true;
	}
	if (p->seen > PATTERN_REACH && !item->high_entropy &&
	    !item->file_format && !item->match_count)
		scan_limit(n->s, "identifiers by their form alone are looked for "
		    "in all of the first 8 MiB, and in a part of the rest");
	free(p);
	n->patterns = NULL;
}

static void
tell(void *arg, const struct pattern_hit *hit)
{
	const struct place *at = arg;
	struct scan_category c = finding(hit);

	c.path = at->path;
	c.offset = at->encoding ? at->offset : at->offset + hit->offset;
	c.value = scan_keep(at->s, hit->value);
	if (at->encoding)
		c.encoding = at->encoding;
	scan_add_finding(at->s, &c);
}

/* Something of what every pattern has in it. */
static bool
may_have_pattern(struct span v)
{
	for (size_t i = 0; i < v.len; i++)
		if (v.p[i] <= '@' && memchr("@:/-.=_", v.p[i], 7))
			return true;
	return memchr(v.p, '\\', v.len) != NULL;
}

static void
look_decoded(struct place *at, struct span v)
{
	uint8_t raw[SCAN_FIELD];
	size_t len = value_decode(v, raw, sizeof(raw), &at->encoding);

	if (len >= PATTERN_LEAST && format_is_text(raw, len))
		pattern_find((struct span){ raw, len }, tell, at);
}

void
scan_pattern_field(struct scan *s, const struct field *f)
{
	struct place at = { s, f->path, f->offset, NULL };

	if (f->value.len < PATTERN_LEAST || f->value.len >= SCAN_FIELD)
		return;
	if (may_have_pattern(f->value))
		pattern_find(f->value, tell, &at);
	if (f->value.len >= DECODED_MIN)
		look_decoded(&at, f->value);
}
