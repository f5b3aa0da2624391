// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify_rerun.h"

/* How a case was made, as its first event says: what the engine is told, and what
 * it says of itself. */

static bool
has_option(const struct event_input_list *in, struct span option)
{
	for (size_t i = 0; i < in->option_count; i++)
		if (span_eq(in->options[i], option))
			return true;
	return false;
}

/* What the packets of the case have behind them already, or beside them. */
static bool
is_done(struct span option)
{
	return (option.len > 7 && !memcmp(option.p, "filter=", 7)) ||
	       (option.len > 12 && !memcmp(option.p, "attribution=", 12)) ||
	       (option.len > 5 && !memcmp(option.p, "live=", 5)) ||
	       (option.len > 7 && !memcmp(option.p, "keylog=", 7)) ||
	       (option.len > 8 && !memcmp(option.p, "tls-key=", 8)) ||
	       span_eq(option, SPAN_LITERAL("separate"));
}

static bool
is_identity(struct span option)
{
	return option.len > 9 && !memcmp(option.p, "identity=", 9);
}

/* Another version, other options or known files give other events, and that
 * proves nothing. */
void
rerun_compare_options(struct rerun *u, const struct event_input_list *ours)
{
	const struct event_input_list *in = &u->asked;

	for (size_t i = 0; i < in->option_count; i++) {
		if (is_done(in->options[i]) || has_option(ours, in->options[i]))
			continue;
		if (is_identity(in->options[i]) && !u->r->identity) {
			excuses_from(u->excuses, 1, EXCUSE_IDENTITY);
			continue;
		}
		u->differs = true;
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "not derived again: the case "
		    "was made with %.*s", (int)in->options[i].len,
		    (const char *)in->options[i].p);
	}
	if (!u->known && (in->known_files != ours->known_files ||
	    (in->known_files &&
		memcmp(in->known_sha256, ours->known_sha256, 32)))) {
		u->differs = true;
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "not derived again: give the "
		    "same %llu known files with --known",
		    (unsigned long long)in->known_files);
	}
	/* Live, files join. */
	if (u->known && !u->live &&
	    verify_known_counts(u->known).total != in->known_files)
		rerun_tell(u, TELLTAP_CHECK_BAD, "data/known.jsonl: is of %llu "
		    "known files, the first line of %llu",
		    (unsigned long long)verify_known_counts(u->known).total,
		    (unsigned long long)in->known_files);
	if (strcmp(in->version ? in->version : "", ours->version)) {
		u->differs = true;
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "not derived again: the case "
		    "was made by version %s", in->version);
	}
}

/* What stands behind "name=" in an option, as one more of a list, which has room
 * for REPLAY_LIST_MAX; nothing if it is another option. */
static int
take_text(struct span option, const char *name, const char **list,
    unsigned *count)
{
	size_t len = strlen(name);
	char *value;

	if (option.len <= len || memcmp(option.p, name, len) ||
	    *count == REPLAY_LIST_MAX)
		return 0;
	value = strndup((const char *)option.p + len, option.len - len);
	if (!value)
		return -ENOMEM;
	list[(*count)++] = value;
	return 0;
}

/* What the case's first event names are options of ours. */
int
rerun_take_options(struct rerun *u, const struct event_input_list *in)
{
	struct replay *r = u->r;
	int err = 0;

	for (size_t i = 0; i < in->option_count && !err; i++) {
		struct span o = in->options[i];

		if (span_eq(o, SPAN_LITERAL("digests")))
			r->options.digests = true;
		if (span_eq(o, SPAN_LITERAL("no-dpi")))
			r->options.no_dpi = true;
		if (span_eq(o, SPAN_LITERAL("show-values")))
			r->options.show_values = true;
		if (span_eq(o, SPAN_LITERAL("keep-objects")))
			r->options.keep_objects = true;
		if (span_eq(o, SPAN_LITERAL("infer-files")))
			r->options.infer_files = true;
		if (o.len > 6 && !memcmp(o.p, "alpha=", 6)) {
			char text[32] = "";

			memcpy(text, o.p + 6, o.len - 6 < sizeof(text) ?
			    o.len - 6 : sizeof(text) - 1);
			r->options.alpha = strtod(text, NULL);
		}
		err = take_text(o, "endpoint=", r->endpoints,
		    &r->endpoint_count);
		if (!err)
			err = take_text(o, "archive-password=", r->passwords,
			    &r->password_count);
	}
	r->options.endpoints = r->endpoints;
	r->options.archive_passwords = r->passwords;
	return err;
}
