// SPDX-License-Identifier: Apache-2.0
/*
 * Any text as the manifest of canaries: it is refused with a reason, or what was
 * read names files of its own folder alone and reads again as it was written;
 * a signature holds for the text that it came with, and for no other.
 */
#include <stdlib.h>
#include <string.h>

#include "canary/set.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_text(const uint8_t *data, size_t len, const struct set *s)
{
	uint8_t *other = malloc(len);
	const char *wrong = NULL;
	struct set again;

	if (!other)
		abort();
	memcpy(other, data, len);
	other[len / 3] ^= 1;
	if (s->signer[0] && set_read(&again, other, len, &wrong) == 0) {
		if (again.signer[0])
			abort();
		set_clear(&again);
	}
	free(other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *wrong = NULL;
	struct set s, again;
	struct buf text;

	if (set_read(&s, data, len, &wrong)) {
		if (!wrong)
			abort();
		return 0;
	}
	if (!s.count || s.count > CODE_COUNT_MAX || strlen(s.signer) % 40)
		abort();
	for (size_t i = 0; i < s.count; i++)
		if (!s.files[i].name[0] || strchr(s.files[i].name, '/') ||
		    s.files[i].type < 0 || s.files[i].type >= FORM_TYPE_COUNT)
			abort();
	check_text(data, len, &s);
	buf_init(&text, 0);
	set_write(&s, &text);
	if (text.failed || set_read(&again, text.data, text.len, &wrong) ||
	    again.count != s.count ||
	    memcmp(again.files, s.files, s.count * sizeof(*s.files)))
		abort();
	set_clear(&again);
	set_clear(&s);
	buf_clear(&text);
	return 0;
}
