/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_CONN_LANE_H
#define PROTOCOL_CONN_LANE_H

#include "base/buf.h"
#include "protocol/burst.h"
#include "protocol/conn.h"
#include "protocol/midway.h"

/*
 * The inside of a connection, for its own files only.
 *
 * A connection is a stack of lanes: lane 0 carries the bytes on the wire, lane
 * n + 1 what the layer of lane n decrypted or took out of a tunnel. In each
 * lane the first bytes of a side decide which layer parses it; until then they
 * are held. A lane that no layer knows is cut into runs, and looked at again
 * at the start of each run for a while, for protocols upgrade in mid-stream
 * (STARTTLS) and captures begin in mid-stream.
 */
#define CONN_MAX_LANES	4

/* First bytes of each side, while nothing is decided yet. */
struct hold {
	struct buf side[2];
	struct when when;		/* of the last of them */
};

/* Of a lane that no layer knows. */
struct lane_run {
	struct message *message;	/* the run that is open, or NULL */
	struct burst burst;
	struct naming_flow *naming;	/* of the wire's; NULL: not begun, or
					 * over */
	struct midway midway;		/* of the wire's */
};

struct lane {
	struct layer *layer;
	struct lane_run *run;		/* NULL: no run was begun */
	struct hold *hold;		/* NULL: nothing is held */
	uint8_t looks;
	bool running;			/* decided: runs */
	bool any;			/* bytes came in them, not gaps alone */
};

struct conn_full {
	struct conn c;
	struct lane wire;
	struct lane *upper;		/* room for all that there may be; NULL
					 * while there is none */
};

_Static_assert(sizeof(struct conn_full) <= 176, "one for every connection");

static inline struct conn_full *
conn_full_of(struct conn *c)
{
	return (struct conn_full *)c;
}

/* NULL above the uppermost. */
static inline struct lane *
conn_lane(struct conn_full *f, unsigned n)
{
	if (!n)
		return &f->wire;
	return n <= f->c.upper_count ? &f->upper[n - 1] : NULL;
}

/* conn_lane.c: bytes, or a gap, of a side of lane n. */
void conn_lane_data(struct conn_full *f, unsigned n, unsigned side,
    const uint8_t *data, size_t len, const struct when *when);
void conn_lane_gap(struct conn_full *f, unsigned n, unsigned side,
    uint64_t len, const struct when *when);
/* That layer parses the lane from now on. */
void conn_lane_take(struct conn_full *f, unsigned n, struct layer *layer);
/* Bytes held are looked at, the layer is told, the run ends so. */
void conn_lane_finish(struct conn_full *f, unsigned n, enum message_end end,
    const struct when *when);
/* Frees what the lane holds. */
void conn_lane_clear(struct conn_full *f, struct lane *l);

/* conn_detect.c: the layer that the first bytes of a side ask for, or NULL;
 * *ret_more: more of them may tell. */
struct layer *conn_detect(struct conn_full *f, unsigned n, unsigned side,
    const uint8_t *data, size_t len, bool *ret_more);
/* The same in the midst of what no layer knew. */
struct layer *conn_detect_later(struct conn_full *f, unsigned n, unsigned side,
    const uint8_t *data, size_t len);
/* The same for the first bytes of all, behind a gap of the other side: where
 * that was not captured, an answer without its question. */
struct layer *conn_detect_answer(struct conn_full *f, unsigned n,
    const uint8_t *data, size_t len);

/* conn_name.c: nDPI sees what no layer of ours knows, the wire's runs, until it
 * is sure. */
void conn_name_feed(struct conn_full *f, unsigned side, const uint8_t *data,
    size_t len, const struct when *when);
/* A line of FTP's control connection is read for where its data will go. */
void conn_name_promise(struct conn_full *f, unsigned side,
    const uint8_t *data, size_t len);
/* The runs will be over: what upgraded to TLS keeps the name it had before. */
void conn_name_runs(struct conn_full *f);
/* The run's state for it is not wanted any more. */
void conn_name_drop(struct conn_full *f, struct lane_run *r);
/* The names are as good as they get. */
void conn_name_finish(struct conn_full *f);

#endif
