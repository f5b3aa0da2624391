// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_tree.h"

const struct json_node *
json_member(const struct json_node *o, const char *key)
{
	if (!o || o->type != JSON_OBJECT)
		return NULL;
	for (const struct json_node *v = o->child; v; v = v->next)
		if (*v->key == *key && v->key_len == strlen(key) &&
		    !memcmp(v->key, key, v->key_len))
			return v;
	return NULL;
}

struct span
json_node_text(const struct json_node *v)
{
	if (!v || v->type != JSON_STRING)
		return (struct span){ 0 };
	return (struct span){ (const uint8_t *)v->text, v->len };
}

bool
json_node_u64(const struct json_node *v, uint64_t *ret_value)
{
	uint64_t n = 0;

	if (!v || v->type != JSON_INTEGER)
		return false;
	for (const char *c = v->text; *c; c++) {
		uint64_t digit = (uint64_t)(uint8_t)*c - '0';

		if (digit > 9 || n > (INT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*ret_value = n;
	return true;
}

bool
json_node_real(const struct json_node *v, double *ret_value)
{
	double d;

	if (!v || (v->type != JSON_INTEGER && v->type != JSON_REAL))
		return false;
	d = strtod(v->text, NULL);
	if (!isfinite(d))
		return false;
	*ret_value = d;
	return true;
}
