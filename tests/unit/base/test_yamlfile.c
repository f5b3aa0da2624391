// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <cyaml/cyaml.h>

#include "base/yamlfile.h"

struct sample {
	char *name;
	unsigned count;
};

static const struct cyaml_schema_field fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct sample, name,
	    1, 8),
	CYAML_FIELD_UINT("count", CYAML_FLAG_DEFAULT, struct sample, count),
	CYAML_FIELD_END,
};

static const struct cyaml_schema_value schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct sample, fields),
};

static struct yamlfile_wrong wrong;

static int
parse(const char *text, size_t len)
{
	void *data = NULL;
	int err = yamlfile_parse(text, len, &schema, &data, &wrong);

	assert_true(!err == (data != NULL));
	assert_true(!err == !wrong.why[0]);
	yamlfile_free(&schema, data);
	return err;
}

static int
parse_text(const char *text)
{
	return parse(text, strlen(text));
}

static void
what_the_schema_has_is_read(void **state)
{
	static const char text[] = "name: a\ncount: 7\n";
	struct sample *s;
	void *data;

	assert_int_equal(yamlfile_parse(text, sizeof(text) - 1, &schema, &data,
	    &wrong), 0);
	s = data;
	assert_string_equal(s->name, "a");
	assert_int_equal(s->count, 7);
	yamlfile_free(&schema, data);
	yamlfile_free(&schema, NULL);
}

static void
what_is_wrong_is_told_with_its_line(void **state)
{
	assert_int_equal(parse_text("name: a\ncount: x\n"), ERR_MALFORMED);
	assert_int_equal(wrong.line, 2);
	assert_string_equal(wrong.where, "count");
	assert_int_equal(parse_text("name: a\ncount: 1\nother: 2\n"),
	    ERR_MALFORMED);
	assert_int_equal(parse_text("name: 12345678\ncount: 1\n"), 0);
	assert_int_equal(parse_text("name: 123456789\ncount: 1\n"),
	    ERR_MALFORMED);
	assert_int_equal(wrong.line, 1);
	assert_int_equal(parse_text("name: a\n"), ERR_MALFORMED);
}

static void
what_is_no_text_of_yaml_is_refused(void **state)
{
	assert_int_equal(parse("", 0), ERR_MALFORMED);
	assert_string_equal(wrong.why, "empty");
	assert_int_equal(parse("name: a\0count: 1\n", 17), ERR_MALFORMED);
	assert_string_equal(wrong.why, "a NUL byte");
	assert_int_equal(parse_text("[\n"), ERR_MALFORMED);
	assert_int_equal(parse_text("# nothing\n"), ERR_MALFORMED);
	/* an alias of an alias of an alias is a bomb */
	assert_int_equal(parse_text("name: &a b\ncount: 1\n"), 0);
	assert_int_equal(parse_text("count: &a 1\nname: *a\n"),
	    ERR_MALFORMED);
}

/* A file of that many bytes, most of them a comment. */
static int
load(size_t len)
{
	char path[] = "/tmp/telltap-yaml-XXXXXX";
	char error[YAMLFILE_ERROR_MAX] = "";
	FILE *f = fdopen(mkstemp(path), "w");
	void *data = NULL;
	int err;

	assert_non_null(f);
	assert_true(fprintf(f, "name: a\ncount: 1\n#") == 18);
	for (size_t i = 18; i < len; i++)
		fputc('x', f);
	fclose(f);
	err = yamlfile_load(path, &schema, &data, error);
	assert_true(!err || strstr(error, path));
	yamlfile_free(&schema, data);
	unlink(path);
	return err;
}

static void
a_file_has_a_ceiling(void **state)
{
	char error[YAMLFILE_ERROR_MAX];
	void *data;

	assert_int_equal(load(18), 0);
	assert_int_equal(load(YAMLFILE_MAX - 1), 0);
	assert_int_equal(load(YAMLFILE_MAX), -EFBIG);
	assert_int_equal(yamlfile_load("/nowhere/x.yaml", &schema, &data,
	    error), -ENOENT);
	assert_string_equal(error, "/nowhere/x.yaml: No such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_schema_has_is_read),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line),
		cmocka_unit_test(what_is_no_text_of_yaml_is_refused),
		cmocka_unit_test(a_file_has_a_ceiling),
	};

	return cmocka_run_group_tests_name("yamlfile", tests, NULL, NULL);
}
