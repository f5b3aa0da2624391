// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "content/scan_tree.h"

void
value_begin(struct value *v, struct scan_node *n, const char *encoding,
    struct span path, struct span key, uint64_t offset)
{
	v->node = n;
	v->item = NULL;
	v->path = path;
	v->key = key;
	v->encoding = encoding;
	v->offset = offset;
	v->len = 0;
	v->raw_bytes = 0;
	v->open = true;
	v->bytes = false;
}

void
value_data(struct value *v, const uint8_t *p, size_t len)
{
	struct node_origin from;
	size_t take;

	if (v->len < SCAN_FIELD) {
		take = SCAN_FIELD - v->len;
		take = take < len ? take : len;
		if (take)
			memcpy(v->text + v->len, p, take);
		v->len += take;
		p += take;
		len -= take;
		if (v->len < SCAN_FIELD)
			return;
		from = (struct node_origin){
			.encoding = v->encoding,
			.path = v->path,
			.field = true,
			.bytes = v->bytes,
		};
		v->item = node_open(v->node->s, v->node, &from);
		if (v->item)
			node_data(v->item, v->text, v->len);
	}
	if (v->item && len)
		node_data(v->item, p, len);
}

void
value_end(struct value *v, bool complete)
{
	struct field f = {
		.path = v->path,
		.key = v->key,
		.value = { v->text, v->len },
		.offset = v->offset,
		.encoding = v->encoding,
		.bytes = v->bytes,
	};

	v->open = false;
	if (v->item) {
		v->item->parent_bytes = v->raw_bytes;
		if (v->item->size <= SCAN_KEEP) {
			/* the walker may be gone, the bytes are still there */
			f.value = (struct span){ v->item->head,
				v->item->head_len };
			scan_field(v->node, &f);
		}
		node_close(v->item, complete);
		v->item = NULL;
		return;
	}
	if (complete && v->len)
		scan_field(v->node, &f);
}
