// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/replay.h"

/* What a run writes: events to stdout, a summary to stdout, a case. */

static int
fail(struct replay *r, int err, const char *what)
{
	if (!r->said)
		cli_fail("%s", what);
	r->said = true;
	return err;
}

int
replay_case_failed(struct replay *r, int err)
{
	return fail(r, err, r->kept ? telltap_case_error(r->kept)
				    : telltap_strerror(err));
}

/* Where events are all that is asked for, nobody reads a report. */
static bool
wants_report(const struct replay *r)
{
	return !r->json || r->case_dir || r->fail_on_count;
}

int
replay_write_line(struct replay *r, const char *line, size_t len)
{
	int err;

	if (r->json && (!cli_write(line, len) || !cli_write("\n", 1))) {
		r->said = true;
		return -EPIPE;
	}
	err = r->kept ? telltap_case_event(r->kept, line, len) : 0;
	return err ? replay_case_failed(r, err) : 0;
}

/* The first event's line is made when its hashes are known. */
static int
write_event(struct replay *r, const struct event *event)
{
	const char *line;
	size_t len;
	int err;

	if (replay_held_first(r))
		return 0;
	err = replay_held_end(r, false);
	if (err)
		return err;
	line = telltap_event_json(r->engine, event, &len);
	if (!line)
		return fail(r, -ENOMEM, telltap_strerror(-ENOMEM));
	return r->held ? replay_held_add(r, line, len)
		       : replay_write_line(r, line, len);
}

int
replay_on_event(void *arg, const struct event *event)
{
	struct replay *r = arg;
	int err = wants_report(r) ? telltap_report_add(r->report, event) : 0;

	if (err)
		return fail(r, err, telltap_strerror(err));
	if (!r->json && !r->kept)
		return 0;
	err = r->kept ? telltap_case_objects(r->kept, event) : 0;
	if (err)
		return replay_case_failed(r, err);
	err = write_event(r, event);
	if (err || !r->kept || r->no_packets)
		return err;
	err = telltap_case_choose(r->kept, event);
	return err ? replay_case_failed(r, err) : 0;
}

/* The folder of one capture's case inside that of a run with --separate. Names
 * may come twice, from several folders. */
static int
create_inside(struct replay *r, const char *name)
{
	char *dir;
	int err = -ENOTEMPTY;

	for (unsigned n = 1; err == -ENOTEMPTY && n < 10000; n++) {
		int len = n == 1 ? asprintf(&dir, "%s/%s", r->case_dir, name)
				 : asprintf(&dir, "%s/%s.%u", r->case_dir,
				       name, n);

		if (len < 0)
			return -ENOMEM;
		telltap_case_free(r->kept);
		err = telltap_case_create_with(dir, &r->case_options,
		    &r->kept);
		free(dir);
	}
	return err;
}

int
replay_begin_output(struct replay *r, const char *name)
{
	int err;

	if (!r->case_dir)
		return 0;
	if (r->separate)
		err = create_inside(r, strcmp(name, "-") ? name : "stdin");
	else
		err = telltap_case_create_with(r->case_dir, &r->case_options,
		    &r->kept);
	return err ? replay_case_failed(r, err) : 0;
}

static int
keep_report(struct replay *r, enum telltap_report_format format,
    const char *name)
{
	char *data;
	size_t len;
	int err = telltap_report_render(r->report, format, &data, &len);

	if (err)
		return fail(r, err, telltap_strerror(err));
	err = telltap_case_add(r->kept, name, data, len);
	free(data);
	return err ? fail(r, err, telltap_case_error(r->kept)) : 0;
}

static int
finish_case(struct replay *r)
{
	uint8_t root[32];
	uint64_t lines = telltap_case_root(r->kept, root);
	int err = 0;

	telltap_report_log(r->report, lines, root);
	err = keep_report(r, TELLTAP_REPORT_HTML, "report.html");
	if (!err)
		err = keep_report(r, TELLTAP_REPORT_JSON, "report.json");
	if (err)
		return err;
	err = telltap_case_finish(r->kept);
	if (err)
		return fail(r, err, telltap_case_error(r->kept));
	telltap_case_free(r->kept);
	r->kept = NULL;
	return 0;
}

static int
print_summary(struct replay *r)
{
	char *data;
	size_t len;
	int err = telltap_report_render(r->report, TELLTAP_REPORT_TEXT, &data,
	    &len);
	bool written;

	if (err)
		return fail(r, err, telltap_strerror(err));
	written = cli_write(data, len);
	free(data);
	r->said |= !written;
	return written ? 0 : -EPIPE;
}

int
replay_end_output(struct replay *r)
{
	int err = replay_held_end(r, true);

	if (err)
		return err;
	for (unsigned i = 0; i < r->fail_on_count; i++)
		r->found |= telltap_report_found(r->report, r->fail_on[i]) > 0;
	if (!r->json)
		err = print_summary(r);
	if (!err && r->kept)
		err = finish_case(r);
	return err;
}

void
replay_drop_output(struct replay *r)
{
	telltap_case_free(r->kept);
	r->kept = NULL;
}
