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

const char diff_caution[] =
    "Rates are per hour with exact Poisson intervals of 95 %. They hold for "
    "transfers that come independently of each other; bursts make the true "
    "uncertainty larger. \"differs\" means that the intervals have nothing in "
    "common.";

const struct table *
diff_table_of(const struct model *m, const struct diff_table *t)
{
	return (const struct table *)((const char *)m + t->offset);
}

void
diff_describe(const struct diff_table *t, const struct diff_row *r,
    struct buf *out)
{
	if (t->label)
		t->label(r, out);
	t->describe(r->b ? r->b : r->a, out);
}

void
diff_put_rate(struct buf *b, double per_hour)
{
	if (per_hour < 100)
		buf_printf(b, "%.3g", per_hour);
	else
		format_count(b, (uint64_t)(per_hour + 0.5));
}

const char *
diff_status(const struct diff_row *r)
{
	return !r->a ? "new" : !r->b ? "gone" : "both";
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

	render_file_name(f, out);
	buf_str(out, " -> ");
	put(out, f->dest->name);
}

/* "WHOLE FILE ", or what it was in each. */
static void
label_file(const struct diff_row *r, struct buf *out)
{
	const char *a = r->a ? render_file_label((const void *)r->a) : NULL;
	const char *b = r->b ? render_file_label((const void *)r->b) : NULL;

	if (a && b && a != b)
		buf_printf(out, "%s in A, %s in B: ", a, b);
	else
		buf_printf(out, "%s ", a ? a : b);
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
	{ "destinations", "Destinations", offsetof(struct model, dests), NULL,
	    describe_dest, dest_count, dest_bytes },
	{ "files", "Files and parts of files", offsetof(struct model, files),
	    label_file, describe_file, file_count, file_bytes },
	{ "categories", "What is sent", offsetof(struct model, categories),
	    NULL, describe_category, category_count, NULL },
	{ "hashes", "Hashes", offsetof(struct model, hashes), NULL,
	    describe_hash, hash_count, NULL },
	{ "urls", "URLs", offsetof(struct model, urls), NULL, describe_url,
	    url_count, NULL },
	{ 0 },
};
