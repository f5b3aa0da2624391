/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes one character (RFC 3629: no surrogates, no overlong forms) from len
 * bytes. Returns its length and the code point, or 0 if there is none. */
size_t utf8_decode(const uint8_t *p, size_t len, uint32_t *ret_cp);

/* Writes one character, 1 to 4 bytes, whatever cp is below 2^21 (so halves of
 * surrogates come out as they went in); returns their number. */
size_t utf8_encode(uint32_t cp, uint8_t ret_out[static 4]);

/* True for what must not reach a reader raw: control characters, line and
 * paragraph separators, bidirectional controls, BOM, and what XML may not hold. */
bool utf8_is_trick(uint32_t cp);

/*
 * utf8_from_utf16 - UTF-16 as UTF-8; to has room for 3 bytes for every 2. What
 * is no character becomes '?', as does what needs two units. Returns the length.
 */
size_t utf8_from_utf16(const uint8_t *p, size_t len, bool big_endian,
    uint8_t *to);

#endif
