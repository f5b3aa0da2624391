// SPDX-License-Identifier: Apache-2.0
#include "content/format.h"

#include <magic.h>
#include <pthread.h>
#include <string.h>

#include "base/utf8.h"
#include "content/entropy.h"
#include "content/scan_tree.h"

static const struct {
	uint16_t at;
	uint8_t len;
	const char *magic;
	const char *mime_type;
} table[] = {
	{ 0, 4, "\x7f" "ELF", "application/x-elf" },
	{ 0, 4, "\xfe\xed\xfa\xce", "application/x-mach-binary" },
	{ 0, 4, "\xfe\xed\xfa\xcf", "application/x-mach-binary" },
	{ 0, 4, "\xce\xfa\xed\xfe", "application/x-mach-binary" },
	{ 0, 4, "\xcf\xfa\xed\xfe", "application/x-mach-binary" },
	{ 0, 4, "PK\x03\x04", "application/zip" },
	{ 0, 4, "PK\x05\x06", "application/zip" },
	{ 0, 6, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed" },
	{ 0, 7, "Rar!\x1a\x07\x00", "application/vnd.rar" },
	{ 0, 7, "Rar!\x1a\x07\x01", "application/vnd.rar" },
	{ 0, 3, "\x1f\x8b\x08", "application/gzip" },
	{ 0, 6, "\xfd" "7zXZ\0", "application/x-xz" },
	{ 0, 4, "\x28\xb5\x2f\xfd", "application/zstd" },
	{ 0, 4, "\x04\x22\x4d\x18", "application/x-lz4" },
	{ 0, 10, "\xff\x06\0\0sNaPpY", "application/x-snappy-framed" },
	{ 0, 8, "MSCF\0\0\0\0", "application/vnd.ms-cab-compressed" },
	{ 0, 5, "%PDF-", "application/pdf" },
	{ 0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage" },
	{ 0, 8, "\x89PNG\r\n\x1a\n", "image/png" },
	{ 0, 3, "\xff\xd8\xff", "image/jpeg" },
	{ 0, 6, "GIF87a", "image/gif" },
	{ 0, 6, "GIF89a", "image/gif" },
	{ 0, 16, "SQLite format 3\0", "application/vnd.sqlite3" },
	{ 0, 8, "!<arch>\n", "application/x-archive" },
	{ 0, 4, "\xca\xfe\xba\xbe", "application/java-vm" },
	{ 0, 4, "dex\n", "application/vnd.android.dex" },
	{ 0, 4, "\0asm", "application/wasm" },
	{ 0, 8, "MDMP\x93\xa7\0\0", "application/x-dmp" },
	{ 0, 6, "MDMP\x93\xa7", "application/x-dmp" },
	{ 0, 5, "{\\rtf", "text/rtf" },
	{ 0, 4, "OggS", "audio/ogg" },
	{ 0, 4, "fLaC", "audio/flac" },
	{ 0, 3, "ID3", "audio/mpeg" },
	{ 0, 5, "\0\1\0\0\0", "font/ttf" },
	{ 0, 5, "OTTO\0", "font/otf" },
	{ 0, 4, "wOFF", "font/woff" },
	{ 0, 4, "wOF2", "font/woff2" },
	{ 4, 4, "ftyp", "video/mp4" },
	{ 0, 4, "\x1a\x45\xdf\xa3", "video/x-matroska" },
	{ 257, 5, "ustar", "application/x-tar" },
	{ 0, 8, "ITSF\x03\0\0\0", "application/vnd.ms-htmlhelp" },
	{ 0, 8, "L\0\0\0\x01\x14\x02\0", "application/x-ms-shortcut" },
	{ 0, 4, "\xed\xab\xee\xdb", "application/x-rpm" },
	{ 0, 4, "regf", "application/x-windows-registry" },
	{ 0, 8, "ElfFile\0", "application/x-windows-evtx" },
};

/* "MZ" alone is no proof: the PE header must be where it says. */
static bool
is_pe(const uint8_t *p, size_t len)
{
	uint32_t at;

	if (len < 64 || p[0] != 'M' || p[1] != 'Z')
		return false;
	at = (uint32_t)p[60] | (uint32_t)p[61] << 8 | (uint32_t)p[62] << 16 |
	    (uint32_t)p[63] << 24;
	return at >= 4 && at <= len - 4 && !memcmp(p + at, "PE\0\0", 4);
}

struct format
format_of(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		if (len >= (size_t)table[i].at + table[i].len &&
		    !memcmp(p + table[i].at, table[i].magic, table[i].len))
			return (struct format){ table[i].mime_type, true };
	}
	if (is_pe(p, len))
		return (struct format){
			"application/vnd.microsoft.portable-executable", true };
	return (struct format){ 0 };
}

/* A program's memory, as it was when it died. */
static bool
is_core(const uint8_t *p, size_t len)
{
	return len > 17 && p[0] == 0x7f && (p[16] == 4 || p[17] == 4);
}

static bool
begins_as(const uint8_t *p, size_t len, const char *const *starts)
{
	while (len && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) {
		p++;
		len--;
	}
	for (size_t i = 0; starts[i]; i++) {
		size_t n = strlen(starts[i]);

		if (len >= n && span_caseeq((struct span){ p, n },
		    span_str(starts[i])))
			return true;
	}
	return false;
}

bool
format_is_page(const uint8_t *p, size_t len)
{
	static const char *const starts[] = { "<html", "<!doctype html", NULL };
	static const char *const xml[] = { "<?xml", NULL };
	const uint8_t *end = begins_as(p, len, xml) ? memmem(p, len, "?>", 2) :
	    NULL;
	size_t skip = end ? (size_t)(end - p) + 2 : 0;

	return begins_as(p + skip, len - skip, starts);
}

static bool
is_markup(const uint8_t *p, size_t len)
{
	static const char *const starts[] = { "<?xml", "<html", "<!doctype",
		NULL };

	return begins_as(p, len, starts);
}

bool
format_is_own(const uint8_t *p, size_t len)
{
	static const char *const stores[] = {
		"application/x-dmp", "application/vnd.sqlite3",
		"application/x-tar", "application/x-windows-registry",
		"application/x-windows-evtx",
	};
	struct format f = format_of(p, len);

	if (!f.mime_type)
		return is_markup(p, len);
	for (size_t i = 0; i < sizeof(stores) / sizeof(*stores); i++)
		if (!strcmp(f.mime_type, stores[i]))
			return false;
	return !is_core(p, len);
}

bool
format_has_no_controls(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] == 127 || (p[i] < ' ' && !memchr("\t\n\r\f\33", p[i],
		    5)))
			return false;
	return true;
}

