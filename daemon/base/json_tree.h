/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_JSON_TREE_H
#define BASE_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

/*
 * Reads one JSON text (RFC 8259) into a tree: a log has millions of lines, each
 * of which is read once, so nothing is allocated for a line after the first
 * ones, and a text without escapes is borrowed. Texts may be hostile: invalid
 * UTF-8, a key said twice, more than JSON_DEPTH_MAX levels or more than
 * JSON_MEMBERS_MAX members of an object are refused.
 */

#define JSON_DEPTH_MAX		32
#define JSON_MEMBERS_MAX	1024

enum json_type {
	JSON_NULL = 1,
	JSON_FALSE,
	JSON_TRUE,
	JSON_INTEGER,		/* neither fraction nor exponent */
	JSON_REAL,
	JSON_STRING,
	JSON_OBJECT,
	JSON_ARRAY,
};

struct json_node {
	enum json_type type;
	uint32_t key_len;
	const char *key;	/* of a member of an object, else NULL */
	const char *text;	/* string or number, with a NUL behind it */
	size_t len;		/* of text; how many children there are */
	struct json_node *child;	/* the first one */
	struct json_node *next;		/* the next of the same parent */
};

struct json_tree {
	struct arena arena;
	size_t wrong_at;	/* byte at which the last text went wrong */
};

void json_tree_init(struct json_tree *t);
void json_tree_clear(struct json_tree *t);

/*
 * The tree of len bytes at text. It lives until the next call or the clear; the
 * text need not. Returns 0, ERR_MALFORMED, ERR_LIMIT or -ENOMEM.
 */
must_check int json_tree_read(struct json_tree *t, const char *text,
    size_t len, const struct json_node **ret_root);

/* The member of that name; NULL if there is none, or o is NULL or no object. */
const struct json_node *json_member(const struct json_node *o,
    const char *key);

/* How many children; 0 for NULL. */
static inline size_t
json_count(const struct json_node *v)
{
	return v ? v->len : 0;
}

/* The first child of an array or object; NULL for NULL. */
static inline const struct json_node *
json_first(const struct json_node *v)
{
	return v ? v->child : NULL;
}

/* The text of a string; empty, with p NULL, for anything else. */
struct span json_node_text(const struct json_node *v);

/* False, and *ret_value untouched, if it is no integer from 0 to INT64_MAX. */
bool json_node_u64(const struct json_node *v, uint64_t *ret_value);

/* False, and *ret_value untouched, if it is no finite number. */
bool json_node_real(const struct json_node *v, double *ret_value);

#endif
