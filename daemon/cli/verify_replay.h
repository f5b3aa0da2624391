/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_VERIFY_REPLAY_H
#define CLI_VERIFY_REPLAY_H

#include "cli/replay.h"
#include "telltap/verify.h"

/*
 * Derives the transfers, flows and files of a case that verifies once more,
 * from its own packets, and compares them line by line. r holds the known files
 * that the caller gave. Returns as telltap_verify() does; what can't be derived
 * again is told, with the reason, and counted: VERIFY_NOTHING if none could; and so
 * are reports that were not compared.
 */
#define VERIFY_NOTHING	UINT64_MAX

int verify_replay(struct replay *r, const char *dir, telltap_check_fn say,
    void *arg, uint64_t *ret_open, uint64_t *ret_reports_open);

#endif
