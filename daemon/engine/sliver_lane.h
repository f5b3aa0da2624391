/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SLIVER_LANE_H
#define ENGINE_SLIVER_LANE_H

#include <uthash.h>

#include "content/known/match.h"
#include "engine/sliver_ends.h"

/*
 * What slivers.c keeps and sliver_judge.c judges: pieces of one sender to one
 * cloud, in lanes, one for each place of a message that they stand in.
 */

/* Where a piece lies in its lane, and what it came in. */
struct piece {
	uint64_t at;
	uint8_t *bytes;		/* NULL: above the ceiling, or with_path */
	size_t len;
	bool told;		/* all of it is of a known file */
	uint64_t flow, number, packet_first, packet_last, ts_ns;
	struct scan_wraps wraps;
};

struct lane_key {
	struct files_party party;
	uint64_t lane;
};

struct lane {
	UT_hash_handle hh;
	struct lane_key key;
	char *vendor, *network, *purpose, *source;
	char *executable, *process;
	uint64_t pid;
	bool has_process;
	bool with_path;		/* one path alone: another lane has them, too */
	const struct known *known;
	struct matcher *match;
	struct piece *pieces;
	size_t count, cap;
};

struct slivers {
	struct lane *lanes;
	size_t piece_count, byte_count;
	struct sliver_ends ends;
	uint64_t refused;
};

#endif
