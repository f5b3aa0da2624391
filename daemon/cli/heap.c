// SPDX-License-Identifier: Apache-2.0
#include "cli/heap.h"

#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_LEN	((uintptr_t)2 << 20)
#define SHORT_RUN_LEN	((uintptr_t)4 << 20)	/* by which its heap grows */
/* The heap grows by so much, so that there is something to advise before it is
 * used; tables are in it, too, and what is freed is not cleared again at once. */
#define GROWTH_LEN	(8 << 20)
#define BLOCK_MAX	(32 << 20)

void
heap_follow(void)
{
	static uintptr_t begin, advised;
	uintptr_t end = (uintptr_t)sbrk(0);

	if (!begin)
		begin = end;
	if (end < begin + SHORT_RUN_LEN)
		return;
	if (!advised) {
		advised = (end + PAGE_LEN - 1) & ~(PAGE_LEN - 1);
		(void)mallopt(M_TOP_PAD, GROWTH_LEN);
		(void)mallopt(M_MMAP_THRESHOLD, BLOCK_MAX);
		(void)mallopt(M_TRIM_THRESHOLD, BLOCK_MAX);
	}
	end &= ~(PAGE_LEN - 1);
	/* where that is refused pages are small */
	if (end > advised)
		(void)madvise((void *)advised, end - advised, MADV_HUGEPAGE);
	advised = end > advised ? end : advised;
}
