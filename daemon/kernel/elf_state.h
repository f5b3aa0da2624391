/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ELF_STATE_H
#define KERNEL_ELF_STATE_H

#include "kernel/elf_find.h"

/* What the files of elf_find share; nobody else includes this. */

#define ELF_SEGMENTS_MAX	256
/* Symbols and relocations of all tables together: whoever reads has more to do. */
#define ELF_ENTRIES_MAX	(16u << 20)
#define ELF_PIECE	2048	/* of them at a time */

struct elf_header {
	uint64_t segments_at, sections_at;
	uint16_t type, machine, segment_len, segments, section_len, sections;
	uint16_t names;
};

struct elf_section {
	uint32_t name, type, link;
	uint64_t at, len, entry_len;
};

/* A segment that is loaded: addresses of it to places in the file. */
struct elf_loaded {
	uint64_t at, address, len;
};

struct elf {
	int fd;
	struct elf_header h;
	struct elf_section *sections;
	struct elf_loaded loaded[ELF_SEGMENTS_MAX];
	size_t loaded_count;
	struct elf_wanted *wanted;
	size_t wanted_count;
	struct elf_about about;
	uint64_t entries, strings;	/* looked at, bytes read */
};

/* All of it, to be freed; NULL if it is not there. */
uint8_t *elf_read_at(int fd, uint64_t at, size_t len);

/* Where in the file an address lies; 0 if in none of its segments. */
uint64_t elf_place_of(const struct elf *e, uint64_t address);

/* elf_slot.c: those wanted that have a slot. */
void elf_slots_find(struct elf *e);

#endif
