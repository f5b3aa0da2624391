// SPDX-License-Identifier: Apache-2.0
#include "protocol/dns/dns_framing.h"

bool
dns_framing_gather(struct dns_framing *f, struct cursor *c)
{
	size_t want = 2, take;

	for (;;) {
		if (f->held.len >= 2)
			want = 2u + ((size_t)f->held.data[0] << 8 |
			    f->held.data[1]);
		take = want - f->held.len;
		if (take > cur_left(c))
			take = cur_left(c);
		buf_append(&f->held, cur_bytes(c, take), take);
		if (f->held.len < want || f->held.failed)
			return false;
		if (want > 2 || (!f->held.data[0] && !f->held.data[1]))
			return true;
	}
}

bool
dns_framing_whole(struct cursor *c, struct span *ret_wire)
{
	struct cursor ahead = *c;
	size_t len = cur_be16(&ahead);

	cur_skip(&ahead, len);
	if (cur_failed(&ahead))
		return false;
	*ret_wire = (struct span){ cur_peek(c), len + 2 };
	*c = ahead;
	return true;
}
