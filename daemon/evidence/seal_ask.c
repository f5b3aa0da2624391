// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ts.h>

#include "evidence/http_post.h"
#include "evidence/seal_time.h"

#define NONCE_LEN	16

static int
set_imprint(TS_REQ *req, struct span text)
{
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algorithm = X509_ALGOR_new();
	uint8_t sha256[32];
	int ok = imprint && algorithm &&
	    EVP_Digest(text.p, text.len, sha256, NULL, EVP_sha256(), NULL) &&
	    X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL,
		NULL) &&
	    TS_MSG_IMPRINT_set_algo(imprint, algorithm) &&
	    TS_MSG_IMPRINT_set_msg(imprint, sha256, sizeof(sha256)) &&
	    TS_REQ_set_msg_imprint(req, imprint);

	X509_ALGOR_free(algorithm);
	TS_MSG_IMPRINT_free(imprint);
	return ok;
}

static int
set_nonce(TS_REQ *req)
{
	uint8_t bytes[NONCE_LEN];
	BIGNUM *number = NULL;
	ASN1_INTEGER *nonce = NULL;
	int ok;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return 0;
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	nonce = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
	ok = nonce && TS_REQ_set_nonce(req, nonce);
	ASN1_INTEGER_free(nonce);
	BN_free(number);
	return ok;
}

static TS_REQ *
make_question(struct span text)
{
	TS_REQ *req = TS_REQ_new();

	if (req && TS_REQ_set_version(req, 1) && set_imprint(req, text) &&
	    set_nonce(req) && TS_REQ_set_cert_req(req, 1))
		return req;
	TS_REQ_free(req);
	return NULL;
}

/* Whether it is an answer to this question, and a token. */
static int
check_answer(TS_REQ *req, const struct buf *answer)
{
	const unsigned char *p = answer->data;
	TS_RESP *resp = d2i_TS_RESP(NULL, &p, (long)answer->len);
	TS_VERIFY_CTX *ctx = TS_REQ_to_TS_VERIFY_CTX(req, NULL);
	int err = -ENOMEM;

	if (!resp || p != answer->data + answer->len)
		err = ERR_MALFORMED;
	else if (!TS_RESP_get_tst_info(resp))
		err = -EACCES;
	else if (ctx)
		err = TS_RESP_verify_response(ctx, resp) == 1 ? 0 : -EBADMSG;
	TS_VERIFY_CTX_free(ctx);
	TS_RESP_free(resp);
	ERR_clear_error();
	return err;
}

int
seal_time_ask(const char *url, const char *tls_ca, struct span text,
    struct buf *ret_answer)
{
	unsigned char *der = NULL;
	struct http_url where;
	TS_REQ *req = NULL;
	int len = 0, err = http_url_read(url, &where);

	if (err)
		return err;
	req = make_question(text);
	len = req ? i2d_TS_REQ(req, &der) : -1;
	err = len < 0 ? -ENOMEM
		      : http_post(&where, tls_ca, "application/timestamp-query",
			    "application/timestamp-reply",
			    (struct span){ der, (size_t)len }, ret_answer);
	if (!err)
		err = check_answer(req, ret_answer);
	OPENSSL_free(der);
	TS_REQ_free(req);
	return err;
}
