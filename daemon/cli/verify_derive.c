// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/verify_rerun.h"

#define BATCH_MAX	4096
#define FILES_MAX	256
#define NUMBER_LABEL	"telltap packet "

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

static int
take_name(struct rerun *u, const struct telltap_block *b)
{
	char name[256];

	if (b->len >= sizeof(name))
		return 0;
	memcpy(name, b->data, b->len);
	name[b->len] = 0;
	u->names++;
	return telltap_engine_name(u->r->engine, b->addr, name);
}

/* Files that had joined the known ones when that packet came. */
static int
grow_known(struct rerun *u, uint64_t packet)
{
	struct telltap_known *known;
	int err = 0;

	while (!err && u->known && packet > verify_known_next(u->known)) {
		err = verify_known_grow(u->known, &known);
		if (err)
			break;
		err = telltap_engine_known(u->r->engine, known);
		telltap_known_free(u->known_now);
		u->known_now = known;
	}
	return err;
}

/* Every file of a case begins with the same interfaces: their numbers in the file
 * are those of the whole capture. */
static uint32_t
number_interface(const struct rerun *u, uint32_t interface)
{
	const struct telltap_interface *all;
	uint32_t number = 0;
	size_t count;

	all = telltap_source_interfaces(u->r->source, &count);
	for (uint32_t i = 0; i < interface && interface < count; i++)
		number += all[i].file == all[interface].file;
	return number;
}

/* Packets that are about to be fed. */
struct batch {
	struct telltap_packet *packets;
	size_t count;
};

static int
flush(struct rerun *u, struct batch *batch)
{
	int err = batch->count ? telltap_engine_feed(u->r->engine,
	    batch->packets, batch->count) : 0;

	batch->count = 0;
	return err;
}

/* The names that lie in front of that packet of the file. */
static int
take_names(struct rerun *u, struct batch *batch, const struct telltap_block *b,
    size_t count, uint64_t packet, size_t *at)
{
	int err = 0;

	for (; *at < count && !err; ++*at) {
		if (b[*at].kind == TELLTAP_BLOCK_SECRETS)
			continue;
		if (b[*at].packet >= packet)
			return 0;
		if (b[*at].kind != TELLTAP_BLOCK_NAME)
			continue;
		err = flush(u, batch);
		if (!err)
			err = take_name(u, &b[*at]);
	}
	return err;
}

/* The packets' numbers in the whole capture stand in their comments. */
static int
feed(struct rerun *u, struct batch *batch, const struct telltap_packet *packets,
    size_t count)
{
	const struct telltap_block *b;
	size_t block_count, at = 0;
	uint32_t before = UINT32_MAX, number = 0;
	int err = take_keys(u);

	b = telltap_source_blocks(u->r->source, &block_count);
	rerun_count_blocks(u, b, block_count, count);
	for (size_t i = 0; i < count && !err; i++) {
		const struct telltap_process *owner;
		struct telltap_packet p = packets[i];

		err = take_names(u, batch, b, block_count, p.number, &at);
		if (err)
			return err;
		if (at == block_count || b[at].packet != p.number ||
		    !lines_read_number(b[at].data, b[at].len, NUMBER_LABEL,
			&p.number))
			return ERR_MALFORMED;
		if (p.interface != before) {
			before = p.interface;
			number = number_interface(u, before);
		}
		p.interface = number;
		owner = verify_owners_apply(u->owners, &p);
		rerun_check_comment(u, (struct span){ b[at].data, b[at].len },
		    p.number, owner);
		if (batch->count == BATCH_MAX ||
		    (u->known && p.number > verify_known_next(u->known)))
			err = flush(u, batch);
		if (!err)
			err = grow_known(u, p.number);
		batch->packets[batch->count++] = p;
	}
	if (!err)
		err = take_names(u, batch, b, block_count, UINT64_MAX, &at);
	return err ? err : flush(u, batch);
}

/* The captures of a part, behind those before. */
static int
name_part_files(const struct rerun *u, size_t part, char **paths,
    size_t *count)
{
	for (size_t n = 1; n <= FILES_MAX; n++) {
		char name[64] = "capture/packets.pcapng", *path;

		if (n > 1)
			snprintf(name, sizeof(name),
			    "capture/packets-%04zu.pcapng", n);
		path = rerun_path(u, part, name);
		if (!path)
			return -ENOMEM;
		if (access(path, F_OK)) {
			free(path);
			break;
		}
		paths[(*count)++] = path;
	}
	return 0;
}

static int
name_files(const struct rerun *u, char ***ret_paths, size_t *ret_count)
{
	char **paths = calloc(u->part_count * FILES_MAX, sizeof(*paths));
	int err = paths ? 0 : -ENOMEM;

	for (size_t i = 0; i < u->part_count && !err; i++)
		err = name_part_files(u, i, paths, ret_count);
	*ret_paths = paths;
	return err;
}

static int
begin(struct rerun *u, char *const *paths, size_t count,
    telltap_event_fn on_event)
{
	struct telltap_source_options options = { .size = sizeof(options) };
	struct replay *r = u->r;
	int err = 0;

	if (u->known) {
		err = verify_known_first(u->known, &u->known_now);
		r->options.known = u->known_now;
	}
	if (!err)
		err = telltap_source_open((const char *const *)paths, count,
		    &options, &r->source);
	if (!err)
		err = telltap_engine_new(&r->options, on_event, u, &r->engine);
	return err ? err : verify_owners_tell(u->owners, r->engine);
}

int
rerun_derive(struct rerun *u, telltap_event_fn on_event)
{
	struct batch batch = {
		.packets = calloc(BATCH_MAX, sizeof(*batch.packets)),
	};
	const struct telltap_packet *packets;
	char **paths = NULL;
	size_t count, files = 0;
	int err = batch.packets ? name_files(u, &paths, &files) : -ENOMEM;

	if (!err)
		err = begin(u, paths, files, on_event);
	while (!err && !(err = telltap_source_next(u->r->source, &packets,
			     &count)))
		err = feed(u, &batch, packets, count);
	if (err == TELLTAP_SOURCE_END)
		err = feed(u, &batch, NULL, 0);
	if (!err)
		err = telltap_engine_finish(u->r->engine);
	for (size_t i = 0; i < files; i++)
		free(paths[i]);
	free(paths);
	free(batch.packets);
	return err;
}
