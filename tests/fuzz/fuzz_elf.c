// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/elf_find.h"

/* A file that is no ELF names no function; what is found in one that is lies
 * where one of its segments says, and the same each time. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct elf_wanted a[] = { { .name = "SSL_write" }, { .name = "SSL_read" },
		{ .name = "SSL_read", .slot = 16 } };
	struct elf_wanted b[] = { { .name = "SSL_write", .offset = 2 },
		{ .name = "SSL_read", .offset = 2 },
		{ .name = "SSL_read", .slot = 16 } };
	struct elf_about about = { .go = true }, again = { .go = true };
	int fd = memfd_create("elf", MFD_CLOEXEC), err;

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	err = elf_find(fd, a, 3, &about);
	if (elf_find(fd, b, 3, &again) != err ||
	    a[0].offset != b[0].offset || a[1].offset != b[1].offset ||
	    a[2].offset != b[2].offset)
		abort();
	if (err && err != -ENOMEM && err != ERR_MALFORMED)
		abort();
	if (len < 64 && (!err || a[0].offset || a[1].offset))
		abort();
	if (!err && about.foreign && (a[0].offset || a[1].offset))
		abort();
	close(fd);
	return 0;
}
