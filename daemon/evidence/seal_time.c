// SPDX-License-Identifier: Apache-2.0
#include "evidence/seal_time.h"

#include <errno.h>
#include <stdio.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>

#define TIME_MAX 64

static void
put_time(TS_RESP *answer, char *ret_time)
{
	TS_TST_INFO *info = TS_RESP_get_tst_info(answer);
	BIO *bio = BIO_new(BIO_s_mem());
	int n = 0;

	if (bio && info &&
	    ASN1_GENERALIZEDTIME_print(bio, TS_TST_INFO_get_time(info)))
		n = BIO_read(bio, ret_time, TIME_MAX - 1);
	ret_time[n > 0 ? n : 0] = 0;
	BIO_free(bio);
}

static int
check(TS_RESP *answer, struct span text, X509_STORE *store)
{
	TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();
	BIO *data = BIO_new_mem_buf(text.p, (int)text.len);
	int err = -ENOMEM;

	if (ctx && data) {
		TS_VERIFY_CTX_set_flags(ctx, TS_VFY_VERSION | TS_VFY_DATA |
						 (store ? TS_VFY_SIGNATURE
							: 0));
		TS_VERIFY_CTX_set_data(ctx, data);
		data = NULL;
		if (store) {
			X509_STORE_up_ref(store);
			TS_VERIFY_CTX_set_store(ctx, store);
		}
		err = TS_RESP_verify_response(ctx, answer) == 1 ? 0 : -EBADMSG;
	}
	BIO_free(data);
	TS_VERIFY_CTX_free(ctx);
	ERR_clear_error();
	return err;
}

int
seal_time_check(struct span answer, struct span text, const char *ca_path,
    char *ret_time)
{
	const unsigned char *p = answer.p;
	TS_RESP *resp = answer.len <= INT32_MAX
			    ? d2i_TS_RESP(NULL, &p, (long)answer.len)
			    : NULL;
	X509_STORE *store = ca_path ? X509_STORE_new() : NULL;
	int err = 0;

	if (!resp || p != answer.p + answer.len)
		err = ERR_MALFORMED;
	else if (ca_path && !store)
		err = -ENOMEM;
	else if (ca_path && X509_STORE_load_file(store, ca_path) != 1)
		err = -EINVAL;
	if (!err)
		err = check(resp, text, store);
	if (!err)
		put_time(resp, ret_time);
	X509_STORE_free(store);
	TS_RESP_free(resp);
	ERR_clear_error();
	return err;
}
