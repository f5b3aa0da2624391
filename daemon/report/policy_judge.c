// SPDX-License-Identifier: Apache-2.0
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "report/format.h"
#include "report/policy.h"
#include "report/render.h"

static bool
falls_under(struct span category, const char *name)
{
	size_t n = strlen(name);

	return category.len >= n && !memcmp(category.p, name, n) &&
	       (category.len == n || category.p[n] == '.');
}

bool
policy_knows_category(const char *name)
{
	for (size_t i = 0; category_names[i]; i++)
		if (falls_under(span_str(category_names[i]), name))
			return true;
	return false;
}

/* Names are hostile: one that holds a NUL, or is too long, matches nothing. */
static bool
matches(const char *pattern, struct span name)
{
	char s[MODEL_TEXT_MAX + 1];

	if (name.len > MODEL_TEXT_MAX || !name.len ||
	    memchr(name.p, 0, name.len))
		return false;
	memcpy(s, name.p, name.len);
	s[name.len] = 0;
	return !fnmatch(pattern, s, FNM_CASEFOLD);
}

/* "Example AV KSN", its vendor, its host or its address. */
static bool
goes_to(const struct policy_rule *r, const struct model_dest *d)
{
	return !r->to || matches(r->to, d->name) || matches(r->to, d->vendor) ||
	       matches(r->to, d->row.key) || matches(r->to, d->address);
}

/* What was never seen has no destination. */
static bool
whole_is_unsure(const struct model *m, struct buf *why)
{
	if (m->filter.len) {
		buf_str(why, "only packets that fit a filter were looked at");
		return true;
	}
	/* A live run without a packet is one in which nothing was sent. */
	if (m->has_totals && !m->totals.packets && m->input_count) {
		buf_str(why, "no packet was looked at");
		return true;
	}
	if (model_nothing_missing(m) && !m->unknown_events)
		return false;
	buf_str(why, "not all was seen: ");
	if (model_nothing_missing(m))
		buf_str(why, "the log has events that are not known here");
	else
		render_missing(m, why);
	return true;
}

static bool
dest_is_unsure(const struct model_dest *d, struct buf *why)
{
	uint64_t n = d->encrypted_out + d->undeciphered_out + d->missing_out;

	if (!n && !d->by_kind[KIND_OPAQUE] && !d->limited)
		return false;
	if (n)
		format_exact_bytes(why, n);
	else
		format_number_of(why, d->by_kind[KIND_OPAQUE] + d->limited,
		    "transfer");
	buf_str(why, " to ");
	buf_append(why, d->name.p, d->name.len);
	buf_str(why, " could not be read to the end");
	return true;
}

/* True, and why, if traffic that the rule is about could hold anything. */
static bool
could_be_hidden(const struct policy_rule *r, const struct model *m,
    struct buf *why)
{
	if (whole_is_unsure(m, why))
		return true;
	for (size_t i = 0; i < m->dests.count; i++) {
		const struct model_dest *d =
		    (const struct model_dest *)m->dests.rows[i];

		/* Who has no name may be the one that is meant. */
		if ((goes_to(r, d) || !d->named) && dest_is_unsure(d, why))
			return true;
	}
	if (!m->dests.more)
		return false;
	buf_str(why, "there are more destinations than are told apart");
	return true;
}

static enum policy_verdict
judge_found(uint64_t n, const char *noun, struct span where, struct buf *why)
{
	format_number_of(why, n, noun);
	buf_str(why, ", first to ");
	buf_append(why, where.p, where.len);
	return POLICY_FAIL;
}

/* A file that went out whole in pieces is no single transfer. */
static uint64_t
pieced(const struct model *m, const struct model_dest *d)
{
	uint64_t n = 0;

	for (size_t i = 0; i < m->files.count; i++) {
		const struct model_file *f =
		    (const struct model_file *)m->files.rows[i];

		n += f->dest == d && f->whole && f->transfers > 1;
	}
	return n;
}

static enum policy_verdict
judge_kind(const struct policy_rule *r, const struct model *m, struct buf *why)
{
	enum kind k = kind_by_name(r->no_kind);
	uint64_t sure = 0, inferred = 0, n, unnamed = 0;
	struct span first = { 0 };

	for (size_t i = 0; i < m->dests.count; i++) {
		const struct model_dest *d =
		    (const struct model_dest *)m->dests.rows[i];

		if (!goes_to(r, d)) {
			unnamed += d->named ? 0 : d->by_kind[k];
			continue;
		}
		n = d->by_kind[k] - d->inferred[k];
		if (!n && k == KIND_FILE_UPLOAD)
			n = pieced(m, d);
		if (n && !sure)
			first = d->name;
		sure += n;
		inferred += d->inferred[k];
	}
	if (!r->to && m->other.by_kind[k] > m->other.inferred[k]) {
		sure += m->other.by_kind[k] - m->other.inferred[k];
		first = first.len ? first : m->other.name;
	}
	if (sure)
		return judge_found(sure, r->no_kind, first, why);
	if (unnamed) {
		format_number_of(why, unnamed, r->no_kind);
		buf_str(why, " to hosts whose name is not known");
		return POLICY_CANT_TELL;
	}
	if (inferred) {
		format_number_of(why, inferred, r->no_kind);
		buf_str(why, " by sizes and timing alone");
		return POLICY_CANT_TELL;
	}
	if (k == KIND_OPAQUE ? whole_is_unsure(m, why)
			     : could_be_hidden(r, m, why))
		return POLICY_CANT_TELL;
	buf_str(why, "none, and all of it was read");
	return POLICY_PASS;
}

