// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "evidence/case_state.h"
#include "verdict/event.h"

/*
 * Files that were sent, kept by their SHA-256. On the disk of a case that grows
 * they are there before the line that names them.
 */

#define FOLDER		"data/objects/"
#define PATH_LEN	(sizeof(FOLDER) + 64)

static void
name_object(const uint8_t *sha256, char *ret_path)
{
	char *p = ret_path + sprintf(ret_path, FOLDER);

	for (size_t i = 0; i < 32; i++)
		p += sprintf(p, "%02x", sha256[i]);
}

static int
put_object(struct telltap_case *c, const void *data, size_t len)
{
	uint8_t sha256[32];
	char path[PATH_LEN];
	int err;

	tlog_hash_begin(&c->bag.hasher);
	tlog_hash_add(&c->bag.hasher, data, len);
	tlog_hash_end(&c->bag.hasher, sha256);
	name_object(sha256, path);
	err = bag_put(&c->bag, path, data, len);
	if (err == -EEXIST)
		return 0;
	if (!err && c->options.live)
		err = bag_sync_folder(&c->bag, path);
	c->objects += !err;
	return err;
}

int
telltap_case_object(struct telltap_case *c, const void *data, size_t len)
{
	int err = c->broken;

	if (!err && c->sealed)
		err = -EROFS;
	if (!err && c->queue)
		err = log_queue_drain(c->queue);
	if (!err && c->objects < CASE_OBJECTS_MAX)
		err = put_object(c, data, len);
	return case_after(c, err, "objects");
}

int
telltap_case_objects(struct telltap_case *c, const struct event *event)
{
	const struct event_transfer *t = event->transfer;
	int err = 0;

	for (size_t i = 0; t && i < t->file_count && !err; i++)
		if (t->files[i].object)
			err = telltap_case_object(c, t->files[i].object,
			    t->files[i].size);
	return err;
}

/* One that was being written when the case was cut short goes. */
static int
take_object(struct telltap_case *c, const char *name)
{
	struct bag *b = &c->bag;
	char path[PATH_LEN + 256], right[PATH_LEN];
	int err;

	snprintf(path, sizeof(path), FOLDER "%.255s", name);
	err = bag_note_again(b, path);
	if (err)
		return err;
	name_object(b->files[b->count - 1].sha256, right);
	if (!strcmp(path, right)) {
		c->objects++;
		return 0;
	}
	bag_forget_last(b);
	bag_remove(b, path);
	return 0;
}

int
case_take_objects(struct telltap_case *c)
{
	int fd = openat(c->bag.data_fd, "objects",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;

	if (!dir) {
		err = errno == ENOENT ? 0 : -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (d = readdir(dir)))
		if (d->d_name[0] != '.')
			err = take_object(c, d->d_name);
	closedir(dir);
	return err;
}
