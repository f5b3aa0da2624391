// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include "protocol/http/http2.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_layer(http2_layer_new, data, len);
	return 0;
}
