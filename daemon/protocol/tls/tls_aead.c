// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "protocol/tls/tls_crypt_modes.h"
#include "protocol/tls/tls_hello.h"

/*
 * Records under GCM, CCM and ChaCha20-Poly1305.
 *
 * Nonces: TLS 1.2 puts eight bytes of it into each GCM and CCM record, all
 * else counts records. Additional data: sequence number, type, version and
 * plaintext length in TLS 1.2, the record's header in 1.3, nothing in its
 * drafts up to 24.
 */
static void
put_nonce(const struct tls_crypt *c, uint8_t nonce[static 12])
{
	memcpy(nonce, c->iv, 12);
	for (int i = 0; i < 8; i++)
		nonce[4 + i] ^= (uint8_t)(c->seq >> (56 - 8 * i));
}

/* Takes the tag off the end of in. */
static bool
decrypt_aead(struct tls_crypt *c, const uint8_t *nonce, struct span aad,
    struct span in, uint8_t *out)
{
	const uint8_t *tag = in.p + in.len - c->suite.tag_len;
	int n, len = (int)(in.len - c->suite.tag_len);
	bool ccm = c->suite.mode == TLS_MODE_CCM;
	EVP_CIPHER_CTX *x = c->cipher;

	if (ccm && (EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_SET_TAG,
	    c->suite.tag_len, (void *)tag) <= 0))
		return false;
	if (!EVP_DecryptInit_ex2(x, NULL, NULL, nonce, NULL) ||
	    (ccm && !EVP_DecryptUpdate(x, NULL, &n, NULL, len)) ||
	    (aad.len && !EVP_DecryptUpdate(x, NULL, &n, aad.p, (int)aad.len)))
		return false;
	/* CCM checks here, the others at the end. */
	if (EVP_DecryptUpdate(x, out, &n, in.p, len) <= 0)
		return false;
	return ccm || (EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_SET_TAG,
	    c->suite.tag_len, (void *)tag) > 0 &&
	    EVP_DecryptFinal_ex(x, out + n, &n) > 0);
}

int
tls_open_aead(struct tls_crypt *c, const uint8_t *header, struct span in,
    uint8_t *out, size_t *ret_len)
{
	bool is_13 = tls_is_13(c->suite.version);
	size_t explicit_len = !is_13 && c->suite.mode != TLS_MODE_CHACHA ? 8 : 0;
	uint8_t nonce[12], pseudo[13];
	struct span aad = { pseudo, sizeof(pseudo) };
	size_t len;

	if (in.len < explicit_len + c->suite.tag_len)
		return ERR_MALFORMED;
	len = in.len - explicit_len - c->suite.tag_len;
	if (explicit_len) {
		memcpy(nonce, c->iv, 4);
		memcpy(nonce + 4, in.p, 8);
		in.p += 8;
		in.len -= 8;
	} else {
		put_nonce(c, nonce);
	}
	tls_pseudo_header(c, header, len, pseudo);
	if (is_13)
		aad = (struct span){ header, 5 };
	if (c->suite.version >> 8 == 0x7f && c->suite.version < 0x7f19)
		aad.len = 0;
	if (!decrypt_aead(c, nonce, aad, in, out))
		return ERR_MALFORMED;
	*ret_len = len;
	return 0;
}
