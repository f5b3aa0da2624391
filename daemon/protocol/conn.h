/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_CONN_H
#define PROTOCOL_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/packet.h"
#include "protocol/layer.h"

/*
 * One connection's protocols. The first payload decides which layer parses it;
 * a connection that no layer knows is cut into runs and named by nDPI. Made by
 * the engine at a flow's first payload; runs on the shard's thread.
 */

struct conn;
struct ftp_place;
struct key_uses;
struct keylog;
struct naming;
struct naming_flow;
struct shared;
struct shared_table;
struct slab;
struct conn_hook;
struct conn_plaintext;
struct conn_wait;
struct conn_waiting;
struct quic_paths;
struct tls_info;
struct tls_resume;
struct span;
struct tls_rsa;

/* Shared by all connections of a shard. */
struct conn_env {
	const struct message_ops *ops;
	void *sink;			/* what ops work on */
	struct naming *naming;		/* nDPI, NULL for none */
	const struct keylog *keys;	/* TLS secrets, NULL for none */
	struct slab *slab;		/* for what connections hold, or NULL */
	struct shared_table *names;	/* what they hold alike, or NULL */
	const struct tls_rsa *private_keys;	/* of servers, likewise */
	struct key_uses *uses;		/* sessions with keys, or NULL */
	struct conn_wait *wait;		/* for keys, or NULL */
	struct tls_resume *resume;	/* sessions that were opened, or NULL */
	struct quic_paths *paths;	/* IDs of QUIC, with keys alone, or NULL */
	size_t *told_len;		/* of what conn_told.h keeps, or NULL */
	bool digests;			/* SHA-256 of what is decrypted */
	/* FTP's control connection says where data will go; or NULL. */
	void (*promise)(struct conn *conn, const struct ftp_place *place);
};

enum conn_overhead {
	CONN_UNDERSTOOD,	/* handshakes, prefaces, pings: read, no message */
	CONN_ENCRYPTED,		/* sealed handshake bytes and the like */
};

/* How the endpoint's side became known; later ones are weaker. */
enum endpoint_by {
	ENDPOINT_BY_ATTRIBUTION,
	ENDPOINT_BY_OPTION,
	ENDPOINT_BY_SYN,
	ENDPOINT_BY_HELLO,	/* ClientHello or request */
	ENDPOINT_BY_FIRST_PACKET,
};

/* What the endpoint had sent when a message begins. */
enum conn_before {
	CONN_BEFORE_KNOWN,
	CONN_BEFORE_UNSEEN,	/* the capture began later */
	CONN_BEFORE_UNREAD,	/* sealed, by keys that nobody had */
};

/* What a connection's requests say of it where no host does: proxies' clients
 * and the like, by nDPI's names. */
enum conn_use {
	CONN_USE_NONE,
	CONN_USE_HTTP_CONNECT,
	CONN_USE_HTTP_PROXY,	/* whole URLs are asked for */
	CONN_USE_OCSP,
	CONN_USE_SSH,		/* requests sent to a server of another kind */
	CONN_USE_ANYDESK,	/* by the client's certificate */
	CONN_USE_TOR,		/* by the names that TLS gives */
	CONN_USE_DNS,		/* by ALPN; may be sealed */
	CONN_USE_CISCOVPN,	/* a version of DTLS that nobody else sends */
	CONN_USE_SNAPCHAT_CALL,	/* RTP beside QUIC */
};

