// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/ftp.h"

/* A place has a port, and what follows its line changes nothing of it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct packet_addr from = { .b = { [15] = 1 } };
	uint8_t *longer = malloc(len + 2), *exact = malloc(len ? len : 1);
	struct ftp_place a = { 0 }, b = { 0 };

	if (!longer || !exact)
		abort();
	if (len) {
		memcpy(exact, data, len);
		memcpy(longer, data, len);
	}
	memcpy(longer + len, "\r\n", 2);
	if (ftp_find_place((struct span){ exact, len }, &from, &a) &&
	    (!a.port || !ftp_find_place((struct span){ longer, len + 2 },
		&from, &b) || memcmp(&a.addr, &b.addr, sizeof(a.addr)) ||
		a.port != b.port))
		abort();
	free(exact);
	free(longer);
	return 0;
}
