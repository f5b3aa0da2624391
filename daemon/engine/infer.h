/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_INFER_H
#define ENGINE_INFER_H

#include "base/arena.h"
#include "content/known/known.h"
#include "engine/reads.h"
#include "inference/inference.h"
#include "verdict/event.h"

/* What sizes say of the transfers that were held, written into them. For
 * held.c only. */
/* That one transfer gets at most: a canary that is not named (7), why no sum is
 * (1), and a file (6). */
#define INFER_REASONS	14

struct held_record {
	struct event event;
	struct event_flow flow;
	struct event_tls tls;
	struct event_cloud cloud;
	struct event_transfer transfer;
	uint32_t whole;			/* what it is a part of */
	struct reads_sender sender;
};

struct record;

/* A copy in the arena, with room for more reasons; NULL without memory. */
struct held_record *held_copy(struct arena *a, const struct record *r);

struct infer_case {
	const struct known *known;	/* with the canaries */
	const struct known *files_known;	/* at the end; NULL: other files
						 * are not to be inferred */
	double alpha;
	struct arena *arena;
	struct held_record **records;
	size_t record_count;
	const struct inference_item *wholes;
	size_t whole_count;
	const struct inference_group *groups;
	size_t group_count;
	const struct reads *reads;
};

int infer_case(const struct infer_case *c) must_check;

/* What a transfer is taken for. For infer.c and the next ones only. */
struct set;
struct set_file;
struct infer_as {
	const struct set *set;
	const struct inference_result *result;
	double p;		/* of all sets together */
	uint32_t count;		/* transfers that are judged together */
	uint64_t part;		/* bytes of the file in it, where that is known of a
				 * part; else 0 */
	bool resumed;		/* it is one of two pieces */
};

/* A file as long as that which was read before, beside what is inferred. */
int infer_lay_read(const struct infer_case *c, struct held_record *rec,
    uint64_t size, struct event_inference *e) must_check;

/* Candidates, what speaks for them, and the first one as its file at alpha. */
int infer_lay(const struct infer_case *c, const struct infer_as *as,
    struct held_record *rec) must_check;

void infer_say(struct arena *a, struct event_transfer *t, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void infer_say_rate(const struct infer_case *c, struct event_transfer *t,
    double p);
/* A canary of which so many bytes went out. */
void infer_file(const struct infer_case *c, const struct set_file *f,
    uint64_t sent, struct event_file *ret);
/* "undetermined" makes way for what is inferred. */
void infer_category(struct event_transfer *t);
/* What it says while nothing is inferred of it goes. */
void infer_take_back(struct event_transfer *t);

#endif
