// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/verify_identity.h"
#include "cli/verify_rerun.h"
#include "evidence/log_lines.h"

void
rerun_tell(struct rerun *u, enum telltap_check result, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	if (result != TELLTAP_CHECK_BAD || u->bad++ < 20)
		u->say(u->arg, result, text);
}

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

/* Another version, other options or known files give other events, and that
 * proves nothing. */
static void
compare_options(struct rerun *u, const struct event_input_list *ours)
{
	const struct event_input_list *in = &u->asked;

	for (size_t i = 0; i < in->option_count; i++) {
		if (is_done(in->options[i]) || has_option(ours, in->options[i]))
			continue;
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
	if (strcmp(in->version ? in->version : "", ours->version)) {
		u->differs = true;
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "not derived again: the case "
		    "was made by version %s", in->version);
	}
}

static bool
is_compared(enum event_action action)
{
	return action == EVENT_TRANSFER || action == EVENT_FLOW ||
	       action == EVENT_FILE;
}

static int
on_event(void *arg, const struct event *e)
{
	struct rerun *u = arg;
	const char *line;
	size_t len;

	if (e->action == EVENT_INPUT && !e->inputs->joined_count)
		compare_options(u, e->inputs);
	if (u->differs || !is_compared(e->action))
		return 0;
	line = telltap_event_json(u->r->engine, e, &len);
	return line ? lines_add(&u->derived, line, len,
			  e->action == EVENT_TRANSFER ||
			      e->action == EVENT_FILE)
		    : -ENOMEM;
}

/* The endpoints that the case's first event names are options of ours. */
static int
take_options(struct rerun *u, const struct event_input_list *in)
{
	struct replay *r = u->r;

	for (size_t i = 0; i < in->option_count; i++) {
		struct span o = in->options[i];
		char *value;

		if (span_eq(o, SPAN_LITERAL("digests")))
			r->options.digests = true;
		if (span_eq(o, SPAN_LITERAL("no-dpi")))
			r->options.no_dpi = true;
		if (span_eq(o, SPAN_LITERAL("show-values")))
			r->options.show_values = true;
		if (span_eq(o, SPAN_LITERAL("keep-objects")))
			r->options.keep_objects = true;
		if (o.len > 6 && !memcmp(o.p, "alpha=", 6)) {
			char text[32] = "";

			memcpy(text, o.p + 6, o.len - 6 < sizeof(text) ?
			    o.len - 6 : sizeof(text) - 1);
			r->options.alpha = strtod(text, NULL);
		}
		if (o.len <= 9 || memcmp(o.p, "endpoint=", 9) ||
		    r->endpoint_count == REPLAY_LIST_MAX)
			continue;
		value = strndup((const char *)o.p + 9, o.len - 9);
		if (!value)
			return -ENOMEM;
		r->endpoints[r->endpoint_count++] = value;
	}
	r->options.endpoints = r->endpoints;
	return 0;
}

static int
compare_line(struct rerun *u, const struct event *e, struct span line,
    uint64_t number)
{
	int found;

	if (e->input)
		u->trusted++;
	else if (!is_compared(e->action) ||
		 (e->action == EVENT_FLOW && !lines_has_transfers(&u->derived,
						 e->flow->id)))
		u->others++;
	else {
		found = lines_find(&u->derived, (const char *)line.p,
		    line.len);
		if (found < 0)
			return found;
		u->same += (uint64_t)found;
		if (!found)
			rerun_tell(u, TELLTAP_CHECK_BAD, "data/events.jsonl: line "
			    "%llu does not follow from the packets",
			    (unsigned long long)number);
	}
	return 0;
}

/* What an engine followed and did not tell before it ended is in no line. */
static const char *
what_was_lost(const struct event *e, uint64_t number)
{
	if (e->action == EVENT_COVERAGE && e->gap)
		return "while it was recorded nothing was seen for a time, and "
		       "what was being followed was lost";
	if (e->anomaly && (!strcmp(e->anomaly->what, "log-cut") ||
	    !strcmp(e->anomaly->what, "disk-full")))
		return "it was cut short, and what was being followed was lost";
	if (e->action == EVENT_INPUT && number > 1 && !e->inputs->joined_count)
		return "it goes on with another run";
	return NULL;
}

/* Of a first reading: what is needed to derive it again. */
static int
note_line(struct rerun *u, const struct event *e, uint64_t number)
{
	const char *lost = u->differs ? NULL : what_was_lost(e, number);

	if (lost) {
		u->differs = true;
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "not derived again: %s",
		    lost);
	}
	/* Who had connected to the product is in no line. */
	if (e->action == EVENT_TRANSFER && e->on_behalf_of &&
	    !e->transfer->dns && !u->differs) {
		u->differs = true;
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "not derived again: some "
		    "of it went out on behalf of other programs, which only "
		    "the kernel told of");
	}
	/* Nor are a capture file's own lists of names kept. */
	if (e->flow && e->flow->domain_source && !u->differs &&
	    !strcmp(e->flow->domain_source, "capture")) {
		u->differs = true;
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "not derived again: some "
		    "names come from lists in the capture files, which the "
		    "case does not hold");
	}
	if (e->action == EVENT_TRANSFER && e->flow &&
	    lines_add_flow(&u->derived, e->flow->id))
		return -ENOMEM;
	return verify_owners_add(u->owners, e);
}

typedef int (*line_fn)(struct rerun *u, const struct event *e,
    struct span line, uint64_t number);

