// SPDX-License-Identifier: Apache-2.0
#include "content/walk/archive_room.h"

#include <stdatomic.h>

#define KEPT_MAX	(256u << 20)

static atomic_size_t kept_now;

bool
archive_room_take(size_t len)
{
	if (atomic_fetch_add(&kept_now, len) <= KEPT_MAX)
		return true;
	archive_room_give(len);
	return false;
}

void
archive_room_give(size_t len)
{
	atomic_fetch_sub(&kept_now, len);
}
