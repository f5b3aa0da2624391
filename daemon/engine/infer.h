/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_INFER_H
#define ENGINE_INFER_H

#include "base/arena.h"
#include "content/known.h"
#include "inference/inference.h"
#include "verdict/event.h"

/* What sizes say of the transfers that were held, written into them. For
 * held.c only. */
#define INFER_REASONS	6	/* that one transfer gets at most */

struct held_record {
	struct event event;
	struct event_flow flow;
	struct event_tls tls;
	struct event_cloud cloud;
	struct event_transfer transfer;
	uint32_t whole;			/* what it is a part of */
};

struct infer_case {
	const struct known *known;
	double alpha;
	struct arena *arena;
	struct held_record **records;
	size_t record_count;
	const struct inference_item *wholes;
	size_t whole_count;
};

int infer_case(const struct infer_case *c) must_check;

#endif
