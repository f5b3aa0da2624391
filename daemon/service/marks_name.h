/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_MARKS_NAME_H
#define SERVICE_MARKS_NAME_H

#include <limits.h>

#include "service/marks.h"

/* What a run (marks.c) and who makes a mark (marks_send.c) agree about: each run has
 * a socket in one folder, by its process's number. */

#define MARKS_SUFFIX		".mark"
#define MARKS_FOLDER_MAX	64
#define MARKS_QUESTION		'?'	/* alone: which case is written? */
/* The case's folder, a NUL, the text, a NUL. */
#define MARKS_MESSAGE_MAX	(PATH_MAX + MARKS_TEXT_MAX + 2)

/* -ENOENT if there is none for this user. */
must_check int marks_name_folder(char ret_folder[static MARKS_FOLDER_MAX]);

/* Takes the names away at which nobody hears any more. */
void marks_drop_left(void);

#endif
