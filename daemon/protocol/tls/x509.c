// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/x509.h"

#include <errno.h>
#include <stdlib.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/cursor.h"

#define NAME_DER_MAX	16384

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_OCTETS = 0x04,
	DER_SEQUENCE = 0x30,
	DER_HOST = 0x82,	/* [2] of a GeneralName */
	DER_VERSION = 0xa0,	/* [0] EXPLICIT */
	DER_EXTENSIONS = 0xa3,	/* [3] EXPLICIT */
};

/* One element with a tag of one byte: its body. The cursor latches on any
 * other form. */
static struct cursor
element(struct cursor *c, uint8_t *ret_tag)
{
	uint8_t first;
	size_t len;

	*ret_tag = cur_u8(c);
	first = cur_u8(c);
	len = first;
	if (first & 0x80) {
		len = 0;
		/* 0x80 would be BER's indefinite length. */
		if (first == 0x80 || first > 0x84)
			len = SIZE_MAX;
		for (unsigned i = 0; len != SIZE_MAX && i < (first & 0x7fu); i++)
			len = len << 8 | cur_u8(c);
	}
	return cur_sub(c, len);
}

static struct cursor
sequence(struct cursor *c)
{
	uint8_t tag;
	struct cursor body = element(c, &tag);

	if (tag != DER_SEQUENCE)
		body.failed = c->failed = true;
	return body;
}

/* A Name with its tag and length, which is what d2i wants. */
static struct span
name(struct cursor *c)
{
	const uint8_t *start = cur_peek(c);

	(void)sequence(c);
	if (cur_failed(c))
		return (struct span){ 0 };
	return (struct span){ start, (size_t)(cur_peek(c) - start) };
}

/* The extension's value, if it lists alternative names (RFC 5280, 4.2.1.6): 2.5.29.17. */
static struct cursor
alternatives_of(struct cursor extension)
{
	static const uint8_t oid[] = { 0x55, 0x1d, 0x11 };
	uint8_t tag;
	struct cursor id = element(&extension, &tag);
	struct cursor value = element(&extension, &tag);

	if (tag == DER_BOOLEAN)		/* critical */
		value = element(&extension, &tag);
	if (cur_failed(&extension) || tag != DER_OCTETS ||
	    cur_left(&id) != sizeof(oid) ||
	    memcmp(cur_peek(&id), oid, sizeof(oid)))
		return (struct cursor){ 0 };
	return sequence(&value);
}

/* c: behind the subject. What is wrong there is no reason to know no name. */
static struct span
find_alternatives(struct cursor c)
{
	struct cursor rest = { 0 }, list = { 0 };
	uint8_t tag = 0;

	while (cur_left(&c) && tag != DER_EXTENSIONS)
		rest = element(&c, &tag);
	if (tag != DER_EXTENSIONS)
		return (struct span){ 0 };
	rest = sequence(&rest);
	while (cur_left(&rest) && !cur_left(&list))
		list = alternatives_of(sequence(&rest));
	return (struct span){ cur_peek(&list), cur_left(&list) };
}

bool
x509_next_host(struct span *alternatives, struct span *ret_host)
{
	struct cursor c = cur_init(alternatives->p, alternatives->len);
	struct cursor name = { 0 };
	uint8_t tag = 0;

	while (cur_left(&c) && tag != DER_HOST)
		name = element(&c, &tag);
	*alternatives = (struct span){ cur_peek(&c), cur_left(&c) };
	if (tag != DER_HOST || cur_failed(&c))
		return false;
	*ret_host = (struct span){ cur_peek(&name), cur_left(&name) };
	return true;
}

int
x509_find_names(struct span der, struct x509_names *ret)
{
	struct cursor c = cur_init(der.p, der.len);
	struct cursor cert = sequence(&c);
	struct cursor tbs = sequence(&cert);
	struct x509_names names;
	uint8_t tag;

	(void)element(&tbs, &tag);
	if (tag == DER_VERSION)
		(void)element(&tbs, &tag);
	if (tag != DER_INTEGER)
		return cur_failed(&tbs) ? ERR_TRUNCATED : ERR_MALFORMED;
	(void)sequence(&tbs);		/* signature algorithm */
	names.issuer = name(&tbs);
	(void)sequence(&tbs);		/* validity */
	names.subject = name(&tbs);
	if (cur_failed(&tbs))
		return ERR_MALFORMED;
	names.alternatives = find_alternatives(tbs);
	*ret = names;
	return 0;
}

int
x509_name_text(struct span der, struct span *ret)
{
	const unsigned char *p = der.p;
	X509_NAME *name = NULL;
	BIO *bio = NULL;
	char *text = NULL, *copy;
	long len;
	int err = ERR_MALFORMED;

	if (der.len > NAME_DER_MAX)
		return ERR_LIMIT;
	name = d2i_X509_NAME(NULL, &p, (long)der.len);
	if (!name)
		goto out;
	bio = BIO_new(BIO_s_mem());
	if (!bio) {
		err = -ENOMEM;
		goto out;
	}
	if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) < 0)
		goto out;
	len = BIO_get_mem_data(bio, &text);
	if (len > X509_NAME_TEXT_MAX)
		len = X509_NAME_TEXT_MAX;
	err = 0;
	if (len <= 0) {
		*ret = (struct span){ 0 };
		goto out;
	}
	copy = malloc((size_t)len);
	if (!copy) {
		err = -ENOMEM;
		goto out;
	}
	memcpy(copy, text, (size_t)len);
	*ret = (struct span){ (uint8_t *)copy, (size_t)len };
out:
	BIO_free(bio);
	X509_NAME_free(name);
	if (err)
		ERR_clear_error();
	return err;
}
