// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/heap.h"
#include "cli/replay.h"
#include "cli/replay_attribution.h"
#include "cli/replay_owners.h"
#include "service/jail.h"

#define PROGRESS_EVERY_NS	200000000

/* A failure of the engine, said unless its cause was. */
static int
engine_failed(struct replay *r, int err)
{
	if (!r->said)
		cli_fail("replay: %s", telltap_strerror(err));
	r->said = true;
	return err;
}

static int
source_failed(struct replay *r, int err)
{
	cli_fail("%s", telltap_source_error(r->source));
	r->said = true;
	return err;
}

static void
show_progress(struct replay *r, const struct telltap_packet *packets,
    size_t count)
{
	struct timespec now;
	int64_t since_ns;

	r->packets += count;
	for (size_t i = 0; i < count; i++)
		r->bytes += packets[i].wire_len;
	if (!r->show_progress || clock_gettime(CLOCK_MONOTONIC, &now))
		return;
	since_ns = (int64_t)(now.tv_sec - r->last_shown.tv_sec) * 1000000000 +
		   (now.tv_nsec - r->last_shown.tv_nsec);
	if (since_ns < PROGRESS_EVERY_NS)
		return;
	r->last_shown = now;
	fprintf(stderr, "\r%llu packets, %llu MB \033[K",
	    (unsigned long long)r->packets,
	    (unsigned long long)(r->bytes / 1000000));
}

static void
clear_progress(const struct replay *r)
{
	if (r->show_progress)
		fputs("\r\033[K", stderr);
}

static int
tell_input(struct replay *r, const struct telltap_source_file *f)
{
	return telltap_engine_input(r->engine, f->name, f->size,
	    !r->held && f->has_sha256 ? f->sha256 : NULL);
}

/* With --separate: a file among others that is no capture. What it is told by
 * are events without a case, or a line of error alone. */
static bool
is_unreadable(const struct telltap_source_file *only)
{
	return only && only->status && !only->format;
}

/* The engine for one capture: all files, or with --separate this one. */
static int
begin_capture(struct replay *r)
{
	const struct telltap_source_file *files, *only = NULL;
	size_t count;
	int err = 0;

	if (r->separate)
		only = telltap_source_file(r->source);
	if (!is_unreadable(only))
		err = replay_begin_output(r, only ? only->name : "");
	if (err)
		return err;
	err = telltap_engine_new(&r->options, replay_on_event, r, &r->engine);
	if (err == -EINVAL) {
		cli_fail("replay: --endpoint takes an address or a network "
			 "such as 10.0.0.0/8");
		r->said = true;
	}
	if (!err && r->keys_come)
		err = telltap_engine_await_keys(r->engine, UINT64_MAX,
		    REPLAY_LATE_BYTES);
	if (!err && r->filter)
		err = telltap_engine_option(r->engine, "filter", r->filter);
	if (!err && r->separate)
		err = telltap_engine_option(r->engine, "separate", NULL);
	if (!err && r->attribution)
		err = replay_attribution_tell(r->attribution, r->engine);
	files = telltap_source_files(r->source, &count);
	if (only) {
		files = only;
		count = 1;
	}
	for (size_t i = 0; i < count && !err; i++)
		err = tell_input(r, &files[i]);
	return err ? engine_failed(r, err) : 0;
}

/* Names and keys that the capture brings along. */
static int
take_blocks(struct replay *r)
{
	const struct telltap_block *b;
	size_t count;
	int err = 0;

	b = telltap_source_blocks(r->source, &count);
	for (size_t i = 0; i < count && !err; i++) {
		char name[256];

		if (b[i].kind == TELLTAP_BLOCK_SECRETS && r->keys_come &&
		    b[i].type == TELLTAP_SECRETS_TLS)
			err = telltap_engine_keys(r->engine, b[i].data,
			    b[i].len);
		if (b[i].kind != TELLTAP_BLOCK_NAME ||
		    b[i].len >= sizeof(name))
			continue;
		memcpy(name, b[i].data, b[i].len);
		name[b[i].len] = 0;
		err = telltap_engine_name(r->engine, b[i].addr, name);
	}
	return err ? engine_failed(r, err) : 0;
}

/* Hands packets on, with their owners where the capture names them. */
static int
feed_packets(struct replay *r, const struct telltap_packet *packets,
    size_t count)
{
	const struct telltap_block *blocks;
	size_t block_count;
	int err;

	blocks = telltap_source_blocks(r->source, &block_count);
	if (!r->owners)
		r->owners = replay_owners_new(
		    replay_attribution_owners(r->attribution));
	if (!r->owners)
		return engine_failed(r, -ENOMEM);
	err = replay_owners_apply(r->owners, r->engine, blocks, block_count,
	    packets, count, &packets);
	if (!err)
		err = telltap_engine_feed(r->engine, packets, count);
	return err ? engine_failed(r, err) : 0;
}

static int
tell_file(struct replay *r, const struct telltap_source_file *f)
{
	int err;

	if (!f->status)
		return 0;
	r->bad_file = true;
	clear_progress(r);
	cli_fail("%s: %s", f->name, f->error);
	err = r->engine ? telltap_engine_file_error(r->engine, f->name,
	    f->error) : 0;
	return err ? engine_failed(r, err) : 0;
}

