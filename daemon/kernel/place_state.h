/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_PLACE_STATE_H
#define KERNEL_PLACE_STATE_H

#include "kernel/place.h"

/* What the files of a place share; nobody else includes this. */

#define PLACE_CAPTURES_MAX	256

struct place {
	struct filter_bpf *filter;
	struct place_events events;
	struct place_capture *captures[PLACE_CAPTURES_MAX];
	size_t count;
	uint64_t netns, drops;		/* drops: of captures closed by now */
	uint32_t netns_inode, buffer_bytes;
	uint32_t listens;		/* enum tap_capture_place */
	unsigned idle_turns;		/* of the sweep */
	int netns_fd, link_fd;
	bool kept;
};

/* place_filter.c: gives the place its filter; none where none is used. */
must_check int place_take_filter(struct place *p, struct place_maps *maps);

/* place_links.c: opens the captures of the interfaces that are up. Runs in the
 * place's namespace. */
must_check int place_open_links(struct place *p);
/* Takes in all that has come since; likewise. */
must_check int place_take_links(struct place *p);

/* place.c */
struct place_capture **place_find_capture(struct place *p, int ifindex);
void place_remove_capture(struct place *p, struct place_capture **slot);
must_check int place_add_capture(struct place *p, int ifindex, const char *name,
    bool loopback);

#endif
