// SPDX-License-Identifier: Apache-2.0
/*
 * A rewrite, in steps of which each leaves a folder that the next command can
 * make whole again:
 *
 * The new files are written aside, and the new manifest as FOLDER_PART. Till then
 * nothing has changed; what is aside can go.
 *
 * Each new file changes places with the old one, so that the old one is aside.
 * FOLDER_PART says now what is new, the manifest what is old: the old files can be
 * put back.
 *
 * FOLDER_PART becomes the manifest. From then on the new set is whole, and what is
 * aside can go.
 *
 * So without a whole FOLDER_PART there is nothing to put back. Who changes the
 * folder holds a lock on it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "canary/folder.h"

static int
forget(int dir_fd, const char *name)
{
	return unlinkat(dir_fd, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

static int
forget_aside(int dir_fd, size_t index)
{
	char name[FOLDER_ASIDE_SIZE];
	int r = 0;

	for (int which = FOLDER_NEW; which <= FOLDER_OLD && !r; which++) {
		folder_name_aside(index, (enum folder_aside)which, name);
		r = forget(dir_fd, name);
	}
	return r;
}

/* The old file under its name again, in the place of the new one, or of nothing.
 * If there was none, the new one goes. *ret_back counts what was done. */
static int
put_back(int dir_fd, size_t index, const struct set_file *old,
    bool new_is_there, size_t *ret_back)
{
	char aside[FOLDER_ASIDE_SIZE];
	enum canary_state state;
	int r;

	for (int which = FOLDER_NEW; which <= FOLDER_OLD; which++) {
		folder_name_aside(index, (enum folder_aside)which, aside);
		r = folder_check(dir_fd, aside, old, &state);
		if (r)
			return r;
		if (state != CANARY_INTACT)
			continue;
		if (renameat(dir_fd, aside, dir_fd, old->name) < 0)
			return -errno;
		++*ret_back;
		return 0;
	}
	r = new_is_there ? forget(dir_fd, old->name) : 0;
	*ret_back += new_is_there && !r;
	return r;
}

/* part is the file of FOLDER_PART, or NULL. What is neither the old file nor the
 * new one is not touched. */
static int
settle_file(int dir_fd, size_t index, const struct set_file *old,
    const struct set_file *part, size_t *ret_back)
{
	enum canary_state state, as_new;
	int r = folder_check(dir_fd, old->name, old, &state);

	if (!r && part && state != CANARY_INTACT) {
		r = folder_check(dir_fd, old->name, part, &as_new);
		if (!r && as_new != CANARY_CHANGED)
			r = put_back(dir_fd, index, old,
			    as_new == CANARY_INTACT, ret_back);
	}
	return r ? r : forget_aside(dir_fd, index);
}

/* Makes the folder's manifest true again, as far as a rewrite made it false, and
 * leaves nothing aside. */
static int
settle(int dir_fd, const char *dir, const struct set *s, size_t *ret_back,
    struct canary_error *e)
{
	struct set part = { 0 };
	int r = folder_read_manifest(dir_fd, dir, FOLDER_PART, &part, e);
	bool has_part = !r && part.count == s->count;

	*ret_back = 0;
	if (r && r != -ENOENT && r != ERR_MALFORMED && r != -EBADMSG)
		return r;
	r = 0;
	for (size_t i = 0; i < s->count && !r; i++) {
		r = settle_file(dir_fd, i, &s->files[i],
		    has_part ? &part.files[i] : NULL, ret_back);
		if (r)
			folder_fail(e, r, "%s/%s: %s", dir, s->files[i].name,
			    err_text(r));
	}
	set_clear(&part);
	if (!r) {
		r = forget(dir_fd, FOLDER_PART);
		if (r)
			folder_fail(e, r, "%s/" FOLDER_PART ": %s", dir,
			    err_text(r));
	}
	return r;
}

/* Is anything there that a rewrite would have taken away? */
static bool
has_remains(int dir_fd)
{
	char name[FOLDER_ASIDE_SIZE];
	struct stat st;

	for (size_t i = 0; i < CODE_COUNT_MAX; i++) {
		for (int which = FOLDER_NEW; which <= FOLDER_OLD; which++) {
			folder_name_aside(i, (enum folder_aside)which, name);
			if (!fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW))
				return true;
		}
	}
	return !fstatat(dir_fd, FOLDER_PART, &st, AT_SYMLINK_NOFOLLOW);
}

