// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/bag_info.h"
#include "evidence/verify/verify.h"

/* bag-info.txt, which no signature of the log covers: all of it but the date
 * follows from the first line and from the sizes of the files. */

#define DATE_LABEL	"Bagging-Date: "
#define REDACTED_LABEL	"Telltap-Redacted: "

static bool
read_date(const char *text, char ret_date[static BAG_INFO_DATE_LEN + 1])
{
	const char *at = strstr(text, "\n" DATE_LABEL);
	const char form[] = "dddd-dd-dd";

	if (!at)
		return false;
	at += strlen("\n" DATE_LABEL);
	for (size_t i = 0; i < BAG_INFO_DATE_LEN; i++)
		if (form[i] == 'd' ? at[i] < '0' || at[i] > '9'
				   : at[i] != form[i])
			return false;
	memcpy(ret_date, at, BAG_INFO_DATE_LEN);
	ret_date[BAG_INFO_DATE_LEN] = 0;
	return true;
}

/* "N lines, M files", as redact writes it each time. */
static bool
read_redacted(const char **text, uint64_t *lines, uint64_t *files)
{
	char want[128], *end;
	unsigned long long line_count, file_count;
	int len;

	if (strncmp(*text, REDACTED_LABEL, strlen(REDACTED_LABEL)))
		return false;
	line_count = strtoull(*text + strlen(REDACTED_LABEL), &end, 10);
	file_count = strtoull(end + strcspn(end, "0123456789\n"), NULL, 10);
	len = snprintf(want, sizeof(want), REDACTED_LABEL "%llu lines, %llu "
	    "files\n", line_count, file_count);
	if (strncmp(*text, want, (size_t)len) ||
	    __builtin_add_overflow(*lines, line_count, lines) ||
	    __builtin_add_overflow(*files, file_count, files))
		return false;
	*text += len;
	return true;
}

/* Lines that redact has added stand before the last one. */
static bool
is_as_expected(const struct verify *v, const struct buf *expected)
{
	const char *text = v->bag_info;
	uint64_t lines = 0, files = 0;
	unsigned long long size = 0;
	char oxum[64];

	if (strlen(text) < expected->len ||
	    memcmp(text, expected->data, expected->len))
		return false;
	text += expected->len;
	while (read_redacted(&text, &lines, &files))
		;
	if (lines != v->withheld || files != v->files_withheld)
		return false;
	for (size_t i = 0; i < v->file_count; i++)
		size += v->files[i].size;
	snprintf(oxum, sizeof(oxum), "Payload-Oxum: %llu.%zu\n", size,
	    v->file_count);
	return !strcmp(text, oxum);
}

int
verify_check_info(struct verify *v)
{
	char date[BAG_INFO_DATE_LEN + 1];
	struct buf expected;
	bool told, failed;

	if (!v->bag_info || v->first.failed)
		return v->first.failed ? -ENOMEM : 0;
	if (!v->first.len) {
		verify_unknown(v, "bag-info.txt: not checked, the first line "
		    "is withheld");
		return 0;
	}
	buf_init(&expected, 0);
	if (!read_date(v->bag_info, date))
		strcpy(date, "no date");
	told = bag_info_write((struct span){ v->first.data, v->first.len },
	    date, &expected);
	if (!told)
		verify_unknown(v, "bag-info.txt: not checked, the first line "
		    "does not tell how the case was made");
	else if (!expected.failed && !is_as_expected(v, &expected))
		verify_bad(v, "bag-info.txt: not what the first line and the "
		    "files give");
	else
		verify_ok(v, "bag-info.txt: as the first line has it; its date, "
		    "%s, is in no log", date);
	failed = expected.failed;
	buf_clear(&expected);
	return failed ? -ENOMEM : 0;
}
