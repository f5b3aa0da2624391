/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_IDENTITY_SET_H
#define CONTENT_IDENTITY_SET_H

#include "base/arena.h"
#include "base/buf.h"
#include "content/identity/identity.h"

/* The insides of an identity, shared by the files that are it. */

/* One spelling of one value, which is one pattern. */
struct identity_form {
	uint32_t entry;
	const char *form, *encoding;
	const uint8_t *bytes;
	uint16_t len;
	bool caseless;
	bool word;		/* only where no letter or figure adjoins */
	bool wide;		/* likewise, in UTF-16 */
};

struct identity_entry {
	enum identity_kind kind;
	struct span value;
};

struct identity {
	struct arena arena;
	struct identity_entry *entries;
	size_t count, cap;
	struct identity_form *forms;
	size_t form_count, form_cap;
	uint32_t *packages;	/* open-addressed: 1 + entry */
	size_t package_count, package_slots;
	struct hs_database *block, *stream;
	bool sealed;
	char error[256];
};

/* identity_form.c: all forms of all values. */
int identity_make_forms(struct identity *id) must_check;
/* identity_match.c */
int identity_compile(struct identity *id) must_check;
void identity_drop_databases(struct identity *id);

#endif
