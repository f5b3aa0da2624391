// SPDX-License-Identifier: Apache-2.0
/*
 * Archives that libarchive reads once they are all there, so they are kept, up to
 * ARCHIVE_MAX bytes: those whose directory stands at the end (7z, cab, RAR), and
 * those that are rare.
 */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "content/known/byte_class.h"
#include "content/walk/archive_room.h"
#include "content/walk/walkers.h"
#include "content/walk/xar_toc.h"
#include "content/walk/zip_crypt.h"

#define ENTRIES_MAX	4096
#define UU_HEAD_MAX	300
#define LHA_LEVEL	20	/* where the kind of the head is said */
#define ISO_MARK	32769	/* where a disc's volume says what it is */
#define ISO_MARK_LEN	5
#define SECTOR		512	/* that may start a machine; its end says so */

struct archive_state {
	struct buf bytes;
	size_t counted;
	bool gave_up;
	bool is_disc;		/* the mark of one was seen */
};

static bool
archive_open_walk(struct scan_node *n)
{
	struct archive_state *st = n->state;

	buf_init(&st->bytes, ARCHIVE_MAX);
	return true;
}

static void
let_go(struct archive_state *st)
{
	archive_room_give(st->counted);
	st->counted = 0;
	buf_clear(&st->bytes);
	st->gave_up = true;
}

static void
give_up(struct scan_node *n, struct archive_state *st)
{
	scan_limit(n->s, "an archive of more than 64 MiB that is not read");
	let_go(st);
}

static void
archive_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct archive_state *st = n->state;

	if (st->gave_up)
		return;
	if (!archive_room_take(len)) {
		give_up(n, st);
		return;
	}
	st->counted += len;
	buf_append(&st->bytes, p, len);
	if (st->bytes.failed)
		give_up(n, st);
}

/* A disc's first sectors are empty, or start a machine: what it is they don't
 * say. */
static void
iso_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct archive_state *st = n->state;

	archive_data(n, p, len);
	if (st->is_disc || st->gave_up ||
	    st->bytes.len < ISO_MARK + ISO_MARK_LEN)
		return;
	st->is_disc = !memcmp(st->bytes.data + ISO_MARK, "CD001", ISO_MARK_LEN);
	if (!st->is_disc)
		let_go(st);
}

/* The data of one entry; false: stop reading. */
static bool
read_entry(struct scan_node *n, struct archive *a, struct archive_entry *e,
    size_t used)
{
	const char *name = archive_entry_pathname(e);
	struct node_origin from = { .encoding = n->walker->name };
	const void *out;
	bool fine = true;
	la_int64_t offset;	/* that of xar is not the entry's own */
	size_t len;
	int r;

	if (walker_is_archive(n->walker)) {
		from.name = span_str(name ? name : "");
		from.path = scan_keep(n->s, from.name);
		from.declared_file = true;
	} else {
		from.whole_parent = true;
	}
	n->child = node_open(n->s, n, &from);
	while ((r = archive_read_data_block(a, &out, &len, &offset)) ==
	    ARCHIVE_OK) {
		fine = node_may_emit(n, len);
		if (!fine)
			break;
		if (n->child && len)
			node_data(n->child, out, len);
	}
	if (n->child && n->trails)
		n->child->parent_bytes = used;
	else if (n->child)	/* as if packing had kept the proportions */
		n->child->parent_bytes = n->child->size < n->size ?
		    n->child->size : n->size;
	node_close(n->child, r == ARCHIVE_EOF);
	n->child = NULL;
	return fine && (r == ARCHIVE_EOF || r == ARCHIVE_WARN);
}

/* One file, or an archive, in a compression or a text of its own. */
static void
support_stream(struct archive *a, const struct walker *w)
{
	if (w == &walker_rpm) {
		archive_read_support_filter_rpm(a);
		archive_read_support_filter_gzip(a);
		archive_read_support_filter_bzip2(a);
		archive_read_support_filter_xz(a);
		archive_read_support_filter_zstd(a);
		archive_read_support_format_cpio(a);
		return;
	}
	if (w == &walker_uu)
		archive_read_support_filter_uu(a);
	else if (w == &walker_compress)
		archive_read_support_filter_compress(a);
	else
		archive_read_support_filter_lzip(a);
	archive_read_support_format_raw(a);
}

static void
support(struct archive *a, const struct walker *w)
{
	if (w == &walker_7z)
		archive_read_support_format_7zip(a);
	else if (w == &walker_cab)
		archive_read_support_format_cab(a);
	else if (w == &walker_ar)
		archive_read_support_format_ar(a);
	else if (w == &walker_cpio)
		archive_read_support_format_cpio(a);
	else if (w == &walker_xar)
		archive_read_support_format_xar(a);
	else if (w == &walker_lha)
		archive_read_support_format_lha(a);
	else if (w == &walker_iso)
		archive_read_support_format_iso9660(a);
	else if (w == &walker_warc)
		archive_read_support_format_warc(a);
	else if (w == &walker_rar) {
		archive_read_support_format_rar(a);
		archive_read_support_format_rar5(a);
	} else
		support_stream(a, w);
}

