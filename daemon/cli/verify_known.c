// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_known.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "content/known/known_print.h"

#define FILE_MAX	KNOWN_PRINT_BYTES_MAX

struct verify_known {
	struct buf list, bytes;
	uint64_t next;			/* packet behind which files join */
	struct verify_known_count count;	/* of the set made last */
	struct verify_known_count all;
};

static int
read_all(const char *path, struct buf *out)
{
	ssize_t n = 1;
	int fd;

	buf_init(out, FILE_MAX);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	while (n > 0 || (n < 0 && errno == EINTR)) {
		uint8_t *p = buf_reserve(out, 1u << 16);

		if (!p)
			break;
		n = read(fd, p, 1u << 16);
		out->len += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	return out->failed ? ERR_LIMIT : n < 0 ? -errno : 0;
}

/* The lines of files known before the packet behind `after`. */
static int
add_lines(struct verify_known *v, struct known *k, uint64_t after)
{
	struct span bytes = { v->bytes.data, v->bytes.len };
	struct json_tree tree;
	size_t at = 0;
	int err = 0;

	json_tree_init(&tree);
	v->next = UINT64_MAX;
	v->count = (struct verify_known_count){ 0 };
	while (!err && at < v->list.len && v->next == UINT64_MAX) {
		const char *line = (const char *)v->list.data + at;
		const char *end = memchr(line, '\n', v->list.len - at);
		const struct json_node *root, *when;
		struct known_print_line l = { 0 };
		uint64_t joined = 0;

		if (!end) {
			err = ERR_MALFORMED;
			break;
		}
		err = json_tree_read(&tree, line, (size_t)(end - line), &root);
		when = err ? NULL : json_member(root, "after");
		if (when && !json_node_u64(when, &joined))
			err = ERR_MALFORMED;
		if (!err && joined > after) {
			v->next = joined;
			break;
		}
		if (!err)
			err = known_print_add(k, root, &bytes, &l);
		v->count.files += !l.set && !l.total;
		v->count.sets += l.set;
		v->count.whole += l.whole;
		v->count.parted += l.parted;
		at += (size_t)(end - line) + 1;
	}
	json_tree_clear(&tree);
	if (!err && v->next == UINT64_MAX && bytes.len)
		err = ERR_MALFORMED;
	v->count.total = known_total(k);
	return err ? err : known_seal(k);
}

static int
make_set(struct verify_known *v, uint64_t after,
    struct telltap_known **ret_known)
{
	struct known *k = known_new();
	int err = k ? add_lines(v, k, after) : -ENOMEM;

	if (err) {
		known_free(k);
		return err;
	}
	*ret_known = (struct telltap_known *)k;
	return 0;
}

int
verify_known_read(const char *list_path, const char *bytes_path,
    struct verify_known **ret_known, const char **ret_error)
{
	struct verify_known *v = calloc(1, sizeof(*v));
	struct telltap_known *all = NULL;
	int err = v ? read_all(list_path, &v->list) : -ENOMEM;

	if (!err)
		err = read_all(bytes_path, &v->bytes);
	/* All of them, once, to see that they are right. */
	if (!err)
		err = make_set(v, UINT64_MAX, &all);
	telltap_known_free(all);
	if (!err) {
		v->all = v->count;
		*ret_known = v;
		return 0;
	}
	*ret_error = err == -EBADMSG
			 ? "the bytes of a file do not have its SHA-256"
			 : telltap_strerror(err);
	verify_known_free(v);
	return err;
}

void
verify_known_free(struct verify_known *v)
{
	if (!v)
		return;
	buf_clear(&v->list);
	buf_clear(&v->bytes);
	free(v);
}

struct verify_known_count
verify_known_counts(const struct verify_known *v)
{
	return v->all;
}

int
verify_known_first(struct verify_known *v, struct telltap_known **ret_known)
{
	return make_set(v, 0, ret_known);
}

uint64_t
verify_known_next(const struct verify_known *v)
{
	return v->next;
}

int
verify_known_grow(struct verify_known *v, struct telltap_known **ret_known)
{
	return make_set(v, v->next, ret_known);
}
