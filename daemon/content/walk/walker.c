// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "content/format.h"
#include "content/target.h"
#include "content/walk/walkers.h"

static const struct {
	uint8_t len;
	char magic[10];
	const struct walker *walker;
} magics[] = {
	{ 3, "\x1f\x8b\x08", &walker_gzip },
	{ 4, "\x28\xb5\x2f\xfd", &walker_zstd },
	{ 4, "\xa1\xa5\x70\x00", &walker_iavs4 },
	{ 6, "\xfd" "7zXZ\0", &walker_xz },
	{ 4, "\x04\x22\x4d\x18", &walker_lz4 },
	{ 10, "\xff\x06\0\0sNaPpY", &walker_snappy },
	{ 4, "PK\3\4", &walker_zip },
	{ 6, "7z\xbc\xaf\x27\x1c", &walker_7z },
	{ 8, "MSCF\0\0\0\0", &walker_cab },
	{ 6, "Rar!\x1a\x07", &walker_rar },
	{ 8, "!<arch>\n", &walker_ar },
	{ 6, "070701", &walker_cpio },
	{ 6, "070702", &walker_cpio },
	{ 6, "070707", &walker_cpio },
	{ 6, "xar!\0\x1c", &walker_xar },
	{ 4, "\xed\xab\xee\xdb", &walker_rpm },
	{ 3, "\x1f\x9d\x90", &walker_compress },
	{ 5, "LZIP\1", &walker_lzip },
	{ 5, "WARC/", &walker_warc },
	{ 10, "ClamAV-VDB", &walker_clamav },
};

bool
walker_splits(const struct walker *w)
{
	return w == &walker_multipart || w == &walker_grpc;
}

bool
walker_comes_late(const struct walker *w)
{
	return w == &walker_iso;
}

bool
walker_is_guess(const struct walker *w)
{
	return w == &walker_cbor || w == &walker_msgpack ||
	    w == &walker_protobuf || w == &walker_zlib ||
	    w == &walker_lzma || w == &walker_lines ||
	    w == &walker_snappy_block ||
	    w == &walker_latin1 || w == &walker_utf16 || w == &walker_iso;
}

bool
walker_is_loose(const struct walker *w)
{
	return w == &walker_form || w == &walker_percent ||
	    w == &walker_lines || w == &walker_xml;
}

bool
walker_is_archive(const struct walker *w)
{
	return w == &walker_zip || w == &walker_tar || w == &walker_7z ||
	    w == &walker_cab || w == &walker_rar || w == &walker_ar ||
	    w == &walker_cpio || w == &walker_xar || w == &walker_lha ||
	    w == &walker_rpm || w == &walker_warc || w == &walker_iso ||
	    w == &walker_multipart || w == &walker_mime;
}

static const struct walker *
by_magic(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(*magics); i++) {
		if (len >= magics[i].len &&
		    !memcmp(p, magics[i].magic, magics[i].len))
			return magics[i].walker;
	}
	return NULL;
}

bool
walker_shows(const uint8_t *p, size_t len)
{
	return len && (by_magic(p, len) || bzip2_fits(p, len) ||
	    zlib_fits(p, len) || json_fits(p, len) || xml_fits(p, len) ||
	    msgpack_fits(p, len) || cbor_fits(p, len) ||
	    msgpack_may_fit(p, len, true) || cbor_may_fit(p, len, true));
}

bool
walker_unpacks(const uint8_t *p, size_t len)
{
	const struct walker *w = by_magic(p, len);

	/* two bytes are no mark: noise has them, too */
	return (w && w != &walker_iavs4) || bzip2_fits(p, len) ||
	    (zlib_fits(p, len) && deflate_shows(p + 2, len - 2, false));
}

/* A coding without a magic number is believed if the first bytes decode. */
static const struct walker *
by_coding(const struct scan_node *n, const uint8_t *p, size_t len)
{
	struct span coding = coding_last(n->from.coding);

	/* "deflate" means zlib, and raw from those who misread the standard */
	if (span_caseeq(coding, SPAN_LITERAL("deflate")) &&
	    !zlib_fits(p, len) && deflate_fits(p, len))
		return &walker_deflate;
	if (span_caseeq(coding, SPAN_LITERAL("br")) && brotli_fits(p, len))
		return &walker_brotli;
	if (span_caseeq(coding, SPAN_LITERAL("snappy")))
		return &walker_snappy_block;
	return NULL;
}

static bool
begins(struct span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && span_caseeq((struct span){ s.p, n },
	    span_str(prefix));
}

/* By the declared type, where the bytes don't speak against it. */
static const struct walker *
by_type(const struct scan_node *n, const uint8_t *p, size_t len, bool whole)
{
	struct span type = header_main(n->from.declared_type);

	if (begins(type, "multipart/"))
		return &walker_multipart;
	if (begins(type, "application/x-www-form-urlencoded") &&
	    form_fits(p, len, whole))
		return &walker_form;
	return NULL;
}

/* Compressions that bear no mark: only where a known file may be in them. */
const struct walker *
walker_try(const uint8_t *p, size_t len, bool whole)
{
	if (format_is_text(p, len))
		return NULL;
	if (snappy_block_shows(p, len, whole))
		return &walker_snappy_block;
	if (deflate_shows(p, len, whole))
		return &walker_deflate;
	if (brotli_shows(p, len, whole))
		return &walker_brotli;
	return NULL;
}

