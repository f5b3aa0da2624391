/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "base/buf.h"
#include "engine/carried.h"
#include "engine/claims.h"
#include "engine/cloud.h"
#include "engine/ends.h"
#include "engine/fetched.h"
#include "engine/files.h"
#include "engine/held.h"
#include "engine/hold.h"
#include "engine/keys.h"
#include "engine/names.h"
#include "engine/objects.h"
#include "engine/owners.h"
#include "engine/pool.h"
#include "engine/prints.h"
#include "engine/shard.h"
#include "engine/slivers.h"
#include "engine/ties.h"
#include "telltap/telltap.h"

struct sessions;

/*
 * The engine's insides, shared by the files of this room.
 *
 *	feed --> decode --> shards (threads) --> merge --> on_event
 *
 * Packets are decoded in order on the caller's thread, each handed to the
 * shard of its flow; the shards of one batch run on any thread; their records
 * are merged in the order of the packets. What needs to see all flows (names
 * of addresses, files sent in parts, totals) is done in the merge. With several
 * threads three batches are under way: while the shards run one, the caller's
 * thread decodes the next and merges the records of the one before.
 */
#define ENGINE_MAX_NAMES	65536
#define ENGINE_MAX_NETS		64
#define ENGINE_MAX_INPUTS	65536
#define ENGINE_MAX_TEXTS	256

/* Packets of a batch and which shard each belongs to. */
struct engine_batch {
	struct packet *packets;
	uint64_t *clocks;
	uint32_t *order[SHARD_COUNT];	/* indices of packets */
	uint32_t counts[SHARD_COUNT];
	size_t cap;
	uint64_t last_ts_ns;
	struct arena arena;		/* reassembled datagrams */
};

struct engine_input {
	char *name;
	uint64_t size;
	uint8_t sha256[32];
	bool has_sha256;
};

struct telltap_engine {
	telltap_event_fn on_event;
	void *arg;
	struct shard_options shard_options;
	struct shard_net nets[ENGINE_MAX_NETS];
	struct shard shards[SHARD_COUNT];
	struct packet_decoder *decoder;
	struct flow_clock clock;
	struct pool *pool;		/* NULL with one thread */
	struct engine_batch batches[2];	/* one is decoded, one is run */
	unsigned filling;		/* index of the one being decoded */
	bool running;			/* the other one is being run */
	bool taken;			/* records are set apart */
	struct names *names;
	struct files *files;
	struct slivers *slivers;
	struct objects objects;
	struct prints prints;
	double alpha;			/* level of what is inferred */
	struct held *held;		/* NULL if nothing is inferred */
	struct engine_owners owners;
	struct claims owner_claims;
	struct clouds clouds;
	struct ties *ties;
	struct fetched *fetched;
	struct ends *ends;
	struct socket_pairs *socket_pairs;
	struct carried *carried;
	struct event_totals totals;
	uint64_t tcp_out, tcp_in;	/* owned flows' payload, and gaps */
	struct engine_input *inputs;
	size_t input_count;
	char *texts[ENGINE_MAX_TEXTS];	/* options that change results */
	size_t text_count;
	struct hold hold;
	struct hold_to hold_to;
	struct sessions *sessions;	/* NULL: nobody tells plaintext */
	struct telltap_keys *keys;	/* in use; NULL for none */
	uint64_t wait_ns;		/* for keys that come late; 0: not */
	size_t wait_max_bytes;
	bool moved;			/* a connection has by now */
	uint64_t wait_secrets;		/* in the table when it was looked at */
	const struct known *held_known;	/* those that joined, too; NULL while
					 * they are the options' */
	struct telltap_keys *own_keys;	/* not of the options */
	uint64_t sequence;
	uint64_t last_packet, last_ts_ns;
	uint64_t begun_ns;		/* time of the first packet */
	bool begun, finished;
	int err;			/* of on_event, ends the run */
	struct buf line;		/* telltap_event_json() */
};

/* Where to tell what events rest on; NULL: that is not kept. */
static inline struct prints *
engine_prints(struct telltap_engine *e)
{
	return e->shard_options.keep_prints ? &e->prints : NULL;
}

/* merge.c: sets the records of all shards apart; hands on, in order, what was
 * set apart, while the shards may be run again. */
void engine_take(struct telltap_engine *e);
int engine_merge(struct telltap_engine *e);
/* What was held back is over, too: hands it on. */
int engine_release(void *arg, struct event *e) must_check;
/* Gives the event its number and hands it on. */
int engine_emit(struct telltap_engine *e, struct event *ev);

/* feed.c: no batch is being run any more, all its events are out. */
int engine_settle(struct telltap_engine *e);

/* plaintext.c: hold_note_fn. */
int engine_note(void *arg, const void *note);

/* keys.c: these are looked up from now on. NULL for none. */
int engine_take_keys(struct telltap_engine *e, struct telltap_keys *k);

/* ending.c: the first event and the last ones. */
int engine_begin(struct telltap_engine *e);
/* Has fn look at the first event, with what is known by now; returns what it does,
 * or -ENOMEM. */
typedef int (*engine_event_fn)(void *arg, struct event *e);
int engine_with_input(const struct telltap_engine *e, engine_event_fn fn,
    void *arg);
int engine_conclude(struct telltap_engine *e);

#endif
