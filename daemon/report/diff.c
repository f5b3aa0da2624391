// SPDX-License-Identifier: Apache-2.0
#include "report/diff.h"

#include <stdlib.h>

#include "report/format.h"
#include "report/poisson.h"
#include "report/render.h"

struct diff_rate
diff_rate_of(const struct model *m, uint64_t count)
{
	struct diff_rate r = { .count = count };
	double hours = (double)model_length_ns(m) / 3600e9;

	r.known = hours > 0;
	if (!r.known)
		return r;
	poisson_interval(count, &r.low, &r.high);
	r.rate = (double)count / hours;
	r.low /= hours;
	r.high /= hours;
	return r;
}

bool
diff_rates_differ(const struct diff_rate *a, const struct diff_rate *b)
{
	return a->known && b->known && (a->low > b->high || b->low > a->high);
}

struct diff_row *
diff_rows(const struct table *a, const struct table *b, size_t *ret_count)
{
	struct diff_row *list;
	size_t n = 0;

	*ret_count = 0;
	list = a->count + b->count ? malloc((a->count + b->count) *
					 sizeof(*list))
				   : NULL;
	if (!list)
		return NULL;
	for (size_t i = 0; i < a->count; i++)
		list[n++] = (struct diff_row){ a->rows[i],
					       table_find(b, a->rows[i]->key) };
	for (size_t i = 0; i < b->count; i++)
		if (!table_find(a, b->rows[i]->key))
			list[n++] = (struct diff_row){ NULL, b->rows[i] };
	*ret_count = n;
	return list;
}

uint64_t
diff_kind_count(const struct model *m, enum kind k)
{
	uint64_t n = 0;

	for (int g = 0; g < GRADE_COUNT; g++)
		n += m->by_kind_grade[k][g];
	return n;
}

static void
put(struct buf *out, struct span s)
{
	buf_append(out, s.p, s.len);
}

static void
describe_dest(const struct table_row *r, struct buf *out)
{
	put(out, ((const struct model_dest *)r)->name);
}

static uint64_t
dest_count(const struct table_row *r)
{
	return ((const struct model_dest *)r)->transfers;
}

static uint64_t
dest_bytes(const struct table_row *r)
{
	return model_dest_sent((const struct model_dest *)r);
}

static void
describe_file(const struct table_row *r, struct buf *out)
{
	const struct model_file *f = (const struct model_file *)r;

	buf_str(out, render_file_label(f));
	buf_u8(out, ' ');
	render_file_name(f, out);
	buf_str(out, " -> ");
	put(out, f->dest->name);
}

static uint64_t
file_count(const struct table_row *r)
{
	return ((const struct model_file *)r)->transfers;
}

static uint64_t
file_bytes(const struct table_row *r)
{
	return ((const struct model_file *)r)->sent_bytes;
}

static void
describe_category(const struct table_row *r, struct buf *out)
{
	const struct model_category *c = (const struct model_category *)r;

	put(out, c->category);
	buf_str(out, " -> ");
	put(out, c->dest->name);
}

static uint64_t
category_count(const struct table_row *r)
{
	return ((const struct model_category *)r)->transfers;
}

static void
describe_hash(const struct table_row *r, struct buf *out)
{
	const struct model_hash *h = (const struct model_hash *)r;

	put(out, h->algorithm);
	buf_u8(out, ' ');
	put(out, h->value);
	buf_str(out, " -> ");
	put(out, h->dest->name);
}

static uint64_t
hash_count(const struct table_row *r)
{
	return ((const struct model_hash *)r)->count;
}

static void
describe_url(const struct table_row *r, struct buf *out)
{
	const struct model_url *u = (const struct model_url *)r;

	put(out, u->url);
	buf_str(out, " -> ");
	put(out, u->dest->name);
}

static uint64_t
url_count(const struct table_row *r)
{
	return ((const struct model_url *)r)->count;
}

const struct diff_table diff_tables[] = {
	{ "destinations", offsetof(struct model, dests), describe_dest,
	    dest_count, dest_bytes },
	{ "files", offsetof(struct model, files), describe_file, file_count,
	    file_bytes },
	{ "categories", offsetof(struct model, categories), describe_category,
	    category_count, NULL },
	{ "hashes", offsetof(struct model, hashes), describe_hash, hash_count,
	    NULL },
	{ "urls", offsetof(struct model, urls), describe_url, url_count,
	    NULL },
	{ 0 },
};
