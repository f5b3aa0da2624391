// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/replay.h"

/* The table of keys, at the first use; NULL if memory is out. */
static struct telltap_keys *
keys_of(struct replay *r)
{
	if (!r->keys)
		r->keys = telltap_keys_new();
	r->options.keys = r->keys;
	return r->keys;
}

/* Rubbish is no failure, but whoever gave it should know. */
static void
tell_rubbish(const struct replay *r, const char *path,
    const struct telltap_keys_count *before)
{
	struct telltap_keys_count c = { .size = sizeof(c) };

	telltap_keys_count(r->keys, &c);
	if (c.unreadable > before->unreadable)
		cli_fail("%s: %llu lines are no keys", path,
		    (unsigned long long)(c.unreadable - before->unreadable));
	if (c.usable == before->usable)
		cli_fail("%s: holds no key", path);
	if (c.left_out > before->left_out)
		cli_fail("%s: %llu keys left out, above the ceiling", path,
		    (unsigned long long)(c.left_out - before->left_out));
}

int
replay_load_keys(struct replay *r)
{
	for (unsigned i = 0; i < r->keylog_count; i++) {
		struct telltap_keys_count before = { .size = sizeof(before) };

		if (!keys_of(r))
			return cli_fail("out of memory");
		telltap_keys_count(r->keys, &before);
		if (telltap_keys_add_file(r->keys, r->keylogs[i]))
			return cli_fail("%s", telltap_keys_error(r->keys));
		tell_rubbish(r, r->keylogs[i], &before);
	}
	for (unsigned i = 0; i < r->tls_key_count; i++) {
		if (!keys_of(r))
			return cli_fail("out of memory");
		if (telltap_keys_add_private(r->keys, r->tls_keys[i]))
			return cli_fail("%s", telltap_keys_error(r->keys));
	}
	return 0;
}

static int
take_keys(struct replay *r, const struct telltap_source *source)
{
	const struct telltap_block *b;
	size_t count;

	b = telltap_source_blocks(source, &count);
	for (size_t i = 0; i < count; i++) {
		if (b[i].kind != TELLTAP_BLOCK_SECRETS ||
		    b[i].type != TELLTAP_SECRETS_TLS)
			continue;
		if (!keys_of(r) ||
		    telltap_keys_add_bytes(r->keys, b[i].data, b[i].len))
			return cli_fail("out of memory");
	}
	return 0;
}

/* A pass over the captures before the real one. What can't be read is told of
 * by that one. */
static int
read_keys(struct replay *r, const char *const *paths, size_t count)
{
	struct telltap_source_options options = { .size = sizeof(options) };
	const struct telltap_packet *packets;
	struct telltap_source *source;
	size_t packet_count;
	int got = 0, err = 0;

	if (telltap_source_open(paths, count, &options, &source))
		return 0;
	while (!got && !err) {
		got = telltap_source_next(source, &packets, &packet_count);
		err = take_keys(r, source);
	}
	telltap_source_close(source);
	return err;
}

static int
keep_lines(void *arg, const char *text, size_t len)
{
	struct replay *r = arg;
	int err = telltap_case_secrets(r->kept, text, len);

	return err ? replay_case_failed(r, err) : 0;
}

int
replay_keep_keys(struct replay *r)
{
	if (!r->kept || r->no_packets)
		return 0;
	return telltap_engine_used_keys(r->engine, keep_lines, r);
}

static int
keep_file(void *arg, const char *name, const void *data, size_t len)
{
	struct replay *r = arg;
	int err = telltap_case_add(r->kept, name, data, len);

	return err ? replay_case_failed(r, err) : 0;
}

int
replay_keep_prints(struct replay *r)
{
	return r->kept ? telltap_engine_prints(r->engine, keep_file, r) : 0;
}

int
replay_find_keys(struct replay *r)
{
	const struct telltap_source_file *files;
	const char **paths;
	size_t count, kept = 0;
	bool pcapng = false;
	int err = 0;

	files = telltap_source_files(r->source, &count);
	for (size_t i = 0; i < count; i++)
		pcapng |= files[i].format && !strcmp(files[i].format, "pcapng");
	paths = calloc(r->path_count, sizeof(*paths));
	if (!paths)
		return cli_fail("out of memory");
	for (size_t i = 0; i < r->path_count; i++) {
		if (replay_is_read_once(r->paths[i]))
			r->keys_come = true;
		else
			paths[kept++] = r->paths[i];
	}
	r->keys_come &= pcapng;
	if (pcapng && kept)
		err = read_keys(r, paths, kept);
	free(paths);
	return err;
}
