// SPDX-License-Identifier: Apache-2.0
#include "canary/form.h"

#include <errno.h>
#include <string.h>

const struct form_type form_types[FORM_TYPE_COUNT] = {
	{ "pe", ".exe", 0644, form_pe },
	{ "elf", "", 0755, form_elf },
	{ "pdf", ".pdf", 0644, form_pdf },
	{ "docx", ".docx", 0644, form_docx },
	{ "xlsx", ".xlsx", 0644, form_xlsx },
	{ "zip", ".zip", 0644, form_zip },
	{ "script", ".sh", 0755, form_script },
	{ "jar", ".jar", 0644, form_jar },
	{ "apk", ".apk", 0644, form_apk },
};

int
form_find(const char *name, size_t name_len)
{
	for (int i = 0; i < FORM_TYPE_COUNT; i++) {
		if (strlen(form_types[i].name) == name_len &&
		    !memcmp(form_types[i].name, name, name_len))
			return i;
	}
	return -1;
}

int
form_write(const struct form_type *type, struct form *f)
{
	int r;

	buf_reset(f->out);
	f->out->max_len = f->size + 1;	/* printf's NUL */
	if (!buf_reserve(f->out, f->size + 1))
		return -ENOMEM;
	r = type->write(f);
	if (r)
		return r;
	return f->out->failed || f->out->len != f->size ? ERR_LIMIT : 0;
}

void
form_noise(struct form *f, size_t n)
{
	uint8_t *room = buf_reserve(f->out, n);

	if (!room)
		return;
	stream_bytes(f->noise, room, n);
	f->out->len += n;
}

void
form_fill(struct form *f, size_t behind_len)
{
	size_t have = f->out->len + behind_len;

	if (have < f->size)
		form_noise(f, f->size - have);
}

static void
little_endian(struct form *f, uint64_t v, int len)
{
	for (int i = 0; i < len; i++)
		buf_u8(f->out, (uint8_t)(v >> 8 * i));
}

void
form_le16(struct form *f, unsigned v)
{
	little_endian(f, v, 2);
}

void
form_le32(struct form *f, uint32_t v)
{
	little_endian(f, v, 4);
}

void
form_le64(struct form *f, uint64_t v)
{
	little_endian(f, v, 8);
}

void
form_zero_to(struct form *f, size_t offset)
{
	while (f->out->len < offset && !f->out->failed)
		buf_u8(f->out, 0);
}
