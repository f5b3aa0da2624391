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
	struct elf_wanted a[] = { { "SSL_write", 1 }, { "SSL_read", 1 } };
	struct elf_wanted b[] = { { "SSL_write", 2 }, { "SSL_read", 2 } };
	struct elf_about about = { .go = true }, again = { .go = true };
	int fd = memfd_create("elf", MFD_CLOEXEC), err;

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	err = elf_find(fd, a, 2, &about);
	if (elf_find(fd, b, 2, &again) != err ||
	    a[0].offset != b[0].offset || a[1].offset != b[1].offset)
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
