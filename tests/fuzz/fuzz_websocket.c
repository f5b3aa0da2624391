// SPDX-License-Identifier: Apache-2.0
#include "stream.h"

#include "protocol/http/websocket.h"

static struct layer *
layer_new(struct conn *conn)
{
	return websocket_layer_new(conn, 0,
	    span_str("permessage-deflate; server_no_context_takeover"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_layer(layer_new, data, len);
	return 0;
}