static enum policy_verdict
judge_category(const struct policy_rule *r, const struct model *m,
    struct buf *why)
{
	bool undetermined = false;

	for (size_t i = 0; i < m->categories.count; i++) {
		const struct model_category *c =
		    (const struct model_category *)m->categories.rows[i];

		if (!goes_to(r, c->dest)) {
			undetermined |= !c->dest->named &&
			    falls_under(c->category, r->no_category);
			continue;
		}
		if (falls_under(c->category, r->no_category)) {
			buf_append(why, c->category.p, c->category.len);
			buf_str(why, " in ");
			return judge_found(c->transfers, "transfer",
			    c->dest->name, why);
		}
		undetermined |= span_eq(c->category,
		    SPAN_LITERAL("undetermined"));
	}
	if (could_be_hidden(r, m, why))
		return POLICY_CANT_TELL;
	if (undetermined || m->categories.more) {
		buf_str(why, "there is data whose category, or host, is not known");
		return POLICY_CANT_TELL;
	}
	buf_str(why, "none recognised, and all of it was read");
	return POLICY_PASS;
}

static bool
is_allowed(const struct policy_rule *r, const struct model_host *h)
{
	for (unsigned i = 0; i < r->only_hosts_count; i++)
		if (matches(r->only_hosts[i], h->row.key))
			return true;
	return false;
}

static enum policy_verdict
judge_hosts(const struct policy_rule *r, const struct model *m,
    struct buf *why)
{
	const struct model_host *unnamed = NULL;

	for (size_t i = 0; i < m->hosts.count; i++) {
		const struct model_host *h =
		    (const struct model_host *)m->hosts.rows[i];

		if (is_allowed(r, h))
			continue;
		if (!h->named) {
			unnamed = unnamed ? unnamed : h;
			continue;
		}
		buf_append(why, h->row.key.p, h->row.key.len);
		buf_str(why, " is none of them");
		return POLICY_FAIL;
	}
	if (unnamed) {
		buf_str(why, "the name of ");
		buf_append(why, unnamed->row.key.p, unnamed->row.key.len);
		buf_str(why, " is not known");
		return POLICY_CANT_TELL;
	}
	if (m->hosts.more) {
		buf_str(why, "there are more hosts than are told apart");
		return POLICY_CANT_TELL;
	}
	if (whole_is_unsure(m, why))
		return POLICY_CANT_TELL;
	format_number_of(why, m->hosts.count, "host");
	buf_str(why, ", all allowed");
	return POLICY_PASS;
}

/* Enough of what is known to have been sent; and is more known to be lost? */
static enum policy_verdict
judge_share(const struct model *m, bool readable, double least,
    struct buf *why)
{
	const struct event_totals *t = &m->totals;
	uint64_t lost = t->missing_out + t->kernel_unseen_out + m->ignored_out;
	uint64_t all = t->understood_out + t->undeciphered_out +
		       t->encrypted_out + lost;
	uint64_t part = readable ? t->understood_out : all - lost;
	/* 99.9 is a little more than 99.9 once it is a binary fraction. */
	bool enough = (long double)part * 100 >=
			  (long double)least * all * (1 - 1e-15L) &&
		      (least < 100 || part == all);

	if (!m->has_totals || !all) {
		buf_str(why, m->has_totals ? "nothing was sent"
					   : "the log has no summary");
		return POLICY_CANT_TELL;
	}
	format_share(why, part, all);
	buf_str(why, " of ");
	format_exact_bytes(why, all);
	if (!enough)
		return POLICY_FAIL;
	/* Bytes lost in number are counted above; what else is, is not. */
	if ((t->gaps_out && !t->missing_out) || t->dropped_kernel ||
	    t->dropped_ring || t->events_lost || t->unsupported ||
	    t->malformed || t->truncated || t->cut_by_snaplen ||
	    t->fragments_expired || t->flows_evicted || t->streams_limited ||
	    t->file_errors || m->sequence_holes || m->interrupted ||
	    m->parts_missing ||
	    m->unknown_events) {
		buf_str(why, " that are known of; ");
		whole_is_unsure(m, why);
		return POLICY_CANT_TELL;
	}
	return POLICY_PASS;
}

enum policy_verdict
policy_judge(const struct policy_rule *r, const struct model *m,
    struct buf *why)
{
	if (r->no_kind)
		return judge_kind(r, m, why);
	if (r->no_category)
		return judge_category(r, m, why);
	if (r->only_hosts_count)
		return judge_hosts(r, m, why);
	if (r->coverage_at_least)
		return judge_share(m, false, *r->coverage_at_least, why);
	return judge_share(m, true, *r->readable_at_least, why);
}
