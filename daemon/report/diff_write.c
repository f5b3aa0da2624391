// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "base/json.h"
#include "report/diff.h"
#include "report/format.h"
#include "report/render.h"

/* Rows that a terminal gets of one table; JSON has them all. */
#define TEXT_ROWS	50

static void
put_rate(struct buf *b, const struct diff_rate *r)
{
	format_count(b, r->count);
	if (r->known) {
		buf_str(b, " (");
		diff_put_rate(b, r->rate);
		buf_str(b, "/h, ");
		diff_put_rate(b, r->low);
		buf_str(b, " to ");
		diff_put_rate(b, r->high);
		buf_u8(b, ')');
	} else {
		buf_str(b, " (no rate: the case has no length)");
	}
}

static void
put_both(struct buf *b, const struct model *ma, const struct model *mb,
    uint64_t na, uint64_t nb)
{
	struct diff_rate a = diff_rate_of(ma, na), c = diff_rate_of(mb, nb);

	put_rate(b, &a);
	buf_str(b, " | ");
	put_rate(b, &c);
	if (diff_rates_differ(&a, &c))
		buf_str(b, "  differs");
	buf_u8(b, '\n');
}

static void
put_case(struct buf *b, const char *letter, const char *name,
    const struct model *m)
{
	buf_str(b, letter);
	format_safe(b, span_str(name));
	buf_str(b, "   ");
	if (m->last_ns)
		format_period(b, m->first_ns, m->last_ns);
	buf_str(b, "   ");
	render_missing(m, b);
	buf_u8(b, '\n');
}

static void
text_table(struct buf *b, const struct model *ma, const struct model *mb,
    const struct diff_table *t)
{
	const struct table *ta = diff_table_of(ma, t), *tb = diff_table_of(mb, t);
	size_t n;
	struct diff_row *rows = diff_rows(ta, tb, &n);
	struct buf name;

	b->failed |= !rows && ta->count + tb->count;
	buf_init(&name, 0);
	buf_printf(b, "\n%s (A | B)\n", t->name);
	if (!n)
		buf_str(b, "  none seen in either\n");
	for (size_t i = 0; i < n && i < TEXT_ROWS; i++) {
		const struct diff_row *r = &rows[i];

		buf_reset(&name);
		diff_describe(t, r, &name);
		buf_printf(b, "  %-4s  ", diff_status(r));
		format_safe(b, (struct span){ name.data, name.len });
		buf_str(b, ": ");
		if (t->bytes) {
			format_bytes(b, r->a ? t->bytes(r->a) : 0);
			buf_str(b, " | ");
			format_bytes(b, r->b ? t->bytes(r->b) : 0);
			buf_str(b, ", ");
		}
		put_both(b, ma, mb, r->a ? t->count(r->a) : 0,
		    r->b ? t->count(r->b) : 0);
	}
	if (n > TEXT_ROWS)
		buf_printf(b, "  and %zu more, see --format json\n",
		    n - TEXT_ROWS);
	if (ta->more || tb->more)
		buf_str(b, "  a case has more than its report holds: what is "
			   "new or gone here may not be\n");
	b->failed |= name.failed;
	buf_clear(&name);
	free(rows);
}

void
diff_text(const struct model *a, const struct model *b, const char *name_a,
    const char *name_b, struct buf *out)
{
	put_case(out, "A: ", name_a, a);
	put_case(out, "B: ", name_b, b);
	buf_str(out, "\nkinds of transfers (A | B)\n");
	for (unsigned k = 0; k < KIND_COUNT; k++) {
		uint64_t na = diff_kind_count(a, (enum kind)k);
		uint64_t nb = diff_kind_count(b, (enum kind)k);

		if (!na && !nb)
			continue;
		buf_printf(out, "  %-4s  %s: ",
		    !na ? "new" : !nb ? "gone" : "both",
		    kind_name((enum kind)k));
		put_both(out, a, b, na, nb);
	}
	for (const struct diff_table *t = diff_tables; t->name; t++)
		text_table(out, a, b, t);
	buf_u8(out, '\n');
	buf_str(out, diff_caution);
	buf_str(out, "\nNot seen in a case does not mean not sent: ");
	buf_str(out, "A: ");
	render_verdict(a, out);
	buf_str(out, " B: ");
	render_verdict(b, out);
	buf_u8(out, '\n');
}

