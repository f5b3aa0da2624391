// SPDX-License-Identifier: Apache-2.0
#include "source/pcapng.h"

bool
ng_next_option(struct cursor *c, bool big_endian, struct ng_option *ret_option)
{
	struct ng_option o;

	if (cur_left(c) < 4)
		return false;
	o.code = ng_u16(c, big_endian);
	o.len = ng_u16(c, big_endian);
	if (o.code == 0)	/* opt_endofopt */
		return false;
	o.value = cur_sub(c, o.len);
	if (cur_failed(c))
		return false;
	/* the padding may be missing behind the last one */
	if (cur_left(c) >= 3u - (o.len + 3u) % 4)
		cur_skip(c, 3u - (o.len + 3u) % 4);
	*ret_option = o;
	return true;
}

void
ng_clock_init(struct ng_clock *clock, uint8_t resol, int64_t offset_s)
{
	unsigned exp = resol & 0x7f;

	*clock = (struct ng_clock){ .mul = 1, .div = 1,
		.offset_s = offset_s };
	if (resol & 0x80) {
		clock->pow2 = true;
		clock->shift = exp;
		return;
	}
	for (unsigned i = exp; i < 9; i++)
		clock->mul *= 10;
	/* beyond 10^-28 s all of 64 bits is less than a nanosecond */
	for (unsigned i = 9; i < exp && i < 9 + 19; i++)
		clock->div *= 10;
	if (exp > 9 + 19)
		clock->mul = 0;
}

uint64_t
ng_clock_ns(const struct ng_clock *clock, uint64_t ticks, bool *ret_clamped)
{
	__int128 ns;

	if (clock->pow2)
		ns = (__int128)((unsigned __int128)ticks * 1000000000u >>
		    clock->shift);
	else
		ns = (__int128)((unsigned __int128)ticks * clock->mul /
		    clock->div);
	ns += (__int128)clock->offset_s * 1000000000;
	*ret_clamped = ns < 0 || ns > TIME_MAX_NS;
	if (ns < 0)
		return 0;
	return ns > TIME_MAX_NS ? TIME_MAX_NS : (uint64_t)ns;
}
