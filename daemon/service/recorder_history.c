// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "service/recorder.h"

/* The lines of a part, or of a case that is not in parts (0), wherever they lie: of
 * one that is finished, or is not. */
static int
open_lines(const struct recorder *r, unsigned part)
{
	static const char *const folders[] = { "data.part", "data" };
	char path[4200], number[16] = "";
	int fd = -1;

	if (part)
		snprintf(number, sizeof(number), "/%06u", part);
	for (size_t i = 0; fd < 0 && i < 2; i++) {
		snprintf(path, sizeof(path), "%s%s/%s/events.jsonl", r->case_dir,
		    number, folders[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	return fd;
}

/* A copy that its reader cannot change: of the lines that are here, if any are. */
static int
copy_lines(const struct recorder *r)
{
	int fd = memfd_create("telltap-lines", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && !r->lines.failed && r->lines.len &&
	    write(fd, r->lines.data, r->lines.len) != (ssize_t)r->lines.len)
		(void)!ftruncate(fd, 0);
	if (fd >= 0 && (lseek(fd, 0, SEEK_SET) || fcntl(fd, F_ADD_SEALS,
		F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))) {
		close(fd);
		return -errno;
	}
	return fd < 0 ? -errno : fd;
}

static int
tell_part(struct recorder *r, unsigned part)
{
	struct message_history m = { 0 };
	int fd = -1, err;

	/* That all lines can be read; which may begin another part. */
	if (r->kept && !telltap_case_tick(r->kept)) {
		m.more = telltap_case_part(r->kept) - part;
		fd = open_lines(r, part);
	}
	if (fd < 0)
		fd = copy_lines(r);
	if (fd < 0)
		return fd;
	r->told_part = part;
	err = channel_send_fd(&r->engine, MESSAGE_HISTORY, &m, fd);
	close(fd);
	return err;
}

int
recorder_tell_history(struct recorder *r)
{
	return tell_part(r, r->first_part);
}

int
recorder_tell_next(struct recorder *r)
{
	if (!r->kept || r->told_part >= telltap_case_part(r->kept))
		return ERR_MALFORMED;
	return tell_part(r, r->told_part + 1);
}
