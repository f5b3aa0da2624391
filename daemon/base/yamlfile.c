// SPDX-License-Identifier: Apache-2.0
#include "base/yamlfile.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/yamlplace.h"
#include "base/yamlwords.h"

struct complaint {
	struct yamlfile_wrong *wrong;
	char outer[128];		/* the mapping that it is in */
};

/* libcyaml says first why, then where, innermost first. */
static void
note_complaint(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct complaint *all = ctx;
	struct yamlfile_wrong *c = all->wrong;
	char text[512], *say = text, *line;

	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	if (strncmp(say, "Load: ", 6) == 0)
		say += 6;
	while (*say == ' ')
		say++;
	line = strstr(say, "(line: ");
	if (line && !c->line) {
		c->line = (unsigned)strtoul(line + 7, NULL, 10);
		if (sscanf(say, "in mapping field '%127[^']'", c->where) != 1)
			c->where[0] = '\0';
	} else if (line && !all->outer[0] &&
	    sscanf(say, "in mapping field '%127[^']'", all->outer) != 1) {
		all->outer[0] = '\0';
	}
	if (line || c->why[0] || strncmp(say, "Backtrace", 9) == 0)
		return;
	snprintf(c->why, sizeof(c->why), "%.*s", (int)sizeof(c->why) - 1, say);
}

static cyaml_config_t
yaml_config(struct complaint *c)
{
	return (cyaml_config_t){
		.log_fn = note_complaint,
		.log_ctx = c,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_WARNING,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

static int
fail(const char *path, char *error, int err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int
fail(const char *path, char *error, int err, const char *fmt, ...)
{
	char what[YAMLFILE_ERROR_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(error, YAMLFILE_ERROR_MAX, "%.200s: %s", path, what);
	return err;
}

static int
read_file(const char *path, char **ret_text, size_t *ret_len)
{
	FILE *f = fopen(path, "re");
	char *text = f ? malloc(YAMLFILE_MAX) : NULL;
	size_t len = text ? fread(text, 1, YAMLFILE_MAX, f) : 0;
	int err = !f || (text && ferror(f)) ? -errno : text ? 0 : -ENOMEM;

	if (!err && len == YAMLFILE_MAX)
		err = -EFBIG;
	if (f)
		fclose(f);
	if (err) {
		free(text);
		return err;
	}
	*ret_text = text;
	*ret_len = len;
	return 0;
}

int
yamlfile_parse(const void *text, size_t len,
    const struct cyaml_schema_value *schema, void **ret_data,
    struct yamlfile_wrong *ret_wrong)
{
	struct complaint complaint = { .wrong = ret_wrong };
	cyaml_config_t cfg = yaml_config(&complaint);
	cyaml_data_t *data = NULL;
	const char *why = "out of memory";
	cyaml_err_t r;

	*ret_wrong = (struct yamlfile_wrong){ .line = 0 };
	/* libcyaml takes a NUL for the end of the text */
	if (!len || memchr(text, 0, len)) {
		strcpy(ret_wrong->why, len ? "a NUL byte" : "empty");
		return ERR_MALFORMED;
	}
	/* what loads is looked at once more only where it may go on */
	if (yamlplace_is_one(text, len) && !cyaml_load_data(text, len, &cfg,
		schema, &data, NULL) && data) {
		*ret_data = data;
		return 0;
	}
	complaint = (struct complaint){ .wrong = ret_wrong };
	*ret_wrong = (struct yamlfile_wrong){ .line = 0 };
	if (yamlplace_check(text, len, &ret_wrong->line, &why)) {
		snprintf(ret_wrong->why, sizeof(ret_wrong->why), "%s", why);
		return ERR_MALFORMED;
	}
	r = cyaml_load_data(text, len, &cfg, schema, &data, NULL);
	if (!r && data) {
		*ret_data = data;
		return 0;
	}
	if (r == CYAML_ERR_OOM)
		*ret_wrong = (struct yamlfile_wrong){ .why = "out of memory" };
	if (!ret_wrong->why[0])
		snprintf(ret_wrong->why, sizeof(ret_wrong->why), "%s",
		    r ? cyaml_strerror(r) : "nothing in it");
	yamlwords_put(schema, complaint.outer, ret_wrong);
	return r == CYAML_ERR_OOM ? -ENOMEM : ERR_MALFORMED;
}

static int
say(const char *path, char *error, int err, const struct yamlfile_wrong *w)
{
	if (!w->line)
		return fail(path, error, err, "%s", w->why);
	if (!w->where[0])
		return fail(path, error, err, "line %u: %s", w->line, w->why);
	return fail(path, error, err, "line %u: %s: %s", w->line, w->where,
	    w->why);
}

int
yamlfile_load(const char *path, const struct cyaml_schema_value *schema,
    void **ret_data, char ret_error[static YAMLFILE_ERROR_MAX])
{
	struct yamlfile_wrong wrong;
	char *text = NULL;
	size_t len = 0;
	int err = read_file(path, &text, &len);

	if (err)
		return fail(path, ret_error, err, "%s", err_text(err));
	err = yamlfile_parse(text, len, schema, ret_data, &wrong);
	free(text);
	return err ? say(path, ret_error, err, &wrong) : 0;
}

unsigned
yamlfile_line(const char *path, const char *outer, const char *key,
    const char *value)
{
	unsigned line;
	char *text;
	size_t len;

	if (read_file(path, &text, &len))
		return 0;
	line = yamlplace_find(text, len, outer, key, value);
	free(text);
	return line;
}

void
yamlfile_free(const struct cyaml_schema_value *schema, void *data)
{
	struct yamlfile_wrong wrong = { .line = 0 };
	struct complaint complaint = { .wrong = &wrong };
	cyaml_config_t cfg = yaml_config(&complaint);

	if (data)
		cyaml_free(&cfg, schema, data, 0);
}
