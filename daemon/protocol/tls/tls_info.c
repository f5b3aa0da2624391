// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "base/cursor.h"
#include "base/slab.h"
#include "protocol/tls/ja.h"
#include "protocol/tls/tls_layer.h"
#include "protocol/tls/x509.h"

#define SERVER_NAME_MAX	512

/* What nearly every connection speaks is not copied into each. */
static const char common_alpn[][9] = { "h2", "http/1.1", "http/1.0", "h3" };

static bool
is_common(struct span s)
{
	return (uintptr_t)s.p - (uintptr_t)common_alpn < sizeof(common_alpn);
}

struct tls_info *
tls_info_new(struct slab *slab)
{
	return slab_zalloc(slab, sizeof(struct tls_info));
}

void
tls_info_free(struct tls_info *info, struct slab *slab)
{
	if (!info)
		return;
	free((void *)info->server_name.p);
	if (!is_common(info->alpn))
		free((void *)info->alpn.p);
	free((void *)info->cert_subject.p);
	free((void *)info->cert_issuer.p);
	slab_free(slab, info, sizeof(*info));
}

const char *
tls_version_name(uint16_t version)
{
	if (tls_is_13(version))
		return "1.3";
	switch (version) {
	case 0x0303:
	case 0xfefd:
		return "1.2";
	case 0x0302:
		return "1.1";
	case 0x0301:
	case 0xfeff:
		return "1.0";
	case 0x0300:
		return "3.0";
	case 0x0002:
		return "2.0";
	}
	return NULL;
}

/* Replaces what is held by a copy of at most max bytes. */
static void
keep(struct span *held, struct span value, size_t max)
{
	uint8_t *copy;

	free((void *)held->p);
	*held = (struct span){ 0 };
	if (value.len > max)
		value.len = max;
	if (!value.len)
		return;
	copy = malloc(value.len);
	if (!copy)
		return;
	memcpy(copy, value.p, value.len);
	*held = (struct span){ copy, value.len };
}

static void
keep_alpn(struct tls_info *info, struct span value)
{
	if (is_common(info->alpn))
		info->alpn = (struct span){ 0 };
	for (size_t i = 0; i < sizeof(common_alpn) / sizeof(*common_alpn); i++)
		if (span_eq(value, span_str(common_alpn[i]))) {
			keep(&info->alpn, (struct span){ 0 }, 0);
			info->alpn = span_str(common_alpn[i]);
			return;
		}
	keep(&info->alpn, value, 255);
}

struct tls_info *
tls_info_copy(const struct tls_info *info, struct slab *slab)
{
	struct tls_info *copy = tls_info_new(slab);

	if (!copy)
		return NULL;
	*copy = *info;
	copy->server_name = copy->alpn = (struct span){ 0 };
	copy->cert_subject = copy->cert_issuer = (struct span){ 0 };
	copy->opened = copy->unauthentic = 0;
	keep(&copy->server_name, info->server_name, SIZE_MAX);
	keep_alpn(copy, info->alpn);
	keep(&copy->cert_subject, info->cert_subject, SIZE_MAX);
	keep(&copy->cert_issuer, info->cert_issuer, SIZE_MAX);
	return copy;
}

void
tls_info_client(struct tls_info *info, const struct tls_client_hello *h,
    char carrier)
{
	/* The second hello after a retry differs by what the server asked
	 * for; fingerprints are of the first. */
	if (!info->has_client_hello) {
		ja_texts(h, carrier, info->ja3, info->ja4);
		keep(&info->server_name, h->server_name, SERVER_NAME_MAX);
		keep_alpn(info, h->alpn_first);
		memset(info->client_random, 0, 32);
		/* SSLv2's challenge is right-aligned, RFC 5246 E.2. */
		memcpy(info->client_random + 32 - h->random.len, h->random.p,
		    h->random.len);
		info->early_data = h->early_data;
	}
	info->session_id_len = 0;
	if (h->session_id.len && !info->has_cert) {
		memcpy(info->session_id, h->session_id.p, h->session_id.len);
		info->session_id_len = (uint8_t)h->session_id.len;
	}
	info->ech |= h->ech;
	if (!info->has_server_hello)
		info->version = h->version;
	info->has_client_hello = true;
}

void
tls_info_server(struct tls_info *info, const struct tls_server_hello *h)
{
	struct span id = { info->session_id, info->session_id_len };

	info->version = h->version;
	info->cipher = h->cipher;
	if (h->retry) {
		info->retried = true;
		return;
	}
	if (h->alpn.len) {
		keep_alpn(info, h->alpn);
		info->alpn_selected = true;
	}
	/* TLS 1.3 echoes the session ID whatever it does. */
	info->resumed = tls_is_13(h->version) ? h->psk :
	    id.len && span_eq(id, h->session_id);
	info->has_server_hello = true;
}

void
tls_info_extensions(struct tls_info *info, struct span body)
{
	struct span alpn = tls_extensions_alpn(body);

	if (!alpn.len)
		return;
	keep_alpn(info, alpn);
	info->alpn_selected = true;
}

int
tls_certificate_leaf(struct span body, bool context, struct span *ret_leaf)
{
	struct cursor c = cur_init(body.p, body.len);
	size_t list_len, leaf_len;
	const uint8_t *leaf;

	if (context)
		cur_skip(&c, cur_u8(&c));
	list_len = cur_be24(&c);
	leaf_len = cur_be24(&c);
	if (cur_failed(&c))
		return ERR_TRUNCATED;
	if (leaf_len + 3 > list_len)
		leaf_len = 0;
	leaf = cur_bytes(&c, leaf_len);
	if (cur_failed(&c))
		return ERR_TRUNCATED;
	*ret_leaf = (struct span){ leaf, leaf_len };
	return 0;
}

void
tls_client_leaf(struct conn *conn, struct span der)
{
	struct x509_names names;
	struct span text;

	if (x509_find_names(der, &names) ||
	    x509_name_text(names.subject, &text))
		return;
	conn_client_shows(conn, text);
	free((void *)text.p);
}

void
tls_info_leaf(struct tls_info *info, struct span der)
{
	struct x509_names names;
	struct span text;

	info->session_id_len = 0;	/* it lay where the digest goes */
	if (!ja_sha256(der, info->cert_sha256))
		return;
	info->has_cert = true;
	keep(&info->cert_subject, (struct span){ 0 }, 0);
	keep(&info->cert_issuer, (struct span){ 0 }, 0);
	if (x509_find_names(der, &names))
		return;
	if (x509_name_text(names.subject, &text) == 0)
		info->cert_subject = text;
	if (x509_name_text(names.issuer, &text) == 0)
		info->cert_issuer = text;
}
