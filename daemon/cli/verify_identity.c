// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_identity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_tree.h"

#define LINE_MAX_LEN	8192u

static int
add_line(struct telltap_identity *id, struct json_tree *tree, const char *line,
    size_t len)
{
	const struct json_node *root;
	struct span kind, value;
	int err = json_tree_read(tree, line, len, &root);

	if (err)
		return err;
	kind = json_node_text(json_member(root, "kind"));
	value = json_node_text(json_member(root, "value"));
	if (!kind.p || !value.p || memchr(value.p, 0, value.len))
		return ERR_MALFORMED;
	return telltap_identity_add(id, (const char *)kind.p,
	    (const char *)value.p);
}

static int
read_lines(struct telltap_identity *id, FILE *f)
{
	char line[LINE_MAX_LEN];
	struct json_tree tree;
	int err = 0;

	json_tree_init(&tree);
	while (!err && fgets(line, sizeof(line), f)) {
		size_t len = strlen(line);

		err = len && line[len - 1] == '\n'
			  ? add_line(id, &tree, line, len - 1)
			  : ERR_MALFORMED;
	}
	json_tree_clear(&tree);
	return err ? err : telltap_identity_seal(id);
}

int
verify_identity_read(const char *path, struct telltap_identity **ret_id)
{
	struct telltap_identity *id = telltap_identity_new();
	FILE *f;
	int err;

	f = fopen(path, "re");
	err = !id ? -ENOMEM : f ? read_lines(id, f) : -errno;
	if (f)
		fclose(f);
	if (err) {
		telltap_identity_free(id);
		return err;
	}
	*ret_id = id;
	return 0;
}
