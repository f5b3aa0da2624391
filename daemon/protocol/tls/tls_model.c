// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/cursor.h"
#include "protocol/tls/tls_layer.h"

/*
 * TLS 1.3 seals its handshake in records that look like data. Without keys
 * these are told apart by place and size:
 *
 * The server's are handshake until the client's Finished. (Data that a server
 * sends before it, which few do, is taken for handshake.) Where no client is
 * heard at all, they are until one of a Finished's size.
 *
 * The client's first one after ServerHello is handshake. If it has the size of
 * a Finished, that is all; else the client sends a certificate: a small record
 * (an empty Certificate) and one in the range of a CertificateVerify may
 * follow, up to the Finished. Else the first held the Finished as well. So of
 * a client's data at most one record of 600 bytes can be missed, and only of a
 * client that has a certificate and packs its flight in one record.
 *
 * 0-RTT data ends with a record of EndOfEarlyData's size.
 *
 * Session tickets come from the server right behind the client's Finished: up
 * to four small records, before the client sent data, or alike in size in one segment,
 * or of the size that OpenSSL gives them when it resumes. After the first record that is
 * none of these there are no more; what looks like one then is data that answers nothing,
 * see tls_model_quiet().
 */
#define END_OF_EARLY_DATA_LEN	4
#define VERIFY_MIN_LEN		72
#define VERIFY_MAX_LEN		600
#define SERVER_FLIGHT_MAX	64
#define TICKETS_MAX		4
#define TICKET_MIN_LEN		36
#define TICKET_MAX_LEN		1280
#define SETTINGS_MIN_LEN	(9 + 6)
#define SETTINGS_MAX_LEN	(9 + 8 * 6 + 13 + 9)
#define EARLY_MAX		4
#define PIECE_MIN		4096
#define UPDATE_LEN		13	/* a WINDOW_UPDATE frame of HTTP/2 */
#define REQUEST_MAX		1024	/* its headers take less */
#define UPDATE_FOR		1024	/* bytes, at least, that each one is sent for */

static bool
is_finished(const struct tls_layer *t, size_t len)
{
	size_t tag = t->overhead.least;

	if (!t->info->cipher)
		return len == 4 + 32 + 17 || len == 4 + 48 + 17;
	return len == 4 + (t->info->cipher == 0x1302 ? 48u : 32u) + tag;
}

/* By ServerHello; where none was seen, by what the client does: after
 * ChangeCipherSpec TLS 1.2 sends a handshake record first. */
static bool
is_13(const struct tls_layer *t, const struct tls_dir *d)
{
	if (t->info->has_server_hello)
		return tls_is_13(t->info->version);
	return tls_is_13(t->info->version) && d->sealed &&
	    !t->info->complete[d - t->dir];
}

static enum tls_part
client_record(struct tls_layer *t, struct tls_dir *d, size_t len)
{
	struct tls_info *info = t->info;
	unsigned side = (unsigned)(d - t->dir);
	size_t over = END_OF_EARLY_DATA_LEN + (size_t)t->overhead.least;
	bool finished = is_finished(t, len);

	if (info->early_data && !d->early_over) {
		if (!info->has_server_hello)
			return TLS_PART_DATA;
		if (!finished && len != over)
			return TLS_PART_DATA;
		d->early_over = true;
		if (!finished)
			return TLS_PART_SEALED;
		/* nothing said that it was over */
		info->early_refused = true;
	}
	if (finished) {
		d->handshake_sent = true;
		info->complete[side] = true;
		return TLS_PART_SEALED;
	}
	if (d->sealed_seen && (d->sealed_seen > 2 || len > VERIFY_MAX_LEN ||
	    (d->sealed_seen == 2 && len < VERIFY_MIN_LEN))) {
		d->handshake_sent = true;
		return TLS_PART_DATA;
	}
	d->sealed_seen++;
	return TLS_PART_SEALED;
}

/* Blocks of a cipher, and 42 bytes around them. */
static bool
is_openssl_ticket(size_t len)
{
	return len >= 170 && len % 16 == 10;
}

