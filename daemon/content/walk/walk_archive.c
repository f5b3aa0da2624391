// SPDX-License-Identifier: Apache-2.0
/*
 * Archives whose directory stands at the end (7z, cab, RAR): libarchive reads
 * them once they are all there, so they are kept, up to ARCHIVE_MAX bytes.
 */
#include <archive.h>
#include <archive_entry.h>
#include <stdatomic.h>
#include <string.h>

#include "content/walk/walkers.h"
#include "content/walk/zip_crypt.h"

#define ARCHIVE_MAX	(64u << 20)
#define KEPT_MAX	(256u << 20)	/* in all scans together */
#define OUT_LEN		(16 * 1024)
#define ENTRIES_MAX	4096

static atomic_size_t kept_now;

struct archive_state {
	struct buf bytes;
	size_t counted;
	bool gave_up;
};

static bool
archive_open_walk(struct scan_node *n)
{
	struct archive_state *st = n->state;

	buf_init(&st->bytes, ARCHIVE_MAX);
	return true;
}

static void
give_up(struct scan_node *n, struct archive_state *st)
{
	scan_limit(n->s, "an archive of more than 64 MiB that is not read");
	atomic_fetch_sub(&kept_now, st->counted);
	st->counted = 0;
	buf_clear(&st->bytes);
	st->gave_up = true;
}

static void
archive_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct archive_state *st = n->state;

	if (st->gave_up)
		return;
	if (atomic_fetch_add(&kept_now, len) > KEPT_MAX) {
		atomic_fetch_sub(&kept_now, len);
		give_up(n, st);
		return;
	}
	st->counted += len;
	buf_append(&st->bytes, p, len);
	if (st->bytes.failed)
		give_up(n, st);
}

/* The data of one entry; false: stop reading. */
static bool
read_entry(struct scan_node *n, struct archive *a, struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);
	struct node_origin from = {
		.encoding = n->walker->name,
		.name = span_str(name ? name : ""),
		.declared_file = true,
	};
	uint8_t out[OUT_LEN];
	bool fine = true;
	la_ssize_t got;

	from.path = scan_keep(n->s, from.name);
	n->child = node_open(n->s, n, &from);
	while ((got = archive_read_data(a, out, sizeof(out))) > 0) {
		fine = node_may_emit(n, (size_t)got);
		if (!fine)
			break;
		if (n->child)
			node_data(n->child, out, (size_t)got);
	}
	if (n->child)	/* as if packing had kept the proportions */
		n->child->parent_bytes = n->child->size < n->size ?
		    n->child->size : n->size;
	node_close(n->child, fine && got == 0);
	n->child = NULL;
	return fine && got >= ARCHIVE_WARN;
}

static void
read_archive(struct scan_node *n, const struct buf *b)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	int r = ARCHIVE_FATAL;
	const char *pw;

	if (!a)
		return;
	archive_read_support_format_7zip(a);
	archive_read_support_format_cab(a);
	archive_read_support_format_rar(a);
	archive_read_support_format_rar5(a);
	for (unsigned i = 0; (pw = zip_password(n->s->passwords, i)); i++)
		archive_read_add_passphrase(a, pw);
	if (archive_read_open_memory(a, b->data, b->len) == ARCHIVE_OK) {
		for (int i = 0; i < ENTRIES_MAX; i++) {
			r = archive_read_next_header(a, &e);
			if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
				break;
			if (archive_entry_filetype(e) != AE_IFREG)
				continue;
			if (!read_entry(n, a, e))
				break;
		}
	}
	n->parsed = r == ARCHIVE_EOF;
	/* which of these formats libarchive can't do, whatever the password */
	if (archive_read_has_encrypted_entries(a) > 0)
		scan_limit(n->s, "an archive under a password, of a kind that "
		    "can't be opened here");
	archive_read_free(a);
}

static void
archive_close(struct scan_node *n)
{
	struct archive_state *st = n->state;

	if (!st->gave_up && st->bytes.len)
		read_archive(n, &st->bytes);
	atomic_fetch_sub(&kept_now, st->counted);
	buf_clear(&st->bytes);
}

const struct walker walker_7z = {
	.name = "7z",
	.state_len = sizeof(struct archive_state),
	.open = archive_open_walk,
	.data = archive_data,
	.close = archive_close,
};

const struct walker walker_cab = {
	.name = "cab",
	.state_len = sizeof(struct archive_state),
	.open = archive_open_walk,
	.data = archive_data,
	.close = archive_close,
};

const struct walker walker_rar = {
	.name = "rar",
	.state_len = sizeof(struct archive_state),
	.open = archive_open_walk,
	.data = archive_data,
	.close = archive_close,
};
