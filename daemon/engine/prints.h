/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_PRINTS_H
#define ENGINE_PRINTS_H

#include "content/known/known_print.h"
#include "verdict/event.h"

/*
 * What the events so far rest on in the known files, so that it can be kept
 * beside them. On the engine's thread. Above a ceiling there are no prints.
 */
#define PRINTS_USES_MAX		(1u << 20)	/* once merged */
#define PRINTS_STAGES_MAX	65536u

struct prints {
	struct scan_use *uses;
	size_t count, cap;
	struct known_stage *stages;
	size_t stage_count, stage_cap;
	uint64_t after;			/* the packet before the last growth */
	bool failed;
};

void prints_clear(struct prints *p);
void prints_add(struct prints *p, const struct event_use *uses, size_t count);
/* More files than those so many are known, from the packet behind that one on. */
void prints_grow(struct prints *p, size_t files, uint64_t packet);

#endif
