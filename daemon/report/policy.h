/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_POLICY_H
#define REPORT_POLICY_H

#include "base/yamlfile.h"
#include "report/model.h"

/*
 * Rules that a case is held against, read from YAML. A rule passes only where
 * nothing that was not seen, or not read, could break it.
 */

enum policy_verdict {
	POLICY_PASS,
	POLICY_FAIL,
	POLICY_CANT_TELL,
	POLICY_VERDICT_COUNT,
};

/* One of the rules; exactly one of its conditions is set. */
struct policy_rule {
	char *name;		/* NULL: what the rule says */
	char *no_kind, *no_category;
	char *to;		/* a pattern of destinations; NULL: any */
	char **only_hosts;
	unsigned only_hosts_count;
	double *coverage_at_least, *readable_at_least;	/* percent */
};

struct policy {
	struct policy_rule *rules;
	unsigned rules_count;
};

/* Reads a policy; *ret_policy is freed with policy_free(). 0, ERR_MALFORMED or
 * -errno, with one line that names the file and says what is wrong. */
int policy_load(const char *path, struct policy **ret_policy,
    char ret_error[static YAMLFILE_ERROR_MAX]) must_check;
void policy_free(struct policy *p);

/* A category, or the first part of some: "file" for "file.name". */
bool policy_knows_category(const char *name);

/* The verdict, and the reason for it appended to why as a sentence of plain,
 * untrusted text. The model is settled. */
enum policy_verdict policy_judge(const struct policy_rule *rule,
    const struct model *m, struct buf *why);

/* What the rule says, if it has no name of its own. */
void policy_title(const struct policy_rule *rule, struct buf *out);

/* The verdicts in three forms. Each returns how many of them there are. */
struct policy_result {
	uint64_t count[POLICY_VERDICT_COUNT];
};
struct policy_result policy_write_text(const struct policy *p,
    const struct model *m, struct buf *out);
struct policy_result policy_write_json(const struct policy *p,
    const struct model *m, struct buf *out);
struct policy_result policy_write_junit(const struct policy *p,
    const struct model *m, struct buf *out);

#endif
