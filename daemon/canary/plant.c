// SPDX-License-Identifier: Apache-2.0
/*
 * The manifest has hashes of what was written, so that it comes last. Till then
 * FOLDER_PLAN, a manifest without hashes, says what is being written: the seed makes
 * the same bytes again, by which the next command knows what a planting that was cut
 * off left there, and takes it away. Who plants holds a lock on the folder.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "canary/folder.h"

static int
must_be_empty(int dir_fd, const char *dir, struct canary_error *e)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!d) {
		r = folder_fail(e, -errno, "%s: %s", dir, strerror(errno));
		if (fd >= 0)
			close(fd);
		return r;
	}
	while (!r && (entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			r = folder_fail(e, -ENOTEMPTY, "%s: not empty", dir);
	}
	closedir(d);
	return r;
}

static int
write_listed(int dir_fd, const char *dir, struct set *s, const uint8_t *key,
    size_t *ret_written, struct canary_error *e)
{
	int r = folder_write_list(dir_fd, dir, FOLDER_PLAN, s, NULL, e);

	if (!r)
		r = folder_write_files(dir_fd, dir, s, false, ret_written, e);
	if (!r)
		r = folder_write_list(dir_fd, dir, FOLDER_PART, s, key, e);
	if (!r)
		r = folder_name_part(dir_fd, dir, e);
	return r;
}

/* All of what is there in the end is what was written: the folder is this one's and
 * empty. */
static int
write_all_of(int dir_fd, const char *dir, struct set *s, bool manifest,
    const uint8_t *key, struct canary_error *e)
{
	size_t written = 0;
	int r = manifest ? write_listed(dir_fd, dir, s, key, &written, e) :
	    folder_write_files(dir_fd, dir, s, false, &written, e);

	for (size_t i = 0; r && i < written; i++)
		unlinkat(dir_fd, s->files[i].name, 0);
	if (r)
		unlinkat(dir_fd, FOLDER_PART, 0);
	if (manifest)
		unlinkat(dir_fd, FOLDER_PLAN, 0);
	return r;
}

static int
plant(const char *dir, struct set *s, bool manifest, const uint8_t *key,
    struct canary_error *ret_error)
{
	bool made = mkdir(dir, 0755) == 0;
	int fd, r;

	if (!made && errno != EEXIST)
		return folder_fail(ret_error, -errno, "%s: %s", dir,
		    strerror(errno));
	fd = folder_open(dir, ret_error);
	if (fd < 0)
		return fd;
	r = folder_lock(fd, dir, "planting", ret_error);
	if (r)	/* what is there is another's */
		made = false;
	/* only now nobody else plants there any more */
	if (!r)
		r = must_be_empty(fd, dir, ret_error);
	if (!r)
		r = write_all_of(fd, dir, s, manifest, key, ret_error);
	if (r && made)
		rmdir(dir);
	close(fd);
	return r;
}

int
canary_plant(const char *dir, struct set *s, const uint8_t *key,
    struct canary_error *ret_error)
{
	return plant(dir, s, true, key, ret_error);
}

int
canary_plant_unlisted(const char *dir, struct set *s,
    struct canary_error *ret_error)
{
	return plant(dir, s, false, NULL, ret_error);
}

static bool
is_there(int dir_fd, const char *name)
{
	struct stat st;

	return !fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW);
}

/* The set that the plan's seed draws, if it is the one that the plan has. */
static int
draw_again(const struct set *plan, struct set *ret)
{
	int types[CODE_COUNT_MAX], r;
	bool same = true;

	for (size_t i = 0; i < plan->count; i++)
		types[i] = plan->files[i].type;
	r = set_draw(ret, plan->seed, plan->count, types, plan->count);
	for (size_t i = 0; i < plan->count && !r && same; i++)
		same = ret->files[i].size == plan->files[i].size &&
		    !strcmp(ret->files[i].name, plan->files[i].name);
	return r ? r : same ? 0 : -EBADMSG;
}

/* What is no beginning of a canary stays. */
static int
take_away(int dir_fd, const char *dir, struct set *s, size_t *ret_files,
    struct canary_error *e)
{
	struct buf made;
	int r = 0;

	buf_init(&made, 0);
	for (size_t i = 0; i < s->count && !r; i++) {
		const char *name = s->files[i].name;
		bool begins = false;

		if (!is_there(dir_fd, name))
			continue;
		r = set_make(s, i, &made);
		if (!r)
			r = folder_begins(dir_fd, name, &made, &begins);
		if (!r && begins && unlinkat(dir_fd, name, 0) < 0)
			r = -errno;
		*ret_files += !r && begins;
		if (r)
			folder_fail(e, r, "%s/%s: %s", dir, name, err_text(r));
	}
	buf_clear(&made);
	return r;
}

/* The plan goes last. A planting that was cut off before it was whole wrote nothing
 * else. */
static int
undo(int dir_fd, const char *dir, size_t *ret_files, struct canary_error *e)
{
	struct set plan = { 0 }, drawn = { 0 };
	int r = folder_read_manifest(dir_fd, dir, FOLDER_PLAN, &plan, e);

	if (!r) {
		r = draw_again(&plan, &drawn);
		if (r)
			folder_fail(e, r, "%s/" FOLDER_PLAN ": not what its "
			    "seed draws", dir);
		else
			r = take_away(dir_fd, dir, &drawn, ret_files, e);
	} else if (r == ERR_MALFORMED) {
		r = 0;
	}
	set_clear(&plan);
	set_clear(&drawn);
	if (!r)
		unlinkat(dir_fd, FOLDER_PART, 0);
	if (!r && unlinkat(dir_fd, FOLDER_PLAN, 0) < 0)
		r = folder_fail(e, -errno, "%s/" FOLDER_PLAN ": %s", dir,
		    strerror(errno));
	return r;
}

int
canary_unplant(const char *dir, bool *ret_undone, size_t *ret_files,
    struct canary_error *ret_error)
{
	int fd = folder_open(dir, ret_error), r = 0;
	bool undone = false;

	if (fd < 0)
		return fd;
	*ret_files = 0;
	if (is_there(fd, FOLDER_PLAN)) {
		r = folder_lock(fd, dir, "planting", ret_error);
		undone = !r && !is_there(fd, SET_MANIFEST);
		if (undone)
			r = undo(fd, dir, ret_files, ret_error);
		else if (!r)
			unlinkat(fd, FOLDER_PLAN, 0);
	}
	close(fd);
	if (!r)
		*ret_undone = undone;
	return r;
}

int
canary_take_away(const char *dir, struct set *s, size_t *ret_files,
    struct canary_error *ret_error)
{
	int fd = folder_open(dir, ret_error), r;

	if (fd < 0)
		return fd;
	*ret_files = 0;
	r = folder_lock(fd, dir, "planting", ret_error);
	if (!r)
		r = take_away(fd, dir, s, ret_files, ret_error);
	close(fd);
	return r;
}
