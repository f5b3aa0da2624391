// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/verify_rerun.h"
#include "evidence/bag_info.h"
#include "telltap/report.h"

/*
 * People read the reports of a case rather than its lines: what they say has to
 * follow from these. The same build writes the same bytes; another may word it
 * otherwise, which proves nothing.
 */

#define REPORT_MAX (64u << 20)

static int
read_all(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "re");
	char part[1 << 14];
	size_t n;
	int err = f ? 0 : -errno;

	while (!err && (n = fread(part, 1, sizeof(part), f))) {
		buf_append(out, part, n);
		err = out->failed ? -ENOMEM : out->len > REPORT_MAX ? -EFBIG : 0;
	}
	if (f && !err && ferror(f))
		err = -EIO;
	if (f)
		fclose(f);
	return err;
}

/* bag-info.txt follows from the first line, which was looked at before. */
static bool
is_of_this_build(const struct rerun *u, size_t part)
{
	struct buf info, want;
	char path[4096];
	bool same;

	buf_init(&info, 0);
	buf_init(&want, 0);
	snprintf(path, sizeof(path), "%s/%s/bag-info.txt", u->dir,
	    u->parts[part]);
	buf_str(&want, "\nTelltap-Build-Id: ");
	bag_info_build_id(&want);
	buf_u8(&want, '\n');
	same = !read_all(path, &info) && !want.failed &&
	       memmem(info.data, info.len, want.data, want.len);
	buf_clear(&info);
	buf_clear(&want);
	return same;
}

/* 1: the same; 0; or a code. */
static int
is_same(struct telltap_report *r, enum telltap_report_format format,
    const struct buf *theirs)
{
	char *ours = NULL;
	size_t len = 0;
	int err = telltap_report_render(r, format, &ours, &len);
	bool same = !err && theirs->len == len && !memcmp(theirs->data, ours, len);

	free(ours);
	return err ? err : same;
}

/* The same of the lines; of a part, which may be given as a case of its own, the
 * report is that of a case in parts. */
static int
follows(struct rerun *u, enum telltap_report_format format,
    const struct buf *theirs, bool of_parts)
{
	struct telltap_report *r = telltap_report_new();
	int err = r ? telltap_report_read(r, u->dir) : -ENOMEM;

	if (!err && of_parts)
		telltap_report_log(r, 0, NULL);
	if (!err)
		err = is_same(r, format, theirs);
	telltap_report_free(r);
	return err;
}

static int
compare_report(struct rerun *u, size_t part, const char *name,
    enum telltap_report_format format)
{
	char *path = rerun_path(u, part, name);
	const char *folder = u->parts[part], *slash = *folder ? "/" : "";
	struct buf theirs;
	int err;

	buf_init(&theirs, 0);
	err = path ? read_all(path, &theirs) : -ENOMEM;
	if (!err)
		err = follows(u, format, &theirs, false);
	if (!err)
		err = follows(u, format, &theirs, true);
	if (err == 1)
		rerun_tell(u, TELLTAP_CHECK_OK, "%s%s%s: says what the lines say",
		    folder, slash, name);
	else if (!err && is_of_this_build(u, part))
		rerun_tell(u, TELLTAP_CHECK_BAD, "%s%sdata/%s: does not follow from "
		    "the lines", folder, slash, name);
	else if (!err) {
		u->reports_open++;
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "%s%sdata/%s: is not what this "
		    "build makes of the lines; another one made it", folder, slash,
		    name);
	}
	buf_clear(&theirs);
	free(path);
	return err == -ENOENT || err == 1 ? 0 : err;
}

static bool
has_report(const struct rerun *u, size_t part)
{
	char *path = rerun_path(u, part, "report.html");
	bool has = path && !access(path, F_OK);

	free(path);
	return has;
}

/* Of several parts the last one holds the report, which is of all of them. */
static bool
is_comparable(struct rerun *u, size_t last)
{
	if (!has_report(u, last)) {
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "the case holds no report");
		return false;
	}
	if (u->more_runs)
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "reports are not compared: "
		    "each is of one run, and the case holds several");
	else if (u->is_later_part)
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "the report is not compared: "
		    "it is of all parts; give the folder that holds them");
	u->reports_open += u->more_runs || u->is_later_part;
	return !u->more_runs && !u->is_later_part;
}

int
rerun_compare_reports(struct rerun *u)
{
	size_t last = u->part_count - 1;
	int err;

	if (!is_comparable(u, last))
		return 0;
	err = compare_report(u, last, "report.html", TELLTAP_REPORT_HTML);
	return err ? err : compare_report(u, last, "report.json",
	    TELLTAP_REPORT_JSON);
}
