// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "base/json.h"
#include "report/format.h"
#include "report/policy.h"

static const char *const verdicts[POLICY_VERDICT_COUNT] = { "pass", "fail",
							    "can't tell" };

void
policy_title(const struct policy_rule *r, struct buf *out)
{
	if (r->name) {
		buf_str(out, r->name);
	} else if (r->no_kind || r->no_category) {
		buf_str(out, r->no_kind ? "no " : "no category ");
		buf_str(out, r->no_kind ? r->no_kind : r->no_category);
		buf_str(out, " to ");
		buf_str(out, r->to ? r->to : "any destination");
	} else if (r->only_hosts_count) {
		buf_str(out, "only ");
		for (unsigned i = 0; i < r->only_hosts_count; i++) {
			buf_str(out, i ? ", " : "");
			buf_str(out, r->only_hosts[i]);
		}
	} else if (r->coverage_at_least) {
		buf_printf(out, "coverage at least %g %%",
		    *r->coverage_at_least);
	} else {
		buf_printf(out, "readable at least %g %%",
		    *r->readable_at_least);
	}
}

struct writer {
	struct buf title, why;
	struct policy_result result;
};

static void
writer_init(struct writer *w)
{
	*w = (struct writer){ 0 };
	buf_init(&w->title, 1 << 20);
	buf_init(&w->why, 1 << 20);
}

static enum policy_verdict
judge(struct writer *w, const struct policy_rule *r, const struct model *m)
{
	enum policy_verdict v;

	buf_reset(&w->title);
	buf_reset(&w->why);
	policy_title(r, &w->title);
	v = policy_judge(r, m, &w->why);
	w->result.count[v]++;
	return v;
}

static struct span
text(const struct buf *b)
{
	return (struct span){ b->data, b->len };
}

static struct policy_result
writer_end(struct writer *w, struct buf *out)
{
	out->failed |= w->title.failed || w->why.failed;
	buf_clear(&w->title);
	buf_clear(&w->why);
	return w->result;
}

struct policy_result
policy_write_text(const struct policy *p, const struct model *m,
    struct buf *out)
{
	struct writer w;

	writer_init(&w);
	for (unsigned i = 0; i < p->rules_count; i++) {
		enum policy_verdict v = judge(&w, &p->rules[i], m);

		buf_printf(out, "%-10s  ", verdicts[v]);
		format_safe(out, text(&w.title));
		buf_str(out, ": ");
		format_safe(out, text(&w.why));
		buf_u8(out, '\n');
	}
	format_count(out, w.result.count[POLICY_PASS]);
	buf_str(out, " passed, ");
	format_count(out, w.result.count[POLICY_FAIL]);
	buf_str(out, " failed, ");
	format_count(out, w.result.count[POLICY_CANT_TELL]);
	buf_str(out, " can't be told\n");
	return writer_end(&w, out);
}

struct policy_result
policy_write_json(const struct policy *p, const struct model *m,
    struct buf *out)
{
	static const char *const words[] = { "pass", "fail", "cant-tell" };
	struct writer w;
	struct json j;

	writer_init(&w);
	json_init(&j, out);
	json_object(&j, NULL);
	json_u64(&j, "format", 1);
	json_array(&j, "rules");
	for (unsigned i = 0; i < p->rules_count; i++) {
		enum policy_verdict v = judge(&w, &p->rules[i], m);

		json_object(&j, NULL);
		json_text(&j, "rule", text(&w.title));
		json_str(&j, "verdict", words[v]);
		json_text(&j, "reason", text(&w.why));
		json_close_object(&j);
	}
	json_close_array(&j);
	json_u64(&j, "passed", w.result.count[POLICY_PASS]);
	json_u64(&j, "failed", w.result.count[POLICY_FAIL]);
	json_u64(&j, "cant_tell", w.result.count[POLICY_CANT_TELL]);
	json_close_object(&j);
	buf_u8(out, '\n');
	return writer_end(&w, out);
}

static void
put_case(struct buf *out, const struct writer *w, enum policy_verdict v)
{
	buf_str(out, "  <testcase classname=\"telltap.policy\" name=\"");
	format_html(out, text(&w->title));
	if (v == POLICY_PASS) {
		buf_str(out, "\"/>\n");
		return;
	}
	buf_str(out, v == POLICY_FAIL ? "\"><failure message=\""
				      : "\"><skipped message=\"can't tell: ");
	format_html(out, text(&w->why));
	buf_str(out, "\"/></testcase>\n");
}

/* The counts come first in the file and are known last. */
struct policy_result
policy_write_junit(const struct policy *p, const struct model *m,
    struct buf *out)
{
	struct buf cases;
	struct writer w;

	writer_init(&w);
	buf_init(&cases, 0);
	for (unsigned i = 0; i < p->rules_count; i++)
		put_case(&cases, &w, judge(&w, &p->rules[i], m));
	buf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			"<testsuite name=\"telltap policy\" tests=\"%u\" "
			"failures=\"%llu\" errors=\"0\" skipped=\"%llu\">\n",
	    p->rules_count,
	    (unsigned long long)w.result.count[POLICY_FAIL],
	    (unsigned long long)w.result.count[POLICY_CANT_TELL]);
	buf_append(out, cases.data, cases.len);
	buf_str(out, "</testsuite>\n");
	out->failed |= cases.failed;
	buf_clear(&cases);
	return writer_end(&w, out);
}
