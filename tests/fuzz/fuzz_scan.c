// SPDX-License-Identifier: Apache-2.0
/*
 * Scanning any bytes, of any declared type, against known files: whatever way
 * the bytes are cut, the findings are the same. The first two bytes choose the
 * type, whether the second third is missing, and the cuts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "content/known/known.h"
#include "content/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define HOW_GAP		0x20

static const char *const types[16] = {
	"", "application/json", "multipart/form-data; boundary=b",
	"application/x-www-form-urlencoded", "text/xml",
	"application/octet-stream", "multipart/mixed; boundary=\"b b\"",
	"message/rfc822", "application/grpc", "application/grpc-web-text",
	"application/connect+json", "text/plain", "", "", "", "",
};
static const char *const codings[] = { "", "gzip", "deflate", "br" };

static struct known *known;

static void
make_known(void)
{
	uint8_t a[3000], b[3000];
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof(a); i++) {
		x = x * 1664525 + 1013904223;
		a[i] = (uint8_t)(x >> 24);
		b[i] = i < 1000 ? a[i] : (uint8_t)(i / 7);
	}
	memset(a + 500, 0, 900);
	known = known_new();
	if (!known || known_add_bytes(known, "a", a, sizeof(a)) ||
	    known_add_bytes(known, "b", b, sizeof(b)) ||
	    known_add_bytes(known, "c", a, 40) || known_seal(known))
		abort();
}

/* The findings as text, to compare. */
static void
tell(const struct scan_findings *f, struct buf *out)
{
	for (size_t i = 0; i < f->item_count; i++) {
		const struct scan_item *t = &f->items[i];

		buf_printf(out, "item %d %s %.*s %.*s %d%d%d%d%d%d %zu %d ",
		    t->parent, t->encoding ? t->encoding : "-",
		    (int)t->path.len, (const char *)t->path.p,
		    (int)t->name.len, (const char *)t->name.p,
		    t->declared_file, t->complete, t->container,
		    t->file_format, t->readable, t->high_entropy,
		    (size_t)t->size, t->sha256[0]);
		for (size_t j = 0; j < t->match_count; j++) {
			const struct scan_match *m = &t->matches[j];

			buf_printf(out, "match %u %d%d %zu ", m->file,
			    m->whole, m->exact, m->also_count);
			for (size_t r = 0; r < m->range_count; r++)
				buf_printf(out, "%zu-%zu ",
				    (size_t)m->ranges[r].start,
				    (size_t)m->ranges[r].end);
		}
	}
	for (size_t i = 0; i < f->hash_count; i++)
		buf_printf(out, "hash %.*s %ld %zu ",
		    (int)f->hashes[i].value.len,
		    (const char *)f->hashes[i].value.p, f->hashes[i].file,
		    (size_t)f->hashes[i].offset);
	for (size_t i = 0; i < f->category_count; i++)
		buf_printf(out, "%s %.*s ", f->categories[i].category,
		    (int)f->categories[i].path.len,
		    (const char *)f->categories[i].path.p);
	buf_printf(out, "urls %zu bytes %zu %zu", f->url_count,
	    (size_t)f->understood_bytes, (size_t)f->undeciphered_bytes);
}

static void
feed(struct scan *s, const uint8_t *p, size_t len, uint8_t cut)
{
	for (size_t i = 0, n; i < len; i += n) {
		n = cut ? 1 + (i * 7 + cut) % cut : len;
		n = n < len - i ? n : len - i;
		scan_data(s, p + i, n);
	}
}

static void
scan(const uint8_t *p, size_t len, uint8_t how, uint8_t cut, struct buf *out)
{
	const struct scan_findings *f;
	struct scan_hint hint = {
		.outbound = true,
		.content_type = span_str(types[(how & 7) | (how >> 4 & 8)]),
		.content_encoding = span_str(codings[how >> 3 & 3]),
		.target = SPAN_LITERAL("/q?x=%41"),
	};
	struct scan *s = scan_new(known, &hint);

	if (!s)
		abort();
	if (how & HOW_GAP) {
		feed(s, p, len / 3, cut);
		scan_gap(s, len / 3);
		feed(s, p + len / 3 * 2, len - len / 3 * 2, cut);
	} else {
		feed(s, p, len, cut);
	}
	scan_finish(s, !(how & 0x40), &f);
	tell(f, out);
	scan_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct buf whole, parts;

	if (!known)
		make_known();
	if (len < 2)
		return 0;
	buf_init(&whole, 0);
	buf_init(&parts, 0);
	scan(data + 2, len - 2, data[0], 0, &whole);
	scan(data + 2, len - 2, data[0], (uint8_t)(data[1] | 1), &parts);
	if (whole.len != parts.len ||
	    memcmp(whole.data, parts.data, whole.len)) {
		fprintf(stderr, "%.*s\n%.*s\n", (int)whole.len, whole.data,
		    (int)parts.len, parts.data);
		abort();
	}
	buf_clear(&whole);
	buf_clear(&parts);
	return 0;
}
