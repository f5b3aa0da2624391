// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/cursor.h"
#include "protocol/tls/key_uses.h"
#include "protocol/tls/tls_decrypt.h"
#include "protocol/tls/tls_keys.h"
#include "protocol/tls/tls_rsa.h"

/*
 * Up to TLS 1.2: the master secret out of the pre-master secret, where a
 * private RSA key, or a key log that has nothing better, gives that one. With
 * an extended master secret (RFC 7627) all handshake messages up to
 * ClientKeyExchange go into it, in the order of the capture, so that they are
 * kept until then; for that they have to have been captured whole.
 *
 * A session resumed exchanges no keys: it has the master secret of the one that
 * gave the ticket it offers, or the session id.
 */
#define TRANSCRIPT_MAX	(128 * 1024)
#define CLIENT_KEY_EXCHANGE	16

static void
note(struct tls_decrypt *d, struct span bytes)
{
	if (d->listens)
		buf_append(&d->transcript, bytes.p, bytes.len);
}

static void
offer(struct tls_decrypt *d, struct span name)
{
	struct conn_wanted *w = &d->wanted;

	if (tls_resume_id(name, w->session[w->session_count]))
		w->session_count++;
}

void
tls_exchange_begin(struct tls_decrypt *d, const struct conn_env *env,
    const struct tls_client_hello *h, struct span hello)
{
	const uint8_t head[] = { 1, (uint8_t)(hello.len >> 16),
		(uint8_t)(hello.len >> 8), (uint8_t)hello.len };

	memcpy(d->wanted.client_random, d->random[0], 32);
	d->wanted.session_count = 0;
	d->exchanged = d->has_session = false;
	if (env->resume) {
		offer(d, h->ticket);
		offer(d, h->session_id);
	}
	buf_clear(&d->transcript);
	buf_init(&d->transcript, TRANSCRIPT_MAX);
	d->has_master = false;
	d->listens = !tls_decrypt_secret(d, KEYLOG_MASTER).len &&
	    (env->private_keys || keylog_has_premasters(env->keys));
	note(d, (struct span){ head, sizeof(head) });
	note(d, hello);
}

void
tls_exchange_bytes(struct tls_layer *t, uint8_t type, struct span bytes)
{
	/* ClientHello is the beginning; HelloRequest does not count */
	if (!t->decrypt || type <= 1)
		return;
	t->decrypt->exchanged |= type == CLIENT_KEY_EXCHANGE;
	note(t->decrypt, bytes);
}

void
tls_exchange_lost(struct tls_layer *t)
{
	if (t->decrypt)
		t->decrypt->transcript.failed = true;
}

bool
tls_exchange_listens(const struct tls_layer *t)
{
	return t->decrypt && t->decrypt->listens;
}

/* The secret that the log has for the client random, or for the first bytes of
 * what was sent; else what a private key makes of it. */
static struct span
find_premaster(struct tls_layer *t, struct span sealed, uint8_t *room)
{
	struct tls_decrypt *d = t->decrypt;
	struct span found = tls_decrypt_secret(d, KEYLOG_PREMASTER);
	uint8_t id[32] = { 0 };

	if (!found.len && sealed.len >= KEYLOG_RSA_ID_LEN) {
		memcpy(id, sealed.p, KEYLOG_RSA_ID_LEN);
		found = keylog_find(d->keys, KEYLOG_RSA, id);
	}
	if (!found.len && tls_rsa_open(t->layer.conn->env->private_keys,
	    sealed, room))
		found = (struct span){ room, TLS_PREMASTER_LEN };
	return found;
}

static bool
session_hash(const struct tls_decrypt *d, uint8_t *ret, unsigned *ret_len)
{
	const EVP_MD *md = EVP_get_digestbyname(d->suite.prf);
	bool ok = md && !d->transcript.failed && EVP_Digest(d->transcript.data,
	    d->transcript.len, ret, ret_len, md, NULL);

	ERR_clear_error();
	return ok;
}

static void
make_master(struct tls_decrypt *d, struct span premaster)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	struct span extended = { hash, 0 };
	unsigned len = 0;

	if (d->extended) {
		if (!session_hash(d, hash, &len))
			return;
		extended.len = len;
	}
	d->has_master = tls_master_secret(&d->suite, premaster, d->random[0],
	    d->random[1], extended, d->master) == 0;
}

void
tls_exchange_key(struct tls_layer *t, struct span body)
{
	struct tls_decrypt *d = t->decrypt;
	uint8_t room[TLS_PREMASTER_LEN];
	struct cursor c = cur_init(body.p, body.len);
	struct span premaster;
	size_t len = body.len;

	if (!d->has_suite || tls_is_13(d->suite.version))
		return;
	/* SSL 3.0 has no length in front of it. */
	if (d->suite.version > 0x0300)
		len = cur_be16(&c);
	if (cur_failed(&c) || len != cur_left(&c))
		len = 0;
	premaster = find_premaster(t, (struct span){ cur_peek(&c), len }, room);
	if (premaster.len)
		make_master(d, premaster);
	if (d->has_master) {
		key_uses_note(t->layer.conn->env->uses, d->random[0],
		    d->master);
		if (t->info->keys == TLS_KEYS_NONE)
			t->info->keys = TLS_KEYS_UNUSED;
	}
	OPENSSL_cleanse(room, sizeof(room));
	buf_clear(&d->transcript);
	d->listens = false;
}

/* Of the session that this one resumes: the one whose ticket it offered, else
 * the one whose id the server said again. */
static bool
resume(struct tls_layer *t)
{
	struct tls_decrypt *d = t->decrypt;
	struct span found = { 0 };

	for (unsigned i = 0; i < d->wanted.session_count && !found.len; i++)
		found = keylog_find(d->keys, KEYLOG_SESSION,
		    d->wanted.session[i]);
	if (d->exchanged || found.len != sizeof(d->master))
		return false;
	memcpy(d->master, found.p, sizeof(d->master));
	d->has_master = true;
	key_uses_note(t->layer.conn->env->uses, d->random[0], d->master);
	if (t->info->keys == TLS_KEYS_NONE)
		t->info->keys = TLS_KEYS_UNUSED;
	return true;
}

struct span
tls_exchange_master(struct tls_layer *t)
{
	struct tls_decrypt *d = t->decrypt;
	struct span master = tls_decrypt_secret(d, KEYLOG_MASTER);

	if (!master.len && (d->has_master || resume(t)))
		master = (struct span){ d->master, sizeof(d->master) };
	if (d->has_session && master.len == TLS_MASTER_LEN)
		tls_resume_note(t->layer.conn->env->resume, d->session,
		    master.p);
	d->has_session = false;
	return master;
}

bool
tls_exchange_resumes(const struct tls_layer *t)
{
	return t->decrypt && t->decrypt->has_suite &&
	    !tls_is_13(t->decrypt->suite.version) &&
	    t->layer.conn->env->resume;
}

/* NewSessionTicket of RFC 5077: how long it is good for, then the ticket. */
void
tls_exchange_ticket(struct tls_layer *t, struct span body)
{
	struct span master = tls_exchange_master(t);
	struct cursor c = cur_init(body.p, body.len), ticket;
	uint8_t id[32];

	cur_skip(&c, 4);
	ticket = cur_sub(&c, cur_be16(&c));
	if (!cur_failed(&c) && master.len == TLS_MASTER_LEN &&
	    tls_resume_id((struct span){ cur_peek(&ticket), cur_left(&ticket) },
	    id))
		tls_resume_note(t->layer.conn->env->resume, id, master.p);
}