static bool
is_json_string(const struct scan_node *n)
{
	return n->from.encoding && !strcmp(n->from.encoding, walker_json.name);
}

static bool
is_unescaped(const struct scan_node *n)
{
	return n->parent && n->parent->walker == &walker_percent;
}

/* What it was taken out of says how it is written. */
static const struct walker *
by_place(const struct scan_node *n, const uint8_t *p, size_t len, bool whole)
{
	if (n->from.base64)
		return &walker_base64;
	if (n->from.hex)
		return &walker_hex;
	if (n->from.quoted)
		return &walker_quoted;
	if (grpc_fits(n->from.declared_type, p, len))
		return &walker_grpc;
	/* a mark may have survived what its file has not */
	if (n->from.field && !n->from.bytes && (latin1_fits(p, len, whole) ||
	    (is_json_string(n) && latin1_may_follow(p, len, whole))))
		return &walker_latin1;
	return NULL;
}

/* Formats with heads and frames that are checked, if they bear no mark. */
static const struct walker *
by_frame(const struct scan_node *n, const uint8_t *p, size_t len, bool whole)
{
	if (bzip2_fits(p, len))
		return &walker_bzip2;
	/* wide strings in it would be taken for UTF-16 */
	if (bond_fits(p, len))
		return &walker_bond;
	if (fls_fits(p, len))
		return &walker_fls;
	if (n->s->raw_stream && n->item == 0 && fls4_fits(p, len, whole))
		return &walker_fls4;
	if (nosa_fits(p, len, whole))
		return &walker_nosa;
	if (n->s->raw_stream && secure_dns_fits(p, len))
		return &walker_secure_dns;
	if (mime_fits(p, len) && !quoted_mime_shows(p, len))
		return &walker_mime;
	if (zlib_fits(p, len))
		return &walker_zlib;
	if (tar_fits(p, len))
		return &walker_tar;
	if (lha_fits(p, len))
		return &walker_lha;
	return NULL;
}

/* Digits may be numbers, unless a known file is as long as what they stand for. */
static bool
is_short_hex(const struct scan_node *n, const uint8_t *p, size_t len)
{
	size_t bytes = n->s->known ? hex_len(p, len) : 0;

	return bytes >= SCAN_SMALL && known_has_size(n->s->known, bytes);
}

/* Languages and codings of text. */
static const struct walker *
by_text(const struct scan_node *n, const uint8_t *p, size_t len, bool whole)
{
	if (uu_fits(p, len))
		return &walker_uu;
	if (dump_fits(p, len))
		return &walker_dump;
	if (quoted_shows(p, len) && !base64_fits(p, len, whole))
		return &walker_quoted;
	if (json_fits(p, len))
		return &walker_json;
	if (xml_fits(p, len))
		return &walker_xml;
	if (hex_fits(p, len) || (whole && is_short_hex(n, p, len)))
		return &walker_hex;
	/* base64 has other characters, if few: as they are, or escaped */
	if (base64_fits(p, len, whole))
		return whole || is_unescaped(n) || !percent_may_follow(p, len) ?
		    &walker_base64 : &walker_percent;
	if (form_fits(p, len, whole))
		return &walker_form;
	if (percent_fits(p, len))
		return &walker_percent;
	if (quoted_fits(p, len))
		return &walker_quoted;
	return NULL;
}

/* Values one after the other, then what is only known to be text. */
static const struct walker *
by_strings(const uint8_t *p, size_t len, bool whole)
{
	/* long text in it would be taken for text */
	if (msgpack_fits(p, len))
		return &walker_msgpack;
	if (cbor_fits(p, len))
		return &walker_cbor;
	if (!format_of(p, len).mime_type && msgpack_may_fit(p, len, whole))
		return &walker_msgpack;
	if (!format_of(p, len).mime_type && cbor_may_fit(p, len, whole))
		return &walker_cbor;
	if (utf16_fits(p, len) && (utf16_begins(p, len) ||
	    !protobuf_fits(p, len, whole)))
		return &walker_utf16;
	if (latin1_fits(p, len, whole))
		return &walker_latin1;
	if (lines_fit(p, len, whole))
		return &walker_lines;
	return NULL;
}

/* What nearly any bytes may begin as. */
static const struct walker *
by_chance(const struct scan_node *n, const uint8_t *p, size_t len, bool whole)
{
	/* what is a known format is not taken for anything else */
	if (format_of(p, len).mime_type)
		return NULL;
	if (lzma_fits(p, len))
		return &walker_lzma;
	if (iso_may_fit(p, len))
		return &walker_iso;
	if (protobuf_fits(p, len, whole))
		return &walker_protobuf;
	return n->s->known ? walker_try(p, len, whole) : NULL;
}

const struct walker *
walker_choose(const struct scan_node *n, const uint8_t *p, size_t len,
    bool whole)
{
	const struct walker *w;

	if (!len)
		return NULL;
	w = by_place(n, p, len, whole);
	if (!w)
		w = by_magic(p, len);
	if (!w)
		w = by_coding(n, p, len);
	if (!w)
		w = by_type(n, p, len, whole);
	if (!w)
		w = by_frame(n, p, len, whole);
	if (!w)
		w = by_text(n, p, len, whole);
	if (!w)
		w = by_strings(p, len, whole);
	return w ? w : by_chance(n, p, len, whole);
}
