/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_PROCESS_BLOCK_H
#define SOURCE_PROCESS_BLOCK_H

#include "source/owner_note.h"
#include "telltap/source.h"

/*
 * Processes that a pcapng file describes in blocks of their own, and packets
 * that refer to them: Wireshark's process-information block (a custom block),
 * named by process id, and Apple's, numbered in the order in which they come.
 * Fed with a source's blocks in order; runs where the packets are handed on.
 */
struct process_blocks;

struct process_blocks *process_blocks_new(void);
void process_blocks_free(struct process_blocks *p);

/* Any block; those that describe no process change nothing. Returns 0, or
 * -ENOMEM. Above the ceiling processes are left out and counted. */
int process_blocks_add(struct process_blocks *p, const struct telltap_block *b);
uint64_t process_blocks_left_out(const struct process_blocks *p);

/*
 * process_blocks_find - whose a packet is, by its options (blocks of kind
 * OPTION; others are passed over). ts_ns, the packet's time, tells processes
 * with the same id apart. What ret points to lives as long as p.
 */
bool process_blocks_find(const struct process_blocks *p,
    const struct telltap_block *options, size_t count, uint64_t ts_ns,
    struct owner_note *ret);

#endif
