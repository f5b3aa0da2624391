// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "evidence/verify/verify.h"

/*
 * A case in parts: each of them on its own, and that the first line of each
 * names the last checkpoint of the part before. The last one may still be
 * growing; where the first ones are gone, the chain begins with what is left.
 */

#define DIGITS 6

static bool
is_part(const char *name)
{
	return strlen(name) == DIGITS && strspn(name, "0123456789") == DIGITS;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The parts' names, in order; freed by the caller. */
static int
list_parts(struct verify *v, char (**ret_names)[DIGITS + 1], size_t *ret_count)
{
	int fd = openat(v->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char (*names)[DIGITS + 1] = NULL, (*more)[DIGITS + 1];
	const struct dirent *d;
	size_t count = 0, stray = 0;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return -errno;
	}
	while ((d = readdir(dir))) {
		if (!is_part(d->d_name)) {
			stray += strcmp(d->d_name, ".") && strcmp(d->d_name, "..");
			continue;
		}
		more = realloc(names, (count + 1) * sizeof(*names));
		if (!more) {
			free(names);
			closedir(dir);
			return -ENOMEM;
		}
		names = more;
		memcpy(names[count++], d->d_name, DIGITS + 1);
	}
	closedir(dir);
	if (count && stray)
		verify_bad(v, "%zu files or folders beside the parts, which are "
		    "none of a case", stray);
	if (count)
		qsort(names, count, sizeof(*names), by_name);
	*ret_names = names;
	*ret_count = count;
	return 0;
}

void
verify_note_previous(struct verify *v, const void *line)
{
	json_t *o = json_object_get(json_object_get(line, "telltap"),
	    "previous");
	const char *origin = json_string_value(json_object_get(o, "origin"));
	const char *root = json_string_value(json_object_get(o, "root"));
	json_int_t part = json_integer_value(json_object_get(o, "part"));
	json_int_t size = json_integer_value(json_object_get(o, "lines"));
	struct verify_previous *p = &v->previous;

	if (!o)
		return;
	if (!origin || strlen(origin) > NOTE_NAME_MAX || part < 1 ||
	    size < 1 || !root || !verify_read_hex(root, strlen(root), p->root,
			      sizeof(p->root))) {
		verify_bad(v, "data/events.jsonl: line 1: names no checkpoint "
		    "of the part before");
		return;
	}
	p->there = true;
	p->part = (uint64_t)part;
	p->size = (uint64_t)size;
	strcpy(p->origin, origin);
	if (!v->in_chain)
		verify_unknown(v, "chain: this is a part; the one before, %llu, "
		    "ends with %llu lines and is not looked at here",
		    (unsigned long long)part, (unsigned long long)size);
}

/* What the part before ended with. */
struct link {
	bool known;
	unsigned part;
	struct note_checkpoint checkpoint;
	struct note_key key;
	struct verify_packets packets;	/* of it and those before */
};

static void
check_link(struct verify *v, const char *name, const struct link *before)
{
	const struct verify_previous *p = &v->previous;
	unsigned part = (unsigned)strtoul(name, NULL, 10);

	if (part == 1 && !before->part && !p->there)
		return;
	if (!before->part)
		verify_unknown(v, "%s: parts before it are not here", name);
	else if (!p->there)
		verify_bad(v, "%s: does not name the part before it", name);
	else if (p->part + 1 != part || before->part + 1 != part)
		verify_bad(v, "%s: comes after part %u, but names %llu", name,
		    before->part, (unsigned long long)p->part);
	else if (!before->known)
		verify_unknown(v, "%s: the part before has no checkpoint that "
		    "can be read", name);
	else if (strcmp(p->origin, before->key.name) ||
		 p->size != before->checkpoint.size ||
		 memcmp(p->root, before->checkpoint.root, TLOG_HASH_LEN))
		verify_bad(v, "%s: does not follow the %llu lines of the part "
		    "before it", name,
		    (unsigned long long)before->checkpoint.size);
	else
		verify_ok(v, "%s: follows the %llu lines of the part before it",
		    name, (unsigned long long)p->size);
	if (before->known && v->has_key &&
	    strcmp(before->key.name, v->key.name))
		verify_unknown(v, "%s: signed by another key than the part "
		    "before it", name);
}

/* One part, as a case of its own. */
static int
run_part(struct verify *all, const char *dir, const char *name,
    struct link *link)
{
	struct verify *v = calloc(1, sizeof(*v));
	char *path = NULL;
	int err;

	if (!v || asprintf(&path, "%s/%s", dir, name) < 0) {
		free(v);
		return -ENOMEM;
	}
	v->in_chain = true;
	v->packets = link->packets;
	link->packets = (struct verify_packets){ NULL, 0, 0 };
	verify_ok(all, "part %s:", name);
	err = verify_begin(v, path, all->options, all->say, all->arg);
	if (!err)
		err = verify_run(v);
	if (err >= 0) {
		check_link(v, name, link);
		*link = (struct link){ v->has_key && v->has_checkpoint,
			(unsigned)strtoul(name, NULL, 10), v->checkpoint,
			v->key, v->packets };
		v->packets.runs = NULL;
		err = v->bad > 0;
		all->bad += v->bad;
	}
	verify_clear(v);
	free(v);
	free(path);
	return err;
}

int
verify_run_parts(struct verify *v, const char *dir)
{
	char (*names)[DIGITS + 1] = NULL;
	struct link link = { .known = false };
	size_t count = 0;
	int err = list_parts(v, &names, &count), bad = v->bad > 0;

	for (size_t i = 0; i < count && !err; i++) {
		int result = run_part(v, dir, names[i], &link);

		if (result < 0)
			err = result;
		bad |= result > 0;
	}
	free(link.packets.runs);
	free(names);
	if (!err && !count)
		return -ENOTDIR;
	return err ? err : bad;
}
