/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPERIMENT_DIGEST_H
#define EXPERIMENT_DIGEST_H

#include "base/err.h"

/*
 * SHA-256 as an experiment's log and journal have it: of what was decided
 * beforehand, the seed and the plan. 64 hex digits and a NUL.
 */
#define DIGEST_SIZE 65

int digest_text(const char *text, char ret_hex[static DIGEST_SIZE]) must_check;

/* Of a plan's file, as far as one is read (YAMLFILE_MAX). */
int digest_file(const char *path, char ret_hex[static DIGEST_SIZE]) must_check;

#endif
