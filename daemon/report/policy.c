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
#define FILE_MAX	(1 << 20)

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

struct complaint {
	char *why;
	size_t size;
};

/* The first thing that libcyaml says is the cause. */
static void
note_complaint(cyaml_log_t level, void *arg, const char *fmt, va_list ap)
{
	struct complaint *c = arg;

	if (!c->why || c->why[0])
		return;
	vsnprintf(c->why, c->size, fmt, ap);
	c->why[strcspn(c->why, "\n")] = 0;
}

static cyaml_config_t
config(struct complaint *c)
{
	return (cyaml_config_t){
		.log_fn = note_complaint,
		.log_ctx = c,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_WARNING,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

void
policy_free(struct policy *p)
{
	struct complaint c = { 0 };
	cyaml_config_t cfg = config(&c);

	if (p)
		cyaml_free(&cfg, &policy_schema, p, 0);
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

static int
read_file(const char *path, char **ret_data, size_t *ret_len)
{
	FILE *f = fopen(path, "re");
	char *data = f ? malloc(FILE_MAX) : NULL;
	int err = f ? (data ? 0 : -ENOMEM) : -errno;
	size_t len = 0;

	if (!err) {
		len = fread(data, 1, FILE_MAX, f);
		if (ferror(f))
			err = -EIO;
		else if (len == FILE_MAX)
			err = -EFBIG;
	}
	if (f)
		fclose(f);
	if (err) {
		free(data);
		return err;
	}
	*ret_data = data;
	*ret_len = len;
	return 0;
}

static int
parse(const char *data, size_t len, struct complaint *c, struct policy **ret)
{
	cyaml_config_t cfg = config(c);
	struct policy *p = NULL;
	cyaml_err_t r;

	if (!len || memchr(data, 0, len)) {
		snprintf(c->why, c->size, "%s", len ? "a NUL byte" : "empty");
		return ERR_MALFORMED;
	}
	r = cyaml_load_data((const uint8_t *)data, len, &cfg, &policy_schema,
	    (cyaml_data_t **)&p, NULL);
	if (r == CYAML_ERR_OOM)
		return -ENOMEM;
	if (r || !p) {
		if (!c->why[0])
			snprintf(c->why, c->size, "%s",
			    r ? cyaml_strerror(r) : "no rules");
		policy_free(p);
		return ERR_MALFORMED;
	}
	*ret = p;
	return 0;
}

int
policy_load(const char *path, char *why, size_t why_size,
    struct policy **ret_policy)
{
	struct complaint c = { why, why_size };
	struct policy *p = NULL;
	char *data = NULL;
	size_t len = 0;
	int err;

	why[0] = 0;
	err = read_file(path, &data, &len);
	if (!err)
		err = parse(data, len, &c, &p);
	free(data);
	for (unsigned i = 0; !err && i < p->rules_count; i++) {
		const char *wrong = check_rule(&p->rules[i]);

		if (!wrong)
			continue;
		snprintf(why, why_size, "rule %u: %s", i + 1, wrong);
		err = ERR_MALFORMED;
	}
	if (err) {
		policy_free(p);
		if (!why[0])
			snprintf(why, why_size, "%s", strerror(-err));
		return err;
	}
	*ret_policy = p;
	return 0;
}
