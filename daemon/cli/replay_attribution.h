/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_REPLAY_ATTRIBUTION_H
#define CLI_REPLAY_ATTRIBUTION_H

#include "telltap/telltap.h"

/*
 * --attribution: logs of other tools that say whose connections were. They are
 * read once, before the first packet, and told to every engine of the run.
 */
struct replay_attribution;

struct replay_attribution *replay_attribution_new(void);
void replay_attribution_free(struct replay_attribution *a);

/* Reads a file. Returns 0, or an exit code after saying what was wrong. */
int replay_attribution_read(struct replay_attribution *a, const char *path);

/* Tells what was read, with the numbers of owners from 1 on. */
int replay_attribution_tell(const struct replay_attribution *a,
    struct telltap_engine *engine);
/* The numbers of owners that are taken. */
uint32_t replay_attribution_owners(const struct replay_attribution *a);

#endif
