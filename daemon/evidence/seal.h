/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_SEAL_H
#define EVIDENCE_SEAL_H

#include "evidence/log/log.h"

/*
 * The last line of a log: how many lines there are before it, their root, and
 * size and SHA-256 of every file of the case that is not the log itself. The
 * checkpoint covers the line, and so all of the case.
 */
int seal_append(struct log *l) must_check;

#endif
