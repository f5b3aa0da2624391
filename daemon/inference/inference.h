/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INFERENCE_INFERENCE_H
#define INFERENCE_INFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "canary/code.h"
#include "inference/model.h"

/*
 * Which canary a transfer that can't be read was, by sizes alone.
 *
 * A transfer's plaintext fits a canary when it is as long as the canary wrapped
 * and framed in one of model.h's ways, and an offset of 0 to 4096 bytes. One
 * fit says little. What says more is offsets that agree: a client puts the same
 * headers around every file that it sends to one far end. The score of a
 * set of fits to one far end, in one way, is how rarely so many distinct
 * canaries would fit distinct transfers with offsets so close by chance: minus
 * the logarithm of the number of such sets that chance makes. Bodies that begin
 * where a record begins (headers in a record of their own), or whose last record
 * is as long as what is left of them in records of 16384 bytes, need no agreement.
 *
 * The statistic of a case is its best score. It is computed alike for the code
 * that was planted and for INFERENCE_REDRAWS codes drawn anew, on the same
 * traffic; a fit's p_false is (h + 1) / (n + 1), h the redrawn codes whose best
 * score is at least that of the set it belongs to. Where no canary was sent,
 * the planted code is one more such draw, so that the chance of any p_false of
 * alpha or below in the whole case is at most alpha. Transfers that were named
 * are set aside, and the rest of the case is judged by what the redrawn codes
 * find in the rest, until nothing more is named; what goes to the same far end
 * with headers nearly as long as theirs then scores by that, too.
 *
 * Pure: no I/O, no clock, the same answer for the same input.
 */
#define INFERENCE_REDRAWS	10000
#define INFERENCE_CANDIDATES	5	/* listed per transfer */
#define INFERENCE_ITEMS_MAX	16384
#define INFERENCE_STARTS	3
#define INFERENCE_SUM_MAX	24	/* canaries side by side */

enum inference_carrier {
	INFERENCE_STREAM,	/* TLS, HTTP/1 or what is not known */
	INFERENCE_HTTP2,	/* TLS, HTTP/2 was or may have been agreed on */
	INFERENCE_QUIC,
};

/* How much longer a packet number of QUIC can be than its least. */
#define INFERENCE_NUMBER_SPAN	3

/* One transfer's plaintext out. Of QUIC min and max are what it is where every
 * packet's number takes one byte. */
struct inference_item {
	uint64_t min, max;	/* bounds of its length */
	uint64_t packets;	/* of TLS: records that are not full */
	uint32_t starts[INFERENCE_STARTS];	/* offsets at which records
						 * begin; ascending */
	uint8_t start_count;
	uint16_t before;	/* length of what the same connection sent just
				 * before, if it can be headers; else 0 */
	uint16_t end;		/* length of the last record that was neither
				 * full nor a control frame; 0: not known */
	uint8_t carrier;	/* enum inference_carrier */
	uint32_t far_end;	/* the same number, the same far end */
	uint32_t group;		/* index of its connection's group and one */
	uint32_t in;		/* index and one of the item that it may be a part
				 * of: either of the two is named, not both */
	uint32_t also_in;	/* likewise, of another one */
	uint64_t part;		/* bytes of that file that it has, then; of an
				 * item of INFERENCE_RESUMED, that its first
				 * piece has */
};

/* Set in the far end of items that are two transfers. */
#define INFERENCE_RESUMED	(UINT32_C(1) << 31)

/* What went out on one connection of HTTP/2, in runs that may hold several
 * requests side by side. */
#define INFERENCE_ENDS_MAX	64
#define INFERENCE_END_LEAST	65	/* shorter ones are not among them */
struct inference_group {
	uint64_t total;		/* bytes of plaintext of its items */
	size_t end_count;	/* records that may end a file */
	bool too_many;		/* there were more */
	struct inference_end {
		uint32_t item;
		uint16_t len;
	} ends[INFERENCE_ENDS_MAX];
};

/* Why the requests of a group are not told apart. */
enum inference_why {
	INFERENCE_WHY_NAMED,		/* they are */
	INFERENCE_WHY_NONE,		/* no two records end canaries */
	INFERENCE_WHY_MANY,		/* too many records to choose from */
	INFERENCE_WHY_UNEXPLAINED,	/* they do not add up to what went out */
	INFERENCE_WHY_AMBIGUOUS,	/* several choices of them do */
	INFERENCE_WHY_CHANCE,		/* p_false is above alpha */
};

struct inference_sum {
	enum inference_why why;
	double score, p_false;
	uint8_t wrap;			/* enum model_wrap */
	size_t count;
	struct {
		uint32_t canary;
		uint32_t item;		/* in which it ended */
		uint64_t len;		/* of its body in frames */
	} members[INFERENCE_SUM_MAX];
};

struct inference_case {
	const struct inference_item *items;
	size_t item_count;
	const struct inference_group *groups;
	size_t group_count;
};

/* The canaries that were planted by one seed. */
struct inference_set {
	struct code code;
	const char *seed;
	const uint64_t *sizes;	/* code.count of them, as drawn */
	const uint8_t *types;	/* index of form_types */
	const uint8_t *name_lens;	/* NULL: as if all were alike */
};

struct inference_candidate {
	uint32_t set, canary;
	uint8_t wrap;		/* enum model_wrap */
	uint8_t frame;		/* enum model_frame */
	bool at_start;		/* its body begins where a record does */
	bool at_end;		/* or ends as records cut into 16384 would */
	bool near;		/* its offset is near those of a set named before */
	int64_t offset;		/* bytes of headers */
	double score, p_false;
	uint32_t agreeing;	/* canaries in the set of fits, this one too */
};

struct inference_result {
	struct inference_candidate list[INFERENCE_CANDIDATES];	/* best first */
	size_t count;
	bool named;		/* list[0], at alpha */
};

/* Redrawn codes, made once and used for any number of cases. */
struct inference_null;

/*
 * A set whose sizes are not what its seed draws is refused (ERR_MALFORMED):
 * they may have been chosen to fit. The redraws are a function of the seed.
 */
int inference_null_new(const struct inference_set *set, size_t redraws,
    struct inference_null **ret_null) must_check;
void inference_null_free(struct inference_null *n);

/* results has item_count entries, sums group_count. Up to INFERENCE_ITEMS_MAX
 * items; -E2BIG. */
int inference_judge(const struct inference_null *n,
    const struct inference_set *set, const struct inference_case *in,
    double alpha, struct inference_result *results,
    struct inference_sum *sums) must_check;

/* The same of items in no group. */
int inference_run(const struct inference_null *n,
    const struct inference_set *set, const struct inference_item *items,
    size_t item_count, double alpha, struct inference_result *results)
	must_check;

#endif
