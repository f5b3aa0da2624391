// SPDX-License-Identifier: Apache-2.0
#include "base/yamlfile.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What libcyaml says of a failure: first why, then where, innermost first. */
struct complaint {
	char why[256], where[128];
	unsigned line;
};

static void
note_complaint(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct complaint *c = ctx;
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

static int
parse(const char *path, const char *text, size_t len,
    const struct cyaml_schema_value *schema, void **ret_data, char *error)
{
	struct complaint why = { .line = 0 };
	cyaml_config_t cfg = yaml_config(&why);
	cyaml_data_t *data = NULL;
	cyaml_err_t r;

	if (!len || memchr(text, 0, len))
		return fail(path, error, ERR_MALFORMED, "%s",
		    len ? "a NUL byte" : "empty");
	r = cyaml_load_data((const uint8_t *)text, len, &cfg, schema, &data,
	    NULL);
	if (r == CYAML_ERR_OOM)
		return fail(path, error, -ENOMEM, "out of memory");
	if (!r && data) {
		*ret_data = data;
		return 0;
	}
	if (!why.why[0])
		snprintf(why.why, sizeof(why.why), "%s",
		    r ? cyaml_strerror(r) : "nothing in it");
	if (!why.line)
		return fail(path, error, ERR_MALFORMED, "%s", why.why);
	if (!why.where[0])
		return fail(path, error, ERR_MALFORMED, "line %u: %s",
		    why.line, why.why);
	return fail(path, error, ERR_MALFORMED, "line %u: %s: %s", why.line,
	    why.where, why.why);
}

int
yamlfile_load(const char *path, const struct cyaml_schema_value *schema,
    void **ret_data, char ret_error[static YAMLFILE_ERROR_MAX])
{
	char *text = NULL;
	size_t len = 0;
	int err = read_file(path, &text, &len);

	if (err)
		return fail(path, ret_error, err, "%s", err_text(err));
	err = parse(path, text, len, schema, ret_data, ret_error);
	free(text);
	return err;
}

void
yamlfile_free(const struct cyaml_schema_value *schema, void *data)
{
	struct complaint why = { .line = 0 };
	cyaml_config_t cfg = yaml_config(&why);

	if (data)
		cyaml_free(&cfg, schema, data, 0);
}
