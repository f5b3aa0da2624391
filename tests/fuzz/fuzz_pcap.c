// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as a capture file, packed ones too. Property: packets and the end
 * are the same whether the file lies in one chunk or straddles hundreds, read
 * at once or in steps of time; numbers rise by one; every byte is readable.
 */
#include "source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	digest_compare(data, len);
	return 0;
}