/* Up to the line that ends it; of what follows, no more than white space. */
static size_t
uu_len(const uint8_t *p, size_t len)
{
	const uint8_t *end = memmem(p, len, "\nend", 4);
	size_t at = end ? (size_t)(end - p) + 4 : len;
	size_t used = at;

	while (at < len && byte_is(p[at], BYTE_SPACE))
		at++;
	return at < len ? used : len;
}

/* Not every archive says what its entries are. */
static bool
may_be_file(struct archive_entry *e)
{
	return archive_entry_filetype(e) == AE_IFREG ||
	    !archive_entry_filetype(e);
}

static void
read_archive(struct scan_node *n, const struct buf *b)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	int r = ARCHIVE_FATAL;
	const char *pw;
	size_t used = b->len;

	if (!a)
		return;
	if (n->walker == &walker_uu)
		used = uu_len(b->data, b->len);
	n->trails = used < b->len;
	support(a, n->walker);
	for (unsigned i = 0; (pw = zip_password(n->s->passwords, i)); i++)
		archive_read_add_passphrase(a, pw);
	if (archive_read_open_memory(a, b->data, b->len) == ARCHIVE_OK) {
		for (int i = 0; i < ENTRIES_MAX; i++) {
			r = archive_read_next_header(a, &e);
			if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
				break;
			/* libarchive hands on what is in no such coding */
			if (!walker_is_archive(n->walker) &&
			    archive_filter_code(a, 0) == ARCHIVE_FILTER_NONE)
				break;
			if (!may_be_file(e))
				continue;
			if (!read_entry(n, a, e, used))
				break;
		}
	}
	n->parsed = r == ARCHIVE_EOF;
	/* Which of these formats libarchive can't do, whatever the password; where
	 * it takes the bytes for none of its formats, it must not be asked: it
	 * looks into one that is not there. */
	if (archive_format(a) && archive_read_has_encrypted_entries(a) > 0)
		scan_limit(n->s, "an archive under a password, of a kind that "
		    "can't be opened here");
	archive_read_free(a);
}

static void
archive_close(struct scan_node *n)
{
	struct archive_state *st = n->state;

	if (n->walker == &walker_xar && !st->gave_up &&
	    !xar_toc_is_small(st->bytes.data, st->bytes.len))
		scan_limit(n->s, "a xar archive with a directory of more than "
		    "8 MiB");
	else if (!st->gave_up && st->bytes.len &&
	    (n->walker != &walker_iso || st->is_disc))
		read_archive(n, &st->bytes);
	let_go(st);
}

bool
iso_may_fit(const uint8_t *p, size_t len)
{
	if (len < SCAN_HEAD)
		return false;
	return !memcmp(p + SECTOR - 2, "\x55\xaa", 2) ||
	    (!p[0] && !memcmp(p, p + 1, SCAN_HEAD - 1));
}

bool
lha_fits(const uint8_t *p, size_t len)
{
	return len >= 22 && !memcmp(p + 2, "-lh", 3) && p[6] == '-' &&
	    p[LHA_LEVEL] <= 3;
}

/* "begin 644 NAME", and a first line as long as it says; spaces at its end may
 * have gone. */
bool
uu_fits(const uint8_t *p, size_t len)
{
	const uint8_t *nl = len > 10 && !memcmp(p, "begin ", 6) ?
	    memchr(p, '\n', len < UU_HEAD_MAX ? len : UU_HEAD_MAX) : NULL;
	size_t left = nl ? (size_t)(p + len - nl - 1) : 0, digits, line;

	for (size_t i = 6; i < 9; i++)
		if (!nl || p[i] < '0' || p[i] > '7')
			return false;
	if (p[9] != ' ' || !left || nl[1] <= ' ' || nl[1] > '`')
		return false;
	digits = (nl[1] - ' ' + 2u) / 3 * 4;
	for (line = 1; line < left && nl[1 + line] >= ' ' &&
	    nl[1 + line] <= '`'; line++)
		;
	return line == left || line - 1 <= digits + 1;
}

#define WALKER(variable, its_name, its_data)			\
	const struct walker variable = {			\
		.name = its_name,				\
		.state_len = sizeof(struct archive_state),	\
		.open = archive_open_walk,			\
		.data = its_data,				\
		.close = archive_close,				\
	}
#define ARCHIVE_WALKER(variable, its_name)			\
	WALKER(variable, its_name, archive_data)

ARCHIVE_WALKER(walker_7z, "7z");
ARCHIVE_WALKER(walker_cab, "cab");
ARCHIVE_WALKER(walker_rar, "rar");
ARCHIVE_WALKER(walker_ar, "ar");
ARCHIVE_WALKER(walker_cpio, "cpio");
ARCHIVE_WALKER(walker_xar, "xar");
ARCHIVE_WALKER(walker_lha, "lha");
ARCHIVE_WALKER(walker_rpm, "rpm");
ARCHIVE_WALKER(walker_warc, "warc");
WALKER(walker_iso, "iso9660", iso_data);
ARCHIVE_WALKER(walker_uu, "uuencode");
ARCHIVE_WALKER(walker_compress, "compress");
ARCHIVE_WALKER(walker_lzip, "lzip");
