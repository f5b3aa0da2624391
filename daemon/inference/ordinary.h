/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INFERENCE_ORDINARY_H
#define INFERENCE_ORDINARY_H

#include "inference/inference.h"

/*
 * Which file a transfer that can't be read was, where nobody drew the files' sizes:
 * one that the sender had read before, by its size. The files that were read are
 * held against others of the same kind, which were not: the statistic of the case
 * is computed for them, and for as many files as were read, drawn anew at random out
 * of those of their kinds, read or not, each in the place of one that was read.
 * p_false is (h + 1) / (n + 1), as in inference.h. Where which of like files were
 * read has nothing to do with how long the transfers are, the files that were read
 * are one more such draw, and the chance of any p_false of alpha or below in the
 * case is at most alpha. Where too few files of a kind were not read, all draws are
 * alike, and nothing is named.
 *
 * Files as they are, framed as nothing or HTTP/2; not QUIC. Pure: the same answer
 * for the same input.
 */
#define ORDINARY_REDRAWS	10000
#define ORDINARY_PAIRS_MAX	16384
#define ORDINARY_LEAST		(16 * 1024)	/* bytes of a file: no look-up */

struct ordinary_file {
	uint64_t size;
	uint32_t kind;		/* the same number, files that are alike */
};

/* That file had been read before that transfer was sent. */
struct ordinary_pair {
	uint32_t item, file;
};

struct ordinary_case {
	const struct inference_item *items;
	size_t item_count;
	const struct ordinary_file *files;	/* read before some transfer, or
						 * not at all */
	size_t file_count;
	const struct ordinary_pair *pairs;	/* by item */
	size_t pair_count;
};

struct ordinary_result {
	bool fits, named;
	uint32_t file;
	uint32_t rivals;	/* others that fit it with headers as alike */
	int64_t offset;		/* bytes of headers */
	uint32_t agreeing;	/* transfers in the set of fits, this one too */
	uint32_t like;		/* files of its kind, this one too */
	bool at_start;
	double score, p_false;	/* 1 where a better set has been refused */
};

/* Is the transfer as long as such a file and so many bytes of headers? */
bool ordinary_fits(const struct inference_item *item, uint64_t size,
    int64_t *ret_offset);

/* results has item_count entries. -E2BIG above ORDINARY_PAIRS_MAX. */
int ordinary_judge(const struct ordinary_case *in, double alpha,
    unsigned redraws, struct ordinary_result *results) must_check;

#endif
