// SPDX-License-Identifier: Apache-2.0
#include "telltap/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/database.h"
#include "report/diff.h"
#include "report/follow.h"
#include "report/lines.h"
#include "report/policy.h"
#include "report/render.h"

struct telltap_report {
	struct model *model;
	struct follow *follow;	/* NULL: nothing is followed */
	enum render_table table;
	char error[YAMLFILE_ERROR_MAX];
};

struct telltap_report *
telltap_report_new(void)
{
	struct telltap_report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->model = model_new();
	if (!r->model) {
		free(r);
		return NULL;
	}
	return r;
}

void
telltap_report_free(struct telltap_report *r)
{
	if (!r)
		return;
	model_free(r->model);
	follow_free(r->follow);
	free(r);
}

const char *
telltap_report_error(const struct telltap_report *r)
{
	return r->error;
}

int
telltap_report_add(struct telltap_report *r, const struct event *event)
{
	return model_add(r->model, event);
}

static int
fail(struct telltap_report *r, int err, const char *path, const char *what)
{
	snprintf(r->error, sizeof(r->error), "%s: %s", path, what);
	return err;
}

void
telltap_report_input_hash(struct telltap_report *r, size_t index,
    const uint8_t sha256[32])
{
	struct model_input *in;

	if (index >= r->model->input_count)
		return;
	in = &r->model->inputs[index];
	in->has_sha256 = true;
	memcpy(in->sha256, sha256, 32);
}

void
telltap_report_log(struct telltap_report *r, uint64_t lines,
    const uint8_t root[32])
{
	r->model->has_log = lines > 0;
	r->model->in_parts = !lines;
	r->model->log_lines = lines;
	if (lines)
		memcpy(r->model->log_root, root, 32);
}

static int
add_event(void *arg, const struct event *event)
{
	return telltap_report_add(arg, event);
}

static int
read_events(struct telltap_report *r, const char *path, report_event_fn fn,
    void *arg, struct report_lines *ret_lines)
{
	int err = report_read_lines(path, fn, arg, ret_lines);

	memcpy(r->error, ret_lines->error, sizeof(r->error));
	return err;
}

int
telltap_report_read(struct telltap_report *r, const char *path)
{
	struct report_lines lines;
	int err = read_events(r, path, add_event, r, &lines);

	r->model->unknown_events += lines.unknown;
	r->model->parts_missing += lines.parts_missing;
	if (lines.has_root)
		telltap_report_log(r, lines.count, lines.root);
	else if (lines.in_parts)
		telltap_report_log(r, 0, NULL);
	return err;
}

int
telltap_report_follow(struct telltap_report *r, const char *path)
{
	int err = r->follow ? 0 : follow_open(path, &r->follow);

	if (err)
		return fail(r, err, path, err == -ENOENT
					      ? "no case: no such file"
					      : err_text(err));
	err = follow_poll(r->follow, add_event, r);
	if (!err)
		return follow_ended(r->follow);
	snprintf(r->error, sizeof(r->error), "%s", follow_error(r->follow));
	return err;
}

static int
put_event(void *arg, const struct event *event)
{
	return database_add(arg, event);
}

int
telltap_report_database(struct telltap_report *r, const char *path,
    const char *db_path)
{
	struct report_lines lines;
	struct database *d;
	int err = database_new(db_path, &d);

	if (err)
		return fail(r, err, db_path, database_error(d));
	err = read_events(r, path, put_event, d, &lines);
	if (!err)
		err = database_finish(d, &lines);
	if (err && database_error(d)[0])
		fail(r, err, db_path, database_error(d));
	database_free(d);
	return err;
}

void
telltap_report_phase(struct telltap_report *r, const char *name)
{
	r->model->only = name;
}

int
telltap_report_read_file(struct telltap_report *r, FILE *file,
    const char *name)
{
	struct report_lines lines;
	int err = report_read_open(file, name, r->model->next_sequence,
	    add_event, r, &lines);

	memcpy(r->error, lines.error, sizeof(r->error));
	r->model->unknown_events += lines.unknown;
	return err;
}

