// SPDX-License-Identifier: Apache-2.0
#include "content/walk/zip_header.h"

#include "base/cursor.h"

#define EXTRA_ZIP64	1
#define EXTRA_AES	0x9901

void
zip_read_local(const uint8_t head[static ZIP_LOCAL_LEN], struct zip_entry *ret)
{
	struct cursor c = cur_init(head, ZIP_LOCAL_LEN);

	cur_skip(&c, 6);
	*ret = (struct zip_entry){ .flags = cur_le16(&c) };
	ret->method = cur_le16(&c);
	ret->time = cur_le16(&c);
	cur_skip(&c, 2);
	ret->crc = cur_le32(&c);
	ret->packed = cur_le32(&c);
	ret->plain = cur_le32(&c);
	ret->name_len = cur_le16(&c);
	ret->extra_len = cur_le16(&c);
	ret->sizes_later = ret->flags & ZIP_SIZES_LATER;
}

void
zip_read_extra(const uint8_t *p, size_t len, struct zip_entry *e)
{
	struct cursor c = cur_init(p, len);
	bool mark = e->method == ZIP_LZMA && e->flags & ZIP_LZMA_MARK;

	while (cur_left(&c) >= 4) {
		uint16_t id = cur_le16(&c);
		struct cursor field = cur_sub(&c, cur_le16(&c));

		if (id == EXTRA_ZIP64 && cur_left(&field) >= 16 &&
		    e->packed == UINT32_MAX) {
			e->plain = cur_le64(&field);
			e->packed = cur_le64(&field);
		} else if (id == EXTRA_AES && cur_left(&field) >= 7 &&
		    e->method == ZIP_AES) {
			uint8_t strength;

			cur_skip(&field, 4);
			strength = cur_u8(&field);
			if (strength < 1 || strength > 3)
				continue;
			e->aes_strength = strength;
			e->method = cur_le16(&field);
		}
	}
	if (mark || (e->sizes_later && !e->plain))
		e->plain = UINT64_MAX;
}
