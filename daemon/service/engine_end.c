// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "service/engine.h"
#include "verdict/event.h"

/* What its files bring along to be kept goes before the event's line. */
static int
send_objects(struct engine_process *e, const struct event *event)
{
	const struct event_transfer *t = event->transfer;
	struct message_file m = { .file = FILE_OBJECT };
	int err = 0;

	for (size_t i = 0; e->keeps_case && t && i < t->file_count && !err; i++) {
		const struct event_file *f = &t->files[i];

		if (!f->object || f->size > MESSAGE_FILE_MAX)
			continue;
		m.text_len = (uint32_t)f->size;
		err = channel_send(&e->recorder, MESSAGE_FILE, &m, f->object,
		    f->size);
	}
	return err;
}

int
engine_on_event(void *arg, const struct event *event)
{
	struct engine_process *e = arg;
	struct message_text m;
	const char *line;
	size_t len;
	int err = telltap_report_add(e->report, event);

	if (!err)
		err = engine_clouds_learn(e, event);
	if (err)
		return err;
	line = telltap_event_json(e->engine, event, &len);
	if (!line)
		return -ENOMEM;
	err = send_objects(e, event);
	m.text_len = (uint32_t)len;
	return err ? err : channel_send(&e->recorder, MESSAGE_LINE, &m, line,
	    len);
}

static int
send_secrets(void *arg, const char *text, size_t len)
{
	struct engine_process *e = arg;
	struct message_text m = { .text_len = (uint32_t)len };

	if (len > MESSAGE_SECRETS_MAX)
		return ERR_LIMIT;
	return channel_send(&e->recorder, MESSAGE_SECRETS, &m, text, len);
}

int
engine_keep_keys(struct engine_process *e)
{
	if (!e->keeps_case || !e->keeps_packets)
		return 0;
	return telltap_engine_used_keys(e->engine, send_secrets, e);
}

static int
ask_root(struct engine_process *e, struct message_root_is *ret_root)
{
	static const struct message_empty ask;
	struct message m;
	int got = 0, err = channel_send(&e->recorder, MESSAGE_ROOT, &ask, NULL,
	    0);

	if (!err)
		err = channel_flush(&e->recorder);
	while (!err && (got = channel_next(&e->recorder, &m)) == 0)
		err = channel_read(&e->recorder, true);
	if (err)
		return err == ERR_END ? -EPIPE : err;
	if (got < 0 || m.kind != MESSAGE_ROOT_IS)
		return ERR_MALFORMED;
	memcpy(ret_root, m.body, sizeof(*ret_root));
	return 0;
}

static int
send_report(struct engine_process *e, enum telltap_report_format format,
    uint32_t kind, enum file_kind file)
{
	struct message_file m = { .file = file };
	struct message_text t;
	char *data;
	size_t len;
	int err = telltap_report_render(e->report, format, &data, &len);

	if (err)
		return err;
	if (len > MESSAGE_FILE_MAX)
		err = ERR_LIMIT;
	m.text_len = t.text_len = (uint32_t)len;
	if (!err)
		err = channel_send(&e->recorder, kind,
		    kind == MESSAGE_FILE ? (const void *)&m : &t, data, len);
	free(data);
	return err;
}

static int
send_print(void *arg, const char *name, const void *data, size_t len)
{
	struct engine_process *e = arg;
	struct message_file m = { .text_len = (uint32_t)len };

	if (!strcmp(name, "known.jsonl"))
		m.file = FILE_KNOWN_LIST;
	else if (!strcmp(name, "known.parts"))
		m.file = FILE_KNOWN_PARTS;
	else
		m.file = FILE_IDENTITY;
	return len > MESSAGE_FILE_MAX ? ERR_LIMIT : channel_send(&e->recorder,
	    MESSAGE_FILE, &m, data, len);
}