static void
json_rate(struct json *j, const char *key, const struct model *m, uint64_t n)
{
	struct diff_rate r = diff_rate_of(m, n);

	json_object(j, key);
	json_u64(j, "count", r.count);
	if (r.known) {
		json_real(j, "per_hour", r.rate);
		json_real(j, "low", r.low);
		json_real(j, "high", r.high);
	}
	json_close_object(j);
}

static void
json_both(struct json *j, const struct model *ma, const struct model *mb,
    uint64_t na, uint64_t nb)
{
	struct diff_rate a = diff_rate_of(ma, na), b = diff_rate_of(mb, nb);

	json_rate(j, "a", ma, na);
	json_rate(j, "b", mb, nb);
	json_bool(j, "differs", diff_rates_differ(&a, &b));
}

static void
json_table(struct json *j, const struct model *ma, const struct model *mb,
    const struct diff_table *t)
{
	const struct table *ta = diff_table_of(ma, t), *tb = diff_table_of(mb, t);
	size_t n;
	struct diff_row *rows = diff_rows(ta, tb, &n);
	struct buf name;

	j->out->failed |= !rows && ta->count + tb->count;
	buf_init(&name, 0);
	json_array(j, t->name);
	for (size_t i = 0; i < n; i++) {
		const struct diff_row *r = &rows[i];

		buf_reset(&name);
		diff_describe(t, r, &name);
		json_object(j, NULL);
		json_text(j, "what", (struct span){ name.data, name.len });
		json_str(j, "status", diff_status(r));
		if (t->bytes) {
			json_u64(j, "bytes_a", r->a ? t->bytes(r->a) : 0);
			json_u64(j, "bytes_b", r->b ? t->bytes(r->b) : 0);
		}
		json_both(j, ma, mb, r->a ? t->count(r->a) : 0,
		    r->b ? t->count(r->b) : 0);
		json_close_object(j);
	}
	json_close_array(j);
	j->out->failed |= name.failed;
	buf_clear(&name);
	free(rows);
}

static void
json_case(struct json *j, const char *key, const char *name,
    const struct model *m)
{
	struct buf b;

	buf_init(&b, 0);
	json_object(j, key);
	json_str(j, "case", name);
	if (m->last_ns) {
		json_time(j, "first", m->first_ns);
		json_time(j, "last", m->last_ns);
	}
	render_missing(m, &b);
	json_text(j, "missing", (struct span){ b.data, b.len });
	buf_reset(&b);
	render_verdict(m, &b);
	json_text(j, "verdict", (struct span){ b.data, b.len });
	json_close_object(j);
	j->out->failed |= b.failed;
	buf_clear(&b);
}

void
diff_json(const struct model *a, const struct model *b, const char *name_a,
    const char *name_b, struct buf *out)
{
	struct json j;

	json_init(&j, out);
	json_object(&j, NULL);
	json_u64(&j, "format", 1);
	json_str(&j, "interval", diff_caution);
	json_case(&j, "a", name_a, a);
	json_case(&j, "b", name_b, b);
	json_object(&j, "kinds");
	for (unsigned k = 0; k < KIND_COUNT; k++) {
		json_object(&j, kind_name((enum kind)k));
		json_both(&j, a, b, diff_kind_count(a, (enum kind)k),
		    diff_kind_count(b, (enum kind)k));
		json_close_object(&j);
	}
	json_close_object(&j);
	for (const struct diff_table *t = diff_tables; t->name; t++)
		json_table(&j, a, b, t);
	json_close_object(&j);
	buf_u8(out, '\n');
}
