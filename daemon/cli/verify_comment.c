// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cli/verify_rerun.h"

/*
 * Wireshark shows what stands in packets' comments beside them: their number and
 * the process. That has to be the one that the line of their flow names. Live, a
 * flow may have got its owner on the way, or another one: that is told, not bad.
 */

#define EXECUTABLE_MAX	512u	/* of it stands in a comment */

static bool
takes(struct span *text, const char *label)
{
	size_t len = strlen(label);

	if (text->len < len || memcmp(text->p, label, len))
		return false;
	text->p += len;
	text->len -= len;
	return true;
}

/* False if it names no process; no more than that may stand in it. */
static bool
read_process(struct span text, uint64_t *ret_pid, struct span *ret_executable)
{
	*ret_pid = 0;
	if (!takes(&text, ", process "))
		return false;
	while (text.len && *text.p >= '0' && *text.p <= '9' &&
	       *ret_pid < UINT64_MAX / 16) {
		*ret_pid = *ret_pid * 10 + (*text.p - '0');
		text.p++;
		text.len--;
	}
	takes(&text, " (ambiguous)");
	if (!takes(&text, " "))
		text.len = 0;
	*ret_executable = text;
	return true;
}

static bool
is_named_so(const char *executable, struct span comment)
{
	size_t len = executable ? strnlen(executable, EXECUTABLE_MAX) : 0;

	return comment.len == len && (!len || !memcmp(comment.p, executable, len));
}

void
rerun_check_comment(struct rerun *u, struct span text, uint64_t number,
    const struct telltap_process *owner)
{
	struct span executable;
	uint64_t pid;
	bool same, other_program;

	/* "telltap packet N", which was read before. */
	while (text.len && *text.p != ',') {
		text.p++;
		text.len--;
	}
	if (!text.len)
		return;
	same = read_process(text, &pid, &executable) && owner &&
	       (pid == owner->pid || (owner->other_pid && pid == owner->other_pid));
	other_program = same && pid == owner->pid &&
			!is_named_so(owner->executable, executable);
	/* live it may have become that program on the way */
	if (other_program && u->live)
		u->comments_exec++;
	else if ((!same || other_program) && !u->comments_other++)
		u->comment_first = number;
}

void
rerun_count_blocks(struct rerun *u, const struct telltap_block *b, size_t count,
    size_t packets)
{
	uint64_t more = 0;

	for (size_t i = 0; i < count; i++)
		more += b[i].kind == TELLTAP_BLOCK_COMMENT ||
			b[i].kind == TELLTAP_BLOCK_OPTION ||
			b[i].kind == TELLTAP_BLOCK_OTHER;
	u->blocks_more += more > packets ? more - packets : 0;
}

void
rerun_tell_comments(struct rerun *u)
{
	if (u->comments_other)
		rerun_tell(u, u->live ? TELLTAP_CHECK_UNKNOWN : TELLTAP_CHECK_BAD,
		    "data/capture: the comments of %llu packets, first of packet "
		    "%llu, name another process than the line of their flow",
		    (unsigned long long)u->comments_other,
		    (unsigned long long)u->comment_first);
	if (u->comments_exec)
		rerun_tell(u, TELLTAP_CHECK_UNKNOWN, "data/capture: the comments of "
		    "%llu packets name another program than the line of their "
		    "flow, of the same process",
		    (unsigned long long)u->comments_exec);
	if (u->blocks_more)
		rerun_tell(u, TELLTAP_CHECK_BAD, "data/capture: %llu comments, "
		    "options or blocks that telltap does not write",
		    (unsigned long long)u->blocks_more);
	if (u->live)
		u->open += u->comments_other + u->comments_exec;
}
