// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as what follows the section header and an interface of a pcapng
 * file, in the byte order that the first byte chooses. Property: as that of
 * fuzz_pcap.c.
 */
#include "source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const uint8_t little[] = {
	0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0,
	0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 28, 0, 0, 0,
	1, 0, 0, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0,
};

static const uint8_t large[] = {
	0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28, 0x1a, 0x2b, 0x3c, 0x4d, 0, 1,
	0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 28,
	0, 0, 0, 1, 0, 0, 0, 20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *file;

	if (!len)
		return 0;
	file = malloc(sizeof(little) + len - 1);
	if (!file)
		return 0;
	memcpy(file, data[0] & 1 ? large : little, sizeof(little));
	if (len > 1)
		memcpy(file + sizeof(little), data + 1, len - 1);
	digest_compare(file, sizeof(little) + len - 1);
	free(file);
	return 0;
}
