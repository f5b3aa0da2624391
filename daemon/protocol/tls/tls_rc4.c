// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/tls_rc4.h"

void
tls_rc4_init(struct tls_rc4 *r, const uint8_t *key, size_t len)
{
	uint8_t j = 0;

	for (unsigned i = 0; i < 256; i++)
		r->s[i] = (uint8_t)i;
	for (unsigned i = 0; i < 256; i++) {
		uint8_t s = r->s[i];

		j = (uint8_t)(j + s + key[i % len]);
		r->s[i] = r->s[j];
		r->s[j] = s;
	}
	r->i = r->j = 0;
}

void
tls_rc4_run(struct tls_rc4 *r, const uint8_t *in, uint8_t *out, size_t len)
{
	for (size_t n = 0; n < len; n++) {
		uint8_t a = r->s[++r->i], b;

		r->j = (uint8_t)(r->j + a);
		b = r->s[r->j];
		r->s[r->i] = b;
		r->s[r->j] = a;
		out[n] = in[n] ^ r->s[(uint8_t)(a + b)];
	}
}
