/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_ARCHIVE_ROOM_H
#define CONTENT_ARCHIVE_ROOM_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The ceiling for what walkers keep of archives that can be read only once they
 * are all there: per archive, and of all scans of the program together.
 */

#define ARCHIVE_MAX	(64u << 20)

/* So many bytes more are kept; false: there is no room for them. */
bool archive_room_take(size_t len);
/* And let go again. */
void archive_room_give(size_t len);

#endif
