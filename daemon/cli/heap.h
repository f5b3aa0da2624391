/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_HEAP_H
#define CLI_HEAP_H

/*
 * The main thread's heap in large pages, as far as it grows while a run goes on:
 * its tables are met anywhere, and with small pages each time is a walk through
 * the page tables, too, and each new page a fault. What a short run needs stays in
 * small ones, for it would pay more for clearing a large one than that saves.
 */

/* The heap has grown, or not: called by the main thread between batches. */
void heap_follow(void);

#endif