/* The first bytes of a character that is cut off. */
static bool
is_cut(const uint8_t *p, size_t len)
{
	size_t want = p[0] < 0xc2 || p[0] > 0xf4 ? 0 : p[0] < 0xe0 ? 2 :
	    p[0] < 0xf0 ? 3 : 4;

	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return false;
	return len < want;
}

bool
format_is_text(const uint8_t *p, size_t len)
{
	uint32_t cp;
	size_t i = 0, n;

	while (i < len) {
		uint8_t c = p[i];

		if (c < 0x80) {
			if (c == 127 || (c < ' ' && c != '\t' && c != '\n' &&
			    c != '\r' && c != '\f' && c != 27))
				return false;
			i++;
			continue;
		}
		n = utf8_decode(p + i, len - i, &cp);
		if (!n)
			return is_cut(p + i, len - i);
		i += n;
	}
	return len > 0;
}

static pthread_key_t magic_key;
static pthread_once_t magic_once = PTHREAD_ONCE_INIT;
static __thread magic_t magic_mine;
static __thread bool magic_failed;

static void
magic_free(void *p)
{
	magic_close(p);
}

static void
magic_make_key(void)
{
	(void)pthread_key_create(&magic_key, magic_free);
}

/* A cookie belongs to one thread; loading one takes milliseconds. */
static const char *
ask_magic(const uint8_t *p, size_t len)
{
	(void)pthread_once(&magic_once, magic_make_key);
	if (!magic_mine && !magic_failed) {
		magic_mine = magic_open(MAGIC_MIME_TYPE |
		    MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_ELF);
		if (magic_mine && magic_load(magic_mine, NULL)) {
			magic_close(magic_mine);
			magic_mine = NULL;
		}
		magic_failed = !magic_mine;
		if (magic_mine)
			(void)pthread_setspecific(magic_key, magic_mine);
	}
	return magic_mine ? magic_buffer(magic_mine, p, len) : NULL;
}

void
format_prepare(void)
{
	(void)ask_magic((const uint8_t *)"", 1);
}

/* Only what will be listed as a file: libmagic takes 20 us and more. */
static bool
could_be_file(const struct scan_item *item)
{
	return item->declared_file || item->match_count;
}

void
format_item(struct scan_node *n, struct scan_item *item)
{
	struct format f = { 0 };
	const char *said;
	bool text;

	if (!n->head_len)
		return;
	f = format_of(n->head, n->head_len);
	text = format_is_text(n->head, n->head_len) &&
	    (!n->entropy || entropy_is_text(n->entropy));
	item->mime_type = f.mime_type;
	item->file_format = f.file;
	if (!n->s->outbound)
		return;
	item->readable = text || n->parsed || f.file || item->match_count;
	item->high_entropy = !item->readable && !item->container &&
	    n->entropy && entropy_is_noise(n->entropy);
	if (text && !item->mime_type)
		item->mime_type = "text/plain";
	if (item->mime_type && strcmp(item->mime_type, "text/plain"))
		return;
	if (!could_be_file(item))
		return;
	said = ask_magic(n->head, n->head_len);
	if (said && strcmp(said, "application/octet-stream"))
		item->mime_type = arena_strndup(&n->s->arena, said,
		    strlen(said));
}