static int
read_lines(struct rerun *u, line_fn visit)
{
	struct log_lines *lines = NULL;
	struct span line = { NULL, 0 };
	uint64_t number = 0;
	struct event e;
	char *path;
	int fd, err;

	if (asprintf(&path, "%s/data/events.jsonl", u->dir) < 0)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	free(path);
	err = fd < 0 ? -errno : (lines = log_lines_new(fd)) ? 0 : -ENOMEM;
	while (!err && !(err = log_lines_next(lines, &line))) {
		number++;
		err = event_read_json(u->reader, (const char *)line.p,
		    line.len, &e);
		if (err == ERR_UNSUPPORTED || err == ERR_END)
			err = visit(u, NULL, line, number);
		else if (!err)
			err = visit(u, &e, line, number);
	}
	free(lines);
	if (fd >= 0)
		close(fd);
	return err == ERR_END ? 0 : err;
}

static int
first_reading(struct rerun *u, const struct event *e, struct span line,
    uint64_t number)
{
	return e ? note_line(u, e, number) : 0;
}

static int
second_reading(struct rerun *u, const struct event *e, struct span line,
    uint64_t number)
{
	if (e)
		return compare_line(u, e, line, number);
	u->others++;
	return 0;
}

/* The first line says how; what it says lives until the next is read. */
static int
derive_by_first(struct rerun *u, const struct event *e, struct span line,
    uint64_t number)
{
	int err;

	if (!e || !e->inputs)
		return ERR_MALFORMED;
	u->asked = *e->inputs;
	err = take_options(u, e->inputs);
	if (!err)
		err = rerun_derive(u, on_event);
	return err ? err : ERR_END;	/* no more lines are needed */
}

/* Known files that are given count; else the fingerprints in the case. */
static int
take_known(struct rerun *u)
{
	const char *wrong = "";
	int err = u->r->known_count ? -ENOENT
				    : verify_known_read(u->dir, &u->known,
					  &wrong);

	if (err == -ENOENT || err == -ENOMEM)
		return err == -ENOENT ? 0 : err;
	if (err)
		rerun_tell(u, TELLTAP_CHECK_BAD, "data/known.jsonl: %s", wrong);
	return 0;
}

static void
sum_up(struct rerun *u)
{
	uint64_t more = lines_left(&u->derived);

	if (more)
		rerun_tell(u, TELLTAP_CHECK_BAD, "%llu transfers or files follow "
		    "from the packets and are not in the log",
		    (unsigned long long)more);
	if (!u->bad)
		rerun_tell(u, TELLTAP_CHECK_OK, "derived again: %llu transfers, "
		    "flows and files follow from the packets",
		    (unsigned long long)u->same);
	rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "%llu events taken on trust (input), "
	    "%llu of kinds that are not derived again",
	    (unsigned long long)u->trusted, (unsigned long long)u->others);
}

static int
take_identity(struct rerun *u)
{
	int err = verify_identity_read(u->dir, &u->r->identity);

	if (err == -ENOENT || err == -ENOMEM)
		return err == -ENOENT ? 0 : err;
	if (err)
		rerun_tell(u, TELLTAP_CHECK_BAD, "data/identity.jsonl: %s",
		    telltap_strerror(err));
	u->r->options.identity = u->r->identity;
	return 0;
}

static void
tell_trusted(struct rerun *u)
{
	struct verify_known_count c;

	if (verify_owners_count(u->owners))
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "the owners of flows are "
		    "taken on trust, as the lines name them: %zu processes",
		    verify_owners_count(u->owners));
	if (!u->known)
		return;
	c = verify_known_counts(u->known);
	rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "fingerprints of %llu known files: "
	    "%llu have all bytes and their SHA-256; of %llu the places of "
	    "what was sent are taken on trust", (unsigned long long)c.files,
	    (unsigned long long)c.whole, (unsigned long long)c.parted);
}

static int
derive_and_compare(struct rerun *u)
{
	int err = take_known(u);

	if (!err)
		err = take_identity(u);
	if (!err && !u->bad)
		err = read_lines(u, first_reading);
	if (err || u->differs || u->bad)
		return err;
	err = read_lines(u, derive_by_first);
	if (!err)
		err = lines_sort(&u->derived);
	if (!err && !u->differs)
		err = read_lines(u, second_reading);
	if (!err && !u->differs) {
		sum_up(u);
		tell_trusted(u);
	}
	return err;
}

int
verify_replay(struct replay *r, const char *dir, telltap_check_fn say,
    void *arg)
{
	struct rerun u = { .r = r, .dir = dir, .say = say, .arg = arg,
			   .reader = event_reader_new(),
			   .owners = verify_owners_new() };
	char path[4096];
	int err = u.reader && u.owners ? 0 : -ENOMEM;

	snprintf(path, sizeof(path), "%s/data/capture/packets.pcapng", dir);
	if (!err && access(path, F_OK)) {
		snprintf(path, sizeof(path), "%s/000001", dir);
		rerun_tell(&u, TELLTAP_CHECK_UNKNOWN, access(path, F_OK)
		    ? "not derived again: the case holds no packets"
		    : "not derived again: flows go on from part to part");
	} else if (!err) {
		err = derive_and_compare(&u);
	}
	for (unsigned i = 0; i < r->endpoint_count; i++)
		free((char *)r->endpoints[i]);
	lines_clear(&u.derived);
	event_reader_free(u.reader);
	verify_owners_free(u.owners);
	verify_known_free(u.known);
	telltap_known_free(u.known_now);
	return err ? err : u.bad ? 1 : 0;
}