struct conn {
	const struct conn_env *env;
	void *owner;			/* the flow */
	const struct packet_addr *addr;	/* side 0, side 1: the flow's */
	uint16_t port[2];
	uint8_t proto;			/* IP protocol number */
	uint8_t endpoint_side;		/* 0 or 1, valid once settled */
	uint8_t endpoint_by;		/* enum endpoint_by */
	bool decrypted;			/* keys opened what is above TLS */
	uint8_t use;			/* enum conn_use */
	bool accepted;			/* a client's, to a port of the product */
	uint8_t wait_turns : 3;
	uint8_t again_turns : 4;	/* see conn_again.h */
	bool again_spent : 1;		/* what is tried anew will not wait */
	uint8_t before;			/* enum conn_before */
	/* Of this room's own files: */
	uint8_t upper_count : 4;
	uint8_t depth : 4;		/* lane whose layer is being fed */
	bool named : 1;			/* nDPI is done */
	bool finished : 1;		/* names are final */
	bool guessed : 1;		/* protocol is, by ports and the like */
	bool told : 1;			/* some of it, as outbound or inbound */
	bool wait_early : 1;		/* let go by the ceiling, and counted */
	bool refused : 1;		/* what ends now was early data in vain */
	uint8_t midway : 2;		/* enum midway_kind: what its runs are */
	bool eof[2];
	struct conn_waiting *waiting;	/* NULL: it waits for no keys; owned */

	const char *protocol;		/* network.protocol, NULL if not known */
	const char *application;	/* network.application, NULL likewise */
	const struct shared *host;	/* first HTTP Host or CONNECT target */
	const char *answer_of;		/* of its last transfer that has one */
	struct tls_info *tls;		/* owned, NULL if no TLS was seen */
	uint64_t overhead[2][2];	/* [side][enum conn_overhead] */
	struct conn_plaintext *plaintext;	/* NULL if there was none */
	struct conn_hook *hook;		/* NULL: nobody tells it; owned */
};

/* Application data that was decrypted or told, by side. */
struct conn_plaintext {
	uint64_t len[2];
	struct evp_md_ctx_st *digest[2];	/* with env->digests; not of QUIC,
						 * whose streams have no order */
};

/* A connection as init describes it: env, owner, addr, port, proto, accepted,
 * before and the endpoint's fields; the rest is zero. NULL if memory is out. */
struct conn *conn_new(const struct conn *init);

/* The connection is over: every message ends, names are final, layers go.
 * Bytes that come all the same are looked at as those of a new one. */
void conn_finish(struct conn *c, const struct when *when);

/* For speed alone: has the cache fetch what parses the connection. */
void conn_fetch(const struct conn *c);
/* ... what is known of it, too. */
void conn_fetch_end(const struct conn *c);

/* After conn_finish(). Accepts NULL. */
void conn_free(struct conn *c);

void conn_data(struct conn *c, unsigned side, const uint8_t *data, size_t len,
    const struct when *when);
void conn_gap(struct conn *c, unsigned side, uint64_t len,
    const struct when *when);
void conn_eof(struct conn *c, unsigned side, const struct when *when);

/* For the engine: it is part of a QUIC connection that began by other addresses.
 * False without memory. */
bool conn_turns_quic(struct conn *c);

/* For layers: bytes of the layer above, decrypted or out of a tunnel; what is
 * above parses them as if they were a connection of their own. */
void conn_plain(struct conn *c, unsigned side, const uint8_t *data, size_t len,
    const struct when *when);
void conn_plain_gap(struct conn *c, unsigned side, uint64_t len,
    const struct when *when);
/* For layers: what there was so far was early data that the peer did not take. It
 * ends, and what comes begins anew. */
void conn_plain_refused(struct conn *c, const struct when *when);
/* For layers: so much application data was read beside what conn_plain() is given. */
void conn_plain_read(struct conn *c, unsigned side, uint64_t len);

/* For layers: stream bytes that belong to no message. */
void conn_add_overhead(struct conn *c, unsigned side, enum conn_overhead what,
    uint64_t len);

/* For layers: the first ClientHello or request came from that side. Changes
 * the endpoint unless something stronger has settled it, or bytes were told by
 * the one that it is. */
void conn_client_is(struct conn *c, unsigned side);

/* For layers: the subject of a certificate that the client showed. */
void conn_client_shows(struct conn *c, struct span subject);

/* For layers: a head of HTTP tells what the connection is used for. */
struct http_head;
void conn_http_is(struct conn *c, const struct http_head *head);

/* For sinks: the name that a request was sent to ("host" or "host:port"). It
 * names the application, and, with keep, the remote end of the flow. */
void conn_host_is(struct conn *c, struct span host, bool keep);

#endif
