/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPERIMENT_JOURNAL_H
#define EXPERIMENT_JOURNAL_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/json.h"
#include "base/span.h"

/*
 * The record of an experiment, a line of JSON for whatever was done: the seed
 * that all order comes from, each phase, each command and how it ended. It has
 * the seed of canaries in it, so its owner alone may read it.
 */
struct journal {
	FILE *file;
	struct buf line;
	struct json json;
};

/* A new file; -EEXIST if there is one. */
int journal_open(struct journal *j, const char *path) must_check;
/* One that is there, to be read from j->file and written on. -EWOULDBLOCK while its
 * experiment is at work. */
int journal_go_on(struct journal *j, const char *path) must_check;
/* The error of any write that failed. Accepts one that was never opened. */
int journal_close(struct journal *j) must_check;

/* A line with the time and what happened; its members follow by way of
 * j->json, and journal_end() writes it. */
struct json *journal_begin(struct journal *j, const char *what);
void journal_end(struct journal *j);

#endif