static bool
is_ticket(const struct tls_layer *t, const struct tls_dir *d, size_t len,
    struct span rest)
{
	struct cursor c = cur_init(rest.p, rest.len);
	uint8_t next_type;
	size_t next_len;

	if (d->tickets_over || d->tickets == TICKETS_MAX ||
	    len < TICKET_MIN_LEN || len > TICKET_MAX_LEN)
		return false;
	if (d->tickets && len == d->ticket_len)
		return true;
	if (t->client < 0 || !t->info->records[t->client])
		return true;
	if (t->info->resumed && is_openssl_ticket(len))
		return true;
	cur_skip(&c, len);
	next_type = cur_u8(&c);
	cur_skip(&c, 2);
	next_len = cur_be16(&c);
	return !d->tickets && !cur_failed(&c) && next_type == TLS_DATA &&
	    next_len == len;
}

static enum tls_part
server_record(struct tls_layer *t, struct tls_dir *d, size_t len,
    struct span rest)
{
	unsigned side = (unsigned)(d - t->dir);
	const struct tls_dir *client = &t->dir[!side];

	if (!d->handshake_sent && client->handshake_sent)
		d->handshake_sent = true;
	if (!d->handshake_sent) {
		bool finished = is_finished(t, len);

		t->info->complete[side] |= finished;
		if (!client->any &&
		    (finished || d->sealed_seen == SERVER_FLIGHT_MAX))
			d->handshake_sent = true;
		if (d->sealed_seen < SERVER_FLIGHT_MAX)
			d->sealed_seen++;
		return TLS_PART_SEALED;
	}
	if (is_ticket(t, d, len, rest)) {
		d->tickets++;
		d->ticket_len = (uint16_t)len;
		return TLS_PART_SEALED;
	}
	d->tickets_over = true;
	return TLS_PART_DATA;
}

enum tls_part
tls_model_data(struct tls_layer *t, unsigned side, size_t len,
    struct span rest)
{
	struct tls_dir *d = &t->dir[side];

	if (t->info->early_data && (int)side == t->client && !d->early_over &&
	    !t->info->has_server_hello)
		return TLS_PART_DATA;
	if (t->client < 0 || !is_13(t, d))
		return TLS_PART_DATA;
	if ((int)side != t->client)
		return server_record(t, d, len, rest);
	return d->handshake_sent ? TLS_PART_DATA : client_record(t, d, len);
}

/* By its length a session ticket that came while the client was sending
 * already: the first record, and another one as long. */
static bool
is_late_ticket(const struct tls_layer *t, const struct tls_dir *d, size_t len)
{
	if (!tls_is_13(t->info->version) || d->tickets ||
	    len < TICKET_MIN_LEN || len > TICKET_MAX_LEN)
		return false;
	return !d->early || (d->early == 1 && len == d->early_len);
}

/*
 * While a client uploads over HTTP/2 the server opens its window further, in
 * records of one or a few WINDOW_UPDATE frames (13 bytes each), and acknowledges
 * SETTINGS (9) and PING (17). The shortest header block that answers a request
 * makes a frame of 10. The first record that a server sends has its SETTINGS
 * and some of these. In TLS 1.3 the protocol that was agreed on can't be seen,
 * the ones offered can.
 *
 * One that reads much at once tells of each piece in one record. An answer may be
 * as long, so that the client's next record decides: if it is longer than the
 * headers of a request get, more of the body follows.
 */
static bool
is_h2_control(struct tls_layer *t, size_t plain)
{
	static const uint8_t sizes[] = { 9, 13, 17, 22, 26, 30, 39, 52 };

	for (size_t i = 0; i < sizeof(sizes); i++)
		if (plain == sizes[i])
			return true;
	if (plain % UPDATE_LEN ||
	    plain / UPDATE_LEN > t->out_len / UPDATE_FOR)
		return false;
	t->windows = t->suspect = true;
	return true;
}

/*
 * A client whose last record was as long as records get has more to say: what
 * comes in then answers nothing. Nor do session tickets, which come while a
 * client that did not wait for them sends on; what has their length may be an
 * answer, and is one unless records as long as they get follow, or large ones
 * alike on both sides of it, or a second one as long, of the size that OpenSSL
 * gives tickets, which it sends in segments of their own.
 */
