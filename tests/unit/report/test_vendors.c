// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "evidence/event/event_json.h"
#include "evidence/event/event_read.h"
#include "report/model.h"
#include "report/render.h"
#include "unit/sample_events.h"

static const struct span says[] = { S("hashes of files"), S("<b>&\r\n") };
static const struct span mentions[] = { S("file.hash"), S("url"),
					S("no.such") };
static const struct event_vendor vendors[] = {
	{ S("Vendor A"), S("a"), says, 2, mentions, 3 },
	{ S("Vendor B"), S("b"), NULL, 0, NULL, 0 },
};
static struct event_totals totals;

static void
add(struct model *m, const char *vendor, const char *category)
{
	struct event_category c = { .category = category, .why = "so" };
	struct event_cloud cloud = { .vendor = span_str(vendor),
				     .key = span_str(vendor) };
	struct event_transfer t = sample_transfer;
	struct event e = { .action = EVENT_TRANSFER, .flow = &sample_flow,
			   .transfer = &t, .cloud = &cloud };

	t.categories = &c;
	t.category_count = 1;
	t.number = m->events + 1;
	e.sequence = m->events;
	assert_int_equal(model_add(m, &e), 0);
}

static void
add_summary(struct model *m, size_t count)
{
	struct event e = { .action = EVENT_SUMMARY, .totals = &totals,
			   .vendors = vendors, .vendor_count = count,
			   .sequence = m->events };

	assert_int_equal(model_add(m, &e), 0);
}

static const struct model_vendor *
vendor(const struct model *m, size_t i)
{
	return (const struct model_vendor *)m->vendors.rows[i];
}

static unsigned
at(const char *category)
{
	unsigned i = 0;

	while (strcmp(category_names[i], category))
		i++;
	return i;
}

static void
what_was_found_stands_beside_what_is_named(void **state)
{
	struct model *m = model_new();

	add(m, "Vendor A", "file.hash");
	add(m, "Vendor A", "host.id");
	add(m, "Vendor B or Vendor A", "host.id");
	add(m, "Vendor AB", "host.id");
	add(m, "other or", "host.id");
	add(m, "", "host.id");
	add_summary(m, 2);
	/* a second run in the same log says the same again */
	add_summary(m, 2);
	model_settle(m);
	model_settle(m);
	assert_int_equal(m->vendors.count, 2);
	assert_int_equal(vendor(m, 0)->found[at("file.hash")], 1);
	assert_int_equal(vendor(m, 0)->found[at("host.id")], 2);
	assert_int_equal(vendor(m, 0)->found[at("url")], 0);
	assert_true(vendor(m, 0)->named[at("url")]);
	assert_false(vendor(m, 0)->named[at("host.id")]);
	assert_true(vendor(m, 0)->names_any);
	assert_int_equal(vendor(m, 1)->found[at("host.id")], 1);
	assert_false(vendor(m, 1)->names_any);
	model_free(m);
}

static bool
holds(const struct buf *b, const char *text)
{
	return memmem(b->data, b->len, text, strlen(text)) != NULL;
}

static void
every_format_says_it(void **state)
{
	struct model *m = model_new();
	struct buf b;

	add(m, "Vendor A", "host.id");
	add(m, "Vendor B", "url");
	add_summary(m, 2);
	model_settle(m);
	buf_init(&b, 0);
	render_html(m, &b);
	assert_true(holds(&b, "&lt;b&gt;&amp;"));
	assert_true(holds(&b, "found, not named there"));
	assert_true(holds(&b, "named there, not found here"));
	assert_true(holds(&b, "nothing to compare with"));
	buf_reset(&b);
	render_csv(m, RENDER_VENDORS, &b);
	assert_true(holds(&b, "\"Vendor A\",\"a\",\"host.id\",1,false\r\n"));
	assert_true(holds(&b, "\"Vendor A\",\"a\",\"url\",0,true\r\n"));
	assert_true(holds(&b, "\"Vendor B\",\"b\",\"url\",1,\"\"\r\n") ||
		    holds(&b, "\"Vendor B\",\"b\",\"url\",1,\r\n"));
	buf_reset(&b);
	render_text(m, &b);
	assert_true(holds(&b, "NOT NAMED   host.id -> Vendor A"));
	assert_false(holds(&b, "url -> Vendor B  in what"));
	buf_reset(&b);
	render_json(m, &b);
	assert_true(holds(&b, "\"vendor\":\"Vendor A\""));
	buf_clear(&b);
	model_free(m);
}

static void
a_log_without_them_has_no_section(void **state)
{
	struct model *m = model_new();
	struct buf b;

	add(m, "Vendor A", "host.id");
	add_summary(m, 0);
	model_settle(m);
	buf_init(&b, 0);
	render_html(m, &b);
	assert_false(holds(&b, "published about it"));
	buf_clear(&b);
	model_free(m);
}

static void
a_line_is_read_as_it_was_written(void **state)
{
	struct event e = { .action = EVENT_SUMMARY, .totals = &totals,
			   .vendors = vendors, .vendor_count = 2 };
	struct event_reader *r = event_reader_new();
	struct event got;
	struct buf b;

	buf_init(&b, 0);
	event_write_json(&e, &b);
	assert_false(b.failed);
	assert_int_equal(event_read_json(r, (char *)b.data, b.len, &got), 0);
	assert_int_equal(got.vendor_count, 2);
	assert_true(span_eq(got.vendors[0].vendor, vendors[0].vendor));
	assert_true(span_eq(got.vendors[1].profile, vendors[1].profile));
	assert_int_equal(got.vendors[0].says_count, 2);
	assert_true(span_eq(got.vendors[0].says[0], says[0]));
	assert_int_equal(got.vendors[0].mention_count, 3);
	assert_int_equal(got.vendors[1].says_count, 0);
	buf_clear(&b);
	event_reader_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_found_stands_beside_what_is_named),
		cmocka_unit_test(every_format_says_it),
		cmocka_unit_test(a_log_without_them_has_no_section),
		cmocka_unit_test(a_line_is_read_as_it_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
