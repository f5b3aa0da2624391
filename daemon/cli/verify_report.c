// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
is_of_this_build(const struct rerun *u)
{
	struct buf info, want;
	char path[4096];
	bool same;

	buf_init(&info, 0);
	buf_init(&want, 0);
	snprintf(path, sizeof(path), "%s/bag-info.txt", u->dir);
	buf_str(&want, "\nTelltap-Build-Id: ");
	bag_info_build_id(&want);
	buf_u8(&want, '\n');
	same = !read_all(path, &info) && !want.failed &&
	       memmem(info.data, info.len, want.data, want.len);
	buf_clear(&info);
	buf_clear(&want);
	return same;
}

static int
compare_report(struct rerun *u, struct telltap_report *r, const char *name,
    enum telltap_report_format format)
{
	char *path = rerun_path(u, 0, name), *ours = NULL;
	size_t ours_len = 0;
	struct buf theirs;
	int err;

	buf_init(&theirs, 0);
	err = path ? read_all(path, &theirs) : -ENOMEM;
	if (!err)
		err = telltap_report_render(r, format, &ours, &ours_len);
	if (err)
		goto out;
	if (theirs.len == ours_len && !memcmp(theirs.data, ours, ours_len))
		rerun_tell(u, TELLTAP_CHECK_OK, "%s: says what the lines say", name);
	else if (is_of_this_build(u))
		rerun_tell(u, TELLTAP_CHECK_BAD, "data/%s: does not follow from the "
		    "lines", name);
	else
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "data/%s: is not what this "
		    "build makes of the lines; another one made it", name);
out:
	buf_clear(&theirs);
	free(path);
	free(ours);
	return err == -ENOENT ? 0 : err;
}

int
rerun_compare_reports(struct rerun *u)
{
	struct telltap_report *r;
	int err;

	/* Parts have none: each would tell of a part alone. */
	if (u->part_count != 1 || *u->parts[0])
		return 0;
	r = telltap_report_new();
	err = r ? telltap_report_read(r, u->dir) : -ENOMEM;
	if (!err)
		err = compare_report(u, r, "report.html", TELLTAP_REPORT_HTML);
	if (!err)
		err = compare_report(u, r, "report.json", TELLTAP_REPORT_JSON);
	telltap_report_free(r);
	return err;
}
