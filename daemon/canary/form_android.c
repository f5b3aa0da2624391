// SPDX-License-Identifier: Apache-2.0
/*
 * A package with a manifest in Android's binary XML: <manifest package="...">
 * and nothing else. It has no code and no signature, so that no phone installs
 * it.
 */
#include "canary/archive.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NO_STRING 0xffffffffu

enum { STRING_MANIFEST, STRING_PACKAGE, STRING_NAME, STRING_COUNT };

static void
chunk(struct form *x, unsigned type, unsigned head_len, size_t len)
{
	form_le16(x, type);
	form_le16(x, head_len);
	form_le32(x, (uint32_t)len);
}

/* UTF-16: length, characters, NUL. */
static void
string_pool(struct form *x, const char *const strings[STRING_COUNT])
{
	size_t at[STRING_COUNT], len = 0, padded;

	for (int i = 0; i < STRING_COUNT; i++) {
		at[i] = len;
		len += 2 * strlen(strings[i]) + 4;
	}
	padded = (len + 3) & ~(size_t)3;
	chunk(x, 0x0001, 28, 28 + 4 * STRING_COUNT + padded);
	form_le32(x, STRING_COUNT);
	form_le32(x, 0);		/* styles */
	form_le32(x, 0);		/* flags: UTF-16 */
	form_le32(x, 28 + 4 * STRING_COUNT);
	form_le32(x, 0);
	for (int i = 0; i < STRING_COUNT; i++)
		form_le32(x, (uint32_t)at[i]);
	for (int i = 0; i < STRING_COUNT; i++) {
		form_le16(x, (unsigned)strlen(strings[i]));
		for (const char *c = strings[i]; *c; c++)
			form_le16(x, (unsigned char)*c);
		form_le16(x, 0);
	}
	form_zero_to(x, x->out->len + padded - len);
}

static void
element(struct form *x)
{
	chunk(x, 0x0102, 16, 16 + 20 + 20);
	form_le32(x, 1);		/* line */
	form_le32(x, NO_STRING);	/* comment, name space */
	form_le32(x, NO_STRING);
	form_le32(x, STRING_MANIFEST);
	form_le16(x, 20);		/* where attributes start, their size */
	form_le16(x, 20);
	form_le16(x, 1);
	form_le16(x, 0);		/* no id, class or style among them */
	form_le16(x, 0);
	form_le16(x, 0);
	form_le32(x, NO_STRING);
	form_le32(x, STRING_PACKAGE);
	form_le32(x, STRING_NAME);
	form_le16(x, 8);		/* the value: a string */
	form_le16(x, 0x0300);
	form_le32(x, STRING_NAME);
	chunk(x, 0x0103, 16, 24);
	form_le32(x, 1);
	form_le32(x, NO_STRING);
	form_le32(x, NO_STRING);
	form_le32(x, STRING_MANIFEST);
}

int
form_apk(struct form *f)
{
	char name[64], about[FORM_MARK_LEN + 2];
	const char *const strings[STRING_COUNT] = { "manifest", "package",
		name };
	struct buf body, all;
	struct form x = { .out = &body };
	int r = -ENOMEM;

	snprintf(name, sizeof(name), "org.telltap.canary%s",
	    f->mark + FORM_MARK_LEN - 16);
	snprintf(about, sizeof(about), "%s\n", f->mark);
	buf_init(&body, 0);
	buf_init(&all, 0);
	string_pool(&x, strings);
	element(&x);
	x.out = &all;
	chunk(&x, 0x0003, 8, 8 + body.len);
	buf_append(&all, body.data, body.len);
	if (!body.failed && !all.failed)
		r = archive_write(f, (struct archive_member[]){
		    { "AndroidManifest.xml", (const char *)all.data,
			(uint32_t)all.len, false },
		    { "assets/about.txt", about, (uint32_t)strlen(about),
			false },
		    { "assets/data.bin", NULL, ARCHIVE_NOISE, false } }, 3);
	buf_clear(&body);
	buf_clear(&all);
	return r;
}
