// SPDX-License-Identifier: Apache-2.0
#include "report/lines.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence/event/event_json.h"
#include "evidence/event/event_read.h"
#include "evidence/log/tlog.h"

#define PART_DIGITS 6

struct reading {
	struct report_lines *lines;
	struct event_reader *reader;
	struct tlog *tree;
	report_event_fn on_event;
	void *arg;
	bool withheld;
	bool goes_on;		/* another part came before */
	uint64_t before;	/* what numbers of this part lack */
	uint64_t next;		/* the number that the next event has */
};

static int
fail(struct report_lines *l, int err, const char *path, const char *what)
{
	snprintf(l->error, sizeof(l->error), "%s: %s", path, what);
	return err;
}

/* The tree over the lines so far; the lines that a redacted copy withholds
 * are known by their hash alone, and their root is not made again here. */
static int
count_line(struct reading *rd, const char *line, size_t len)
{
	static const char withheld[] = "{\"telltap\":{\"withheld\":";
	uint8_t leaf[TLOG_HASH_LEN];

	if (len > sizeof(withheld) &&
	    !memcmp(line, withheld, sizeof(withheld) - 1))
		rd->withheld = true;
	tlog_hash_leaf(&rd->tree->hasher, line, len, leaf);
	return tlog_append(rd->tree, leaf);
}

static int
take_line(struct reading *rd, const char *line, size_t len)
{
	struct report_lines *l = rd->lines;
	struct event e;
	int err;

	if (len > EVENT_LINE_MAX)
		return ERR_LIMIT;
	err = event_read_json(rd->reader, line, len, &e);
	/* The seal is about the case itself. */
	if (err == ERR_END && !rd->withheld) {
		l->has_root = true;
		l->count = rd->tree->size;
		tlog_root(rd->tree, l->root);
	}
	if (count_line(rd, line, len))
		return -ENOMEM;
	if (err == ERR_UNSUPPORTED)
		l->unknown++;
	if (err == ERR_UNSUPPORTED || err == ERR_END)
		return 0;
	if (err)
		return err;
	/* The first line of each part is that of the first one. */
	if (rd->goes_on && !e.sequence && e.action == EVENT_INPUT)
		return 0;
	e.sequence += rd->before;
	rd->next = e.sequence + 1;
	return rd->on_event(rd->arg, &e);
}

static int
read_file(struct reading *rd, FILE *f, const char *path)
{
	size_t cap = 0, number = 0;
	char *line = NULL, what[256];
	ssize_t len;
	int err = 0;

	while (!err && (len = getline(&line, &cap, f)) > 0) {
		number++;
		if (line[len - 1] == '\n')
			len--;
		err = take_line(rd, line, (size_t)len);
		if (!err)
			continue;
		snprintf(what, sizeof(what), "line %zu: %s", number,
		    err == ERR_MALFORMED ? event_reader_error(rd->reader)
					 : err_text(err));
		fail(rd->lines, err, path, what);
	}
	free(line);
	if (!err && ferror(f))
		err = fail(rd->lines, -EIO, path, strerror(errno));
	if (!err && !number)
		err = fail(rd->lines, ERR_MALFORMED, path, "no events in it");
	return err;
}

static int
read_open(struct reading *rd, FILE *f, const char *path)
{
	int err = -ENOMEM;

	rd->reader = event_reader_new();
	rd->tree = calloc(1, sizeof(*rd->tree));
	if (rd->reader && rd->tree)
		err = tlog_init(rd->tree, NULL, NULL);
	err = err ? fail(rd->lines, err, path, strerror(ENOMEM))
		  : read_file(rd, f, path);
	if (rd->tree)
		tlog_clear(rd->tree);
	free(rd->tree);
	event_reader_free(rd->reader);
	return err;
}

int
report_read_open(FILE *f, const char *name, uint64_t next,
    report_event_fn on_event, void *arg, struct report_lines *ret_lines)
{
	struct reading rd = { .lines = ret_lines, .on_event = on_event,
		.arg = arg, .goes_on = next > 0,
		.before = next ? next - 1 : 0 };

	memset(ret_lines, 0, sizeof(*ret_lines));
	return read_open(&rd, f, name);
}

static int
read_events(struct reading *rd, const char *path)
{
	FILE *f = fopen(path, "re");
	int err = f ? read_open(rd, f, path)
		    : fail(rd->lines, -errno, path, strerror(errno));

	if (f)
		fclose(f);
	return err;
}

static int
is_part(const struct dirent *d)
{
	return strlen(d->d_name) == PART_DIGITS &&
	       strspn(d->d_name, "0123456789") == PART_DIGITS;
}

/* One after the other, as they were written; events of all have numbers in a
 * row. */
static int
read_parts(struct reading *rd, const char *folder, struct dirent **parts,
    size_t count)
{
	struct report_lines *l = rd->lines;
	unsigned long next = 1, number;
	char *path;
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		if (asprintf(&path, "%s/%s/data/events.jsonl", folder,
			parts[i]->d_name) < 0)
			return fail(l, -ENOMEM, folder, strerror(ENOMEM));
		number = strtoul(parts[i]->d_name, NULL, 10);
		l->parts_missing += number - next;
		next = number + 1;
		err = read_events(rd, path);
		rd->goes_on = true;
		rd->before = rd->next - 1;
		free(path);
	}
	l->in_parts = true;
	l->has_root = false;
	return err;
}

/* A case; else a folder of the parts of one. */
static int
read_folder(struct reading *rd, const char *folder)
{
	struct dirent **parts = NULL;
	char *path;
	int err, n = 0;

	if (asprintf(&path, "%s/data/events.jsonl", folder) < 0)
		return fail(rd->lines, -ENOMEM, folder, strerror(ENOMEM));
	if (access(path, F_OK))
		n = scandir(folder, &parts, is_part, alphasort);
	if (n > 0)
		err = read_parts(rd, folder, parts, (size_t)n);
	else if (access(path, F_OK) && errno == ENOENT)
		err = fail(rd->lines, -ENOENT, path, "no case: no such file");
	else
		err = read_events(rd, path);
	for (int i = 0; i < n; i++)
		free(parts[i]);
	free(parts);
	free(path);
	return err;
}

int
report_read_lines(const char *path, report_event_fn on_event, void *arg,
    struct report_lines *ret_lines)
{
	struct reading rd = { .lines = ret_lines, .on_event = on_event,
		.arg = arg };
	struct stat st;

	memset(ret_lines, 0, sizeof(*ret_lines));
	if (stat(path, &st))
		return fail(ret_lines, -errno, path, strerror(errno));
	return S_ISDIR(st.st_mode) ? read_folder(&rd, path)
				   : read_events(&rd, path);
}
