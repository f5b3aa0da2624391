// SPDX-License-Identifier: Apache-2.0
#include "protocol/message.h"

struct span
http_head_find(const struct http_head *head, struct span name)
{
	for (size_t i = 0; i < head->header_count; i++)
		if (span_caseeq(head->headers[i].name, name))
			return head->headers[i].value;
	return (struct span){ NULL, 0 };
}
