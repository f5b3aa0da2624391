// SPDX-License-Identifier: Apache-2.0
/*
 * A file of what names a machine: one mapping, in YAML or JSON, of kinds to a
 * value or a list of values. A kind that is not known is an error, so that none
 * is left out by a slip of the pen.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include <yaml.h>

#include "content/known/byte_class.h"
#include "content/identity/identity.h"

#define FILE_MAX	(16 << 20)

static const struct {
	const char *name;	/* without what is no letter, and final s */
	enum identity_kind kind;
} names[] = {
	{ "hostname", IDENTITY_HOSTNAME },
	{ "machineid", IDENTITY_MACHINE_ID },
	{ "mac", IDENTITY_MAC },
	{ "ip", IDENTITY_IP },
	{ "serial", IDENTITY_SERIAL },
	{ "user", IDENTITY_USER },
	{ "username", IDENTITY_USER },
	{ "home", IDENTITY_HOME },
	{ "homepath", IDENTITY_HOME },
	{ "email", IDENTITY_EMAIL },
	{ "licence", IDENTITY_LICENCE },
	{ "license", IDENTITY_LICENCE },
	{ "licencekey", IDENTITY_LICENCE },
	{ "licensekey", IDENTITY_LICENCE },
	{ "package", IDENTITY_PACKAGE },
};

static bool
kind_of(const yaml_node_t *key, enum identity_kind *ret)
{
	char word[32];
	size_t n = 0;

	if (key->type != YAML_SCALAR_NODE)
		return false;
	for (size_t i = 0; i < key->data.scalar.length; i++) {
		uint8_t c = key->data.scalar.value[i];

		if (!byte_is(c, BYTE_ALPHA))
			continue;
		if (n + 1 == sizeof(word))
			return false;
		word[n++] = (char)(c | 0x20);
	}
	word[n] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t len = strlen(names[i].name);

		if (!strcmp(word, names[i].name) || (n == len + 1 &&
		    word[len] == 's' && !memcmp(word, names[i].name, len))) {
			*ret = names[i].kind;
			return true;
		}
	}
	return false;
}

static int
add_value(struct identity *id, const char *path, enum identity_kind kind,
    const yaml_node_t *v)
{
	int r;

	if (v->type != YAML_SCALAR_NODE)
		return identity_fail(id, ERR_MALFORMED,
		    "%s:%zu: neither a value nor a list of values", path,
		    v->start_mark.line + 1);
	if (!v->data.scalar.length)
		return 0;
	r = identity_add(id, kind, (struct span){ v->data.scalar.value,
		v->data.scalar.length });
	if (r == ERR_MALFORMED || r == ERR_LIMIT) {
		char why[128];

		snprintf(why, sizeof(why), "%s", identity_error(id));
		return identity_fail(id, r, "%s:%zu: %s", path,
		    v->start_mark.line + 1, why);
	}
	return r;
}

static int
read_pair(struct identity *id, const char *path, yaml_document_t *doc,
    const yaml_node_pair_t *pair)
{
	const yaml_node_t *key = yaml_document_get_node(doc, pair->key);
	const yaml_node_t *v = yaml_document_get_node(doc, pair->value);
	enum identity_kind kind;
	int r = 0;

	if (!kind_of(key, &kind))
		return identity_fail(id, ERR_MALFORMED,
		    "%s:%zu: no such kind of identifier", path,
		    key->start_mark.line + 1);
	if (v->type != YAML_SEQUENCE_NODE)
		return add_value(id, path, kind, v);
	for (yaml_node_item_t *i = v->data.sequence.items.start;
	     !r && i < v->data.sequence.items.top; i++)
		r = add_value(id, path, kind, yaml_document_get_node(doc, *i));
	return r;
}

static int
read_document(struct identity *id, const char *path, yaml_document_t *doc)
{
	yaml_node_t *root = yaml_document_get_root_node(doc);
	int r = 0;

	if (!root || root->type != YAML_MAPPING_NODE)
		return identity_fail(id, ERR_MALFORMED,
		    "%s: not a mapping of kinds to values", path);
	for (yaml_node_pair_t *p = root->data.mapping.pairs.start;
	     !r && p < root->data.mapping.pairs.top; p++)
		r = read_pair(id, path, doc, p);
	return r;
}

int
identity_read(struct identity *id, const char *path)
{
	FILE *f = fopen(path, "re");
	yaml_parser_t parser;
	yaml_document_t doc;
	struct stat st;
	int r;

	if (!f || fstat(fileno(f), &st)) {
		r = identity_fail(id, -errno, "%s: %s", path, strerror(errno));
		if (f)
			fclose(f);
		return r;
	}
	if (st.st_size > FILE_MAX || !yaml_parser_initialize(&parser)) {
		fclose(f);
		return identity_fail(id, ERR_LIMIT, "%s: too large", path);
	}
	yaml_parser_set_input_file(&parser, f);
	if (!yaml_parser_load(&parser, &doc)) {
		r = identity_fail(id, ERR_MALFORMED, "%s:%zu: %s", path,
		    parser.problem_mark.line + 1,
		    parser.problem ? parser.problem : "not YAML");
	} else {
		r = read_document(id, path, &doc);
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
	fclose(f);
	return r;
}
