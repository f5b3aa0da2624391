/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CANARY_FORM_H
#define CANARY_FORM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "canary/stream.h"

/*
 * The types of canaries. Each writes a small, valid, harmless file of its type
 * that has the mark in readable text, and fills it up to the size wanted with
 * noise that no packer makes smaller. No file holds a date of now.
 */

/* "telltap canary " and 16 hex digits. */
#define FORM_MARK_LEN 31

struct form {
	struct buf *out;
	uint64_t size;		/* to reach, exactly */
	const char *mark;
	struct stream *noise;
};

struct form_type {
	const char *name;	/* as --types spells it */
	const char *suffix;	/* of file names, with its dot */
	unsigned mode;		/* of files, 0644 or 0755 */
	int (*write)(struct form *f);
};

#define FORM_TYPE_COUNT	9

extern const struct form_type form_types[FORM_TYPE_COUNT];

/* The index of a type or -1. */
int form_find(const char *name, size_t name_len);

/* Writes a file of exactly f->size bytes to f->out, which is empty. ERR_LIMIT
 * if the type needs more than that. */
int form_write(const struct form_type *type, struct form *f) must_check;

/* For the types: n bytes of noise, or those that are missing, behind_len of
 * what is still to come left free; the length. */
void form_noise(struct form *f, size_t n);
void form_fill(struct form *f, size_t behind_len);

void form_le16(struct form *f, unsigned v);
void form_le32(struct form *f, uint32_t v);
void form_le64(struct form *f, uint64_t v);
/* Zeros up to that offset. */
void form_zero_to(struct form *f, size_t offset);

int form_pe(struct form *f);
int form_elf(struct form *f);
int form_script(struct form *f);
int form_pdf(struct form *f);
int form_zip(struct form *f);
int form_docx(struct form *f);
int form_xlsx(struct form *f);
int form_jar(struct form *f);
int form_apk(struct form *f);

#endif
