/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_CATALOGUE_BUILD_H
#define CONTENT_CATALOGUE_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "content/known/catalogue_head.h"
#include "content/known/catalogue_list.h"

/*
 * Makes a catalogue: lists are read once, from front to back, and what has to
 * be sorted is sorted in scratch files beside the catalogue. It takes some 32
 * MiB of memory for each algorithm, however long the lists are.
 */

struct catalogue_builder;

/* Under that path once catalogue_build_finish() is done, not before. */
int catalogue_build_new(const char *path,
    struct catalogue_builder **ret_b) must_check;
void catalogue_build_free(struct catalogue_builder *b);

int catalogue_build_add(struct catalogue_builder *b,
    const struct list_record *r) must_check;
int catalogue_build_finish(struct catalogue_builder *b,
    struct catalogue_head *ret_head) must_check;

#endif
