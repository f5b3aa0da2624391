/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_INFER_FILES_H
#define ENGINE_INFER_FILES_H

#include "engine/infer.h"

/*
 * Known files that nobody planted, which the sender of a transfer had read before
 * it: what its length says of them, written into the transfers that nothing else was
 * inferred of. Like files, held against, are those with the same suffix and a size
 * between the same powers of two. For held.c only.
 */
int infer_files(const struct infer_case *c) must_check;

#endif