static int
tell_losses(struct replay *r)
{
	const struct telltap_interface *interfaces;
	uint64_t dropped = 0;
	size_t count;
	int err;

	interfaces = telltap_source_interfaces(r->source, &count);
	for (size_t i = 0; i < count; i++)
		if (interfaces[i].has_drops)
			dropped += interfaces[i].dropped_if +
				   interfaces[i].dropped_os;
	if (!dropped)
		return 0;
	err = telltap_engine_drops(r->engine, dropped, 0);
	return err ? engine_failed(r, err) : 0;
}

static int
end_capture(struct replay *r)
{
	const struct telltap_source_file *files;
	size_t count;
	int err = 0;

	files = telltap_source_files(r->source, &count);
	if (r->separate) {
		files = telltap_source_file(r->source);
		count = 1;
	}
	for (size_t i = 0; i < count && !err; i++)
		err = tell_file(r, &files[i]);
	if (!err)
		err = tell_losses(r);
	if (err)
		return err;
	err = telltap_engine_finish(r->engine);
	if (err)
		return engine_failed(r, err);
	err = replay_keep_keys(r);
	if (!err)
		err = replay_keep_prints(r);
	if (!err)
		err = replay_keep_chosen(r);
	if (err)
		return err;
	clear_progress(r);
	err = replay_end_output(r);
	telltap_engine_free(r->engine);
	replay_owners_free(r->owners);
	r->owners = NULL;
	r->engine = NULL;
	return err;
}

/* With --separate the next capture is counted from nothing. */
static int
fresh_report(struct replay *r)
{
	telltap_report_free(r->report);
	r->report = telltap_report_new();
	return r->report ? 0 : engine_failed(r, -ENOMEM);
}

static int
feed(struct replay *r)
{
	const struct telltap_packet *packets;
	size_t count;
	int got, err = 0;

	while (!err) {
		got = telltap_source_next(r->source, &packets, &count);
		if (got < 0 && got != TELLTAP_SOURCE_END)
			return source_failed(r, got);
		if (got == TELLTAP_SOURCE_END && r->separate)
			return 0;
		if (got == TELLTAP_SOURCE_FILE_END && !r->json &&
		    is_unreadable(telltap_source_file(r->source))) {
			err = tell_file(r, telltap_source_file(r->source));
			continue;
		}
		if (!r->engine)
			err = begin_capture(r);
		if (!err)
			err = take_blocks(r);
		if (err)
			break;
		if (got == TELLTAP_SOURCE_END)
			return end_capture(r);
		if (got == TELLTAP_SOURCE_FILE_END) {
			err = end_capture(r);
			if (!err)
				err = fresh_report(r);
			continue;
		}
		err = feed_packets(r, packets, count);
		if (err)
			return err;
		if (replay_keeps_all(r))
			err = replay_keep_packets(r, r->source, packets, count,
			    true);
		else if (r->kept)
			err = telltap_case_time(r->kept, packets, count);
		show_progress(r, packets, count);
		heap_follow();
	}
	return err;
}

/* A run over separate files keeps note of those it has finished, so that it
 * can be taken up again. */
static int
prepare_folder(struct replay *r)
{
	struct stat st;

	if (!r->case_dir)
		return 0;
	if (stat(r->case_dir, &st) ? errno == ENOTDIR : !S_ISDIR(st.st_mode))
		return cli_fail("%s: %s", r->case_dir, strerror(ENOTDIR));
	if (!r->separate)
		return 0;
	if (mkdir(r->case_dir, 0777) && errno != EEXIST)
		return cli_fail("%s: %s", r->case_dir, strerror(errno));
	if (asprintf(&r->state_path, "%s/finished", r->case_dir) < 0) {
		r->state_path = NULL;
		return cli_fail("out of memory");
	}
	return 0;
}

/* What is parsed is anybody's bytes. Kernels without the means do without. */
static int
enter_jail(const struct replay *r)
{
	unsigned lacks;
	int err = jail_enter_reader(r->case_dir, &lacks);

	return err ? cli_fail("replay: its jail: %s", telltap_strerror(err))
		   : 0;
}

int
replay_run(struct replay *r, const char *const *paths, size_t path_count)
{
	struct telltap_source_options options = {
		.size = sizeof(options),
		.filter = r->filter,
		.separate = r->separate,
		.read_ahead = r->options.threads - 1,
	};
	struct telltap_source_stats stats;

	r->paths = paths;
	r->path_count = path_count;
	for (size_t i = 0; i < path_count; i++)
		r->reads_once |= replay_is_read_once(paths[i]);
	if (prepare_folder(r) || enter_jail(r))
		return CLI_ERROR;
	options.state_path = r->state_path;
	if (telltap_source_open(paths, path_count, &options, &r->source))
		return cli_fail("%s", telltap_source_error(NULL));
	/* A summary for people does not name the files' hashes. */
	if ((r->json || r->case_dir) && replay_held_begin(r))
		return CLI_ERROR;
	if (replay_find_keys(r))
		return CLI_ERROR;
	r->show_progress = isatty(STDERR_FILENO);
	if (r->json)
		cli_write_wide();
	if (feed(r)) {
		/* what was told before it went wrong is told */
		(void)replay_held_end(r, true);
		return CLI_ERROR;
	}
	telltap_source_stats(r->source, &stats);
	if (stats.files_skipped)
		fprintf(stderr, "telltap: %u captures finished in an earlier "
			"run, skipped\n", stats.files_skipped);
	if (r->bad_file || stats.files_failed || stats.files_cut)
		return CLI_ERROR;
	return r->found ? CLI_FOUND : CLI_OK;
}
