// SPDX-License-Identifier: Apache-2.0
#include "report/policy.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES_MAX	1000
#define HOSTS_MAX	1000
#define TEXT_MAX	1024

static const struct cyaml_schema_value host_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, TEXT_MAX),
};

#define MAYBE(key, member)                                              \
	CYAML_FIELD_STRING_PTR(key,                                     \
	    CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,                   \
	    struct policy_rule, member, 1, TEXT_MAX)
#define PERCENT(key, member)                                            \
	CYAML_FIELD_FLOAT_PTR(key,                                      \
	    CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,                   \
	    struct policy_rule, member)

static const struct cyaml_schema_field rule_fields[] = {
	MAYBE("name", name),
	MAYBE("no-kind", no_kind),
	MAYBE("no-category", no_category),
	MAYBE("to", to),
	CYAML_FIELD_SEQUENCE("only-hosts",
	    CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct policy_rule,
	    only_hosts, &host_value, 1, HOSTS_MAX),
	PERCENT("coverage-at-least", coverage_at_least),
	PERCENT("readable-at-least", readable_at_least),
	CYAML_FIELD_END,
};

static const struct cyaml_schema_value rule_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct policy_rule,
	    rule_fields),
};

static const struct cyaml_schema_field policy_fields[] = {
	CYAML_FIELD_SEQUENCE("rules", CYAML_FLAG_POINTER, struct policy, rules,
	    &rule_value, 1, RULES_MAX),
	CYAML_FIELD_END,
};

static const struct cyaml_schema_value policy_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct policy, policy_fields),
};

void
policy_free(struct policy *p)
{
	yamlfile_free(&policy_schema, p);
}

/* A word that is not known would never be found, and its rule always pass. */
static const char *
check_words(const struct policy_rule *r)
{
	if (r->no_kind && kind_by_name(r->no_kind) == KIND_COUNT)
		return "no such kind";
	if (r->no_category && !policy_knows_category(r->no_category))
		return "no such category";
	return NULL;
}

static bool
bad_percent(const double *v)
{
	return v && !(isfinite(*v) && *v >= 0 && *v <= 100);
}

static const char *
check_rule(const struct policy_rule *r)
{
	int n = (r->no_kind != NULL) + (r->no_category != NULL) +
		(r->only_hosts_count != 0) + (r->coverage_at_least != NULL) +
		(r->readable_at_least != NULL);

	if (n != 1)
		return "a rule has one of no-kind, no-category, only-hosts, "
		       "coverage-at-least, readable-at-least";
	if (r->to && !r->no_kind && !r->no_category)
		return "\"to\" goes with no-kind and no-category only";
	if (bad_percent(r->coverage_at_least) ||
	    bad_percent(r->readable_at_least))
		return "a share is 0 to 100 percent";
	return check_words(r);
}

int
policy_load(const char *path, struct policy **ret_policy,
    char ret_error[static YAMLFILE_ERROR_MAX])
{
	void *data = NULL;
	int err = yamlfile_load(path, &policy_schema, &data, ret_error);
	struct policy *p = data;

	for (unsigned i = 0; !err && i < p->rules_count; i++) {
		const char *wrong = check_rule(&p->rules[i]);

		if (!wrong)
			continue;
		snprintf(ret_error, YAMLFILE_ERROR_MAX, "%.200s: rule %u: %s",
		    path, i + 1, wrong);
		err = ERR_MALFORMED;
	}
	if (err) {
		policy_free(p);
		return err;
	}
	*ret_policy = p;
	return 0;
}
