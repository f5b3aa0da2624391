/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SHARD_H
#define ENGINE_SHARD_H

#include "base/arena.h"
#include "base/shared.h"
#include "base/slab.h"
#include "engine/sessions.h"
#include "flow/flow.h"
#include "protocol/conn.h"
#include "protocol/conn_wait.h"
#include "protocol/quic/quic_paths.h"
#include "protocol/tls/key_uses.h"
#include "protocol/tls/tls_resume.h"
#include "verdict/event.h"
#include "verdict/transfer.h"

/*
 * A shard has a fixed share of the flows, and all that they need: table,
 * connections, sink. There are always SHARD_COUNT of them, so that ceilings and
 * evictions, and with them the events, do not depend on the number of threads.
 * What a shard finds it lays down as records, which the engine merges in the
 * order of the packets that brought them about.
 */
#define SHARD_COUNT	16

struct carry_flow;
struct claims;
struct engine_owners;
struct flow_user;
struct identity;
struct naming;
struct profiles;
struct sessions;

/* One event before it has its sequence number and the far end's name. */
struct record {
	struct record *next;
	uint64_t packet;	/* the one being fed when it was made; at the
				 * end of the capture: the flow's id */
	const struct carry_marks *came_in;	/* then it is no event, but what came
						 * in by a product's own port */
	const struct ftp_place *promised;	/* likewise, but where data of FTP
						 * will go */
	struct event event;
	struct event_flow flow;
	struct event_anomaly anomaly;
	struct event_cloud cloud;
};

/* Networks given by --endpoint. */
struct shard_net {
	struct packet_addr addr;
	unsigned prefix;	/* of 128 bits */
};

struct shard_options {
	const struct known *known;
	uint64_t max_flows;		/* of this shard */
	size_t max_stream_len;
	bool digests, no_dpi;
	bool keep_objects, keep_prints;
	const struct identity *identity;
	const char *const *passwords;	/* of archives; NULL: none */
	bool show_values;
	const struct profiles *profiles;	/* NULL: none */
	const struct claims *claims;	/* sealed before the first packet */
	const struct sessions *sessions;	/* NULL: nobody tells plaintext */
	const struct engine_owners *owners;
	bool carries;			/* somebody connects to the product */
	const struct shard_net *nets;
	size_t net_count;
};

struct shard {
	const struct shard_options *options;
	struct flow_table *table;
	struct conn_env env;
	struct transfer_sink sink;
	struct scan_keep keep;
	struct key_uses uses;
	struct conn_wait wait;		/* for keys */
	struct tls_resume resume;
	struct quic_paths paths;
	struct carry_flow *carry_flows;	/* marks of streams, by flow */
	struct slab slab;		/* what its connections hold */
	struct shared_table names;	/* what they hold alike */
	size_t told_len;		/* of what was told and not seen to go out */
	struct arena arenas[2];		/* of records: one is filled, what was
					 * taken lies in the other */
	struct arena *arena;		/* the one being filled */
	struct record *first, **last;
	struct record *taken;
	uint64_t packet;		/* being fed */
	bool ending;			/* flows end in order of their ids */
	uint64_t lost;			/* events for which memory was out */
};

int shard_init(struct shard *s, const struct shard_options *options) must_check;
void shard_clear(struct shard *s);

/* fetched: what flow_table_fetch() gave for it. */
void shard_packet(struct shard *s, const struct packet *pkt, uint32_t fetched,
    uint64_t clock_ns);

/* For the shard's other files: the flow's connection, made if it has none; NULL
 * if it can have none. */
struct conn *shard_conn_of(struct shard *s, struct flow *f);

/* shard_orient.c: which side the flow's first packet shows to be the endpoint,
 * for u to keep. */
void shard_orient(const struct shard *s, const struct flow *f,
    struct flow_user *u);

/* shard_fetch.c. For speed alone, with what flow_table_fetch() gave some packets before: has
 * the cache fetch the packet's flow; then, its connection; then what parses
 * that. */
void shard_fetch_flow(const struct shard *s, uint32_t fetched);
void shard_fetch_conn(const struct shard *s, uint32_t fetched);
void shard_fetch_layer(const struct shard *s, uint32_t fetched);
/* flow_ops: its connection, of one that ends; then what hangs on that. */
void shard_fetch_end(void *arg, const struct flow *f, unsigned step);

/* For shard_carry.c: a record that is filled and in its place; NULL if memory is
 * out. */
struct record *shard_record(struct shard *s, enum event_action action,
    const struct flow *f, uint64_t ts_ns);

/*
 * shard_carry.c: marks of content, while a product has clients of its own. Of
 * what comes in by their connections, as records; of sealed bytes that go out,
 * kept until their transfer asks. What is read and goes out is marked in the
 * message itself.
 */
bool shard_is_accepted(const struct shard *s, const struct flow *f);
void shard_carry_data(struct shard *s, const struct flow *f, unsigned side,
    const struct conn *c, const uint8_t *data, size_t len, uint64_t ts_ns);
/* The sink's came_in. */
void shard_came_in(void *arg, struct conn *conn, const struct carry_marks *in,
    uint64_t ts_ns);
/* The transfer's marks, if its message could not tell them. */
void shard_carry_transfer(struct shard *s, const struct conn *conn,
    struct event_transfer *t);
void shard_carry_end(struct shard *s, const struct flow *f);
void shard_carry_clear(struct shard *s);

/* shard_updates.c: the sink's gives_updates, by the vendors' profiles. */
bool shard_gives_updates(void *arg, struct span host);

/* shard_plaintext.c. What the TLS library of the sender of that packet tells: from now on, and
 * bytes. False if there is no such flow, or nobody takes them. */
bool shard_hook(struct shard *s, const struct packet *key, bool ambiguous);
bool shard_plaintext(struct shard *s, const struct packet *key,
    const struct session_piece *piece, const struct when *when);

/* shard_order.c: the records that are not taken yet are put in the order of their
 * packets; of one packet's, the order stays. */
void shard_sort(struct shard *s);

/* As flow_table_end(). */
size_t shard_end(struct shard *s, uint64_t bound, uint64_t clock_ns);

/* Sets the records so far apart in s->taken, so that they can be merged while
 * the shard goes on; and when they were, their memory is used again. */
void shard_take(struct shard *s);
void shard_reset(struct shard *s);

#endif