int
telltap_report_format(const char *name)
{
	static const char *const names[] = { "text", "html", "json", "csv" };

	for (int i = 0; i < 4; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

int
telltap_report_table(struct telltap_report *r, const char *name)
{
	static const char *const names[RENDER_TABLE_COUNT] = {
		"destinations", "files", "hashes", "urls", "anomalies",
		"categories", "processes", "reads", "timeline",
		"vendors", "phases"
	};

	for (unsigned i = 0; i < RENDER_TABLE_COUNT; i++) {
		if (!strcmp(names[i], name)) {
			r->table = (enum render_table)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int
give(struct buf *out, char **ret_data, size_t *ret_len)
{
	if (out->failed) {
		buf_clear(out);
		return -ENOMEM;
	}
	*ret_data = (char *)out->data;
	*ret_len = out->len;
	return 0;
}

int
telltap_report_render(struct telltap_report *r,
    enum telltap_report_format format, char **ret_data, size_t *ret_len)
{
	struct buf out;

	buf_init(&out, 0);
	model_settle(r->model);
	switch (format) {
	case TELLTAP_REPORT_TEXT:
		render_text(r->model, &out);
		break;
	case TELLTAP_REPORT_HTML:
		render_html(r->model, &out);
		break;
	case TELLTAP_REPORT_JSON:
		render_json(r->model, &out);
		break;
	case TELLTAP_REPORT_CSV:
		render_csv(r->model, r->table, &out);
		break;
	default:
		return -EINVAL;
	}
	return give(&out, ret_data, ret_len);
}

int
telltap_report_top(struct telltap_report *r, double seconds, char **ret_data,
    size_t *ret_len)
{
	struct buf out;

	buf_init(&out, 0);
	render_top(r->model, seconds, &out);
	return give(&out, ret_data, ret_len);
}

int
telltap_report_policy(struct telltap_report *r, const char *path,
    enum telltap_policy_format format, char **ret_data, size_t *ret_len)
{
	struct policy_result n = { { 0 } };
	struct policy *p = NULL;
	struct buf out;
	int err = policy_load(path, &p, r->error);

	if (err)
		return err;
	buf_init(&out, 0);
	model_settle(r->model);
	if (format == TELLTAP_POLICY_TEXT)
		n = policy_write_text(p, r->model, &out);
	else if (format == TELLTAP_POLICY_JSON)
		n = policy_write_json(p, r->model, &out);
	else
		n = policy_write_junit(p, r->model, &out);
	policy_free(p);
	err = give(&out, ret_data, ret_len);
	if (err)
		return fail(r, err, path, "out of memory");
	return n.count[POLICY_FAIL]	   ? TELLTAP_POLICY_FAIL
	       : n.count[POLICY_CANT_TELL] ? TELLTAP_POLICY_CANT_TELL
					   : TELLTAP_POLICY_PASS;
}

int
telltap_report_diff(struct telltap_report *a, struct telltap_report *b,
    const char *name_a, const char *name_b, enum telltap_report_format format,
    char **ret_data, size_t *ret_len)
{
	void (*write)(const struct model *, const struct model *, const char *,
	    const char *, struct buf *) =
	    format == TELLTAP_REPORT_TEXT   ? diff_text
	    : format == TELLTAP_REPORT_JSON ? diff_json
	    : format == TELLTAP_REPORT_HTML ? diff_html
					    : NULL;
	struct buf out;

	if (!write)
		return -EINVAL;
	buf_init(&out, 0);
	model_settle(a->model);
	model_settle(b->model);
	write(a->model, b->model, name_a, name_b, &out);
	return give(&out, ret_data, ret_len);
}

int64_t
telltap_report_found(const struct telltap_report *r, const char *kind)
{
	enum kind k = kind_by_name(kind);
	uint64_t n = 0;

	if (k == KIND_COUNT)
		return -EINVAL;
	for (unsigned g = 0; g < GRADE_COUNT; g++)
		n += r->model->by_kind_grade[k][g];
	if (k == KIND_FILE_UPLOAD)
		n += r->model->pieced_files;
	return n > INT64_MAX ? INT64_MAX : (int64_t)n;
}
