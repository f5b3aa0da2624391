/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_HOOK_FUNCTIONS_H
#define KERNEL_HOOK_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/elf_find.h"

/*
 * The functions of TLS libraries that get probes, and which of them a file has.
 */

#define HOOK_FUNCTIONS_MAX	32

struct hook_function {
	const char *name;
	uint32_t what;		/* enum tap_hook_flag and library */
	uint32_t slot;		/* as in struct elf_wanted */
};

extern const struct hook_function hook_functions[];
extern const size_t hook_function_count;

struct hook_places {
	uint64_t offsets[HOOK_FUNCTIONS_MAX];	/* 0: not there */
	bool any;		/* a session can be read */
	uint32_t library;	/* enum tap_hook_library */
	struct elf_about about;
};

/* ERR_MALFORMED if it is no ELF file. */
must_check int hook_places_find(int fd, struct hook_places *ret_places);

/* "OpenSSL", "GnuTLS", "NSS". */
const char *hook_library_name(uint32_t library);

#endif
