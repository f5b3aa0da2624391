// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include "protocol/http/http1.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_layer(http1_layer_new, data, len);
	return 0;
}
