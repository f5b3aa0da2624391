/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_WALKERS_H
#define CONTENT_WALKERS_H

#include "content/scan_tree.h"

/* Every walker of this room. */
extern const struct walker walker_gzip;
extern const struct walker walker_zlib;
extern const struct walker walker_deflate;
extern const struct walker walker_brotli;
extern const struct walker walker_zstd;
extern const struct walker walker_xz;
extern const struct walker walker_bzip2;
extern const struct walker walker_lzma;
extern const struct walker walker_lz4;
extern const struct walker walker_snappy;
extern const struct walker walker_snappy_block;
extern const struct walker walker_zip;
extern const struct walker walker_tar;
extern const struct walker walker_7z;
extern const struct walker walker_cab;
extern const struct walker walker_rar;
extern const struct walker walker_ar;
extern const struct walker walker_cpio;
extern const struct walker walker_xar;
extern const struct walker walker_lha;
extern const struct walker walker_rpm;
extern const struct walker walker_warc;
extern const struct walker walker_iso;
extern const struct walker walker_uu;
extern const struct walker walker_compress;
extern const struct walker walker_lzip;
extern const struct walker walker_base64;
extern const struct walker walker_hex;
extern const struct walker walker_dump;
extern const struct walker walker_quoted;
extern const struct walker walker_percent;
extern const struct walker walker_utf16;
extern const struct walker walker_latin1;
extern const struct walker walker_grpc;
extern const struct walker walker_multipart;
extern const struct walker walker_mime;
extern const struct walker walker_json;
extern const struct walker walker_form;
extern const struct walker walker_lines;
extern const struct walker walker_iavs4;
extern const struct walker walker_bond;
extern const struct walker walker_fls;
extern const struct walker walker_fls4;
extern const struct walker walker_clamav;
extern const struct walker walker_nosa;
extern const struct walker walker_secure_dns;
extern const struct walker walker_xml;
extern const struct walker walker_protobuf;
extern const struct walker walker_msgpack;
extern const struct walker walker_cbor;

/* True if the bytes, which are all there are, are plainly a wrapping, however
 * few: packed, JSON, XML, values with types and lengths. */
bool walker_shows(const uint8_t *p, size_t len);

/* Do the first bytes look so? whole: they are all there are. */
bool zlib_fits(const uint8_t *p, size_t len);
bool deflate_fits(const uint8_t *p, size_t len);
bool lzma_fits(const uint8_t *p, size_t len);
bool bzip2_fits(const uint8_t *p, size_t len);
bool mime_fits(const uint8_t *p, size_t len);
bool quoted_fits(const uint8_t *p, size_t len);
/* So plainly that it is not the markup, or the message, which is under it. */
bool quoted_shows(const uint8_t *p, size_t len);
bool quoted_mime_shows(const uint8_t *p, size_t len);
bool percent_fits(const uint8_t *p, size_t len);
/* Nothing that would have been escaped; what follows may have been. */
bool percent_may_follow(const uint8_t *p, size_t len);
bool utf16_fits(const uint8_t *p, size_t len);
/* With a mark, or from the first character on. */
bool utf16_begins(const uint8_t *p, size_t len);
bool latin1_fits(const uint8_t *p, size_t len, bool whole);
/* Binary data of which the first bytes are ASCII; where all of it is known to
 * be characters, the rest may be Latin-1. */
bool latin1_may_follow(const uint8_t *p, size_t len, bool whole);
bool brotli_fits(const uint8_t *p, size_t len);
/* The same where nobody says so: much surer. */
bool deflate_shows(const uint8_t *p, size_t len, bool whole);
bool brotli_shows(const uint8_t *p, size_t len, bool whole);
bool snappy_block_shows(const uint8_t *p, size_t len, bool whole);
bool base64_fits(const uint8_t *p, size_t len, bool whole);
/* By the declared type, unless the bytes can't be such. */
bool grpc_fits(struct span type, const uint8_t *p, size_t len);
bool hex_fits(const uint8_t *p, size_t len);
/* Bytes that all of a short text stands for; 0: it is no hex. */
size_t hex_len(const uint8_t *p, size_t len);
bool dump_fits(const uint8_t *p, size_t len);
bool uu_fits(const uint8_t *p, size_t len);
bool lha_fits(const uint8_t *p, size_t len);
/* A disc may follow; so may anything else. */
bool iso_may_fit(const uint8_t *p, size_t len);
bool json_fits(const uint8_t *p, size_t len);
bool form_fits(const uint8_t *p, size_t len, bool whole);
bool xml_fits(const uint8_t *p, size_t len);
bool tar_fits(const uint8_t *p, size_t len);
bool protobuf_fits(const uint8_t *p, size_t len, bool whole);
bool msgpack_fits(const uint8_t *p, size_t len);
bool cbor_fits(const uint8_t *p, size_t len);
/* Arrays and maps of numbers, too, where nothing else explains the bytes. */
bool msgpack_may_fit(const uint8_t *p, size_t len, bool whole);
bool cbor_may_fit(const uint8_t *p, size_t len, bool whole);
bool bond_fits(const uint8_t *p, size_t len);
bool nosa_fits(const uint8_t *p, size_t len, bool whole);
bool secure_dns_fits(const uint8_t *p, size_t len);
bool fls_fits(const uint8_t *p, size_t len);
bool fls4_fits(const uint8_t *p, size_t len, bool whole);
/* What a look-up at Comodo's says of its hashes' kind, and one of them. */
bool fls_alg(uint8_t kind, enum known_hash *ret);
void fls_tell_hash(struct scan_node *n, enum known_hash alg,
    const uint8_t *hash, unsigned number, uint64_t offset);
bool lines_fit(const uint8_t *p, size_t len, bool whole);

#endif