int
canary_settle(const char *dir, bool *ret_settled, size_t *ret_back,
    struct canary_error *ret_error)
{
	int fd = folder_open(dir, ret_error), r = 0;
	struct canary_error e;
	struct set s = { 0 };
	bool remains;

	if (fd < 0)
		return fd;
	remains = has_remains(fd);
	if (remains)
		r = folder_lock(fd, dir, "rewrite", ret_error);
	if (remains && !r)
		r = folder_read_manifest(fd, dir, SET_MANIFEST, &s, ret_error);
	if (remains && !r) {
		r = settle(fd, dir, &s, ret_back, &e);
		if (r)
			folder_fail(ret_error, r, "a rewrite was cut off, and "
			    "can't be undone: %.400s", e.text);
	}
	set_clear(&s);
	close(fd);
	if (!r)
		*ret_settled = remains;
	return r;
}

/* In one step; where the file system has none, in two. */
static int
change_places(int dir_fd, size_t index, const char *name)
{
	char new_name[FOLDER_ASIDE_SIZE], old_name[FOLDER_ASIDE_SIZE];

	folder_name_aside(index, FOLDER_NEW, new_name);
	folder_name_aside(index, FOLDER_OLD, old_name);
	if (!renameat2(dir_fd, new_name, dir_fd, name, RENAME_EXCHANGE))
		return 0;
	if (errno != ENOENT && errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (errno != ENOENT && renameat(dir_fd, name, dir_fd, old_name) < 0 &&
	    errno != ENOENT)
		return -errno;
	return renameat(dir_fd, new_name, dir_fd, name) < 0 ? -errno : 0;
}

/* The steps, up to the new manifest. */
static int
replace(int dir_fd, const char *dir, struct set *fresh, const uint8_t *key,
    struct canary_error *e)
{
	size_t written;
	int r = folder_write_files(dir_fd, dir, fresh, true, &written, e);

	if (!r)
		r = folder_write_list(dir_fd, dir, FOLDER_PART, fresh, key, e);
	for (size_t i = 0; i < fresh->count && !r; i++) {
		r = change_places(dir_fd, i, fresh->files[i].name);
		if (r)
			folder_fail(e, r, "%s/%s: %s", dir,
			    fresh->files[i].name, err_text(r));
	}
	return r ? r : folder_name_part(dir_fd, dir, e);
}

static int
take_names(const char *dir, const struct set *old, struct set *fresh,
    struct canary_error *e)
{
	if (old->count != fresh->count)
		return folder_fail(e, -EINVAL, "%s: not as many files", dir);
	for (size_t i = 0; i < old->count; i++) {
		if (canary_check(dir, &old->files[i]) == CANARY_CHANGED)
			return folder_fail(e, -ESTALE,
			    "%s/%s: not as it was planted", dir,
			    old->files[i].name);
		strcpy(fresh->files[i].name, old->files[i].name);
	}
	return 0;
}

int
canary_rewrite(const char *dir, const struct set *old, struct set *fresh,
    const uint8_t *key, struct canary_error *ret_error)
{
	int fd = folder_open(dir, ret_error), r;
	struct canary_error why, undo;
	size_t back;

	if (fd < 0)
		return fd;
	r = folder_lock(fd, dir, "rewrite", ret_error);
	if (!r)
		r = take_names(dir, old, fresh, ret_error);
	if (r)
		goto out;
	r = replace(fd, dir, fresh, key, &why);
	if (!r) {
		/* What can't be taken away is found by the next command. */
		for (size_t i = 0; i < fresh->count; i++)
			(void)forget_aside(fd, i);
	} else if (settle(fd, dir, old, &back, &undo)) {
		folder_fail(ret_error, r, "%.200s; and can't be undone: %.200s",
		    why.text, undo.text);
	} else {
		folder_fail(ret_error, r, "%.400s; all is as it was before",
		    why.text);
	}
out:
	close(fd);
	return r;
}
