// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "base/cursor.h"
#include "base/slab.h"
#include "protocol/naming.h"
#include "protocol/tls/ja.h"
#include "protocol/tls/tls_layer.h"
#include "protocol/tls/x509.h"

#define SERVER_NAME_MAX	512
#define SESSION_ID_MAX	32
#define HOSTS_MAX	64	/* of a certificate, that are looked up */

struct tls_info *
tls_info_new(const struct conn_env *env)
{
	return slab_zalloc(env->slab, sizeof(struct tls_info));
}

static void
forget_session(struct tls_info *info, const struct conn_env *env)
{
	if (!info->session_id_len)
		return;
	slab_free(env->slab, info->session_id, SESSION_ID_MAX);
	info->session_id = NULL;
	info->session_id_len = 0;
}

void
tls_info_free(struct tls_info *info, const struct conn_env *env)
{
	if (!info)
		return;
	forget_session(info, env);
	shared_drop(env->names, info->server_name);
	shared_drop(env->names, info->alpn);
	shared_drop(env->names, info->ja);
	shared_drop(env->names, info->leaf);
	slab_free(env->slab, info, sizeof(*info));
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
keep(const struct conn_env *env, const struct shared **held, struct span value,
    size_t max)
{
	shared_drop(env->names, *held);
	if (value.len > max)
		value.len = max;
	*held = shared_take(env->names, value);
}

static void
keep_alpn(struct tls_info *info, const struct conn_env *env, struct span value)
{
	keep(env, &info->alpn, value, 255);
}

static void
select_alpn(struct tls_info *info, const struct conn_env *env, struct span value)
{
	keep_alpn(info, env, value);
	info->alpn_selected = true;
	info->may_be_h2 = span_eq(value, SPAN_LITERAL("h2"));
}

/* Both texts, each with its zero; one that could not be made is empty. */
struct ja_pair {
	char ja3[JA3_LEN + 1], ja4[JA4_LEN + 1];
};

static void
keep_ja(struct tls_info *info, const struct conn_env *env,
    const struct tls_client_hello *h, char carrier)
{
	struct ja_pair ja = { 0 };

	ja_texts(h, carrier, ja.ja3, ja.ja4);
	keep(env, &info->ja, (struct span){ (const uint8_t *)&ja, sizeof(ja) },
	    sizeof(ja));
}

struct span
tls_info_ja3(const struct tls_info *info)
{
	return info->ja ? span_str((const char *)shared_span(info->ja).p) :
	    (struct span){ 0 };
}

struct span
tls_info_ja4(const struct tls_info *info)
{
	return info->ja ? span_str((const char *)shared_span(info->ja).p +
	    offsetof(struct ja_pair, ja4)) : (struct span){ 0 };
}

static void
keep_session(struct tls_info *info, const struct conn_env *env, struct span id)
{
	uint8_t *kept;

	forget_session(info, env);
	if (!id.len || id.len > SESSION_ID_MAX || info->leaf)
		return;
	kept = slab_zalloc(env->slab, SESSION_ID_MAX);
	if (!kept)
		return;
	memcpy(kept, id.p, id.len);
	info->session_id = kept;
	info->session_id_len = (uint8_t)id.len;
}

struct tls_info *
tls_info_copy(const struct tls_info *info, const struct conn_env *env)
{
	struct tls_info *copy = tls_info_new(env);

	if (!copy)
		return NULL;
	*copy = *info;
	copy->opened = copy->unauthentic = 0;
	copy->server_name = shared_take(env->names,
	    shared_span(info->server_name));
	copy->alpn = shared_take(env->names, shared_span(info->alpn));
	copy->ja = shared_take(env->names, shared_span(info->ja));
	copy->session_id_len = 0;
	copy->leaf = tls_info_has_leaf(info) ? shared_take(env->names,
	    shared_span(info->leaf)) : NULL;
	return copy;
}

void
tls_info_client(struct tls_info *info, const struct conn_env *env,
    const struct tls_client_hello *h, char carrier)
{
	/* The second hello after a retry differs by what the server asked
	 * for; fingerprints are of the first. */
	if (!info->has_client_hello) {
		if (carrier)
			keep_ja(info, env, h, carrier);
		keep(env, &info->server_name, h->server_name, SERVER_NAME_MAX);
		keep_alpn(info, env, h->alpn_first);
		info->may_be_h2 = h->offers_h2;
		memset(info->client_random, 0, 32);
		/* SSLv2's challenge is right-aligned, RFC 5246 E.2. */
		if (h->random.len)
			memcpy(info->client_random + 32 - h->random.len,
			    h->random.p, h->random.len);
		info->early_data = h->early_data;
	}
	keep_session(info, env, h->session_id);
	info->answered = false;
	info->ech |= h->ech;
	if (!info->has_server_hello)
		info->version = h->version;
	info->has_client_hello = true;
}

void
tls_info_server(struct tls_info *info, const struct conn_env *env,
    const struct tls_server_hello *h)
{
	struct span id = { info->session_id, info->session_id_len };

	info->version = h->version;
	info->cipher = h->cipher;
	if (h->retry) {
		info->retried = true;
		info->early_refused = info->early_data;
		return;
	}
	if (h->alpn.len)
		select_alpn(info, env, h->alpn);
	else if (!tls_is_13(h->version))
		info->may_be_h2 = false;
	info->has_server_hello = true;
	if (info->answered)
		return;
	/* TLS 1.3 echoes the session ID whatever it does. */
	info->resumed = tls_is_13(h->version) ? h->psk :
	    id.len && span_eq(id, h->session_id);
	info->answered = true;
	info->early_refused |= info->early_data && !info->resumed;
	forget_session(info, env);
}

void
tls_info_extensions(struct tls_info *info, const struct conn_env *env,
    struct span body)
{
	struct span alpn = tls_extensions_alpn(body);

	info->early_refused |= info->early_data &&
	    !tls_extension(body, TLS_EXT_EARLY_DATA).p;
	if (!alpn.len)
		return;
	select_alpn(info, env, alpn);
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

/* The application that all of the hosts belong to which belong to one: what shares
 * a certificate with others is not known by it. */
static const char *
application_of(struct naming *n, struct span alternatives)
{
	const char *found = NULL, *name;
	struct span host;

	for (unsigned i = 0; n && i < HOSTS_MAX &&
	     x509_next_host(&alternatives, &host); i++) {
		/* nDPI's names of whole domains begin with the dot */
		if (host.len > 2 && memcmp(host.p, "*.", 2) == 0) {
			host.p++;
			host.len--;
		}
		name = naming_host(n, host);
		if (name && found && name != found)
			return NULL;
		found = name ? name : found;
	}
	return found;
}

/* What is kept of a leaf: the two names' texts lie one after the other. */
struct leaf {
	const char *application;	/* by its other hosts, or NULL */
	uint8_t sha256[32];
	uint16_t subject_len;
	uint8_t text[2 * X509_NAME_TEXT_MAX];
};

static size_t
add_name(struct leaf *leaf, size_t len, struct span name)
{
	struct span text;

	if (x509_name_text(name, &text))
		return len;
	if (text.len && text.len <= sizeof(leaf->text) - len) {
		memcpy(leaf->text + len, text.p, text.len);
		len += text.len;
	}
	free((void *)text.p);
	return len;
}

void
tls_info_leaf(struct tls_info *info, const struct conn_env *env,
    struct span der)
{
	struct x509_names names;
	struct leaf leaf = { 0 };
	size_t len = 0;

	if (!ja_sha256(der, leaf.sha256))
		return;
	if (!x509_find_names(der, &names)) {
		len = add_name(&leaf, 0, names.subject);
		leaf.subject_len = (uint16_t)len;
		len = add_name(&leaf, len, names.issuer);
		leaf.application = application_of(env->naming,
		    names.alternatives);
	}
	forget_session(info, env);
	len += offsetof(struct leaf, text);
	keep(env, &info->leaf, (struct span){ (const uint8_t *)&leaf, len }, len);
}

/* From a byte of the leaf that is kept on, up to another. */
static struct span
leaf_part(const struct tls_info *info, size_t from, size_t to)
{
	return (struct span){ shared_span(info->leaf).p + from, to - from };
}

/* Where the subject ends and the issuer begins. */
static size_t
subject_end(struct span leaf)
{
	uint16_t len;

	memcpy(&len, leaf.p + offsetof(struct leaf, subject_len), sizeof(len));
	return offsetof(struct leaf, text) + len;
}

struct span
tls_info_cert_sha256(const struct tls_info *info)
{
	return tls_info_has_leaf(info) ? leaf_part(info,
	    offsetof(struct leaf, sha256), offsetof(struct leaf, sha256) + 32) :
	    (struct span){ 0 };
}

const char *
tls_info_cert_application(const struct tls_info *info)
{
	const char *name;

	if (!tls_info_has_leaf(info))
		return NULL;
	memcpy(&name, shared_span(info->leaf).p + offsetof(struct leaf,
	    application), sizeof(name));
	return name;
}

struct span
tls_info_cert_subject(const struct tls_info *info)
{
	return tls_info_has_leaf(info) ? leaf_part(info, offsetof(struct leaf, text),
	    subject_end(shared_span(info->leaf))) : (struct span){ 0 };
}

struct span
tls_info_cert_issuer(const struct tls_info *info)
{
	struct span leaf;

	if (!tls_info_has_leaf(info))
		return (struct span){ 0 };
	leaf = shared_span(info->leaf);
	return leaf_part(info, subject_end(leaf), leaf.len);
}