bool
tls_model_quiet(struct tls_layer *t, unsigned side, size_t len)
{
	struct tls_dir *d = &t->dir[side];
	size_t plain = len - t->overhead.least;
	bool h2 = t->info->may_be_h2;

	if ((int)side == t->client || len <= t->overhead.least)
		return false;
	if (t->info->records[side] == d->early && d->early < EARLY_MAX &&
	    (is_late_ticket(t, d, len) || (h2 && plain >= SETTINGS_MIN_LEN &&
		plain <= SETTINGS_MAX_LEN))) {
		/* no record of a request has come since the first */
		if (t->suspect && d->early == 1 && len == d->early_len &&
		    is_openssl_ticket(len))
			t->suspect = false;
		else
			t->suspect |= plain > SETTINGS_MAX_LEN &&
			    t->out_len <= TLS_FRAGMENT_MAX;
		d->early++;
		d->early_len = (uint16_t)len;
		return true;
	}
	if (t->burst.sent && tls_model_goes_on(t, !side))
		return true;
	return h2 && is_h2_control(t, plain);
}

bool
tls_model_control(const struct tls_layer *t, unsigned side)
{
	size_t len = t->dir[side].record_len;

	return t->info->may_be_h2 && (len == 9u + t->overhead.least ||
	    len == 13u + t->overhead.least);
}

bool
tls_model_goes_on(const struct tls_layer *t, unsigned side)
{
	return t->dir[side].record_len >= TLS_FRAGMENT_MAX + t->overhead.least;
}

/* A client that sends a body in pieces of its own seals each alike. */
bool
tls_model_went_on(const struct tls_layer *t, unsigned side)
{
	const struct tls_dir *d = &t->dir[side];

	return tls_model_goes_on(t, side) || (t->windows &&
		d->record_len >= REQUEST_MAX + t->overhead.least) ||
	    (d->record_len >= PIECE_MIN + t->overhead.least &&
		d->record_len == d->before_len);
}

/* The MAC at the name's end, for suites that are no AEAD. */
static uint16_t
mac_len(const char *name)
{
	static const struct {
		const char *end;
		uint16_t len;
	} macs[] = {
		{ "_SHA384", 48 }, { "_SHA256", 32 }, { "_SHA", 20 },
		{ "_MD5", 16 }, { "_SM3", 32 },
	};
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(macs) / sizeof(macs[0]); i++) {
		size_t n = strlen(macs[i].end);

		if (len > n && strcmp(name + len - n, macs[i].end) == 0)
			return macs[i].len;
	}
	return 0;
}

static struct tls_overhead
exactly(unsigned len)
{
	return (struct tls_overhead){ (uint16_t)len, (uint16_t)len };
}

struct tls_overhead
tls_overhead_of(uint16_t version, uint16_t cipher)
{
	/* The least any suite adds is a content type and 8 bytes of tag. */
	const struct tls_overhead unknown = { 9, UINT16_MAX };
	const char *name = tls_cipher_name(cipher);
	bool short_tag = name && strstr(name, "_CCM_8");
	uint16_t mac, iv, block;

	if (tls_is_13(version))
		return exactly(short_tag ? 1 + 8 : 1 + 16);
	if (!name)
		return unknown;
	if (strstr(name, "_GCM_") || strstr(name, "_CCM"))
		return exactly(short_tag ? 8 + 8 : 8 + 16);
	if (strstr(name, "_CHACHA20_"))
		return exactly(16);
	mac = mac_len(name);
	if (!mac)
		return unknown;
	if (!strstr(name, "_CBC_"))
		return exactly(mac);	/* RC4, or no encryption */
	/* Padding beyond a block is allowed and not counted on. */
	block = strstr(name, "_AES_") || strstr(name, "_CAMELLIA_") ||
	    strstr(name, "_ARIA_") || strstr(name, "_SEED_") ? 16 : 8;
	iv = version >= 0x0302 ? block : 0;
	return (struct tls_overhead){ (uint16_t)(iv + mac + 1),
		(uint16_t)(iv + mac + block) };
}
