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
#include "cli/verify_lines.h"
#include "evidence/event_read.h"
#include "evidence/log_lines.h"

#define BATCH_MAX	4096
#define NUMBER_LABEL	"telltap packet "

struct rerun {
	struct replay *r;
	const char *dir;
	telltap_check_fn say;
	void *arg;
	struct event_reader *reader;
	struct lines_seen derived;	/* what the packets give */
	struct event_input_list asked;	/* of the case; borrowed from reader */
	bool differs;			/* in options: told */
	uint64_t bad, same, trusted, others;
};

static void
tell(struct rerun *u, enum telltap_check result, const char *fmt, ...)
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
		tell(u, TELLTAP_CHECK_UNKNOWN, "not derived again: the case "
		    "was made with %.*s", (int)in->options[i].len,
		    (const char *)in->options[i].p);
	}
	if (in->known_files != ours->known_files ||
	    (in->known_files &&
		memcmp(in->known_sha256, ours->known_sha256, 32))) {
		u->differs = true;
		tell(u, TELLTAP_CHECK_UNKNOWN, "not derived again: give the "
		    "same %llu known files with --known",
		    (unsigned long long)in->known_files);
	}
	if (strcmp(in->version ? in->version : "", ours->version)) {
		u->differs = true;
		tell(u, TELLTAP_CHECK_UNKNOWN, "not derived again: the case "
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

	if (e->action == EVENT_INPUT)
		compare_options(u, e->inputs);
	if (u->differs || !is_compared(e->action))
		return 0;
	line = telltap_event_json(u->r->engine, e, &len);
	return line ? lines_add(&u->derived, line, len,
			  e->action == EVENT_TRANSFER ||
			      e->action == EVENT_FILE)
		    : -ENOMEM;
}

/* The keys that the case keeps lie in front of what they open. */
static int
take_keys(struct rerun *u)
{
	const struct telltap_block *b;
	size_t count;
	int err = 0;

	b = telltap_source_blocks(u->r->source, &count);
	for (size_t i = 0; i < count && !err; i++)
		if (b[i].kind == TELLTAP_BLOCK_SECRETS &&
		    b[i].type == TELLTAP_SECRETS_TLS)
			err = telltap_engine_keys(u->r->engine, b[i].data,
			    b[i].len);
	return err;
}

/* The packets' numbers in the whole capture stand in their comments. */
static int
feed(struct rerun *u, struct telltap_packet *batch,
    const struct telltap_packet *packets, size_t count)
{
	const struct telltap_block *b;
	size_t block_count, at = 0;
	int err = take_keys(u);

	b = telltap_source_blocks(u->r->source, &block_count);
	for (size_t done = 0; done < count && !err;) {
		size_t n = 0;

		for (; n < BATCH_MAX && done < count; n++, done++) {
			batch[n] = packets[done];
			while (at < block_count &&
			       (b[at].kind == TELLTAP_BLOCK_SECRETS ||
				   b[at].packet < packets[done].number))
				at++;
			if (at == block_count ||
			    b[at].packet != packets[done].number ||
			    !lines_read_number(b[at].data, b[at].len,
				NUMBER_LABEL, &batch[n].number))
				return ERR_MALFORMED;
		}
		err = telltap_engine_feed(u->r->engine, batch, n);
	}
	return err;
}

static int
derive(struct rerun *u)
{
	struct telltap_source_options options = { .size = sizeof(options) };
	struct telltap_packet *batch = calloc(BATCH_MAX, sizeof(*batch));
	const struct telltap_packet *packets;
	const char *paths[1];
	char *path;
	size_t count;
	int err;

	if (!batch || asprintf(&path, "%s/data/capture/packets.pcapng",
			  u->dir) < 0) {
		free(batch);
		return -ENOMEM;
	}
	paths[0] = path;
	err = telltap_source_open(paths, 1, &options, &u->r->source);
	if (!err)
		err = telltap_engine_new(&u->r->options, on_event, u,
		    &u->r->engine);
	while (!err && !(err = telltap_source_next(u->r->source, &packets,
			     &count)))
		err = feed(u, batch, packets, count);
	if (err == TELLTAP_SOURCE_END)
		err = telltap_engine_finish(u->r->engine);
	free(path);
	free(batch);
	return err;
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
			tell(u, TELLTAP_CHECK_BAD, "data/events.jsonl: line "
			    "%llu does not follow from the packets",
			    (unsigned long long)number);
	}
	return 0;
}

/* Every line of the case: first which flows have transfers, then all. */
static int
read_case(struct rerun *u, bool compare)
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
		if (err == ERR_UNSUPPORTED || err == ERR_END) {
			u->others += compare;
			err = 0;
			continue;
		}
		if (!err && compare)
			err = compare_line(u, &e, line, number);
		else if (!err && e.action == EVENT_TRANSFER)
			err = lines_add_flow(&u->derived, e.flow->id);
		else if (!err && e.inputs && number == 1) {
			u->asked = *e.inputs;
			err = take_options(u, e.inputs);
			if (!err)
				err = derive(u);
		}
	}
	free(lines);
	if (fd >= 0)
		close(fd);
	return err == ERR_END ? 0 : err;
}

static void
sum_up(struct rerun *u)
{
	uint64_t more = lines_left(&u->derived);

	if (more)
		tell(u, TELLTAP_CHECK_BAD, "%llu transfers or files follow "
		    "from the packets and are not in the log",
		    (unsigned long long)more);
	if (!u->bad)
		tell(u, TELLTAP_CHECK_OK, "derived again: %llu transfers, "
		    "flows and files follow from the packets",
		    (unsigned long long)u->same);
	tell(u, TELLTAP_CHECK_UNKNOWN, "%llu events taken on trust (input), "
	    "%llu of kinds that are not derived again",
	    (unsigned long long)u->trusted, (unsigned long long)u->others);
}

int
verify_replay(struct replay *r, const char *dir, telltap_check_fn say,
    void *arg)
{
	struct rerun u = { .r = r, .dir = dir, .say = say, .arg = arg,
			   .reader = event_reader_new() };
	char path[4096];
	int err = u.reader ? 0 : -ENOMEM;

	snprintf(path, sizeof(path), "%s/data/capture/packets.pcapng", dir);
	if (!err && access(path, F_OK)) {
		tell(&u, TELLTAP_CHECK_UNKNOWN,
		    "not derived again: the case holds no packets");
	} else {
		if (!err)
			err = read_case(&u, false);
		if (!err)
			err = lines_sort(&u.derived);
		if (!err && !u.differs)
			err = read_case(&u, true);
		if (!err && !u.differs)
			sum_up(&u);
	}
	for (unsigned i = 0; i < r->endpoint_count; i++)
		free((char *)r->endpoints[i]);
	lines_clear(&u.derived);
	event_reader_free(u.reader);
	return err ? err : u.bad ? 1 : 0;
}
