// SPDX-License-Identifier: Apache-2.0
#include "base/cursor.h"
#include "protocol/tls/tls_layer.h"

bool
tls_header_plausible(const uint8_t *h)
{
	unsigned len = (unsigned)h[3] << 8 | h[4];

	return h[0] >= TLS_CHANGE_CIPHER && h[0] <= TLS_HEARTBEAT &&
	    h[1] == 3 && h[2] <= 4 && len <= TLS_RECORD_MAX &&
	    (len || h[0] == TLS_DATA);
}

/* Both are one byte or two, and never longer than a sealed one. */
static bool
plausible_len(const uint8_t *h)
{
	unsigned len = (unsigned)h[3] << 8 | h[4];

	switch (h[0]) {
	case TLS_CHANGE_CIPHER:
		return len == 1;
	case TLS_ALERT:
		return len >= 2 && len <= 256;
	}
	return true;
}

size_t
tls_header_find(const uint8_t *data, size_t len)
{
	struct cursor c = cur_init(data, len), next;

	while (cur_left(&c) >= 5) {
		const uint8_t *h = cur_peek(&c);

		next = c;
		if (tls_header_plausible(h) && plausible_len(h)) {
			cur_skip(&next, 3);
			cur_skip(&next, cur_be16(&next));
			if (cur_left(&next) < 5 ||
			    tls_header_plausible(cur_peek(&next)))
				return len - cur_left(&c);
		}
		cur_skip(&c, 1);
	}
	return len;
}
