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
#include "evidence/log/log_lines.h"

void
rerun_tell(struct rerun *u, enum telltap_check result, const char *fmt, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	if (result != TELLTAP_CHECK_BAD || u->bad++ < RERUN_SAID_MAX)
		u->say(u->arg, result, text);
}

typedef int (*line_fn)(struct rerun *u, const struct event *e,
    struct span line, uint64_t number);

static int
read_file(struct rerun *u, const char *path, line_fn visit)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct log_lines *lines = NULL;
	struct span line = { NULL, 0 };
	struct event e;
	int err = fd < 0 ? -errno : (lines = log_lines_new(fd)) ? 0 : -ENOMEM;

	u->in_part = 0;
	while (!err && !(err = log_lines_next(lines, &line))) {
		u->in_part++;
		u->line++;
		err = event_read_json(u->reader, (const char *)line.p,
		    line.len, &e);
		if (err == ERR_UNSUPPORTED || err == ERR_END)
			err = visit(u, NULL, line, u->line);
		else if (!err)
			err = visit(u, &e, line, u->line);
	}
	free(lines);
	if (fd >= 0)
		close(fd);
	return err == ERR_END ? 0 : err;
}

/* Of all parts, one after the other. */
static int
read_lines(struct rerun *u, line_fn visit)
{
	int err = 0;

	u->line = 0;
	for (u->part = 0; u->part < u->part_count && !err; u->part++) {
		char *path = rerun_path(u, u->part, "events.jsonl");

		err = path ? read_file(u, path, visit) : -ENOMEM;
		free(path);
	}
	return err;
}

static int
first_reading(struct rerun *u, const struct event *e, struct span line,
    uint64_t number)
{
	if (e && number == 1)
		rerun_note_first(u, e, line);
	return e ? rerun_note_line(u, e, number) : 0;
}

static int
second_reading(struct rerun *u, const struct event *e, struct span line,
    uint64_t number)
{
	return e ? rerun_compare_line(u, e, line, number) : 0;
}

/* The first line says how; what it says lives until the next is read. */
static int
derive_by_first(struct rerun *u, const struct event *e, struct span line,
    uint64_t number)
{
	int err;

	if (number > 1)
		return ERR_END;
	if (!e) {
		u->differs = true;
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "not derived again: the first "
		    "line, which says how the case was made, is withheld");
		return ERR_END;
	}
	if (!e->inputs)
		return ERR_MALFORMED;
	u->asked = *e->inputs;
	err = rerun_take_options(u, e->inputs);
	if (!err)
		err = rerun_derive(u, rerun_take_event);
	return err ? err : ERR_END;	/* no more lines are needed */
}

/* Known files that are given count; else the fingerprints in the case. */
static int
take_known(struct rerun *u)
{
	char *list = NULL, *bytes = NULL;
	const char *wrong = "";
	int err = u->r->known_count ? -ENOENT
				    : rerun_find_file(u, "known.jsonl", &list);

	if (!err)
		err = rerun_find_file(u, "known.parts", &bytes);
	if (!err)
		err = verify_known_read(list, bytes, &u->known, &wrong);
	if (err && err != -ENOMEM && list) {
		rerun_tell(u, TELLTAP_CHECK_BAD, "data/known.jsonl: %s",
		    *wrong ? wrong : telltap_strerror(err));
		err = 0;
	}
	free(list);
	free(bytes);
	return err == -ENOENT ? 0 : err;
}

static int
take_identity(struct rerun *u)
{
	char *path;
	int err = rerun_find_file(u, "identity.jsonl", &path);

	if (err)
		return err == -ENOENT ? 0 : err;
	err = verify_identity_read(path, &u->r->identity);
	free(path);
	if (err && err != -ENOMEM) {
		rerun_tell(u, TELLTAP_CHECK_BAD, "data/identity.jsonl: %s",
		    telltap_strerror(err));
		err = 0;
	}
	u->r->options.identity = u->r->identity;
	return err;
}

static int
derive_and_compare(struct rerun *u)
{
	int err = take_known(u);

	if (!err)
		err = take_identity(u);
	if (!err && !u->bad)
		err = read_lines(u, first_reading);
	if (!err)
		err = rerun_note_end(u);
	if (err || u->bad)
		return err;
	err = lines_sort(&u->derived);
	if (!err)
		err = read_lines(u, derive_by_first);
	if (!err)
		err = lines_sort(&u->derived);
	if (!err && !u->differs)
		err = read_lines(u, second_reading);
	if (!err && !u->differs)
		rerun_sum_up(u);
	return err;
}

/* Those that were not told. */
static void
tell_more(struct rerun *u)
{
	char text[64];

	if (u->bad <= RERUN_SAID_MAX)
		return;
	snprintf(text, sizeof(text), "%llu more differences",
	    (unsigned long long)(u->bad - RERUN_SAID_MAX));
	u->say(u->arg, TELLTAP_CHECK_BAD, text);
}

static void
clear(struct rerun *u)
{
	for (unsigned i = 0; i < u->r->endpoint_count; i++)
		free((char *)u->r->endpoints[i]);
	for (size_t i = 0; i < EXCUSE_COUNT; i++)
		buf_clear(&u->excused[i].which);
	lines_clear(&u->derived);
	event_reader_free(u->reader);
	excuses_free(u->excuses);
	verify_owners_free(u->owners);
	verify_known_free(u->known);
	telltap_known_free(u->known_now);
	rerun_clear_parts(u);
}

int
verify_replay(struct replay *r, const char *dir, telltap_check_fn say,
    void *arg, uint64_t *ret_open, uint64_t *ret_reports_open)
{
	struct rerun u = { .r = r, .dir = dir, .say = say, .arg = arg,
			   .reader = event_reader_new(),
			   .excuses = excuses_new(),
			   .owners = verify_owners_new() };
	int err = u.reader && u.owners && u.excuses ? 0 : -ENOMEM;

	for (size_t i = 0; i < EXCUSE_COUNT; i++)
		buf_init(&u.excused[i].which, 0);
	if (!err)
		err = rerun_find_parts(&u);
	u.differs = !err && !rerun_has_packets(&u);
	if (u.differs)
		rerun_tell(&u, TELLTAP_CHECK_UNKNOWN, "not derived again: the "
		    "case holds no packets");
	else if (!err)
		err = derive_and_compare(&u);
	if (!err)
		err = rerun_compare_reports(&u);
	tell_more(&u);
	*ret_open = u.differs ? VERIFY_NOTHING : u.open;
	*ret_reports_open = u.reports_open;
	clear(&u);
	return err ? err : u.bad ? 1 : 0;
}
