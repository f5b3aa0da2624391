// SPDX-License-Identifier: Apache-2.0
#include "report/lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "evidence/event_json.h"
#include "evidence/event_read.h"
#include "evidence/tlog.h"

struct reading {
	struct report_lines *lines;
	struct event_reader *reader;
	struct tlog *tree;
	report_event_fn on_event;
	void *arg;
	bool withheld;
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
	return err ? err : rd->on_event(rd->arg, &e);
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
report_read_open(FILE *f, const char *name, report_event_fn on_event, void *arg,
    struct report_lines *ret_lines)
{
	struct reading rd = { .lines = ret_lines, .on_event = on_event,
		.arg = arg };

	memset(ret_lines, 0, sizeof(*ret_lines));
	return read_open(&rd, f, name);
}

int
report_read_lines(const char *path, report_event_fn on_event, void *arg,
    struct report_lines *ret_lines)
{
	struct reading rd = { .lines = ret_lines, .on_event = on_event,
		.arg = arg };
	char *inside = NULL;
	struct stat st;
	FILE *f;
	int err;

	memset(ret_lines, 0, sizeof(*ret_lines));
	if (stat(path, &st))
		return fail(ret_lines, -errno, path, strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		if (asprintf(&inside, "%s/data/events.jsonl", path) < 0)
			return fail(ret_lines, -ENOMEM, path,
			    strerror(ENOMEM));
		path = inside;
	}
	f = fopen(path, "re");
	if (f)
		err = read_open(&rd, f, path);
	else
		err = fail(ret_lines, -errno, path,
		    inside && errno == ENOENT ? "no case: no such file"
					      : strerror(errno));
	if (f)
		fclose(f);
	free(inside);
	return err;
}