static int
send_reports(struct engine_process *e)
{
	static const struct message_empty close;
	struct message_root_is root;
	int err = 0;

	if (e->summary)
		err = send_report(e, TELLTAP_REPORT_TEXT, MESSAGE_TEXT, 0);
	/* Of several parts the last one has them, for all. */
	if (!err && e->keeps_case)
		err = telltap_engine_prints(e->engine, send_print, e);
	if (!err && e->keeps_case) {
		err = ask_root(e, &root);
		if (!err)
			telltap_report_log(e->report, e->parts ? 0 : root.lines,
			    root.root);
		if (!err)
			err = send_report(e, TELLTAP_REPORT_HTML, MESSAGE_FILE,
			    FILE_REPORT_HTML);
		if (!err)
			err = send_report(e, TELLTAP_REPORT_JSON, MESSAGE_FILE,
			    FILE_REPORT_JSON);
	}
	if (!err)
		err = channel_send(&e->recorder, MESSAGE_CLOSE, &close, NULL,
		    0);
	return err ? err : channel_flush(&e->recorder);
}

/* That the watched processes may go on unseen is said in the log. */
static void
tell_orphaned(struct engine_process *e)
{
	struct telltap_gap gap = { .size = sizeof(gap), .reason =
		"telltap's parent process ended; from here on nothing was "
		"watched" };

	gap.start_ns = gap.end_ns = clock_ns(CLOCK_REALTIME);
	(void)!telltap_engine_gap(e->engine, &gap);
}

static void
say_left_out(const struct engine_reads_count *c)
{
	if (c->left_out + c->large + c->uncertain + c->gone)
		fprintf(stderr, "telltap: of the files that were read %llu are "
			"known now; not %llu above 16 MiB, %llu for want of "
			"room or time, %llu that changed meanwhile, %llu that "
			"were gone\n",
		    (unsigned long long)c->joined, (unsigned long long)c->large,
		    (unsigned long long)c->left_out,
		    (unsigned long long)c->uncertain,
		    (unsigned long long)c->gone);
}

static int
count_unread(const struct engine_process *e)
{
	struct telltap_unread unread = { .size = sizeof(unread),
		.processes = e->losses.unread,
		.files_unanswered = e->losses.unanswered,
		.readers_lost = e->losses.readers_lost };
	struct engine_reads_count c = { 0 };

	if (e->prints.reads)
		engine_reads_counts(e->prints.reads, &c);
	say_left_out(&c);
	unread.files_gone = c.gone;
	return telltap_engine_unread(e->engine, &unread);
}

static void
say_unplaced(const struct engine_process *e)
{
	uint64_t bytes = telltap_engine_unplaced(e->engine);

	if (bytes)
		fprintf(stderr, "telltap: %llu bytes of plaintext belong to "
			"connections that were not seen\n",
		    (unsigned long long)bytes);
}

int
engine_conclude_run(struct engine_process *e)
{
	struct tap_reader_stats s;
	struct message_done done = { 0 };
	int err;

	tap_reader_stats(e->reader, &s);
	err = engine_prints_settle(e);
	if (!err)
		err = count_unread(e);
	if (e->orphaned)
		tell_orphaned(e);
	if (!err)
		err = telltap_engine_drops(e->engine,
		    e->losses.dropped + s.refused, e->losses.lost);
	if (!err)
		err = telltap_engine_unattributed(e->engine, s.unowned);
	if (!err)
		err = telltap_engine_finish(e->engine);
	if (!err)
		say_unplaced(e);
	if (!err)
		err = engine_keep_keys(e);
	for (size_t i = 0; i < e->fail_on_count; i++)
		done.found |= telltap_report_found(e->report,
		    e->fail_on[i]) > 0;
	if (!err)
		err = send_reports(e);
	if (err || e->orphaned)
		return err;
	err = channel_send(&e->parent, MESSAGE_DONE, &done, NULL, 0);
	return err ? err : channel_flush(&e->parent);
}
