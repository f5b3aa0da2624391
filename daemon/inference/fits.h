/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INFERENCE_FITS_H
#define INFERENCE_FITS_H

#include "inference/fits_reach.h"
#include "inference/inference.h"

/*
 * The statistic of one code on one case's traffic. For this room only.
 */
#define FITS_ANY	MODEL_WRAP_COUNT	/* wrappings mixed */
#define FITS_NO_RANK	UINT8_MAX
#define FITS_RECORD	16384	/* bytes of a full record, or frame */
#define FITS_ANCHORS_MAX	32
#define FITS_CELL	65536u	/* lengths are further apart, most of them */
#define FITS_CELLS	304	/* up to the longest canary in hex */
#define FITS_LOGS	(MODEL_OFFSET_MAX + 1)

/* One code's canaries as lengths, in the order of their sizes. */
struct fits_code {
	size_t count;
	uint16_t canary[CODE_COUNT_MAX];
	uint32_t len[MODEL_WRAP_COUNT][CODE_COUNT_MAX];	/* of their bodies */
};

struct fit {
	int64_t lo, hi;			/* offset: equal where sizes are exact; below
					 * zero where packing gained more */
	uint32_t item;
	uint16_t canary;
	uint8_t wrap;
	uint8_t name_len;		/* what was taken off its offset */
	uint8_t rank;			/* of the record its body begins with;
					 * FITS_NO_RANK: within one */
	bool at_end;			/* its last record is as long as its
					 * last one would be */
};

enum fits_by {
	FITS_BY_OFFSET,		/* offsets agree */
	FITS_BY_START,		/* bodies begin at records of a rank or below */
	FITS_BY_END,		/* bodies end with a record of their own */
	FITS_NEAR,		/* an offset near those of a set named before */
	FITS_BY_EXCESS,		/* QUIC: offsets from one upwards */
};

/* A set of fits that agree. */
struct fits_set {
	double score;
	uint32_t far_end;
	uint8_t frame, wrap;		/* wrap may be FITS_ANY */
	uint8_t by;			/* enum fits_by */
	uint8_t rank;			/* FITS_BY_START */
	bool named;			/* offsets less the file's name */
	int64_t from, to;		/* their lo and hi */
	uint32_t agreeing;		/* distinct canaries */
};

/* A case's traffic made ready, and room to work in. */
struct fits {
	const struct inference_item *items;
	size_t count;			/* of items */
	const uint32_t *order;		/* those that are long enough, by far end */
	size_t order_count;
	struct fits_reach *reach;	/* of those */
	bool *claimed;			/* by index of items: not looked at */
	double density;			/* of canaries, per byte */
	double densities[FITS_ANY + 1];	/* by wrapping: of its bodies */
	double quic_frames;		/* the unlikely ones count less */
	double log_spread[FITS_LOGS], log_offsets[FITS_LOGS];
	double *log_factorial;
	struct fit *list;		/* of one far end and frame */
	size_t list_count;
	const struct fits_code *celled;	/* whose lengths the cells have: */
	uint8_t cells[MODEL_WRAP_COUNT][FITS_CELLS];
	bool has_wrap[MODEL_WRAP_COUNT];	/* some of the list have it */
	bool has_exact[MODEL_WRAP_COUNT];	/* and begin or end with a record */
	uint32_t seen[CODE_COUNT_MAX], stamp;
	struct fits_set anchors[FITS_ANCHORS_MAX];	/* named already */
	size_t anchor_count;
	const struct inference_group *groups;
	size_t group_count;
	bool *group_claimed;
	double planted;		/* how many canaries */
	uint64_t least;		/* that a canary can be as long as */
	const uint8_t *name_lens;	/* by canary; NULL: not known */
};

int fits_init(struct fits *f, const struct inference_set *set,
    const struct inference_case *in) must_check;
void fits_clear(struct fits *f);

void fits_code_make(struct fits_code *c, const struct model *m,
    const uint64_t *sizes, const uint8_t *types, size_t count);

/* The best set of fits among items that are not claimed; false if none fits. */
bool fits_best(struct fits *f, const struct fits_code *c,
    struct fits_set *ret_set);

/* Fills list with the fits of that set. */
void fits_members(struct fits *f, const struct fits_code *c,
    const struct fits_set *set);

/* Does a fit of that far end and frame belong to the set? */
bool fits_belongs(const struct fits *f, const struct fit *fit,
    const struct fits_set *set);

/* Offsets from that of one fit upwards, each as much as its packets allow. */
void fits_best_excess(struct fits *f, size_t count, struct fits_set set,
    struct fits_set *best);
bool fits_within_excess(const struct fits *f, const struct fit *fit,
    const struct fits_set *set);

/* What sets share: how often a length of a canary comes, per byte; how likely the
 * wrapping is; the logarithm of k of count; of how many offsets that one may be;
 * and the better set. */
double fits_density(const struct fits *f, unsigned wrap);
double fits_weight(const struct fits_set *set);
double fits_choose(const struct fits *f, size_t count, size_t k);
double fits_offsets(int64_t offset);
double fits_log_offsets(const struct fits *f, int64_t offset);
double fits_log_spread(const struct fits *f, int64_t spread);
void fits_chance_init(struct fits *f);
void fits_consider(struct fits_set *best, const struct fits_set *set);
/* Would chance bring one of count transfers, too often, into a set whose offsets
 * are that far apart? */
bool fits_too_wide(const struct fits *f, size_t count,
    const struct fits_set *set, int64_t spread);

/* The set whose members are in the list was named: offsets near theirs say
 * something from now on. */
void fits_anchor(struct fits *f, const struct fits_set *set);

/* Fills list with the fits of items order[from..to), by offset. Returns how many
 * transfers there were to fit. */
size_t fits_list(struct fits *f, const struct fits_code *c, size_t from,
    size_t to, unsigned frame);
/* Takes the file's name off the offsets of the list: forms, addresses and headers
 * often hold it, once. */
void fits_take_off_names(struct fits *f);
/* The end of the items in order that go to one far end. */
size_t fits_far_end_to(const struct fits *f, size_t from);
/* How many offsets are possible for each start of a record. */
unsigned fits_slack(unsigned frame);

/* Fills list with every fit of one item, claimed or not; ret_frames has the
 * frame of each. */
#define FITS_ONE_MAX	(MODEL_FRAME_COUNT * MODEL_WRAP_COUNT)
void fits_one(struct fits *f, const struct fits_code *c, uint32_t item,
    uint8_t ret_frames[static FITS_ONE_MAX]);

/* The score of a fit that nothing agrees with. */
double fits_alone(const struct fits *f, uint32_t item, enum model_wrap w,
    enum model_frame frame, int64_t offset);

#endif
