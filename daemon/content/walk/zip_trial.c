// SPDX-License-Identifier: Apache-2.0
/*
 * Which password? The old cipher's check is one byte, which one wrong password
 * in 256 passes; all that pass it are tried on the first data. What is stored
 * and looks like nothing, as encrypted files and parts of packed ones do, is told
 * by what is known alone.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "content/format.h"
#include "content/walk/expand.h"
#include "content/known/match.h"
#include "content/walk/walkers.h"
#include "content/walk/zip_walk.h"

#define OUT_LEN	4096

/* Unpacks without an error, and not to an end where there is more; raw: the
 * same bytes as they stand, since what follows an entry is in the clear. */
static bool
unpacks(const struct zip_entry *e, const uint8_t *p, const uint8_t *raw,
    size_t len)
{
	struct expand *u = expand_new(e->method, e->plain);
	enum expand_result r = EXPAND_MORE;
	size_t used, made = 0, total = 0;
	uint8_t out[OUT_LEN];

	while (u && r == EXPAND_MORE && (len || made == sizeof(out))) {
		r = expand_some(u, p, len, &used, out, sizeof(out), &made);
		p += used;
		raw += used;
		len -= used;
		total += made;
		if (!used && !made)
			break;
	}
	expand_free(u);
	if (!u || !total || r != EXPAND_END)
		return u && total && r == EXPAND_MORE;
	return !len || (!e->packed && len >= 4 && !memcmp(raw, "PK\7\10", 4));
}

static bool
is_likely(const struct zip_entry *e, const uint8_t *p, const uint8_t *raw,
    size_t len)
{
	if (e->method == ZIP_PPMD)
		return zip_ppmd_fits(p, len);
	if (e->method != ZIP_STORED)
		return unpacks(e, p, raw, len);
	if (!e->sizes_later && len == e->packed)
		return crc32(0, p, (uInt)len) == e->crc;
	return format_of(p, len).mime_type || format_is_text(p, len) ||
	       bzip2_fits(p, len) || zlib_fits(p, len) || lzma_fits(p, len) ||
	       tar_fits(p, len);
}

static bool
is_known(const struct known *k, const uint8_t *p, size_t len)
{
	struct matcher *m = k && k->content_count ? matcher_new(k) : NULL;
	bool found = false;

	if (!m)
		return false;
	matcher_data(m, p, len);
	matcher_end(m);
	for (size_t i = 0; i < m->run_count && !found; i++)
		found = !m->runs[i].dead;
	matcher_free(m);
	return found;
}

void
zip_trial(struct zip_trial *t, const struct zip_entry *e, uint8_t check,
    const struct known *known, struct zip_crypt *ret_crypt)
{
	struct zip_crypt c, at_work;
	uint8_t *plain = malloc(t->want);
	unsigned pw = 0;
	bool first = true, found = false;

	while (plain && !found && zip_crypt_open(&c, t->list, t->head, check, &pw)) {
		at_work = c;
		zip_decrypt(&at_work, t->data, t->len, plain);
		if (first)
			*ret_crypt = c;
		first = false;
		found = is_likely(e, plain, t->data, t->len) ||
		    (e->method == ZIP_STORED &&
			is_known(known, plain, t->len));
		if (found)
			*ret_crypt = c;
	}
	free(plain);
}

bool
zip_trial_begin(struct zip_trial *t, const struct zip_entry *e, uint8_t check,
    const uint8_t *head, const char *const *list)
{
	struct zip_crypt c;
	unsigned pw = 0;

	if (!zip_crypt_open(&c, list, head, check, &pw) ||
	    !zip_crypt_open(&c, list, head, check, &pw))
		return false;
	t->list = list;
	memcpy(t->head, head, ZIP_CRYPT_HEAD);
	t->len = 0;
	/* where no one says where the data end, others' may follow soon */
	t->want = !e->packed ? ZIP_TRIAL_LEN / 8 :
	    e->method == ZIP_STORED && e->packed <= ZIP_TRIAL_STORED ?
	    ZIP_TRIAL_STORED : ZIP_TRIAL_LEN;
	if (e->packed && e->packed < t->want)
		t->want = (size_t)e->packed;
	free(t->data);
	t->data = malloc(t->want);
	return t->data != NULL;
}

void
zip_trial_clear(struct zip_trial *t)
{
	free(t->data);
	t->data = NULL;
}
