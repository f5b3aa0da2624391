// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/replay.h"

bool
replay_is_read_once(const char *path)
{
	struct stat st;

	return !strcmp(path, "-") || (!stat(path, &st) &&
	    !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode));
}

/*
 * The packets of a case. Which flows have transfers is known at the end of the
 * run: then the captures are read once more, and their packets are kept. What
 * can't be read twice, a pipe, or is read file by file, --separate, is
 * kept as it comes, all of it.
 */
bool
replay_keeps_all(const struct replay *r)
{
	if (!r->kept || r->no_packets)
		return false;
	return r->separate || r->reads_once;
}

bool
replay_reads_twice(const struct replay *r)
{
	return r->case_dir && !r->no_packets && !r->separate &&
	       !r->reads_once;
}

/* The names that the capture brings with this batch, in front of its packets:
 * so they were told to the engine. */
static int
keep_names(struct replay *r, struct telltap_source *source)
{
	const struct telltap_block *b;
	size_t count;
	int err = 0;

	b = telltap_source_blocks(source, &count);
	for (size_t i = 0; i < count && !err; i++)
		if (b[i].kind == TELLTAP_BLOCK_NAME)
			err = telltap_case_name(r->kept, b[i].addr, b[i].data,
			    b[i].len);
	return err;
}

int
replay_keep_packets(struct replay *r, struct telltap_source *source,
    const struct telltap_packet *packets, size_t count, bool all)
{
	const struct telltap_interface *interfaces;
	size_t interface_count;
	int err;

	interfaces = telltap_source_interfaces(source, &interface_count);
	err = keep_names(r, source);
	if (!err)
		err = telltap_case_packets(r->kept, packets, count, interfaces,
		    interface_count, all);
	if (err && !r->said) {
		cli_fail("%s", telltap_case_error(r->kept));
		r->said = true;
	}
	return err;
}

/* The captures themselves go beside what is kept of them. */
static bool
hash_both(void *arg, struct SHA256state_st *hash, const void *data, size_t len)
{
	return telltap_source_hash_beside(arg, hash, data, len);
}

static int
keep_all_of(struct replay *r, struct telltap_source *source)
{
	const struct telltap_packet *packets;
	size_t count;
	int err, last;

	err = telltap_case_hash_with(r->kept, hash_both, r->source);
	while (!err && !(err = telltap_source_next(source, &packets, &count)))
		err = replay_keep_packets(r, source, packets, count, false);
	if (err == TELLTAP_SOURCE_END)
		err = replay_keep_packets(r, source, NULL, 0, false);
	else if (!r->said)
		cli_fail("%s", telltap_source_error(source));
	last = telltap_case_hash_with(r->kept, NULL, NULL);
	if (!err && last)
		err = replay_case_failed(r, last);
	r->said |= err != 0;
	return err;
}

static int
say_changed(struct replay *r)
{
	r->said = true;
	cli_fail("no case is made of what changed while it was read");
	return -ESTALE;
}

/* Packets of the second reading would be others than those of the first. */
static bool
has_changed(const struct replay *r)
{
	size_t count;
	const struct telltap_source_file *f =
	    telltap_source_files(r->source, &count);

	for (size_t i = 0; i < count; i++)
		if (f[i].status == -ESTALE)
			return true;
	return false;
}

int
replay_keep_chosen(struct replay *r)
{
	struct telltap_source_options options = {
		.size = sizeof(options),
		.filter = r->filter,
	};
	struct telltap_source *source;
	int err;

	if (!r->kept || !replay_reads_twice(r))
		return 0;
	if (has_changed(r))
		return say_changed(r);
	err = telltap_source_open(r->paths, r->path_count, &options, &source);
	if (err) {
		r->said = true;
		cli_fail("%s", telltap_source_error(NULL));
		return err;
	}
	err = keep_all_of(r, source);
	if (!err && !telltap_source_is_unchanged(r->source, source))
		err = say_changed(r);
	telltap_source_close(source);
	return err;
}
