// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "evidence/case_state.h"

/*
 * A case in parts, each a bag with a log of its own. The first line of a part is
 * that of the first one, which says how the run was begun, with the last
 * checkpoint of the part before in telltap.previous.
 */

#define PART_MAX	(1ull << 30)
#define PART_DIGITS	6
#define DAY_SECONDS	86400
#define NOTE_MAX	65536
#define SECRETS_MAX	(4u << 20)	/* handed on, the last ones */

static int64_t
today(void)
{
	return (int64_t)time(NULL) / DAY_SECONDS;
}

/* Six digits; 0 for any other name. */
static unsigned
read_number(const char *name)
{
	if (strlen(name) != PART_DIGITS ||
	    strspn(name, "0123456789") != PART_DIGITS)
		return 0;
	return (unsigned)strtoul(name, NULL, 10);
}

/* 0 if there is none. */
static int
find_last(const char *parent, unsigned *ret_part)
{
	DIR *dir = opendir(parent);
	const struct dirent *d;
	unsigned last = 0;

	if (!dir)
		return -errno;
	while ((d = readdir(dir))) {
		unsigned n = read_number(d->d_name);

		last = n > last ? n : last;
	}
	closedir(dir);
	*ret_part = last;
	return 0;
}

static int
name_part(struct telltap_case *c)
{
	char *dir;

	if (c->part > 999999)
		return ERR_LIMIT;
	if (asprintf(&dir, "%s/%06u", c->parent, c->part) < 0)
		return -ENOMEM;
	free(c->dir);
	c->dir = dir;
	return 0;
}

static void
put_previous(const struct telltap_case *c, const struct note_checkpoint *p,
    struct buf *out)
{
	struct json j;

	json_init(&j, out);
	json_object(&j, "previous");
	json_u64(&j, "part", c->part);
	json_text(&j, "origin", p->origin);
	json_u64(&j, "lines", p->size);
	json_hex(&j, "root", (struct span){ p->root, sizeof(p->root) });
	json_close_object(&j);
}

/* The last checkpoint of the part that is open, finished. */
static int
keep_previous(struct telltap_case *c)
{
	char path[4096];
	uint8_t note[NOTE_MAX];
	struct note_checkpoint p;
	struct span text;
	ssize_t n;
	int fd, err;

	if (snprintf(path, sizeof(path), "%s/data/log/checkpoint", c->dir) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, note, sizeof(note));
	close(fd);
	err = n < 0 ? -errno
		    : note_text((struct span){ note, (size_t)n }, &text);
	if (!err)
		err = note_read_checkpoint(text, &p);
	if (err)
		return err;
	buf_reset(&c->previous);
	put_previous(c, &p, &c->previous);
	return c->previous.failed ? -ENOMEM : 0;
}

static int
begin_next(struct telltap_case *c)
{
	int err;

	c->part++;
	err = name_part(c);
	if (!err)
		err = case_begin_bag(c);
	if (!err && c->interfaces.len)
		err = packets_interfaces(&c->packets, c->interfaces.data,
		    c->interfaces.len);
	c->part_day = today();
	return err;
}

/* Ends what an earlier run has left; true if that part is whole now. */
static int
end_left(struct telltap_case *c, bool *ret_whole)
{
	struct stat st;
	char *data;
	int err = case_reopen_bag(c);

	if (!err)
		err = case_end_bag(c);
	if (err && err != -ENOENT)
		return err;
	case_close_bag(c);
	if (asprintf(&data, "%s/data", c->dir) < 0)
		return -ENOMEM;
	*ret_whole = !stat(data, &st);
	free(data);
	return 0;
}

int
case_begin_part(struct telltap_case *c)
{
	bool whole = false;
	int err = 0;

	if (mkdir(c->parent, 0777) && errno != EEXIST)
		return -errno;
	err = find_last(c->parent, &c->part);
	if (!err && c->part) {
		err = name_part(c);
		if (!err)
			err = end_left(c, &whole);
		if (!err && whole)
			err = keep_previous(c);
		/* A folder in which nothing was begun is taken. */
		if (!err && !whole)
			c->part--;
		if (!err && !whole && c->part) {
			err = name_part(c);
			if (!err)
				err = keep_previous(c);
		}
	}
	return err ? err : begin_next(c);
}

/* The first line again, at the time that it is now. */
static int
repeat_first(struct telltap_case *c, const char *time)
{
	static const char open[] = "{\"@timestamp\":\"";
	const char *line = (const char *)c->first.data, *rest = NULL;
	size_t len = c->first.len;
	struct buf again;
	int err;

	if (len > strlen(open) && !memcmp(line, open, strlen(open)))
		rest = memchr(line + strlen(open), '"', len - strlen(open));
	if (!rest || !*time)
		return case_add_first(c, line, len);
	buf_init(&again, 0);
	buf_str(&again, open);
	buf_str(&again, time);
	buf_append(&again, rest, len - (size_t)(rest - line));
	err = again.failed ? -ENOMEM : case_add_first(c,
		(const char *)again.data, again.len);
	buf_clear(&again);
	return err;
}

/* Keys of sessions that may go on in the next part: the lines that came last. */
static void
take_secrets(const struct telltap_case *c, struct buf *ret_secrets)
{
	const struct buf *all = &c->packets.secrets;
	const uint8_t *from = all->data, *newline;

	if (all->len > SECRETS_MAX) {
		from += all->len - SECRETS_MAX - 1;
		newline = memchr(from, '\n', SECRETS_MAX);
		from = newline ? newline + 1 : all->data + all->len;
	}
	if (all->len)
		buf_append(ret_secrets, from,
		    (size_t)(all->data + all->len - from));
}

static int
give_secrets(struct telltap_case *c, struct buf *secrets)
{
	int err = secrets->failed ? -ENOMEM : 0;

	if (!err && secrets->len)
		err = packets_secrets(&c->packets, secrets->data, secrets->len);
	if (secrets->data)
		explicit_bzero(secrets->data, secrets->len);
	buf_clear(secrets);
	return err;
}

int
case_roll(struct telltap_case *c)
{
	uint64_t max = c->options.part_max ? c->options.part_max : PART_MAX;
	char time[LOG_TIME_MAX];
	struct buf secrets;
	int err;

	if (c->log.tree.size < 2 ||
	    (c->packets.total + c->log.written + c->log.pending.len < max &&
		c->part_day == today()))
		return 0;
	memcpy(time, c->log.last_time, sizeof(time));
	err = case_end_bag(c);
	if (!err)
		err = keep_previous(c);
	if (err)
		return err;
	buf_init(&secrets, 0);
	take_secrets(c, &secrets);
	case_close_bag(c);
	err = begin_next(c);
	if (!err)
		err = give_secrets(c, &secrets);
	return err ? err : repeat_first(c, time);
}

unsigned
telltap_case_part(const struct telltap_case *c)
{
	return c->part;
}
