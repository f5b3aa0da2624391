/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPERIMENT_OUTCOME_H
#define EXPERIMENT_OUTCOME_H

#include "experiment/plan.h"
#include "verdict/event.h"

/*
 * What became of each canary, told by the marks of a case and by the events
 * of a replay in which the canaries were known. What was seen of a canary in a
 * phase is counted there; what it came to in all is the most of that.
 */
enum outcome {
	OUTCOME_NOTHING,
	OUTCOME_HASH,		/* its hash alone */
	OUTCOME_PART,
	OUTCOME_INFERRED,	/* whole, by sizes */
	OUTCOME_PROVEN,		/* whole, byte for byte */
	OUTCOME_COUNT,
};

/* The phase of what was seen before the first phase, or after the last one. */
#define OUTCOME_OUTSIDE		PLAN_PHASES_MAX
#define OUTCOME_PHASES		(PLAN_PHASES_MAX + 1)

struct outcome_canary {
	uint8_t sha256[32];
	unsigned session;
	int type;
	uint64_t size;
	unsigned last_phase;		/* in which a part of it went out */
	uint8_t all;			/* enum outcome */
	uint8_t by_phase[OUTCOME_PHASES];
};

struct outcomes {
	const struct plan *plan;
	struct outcome_canary *canaries;
	size_t count, cap;
	struct outcome_phase {
		uint64_t start_ns;
		unsigned session, phase;
	} *phases;
	size_t phase_count, phase_cap;
	struct event_totals totals;	/* of the replay's summary */
	bool has_totals;
};

void outcomes_init(struct outcomes *o, const struct plan *p);
void outcomes_clear(struct outcomes *o);

/* The text of the mark with which a phase begins; fits into 128 bytes. */
#define OUTCOME_MARK_SIZE	128
void outcomes_mark(unsigned session, const char *phase,
    char ret_text[static OUTCOME_MARK_SIZE]);

/* The canaries of a session, hashes and all. */
int outcomes_add_set(struct outcomes *o, unsigned session,
    const struct set *set) must_check;

/* An event of the case, of which marks alone count. */
int outcomes_case_event(struct outcomes *o, const struct event *e) must_check;
/* An event of the replay in which the canaries of one session were known:
 * those alone count. */
void outcomes_replay_event(struct outcomes *o, unsigned session,
    const struct event *e);

#endif
