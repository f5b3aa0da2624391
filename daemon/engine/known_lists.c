// SPDX-License-Identifier: Apache-2.0
/* Indexes of known files as the library shows them: the content room's
 * catalogues. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "content/known/catalogue.h"
#include "content/known/catalogue_build.h"
#include "telltap/index.h"

static void
describe(const struct catalogue_head *h, struct telltap_index *ret)
{
	struct telltap_index x = { .files = h->row_count,
		.bytes = h->file_len };
	size_t n = 0;

	for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
		x.hashes += h->by[a].count;
		if (h->algorithms >> a & 1)
			n += (size_t)snprintf(x.algorithms + n,
			    sizeof(x.algorithms) - n, "%s%s", n ? " " : "",
			    known_hash_name((enum known_hash)a));
	}
	memcpy(x.sha256, h->digest, 32);
	*ret = x;
}

static int
add_list(struct catalogue_builder *b, const char *path, char *error,
    size_t error_size)
{
	struct list_record record;
	struct list_reader *l = NULL;
	int err = list_open(path, &l), got = 0;

	if (err) {
		snprintf(error, error_size, "%s: %s", path, err_text(err));
		return err;
	}
	while (!err && (got = list_next(l, &record)) > 0)
		err = catalogue_build_add(b, &record);
	if (err || got < 0)
		snprintf(error, error_size, "%s:%llu: %s", path,
		    (unsigned long long)list_line(l), got < 0 ?
		    list_error(l) : err_text(err));
	list_close(l);
	return err ? err : got;
}

int
telltap_index_build(const char *path, const char *const *lists,
    struct telltap_index *ret_index, char *error, size_t error_size)
{
	struct catalogue_builder *b = NULL;
	struct catalogue_head head;
	int err = catalogue_build_new(path, &b);

	if (err)
		snprintf(error, error_size, "%s: %s", path, err_text(err));
	for (; !err && *lists; lists++)
		err = add_list(b, *lists, error, error_size);
	if (!err) {
		err = catalogue_build_finish(b, &head);
		if (err)
			snprintf(error, error_size, "%s: %s", path,
			    err == ERR_END ? "the lists name no file" :
			    err_text(err));
	}
	if (!err)
		describe(&head, ret_index);
	catalogue_build_free(b);
	return err;
}

int
telltap_index_look(const char *path, int check, struct telltap_index *ret_index)
{
	struct catalogue *c = NULL;
	uint8_t digest[32];
	int err = catalogue_open(path, &c);

	if (!err && check) {
		err = catalogue_digest(c, digest);
		if (!err && memcmp(digest, c->head.digest, 32))
			err = ERR_MALFORMED;
	}
	if (!err)
		describe(&c->head, ret_index);
	catalogue_free(c);
	return err;
}
