/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ELF_FIND_H
#define KERNEL_ELF_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Where functions lie in an ELF file, by name, and what can be said of a file
 * in which they do not. The file is a watched process' own and is not trusted:
 * it is read by pread() in bounded pieces, never mapped, and may change
 * meanwhile.
 */

struct elf_wanted {
	const char *name;
	uint64_t offset;	/* in the file; 0: not found */
	/* Not 0: the named function returns a table's address, and the one wanted
	 * is so many bytes behind it, with none after it. x86-64 only. */
	uint32_t slot;
};

struct elf_about {
	bool foreign;		/* not of this machine's class and kind */
	bool dynamic;		/* is loaded with others */
	bool go;		/* made by the Go compiler */
	bool symbols;		/* has a table of them */
	bool calls;		/* one of the functions, which another file has */
	bool too_large;		/* a table was not looked at */
};

/* 0, also if none was found; ERR_MALFORMED if it is no ELF file. */
must_check int elf_find(int fd, struct elf_wanted *wanted, size_t count,
    struct elf_about *ret_about);

/* Whether one of the words lies in the file's first max bytes: its index, or
 * -1. A word has 64 characters at most. */
int elf_find_word(int fd, const char *const *words, size_t count, uint64_t max);

#endif
