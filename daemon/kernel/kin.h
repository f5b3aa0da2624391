/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_KIN_H
#define KERNEL_KIN_H

#include <stdbool.h>

#include "kernel/process.h"

/*
 * What a product starts need not be the product: a browser that its window
 * opened is watched as its descendant, and told apart. A descendant is of the
 * product if it runs in the same systemd unit, runs the same program or one in
 * the same folder (or below it, unless programs of all kinds lie there), or one
 * of the same package.
 *
 * Used by the tap alone, which tells of every process in the order in which they
 * begin.
 */
struct kin;

/* lists: dpkg's, for package_of(). */
struct kin *kin_new(const char *lists);
void kin_free(struct kin *k);

/*
 * kin_take - whether the process is a descendant outside of the product. What was
 * asked for itself (of_product) is what others are compared with; at most 256
 * such programs and units are kept, and 4,096 answers.
 */
bool kin_take(struct kin *k, const struct process *p, bool of_product);

/* The path lies in the folder of that program, or below; never in one for
 * programs of all kinds. */
bool kin_folder_holds(const char *executable, const char *path);

#endif
