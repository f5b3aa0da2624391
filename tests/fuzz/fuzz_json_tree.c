// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_tree.h"

/* What is read must be JSON to jansson too, and the other way round, but for
 * ceilings, for numbers that jansson's types can't hold, and for NULs, which it
 * refuses in a key and takes for an end; and every text must be the same. */
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_INTEGER JANSSON_INTEGER
#define JSON_REAL JANSSON_REAL
#define JSON_TRUE JANSSON_TRUE
#define JSON_FALSE JANSSON_FALSE
#define JSON_NULL JANSSON_NULL
#define json_type jansson_type
#include <jansson.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
compare(const struct json_node *v, const json_t *j)
{
	const struct json_node *c = v->child;

	if (json_count(v) != (json_is_array(j) ? json_array_size(j) :
		json_is_object(j) ? json_object_size(j) :
				    json_count(v)))
		abort();
	if (json_is_string(j) && (v->len != json_string_length(j) ||
		memcmp(v->text, json_string_value(j), v->len)))
		abort();
	for (size_t i = 0; (json_is_array(j) || json_is_object(j)) && c;
	     i++, c = c->next)
		compare(c, json_is_array(j) ? json_array_get(j, i) :
			json_object_getn(j, c->key, c->key_len));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct json_node *root;
	struct json_tree t;
	json_error_t error;
	json_t *j = json_loadb((const char *)data, size,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
	int err;

	json_tree_init(&t);
	err = json_tree_read(&t, (const char *)data, size, &root);
	if (j && err == ERR_MALFORMED && !memchr(data, 0, size))
		abort();
	if (!err && memchr(data, 0, size))
		abort();
	if (!j && !err &&
	    json_error_code(&error) != json_error_numeric_overflow &&
	    json_error_code(&error) != json_error_null_byte_in_key)
		abort();
	if (j && !err)
		compare(root, j);
	json_decref(j);
	json_tree_clear(&t);
	return 0;
}
