/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_MACHINE_H
#define KERNEL_MACHINE_H

/*
 * What names this machine, its users and its software, read once when a live
 * run starts: the values that are then looked for in what goes out. Kinds are
 * those of telltap_identity_add(). What can't be read is left out.
 */
typedef void (*machine_fn)(void *arg, const char *kind, const char *value);

/* root: "", or a folder that stands for "/" (tests). */
void machine_read(const char *root, machine_fn add, void *arg);
/* The addresses of this machine's network cards, and its own. */
void machine_read_network(machine_fn add, void *arg);

#endif
