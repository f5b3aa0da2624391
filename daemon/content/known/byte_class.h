/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_BYTE_CLASS_H
#define CONTENT_BYTE_CLASS_H

#include <stdbool.h>
#include <stdint.h>

/* What a byte can be part of, and its value in hex and base64. */

enum {
	BYTE_WORD = 1,		/* hex, base64 of both alphabets, '=' */
	BYTE_HEX = 2,
	BYTE_BASE64 = 4,	/* both alphabets, no '=' */
	BYTE_SPACE = 8,
	BYTE_DIGIT = 16,
	BYTE_ALPHA = 32,
};

extern const uint8_t byte_classes[256];
extern const uint8_t base64_values[256];	/* 255: none */

static inline bool
byte_is(uint8_t c, uint8_t classes)
{
	return byte_classes[c] & classes;
}

static inline uint8_t
hex_digit(uint8_t c)
{
	return (uint8_t)((c & 15) + (c >> 6) * 9);
}

#endif
