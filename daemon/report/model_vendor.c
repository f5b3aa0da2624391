// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "report/model_part.h"

static unsigned
category_index(struct span name)
{
	unsigned i = 0;

	while (category_names[i] && !span_eq(span_str(category_names[i]), name))
		i++;
	return i;
}

static int
keep_statement(struct model *m, struct model_vendor *row,
    const struct event_vendor *v)
{
	size_t n = v->says_count < MODEL_SAYS_MAX ? v->says_count
						  : MODEL_SAYS_MAX;
	struct span *says = arena_alloc(&m->arena, (n + 1) * sizeof(*says));

	if (!says || model_keep(m, &row->vendor, v->vendor) ||
	    model_keep(m, &row->profile, v->profile))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (model_keep(m, &says[i], v->says[i]))
			return -ENOMEM;
	row->says = says;
	row->says_count = n;
	row->says_more = v->says_count - n;
	for (size_t i = 0; i < v->mention_count; i++) {
		unsigned at = category_index(v->mentions[i]);

		if (at >= MODEL_CATEGORY_NAMES || !category_names[at])
			continue;
		row->named[at] = true;
		row->names_any = true;
	}
	return 0;
}

int
model_add_vendors(struct model *m, const struct event *e)
{
	for (size_t i = 0; i < e->vendor_count; i++) {
		struct model_vendor *row;
		struct table_row *r;
		int err = table_add(&m->vendors, &m->arena,
		    e->vendors[i].profile, sizeof(*row), &r);

		if (err < 0)
			return err;
		row = (struct model_vendor *)r;
		if (!err && !row->says &&
		    keep_statement(m, row, &e->vendors[i]))
			return -ENOMEM;
	}
	return 0;
}

/* One host may be of several vendors: "A or B". */
static bool
is_of(struct span vendors, struct span vendor)
{
	static const char between[] = " or ";
	const size_t skip = sizeof(between) - 1;

	while (vendor.len && vendors.len) {
		const uint8_t *end = memmem(vendors.p, vendors.len, between, skip);
		size_t n = end ? (size_t)(end - vendors.p) : vendors.len;

		if (span_eq((struct span){ vendors.p, n }, vendor))
			return true;
		if (!end)
			return false;
		vendors.p += n + skip;
		vendors.len -= n + skip;
	}
	return false;
}

void
model_settle_vendors(struct model *m)
{
	for (size_t i = 0; i < m->vendors.count; i++) {
		struct model_vendor *v =
		    (struct model_vendor *)m->vendors.rows[i];

		memset(v->found, 0, sizeof(v->found));
		for (size_t k = 0; k < m->categories.count; k++) {
			const struct model_category *c =
			    (const struct model_category *)
				m->categories.rows[k];
			unsigned at = category_index(c->category);

			if (at < MODEL_CATEGORY_NAMES && category_names[at] &&
			    is_of(c->dest->vendor, v->vendor))
				v->found[at] += c->transfers;
		}
	}
}
