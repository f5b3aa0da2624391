// SPDX-License-Identifier: Apache-2.0
#include "experiment/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* Whoever has the journal holds it locked: one that was cut off is told by that. */
static int
take(struct journal *j, int fd)
{
	int r;

	*j = (struct journal){ 0 };
	if (fd < 0)
		return -errno;
	r = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
	if (!r) {
		buf_init(&j->line, 0);
		j->file = fdopen(fd, "a+");
		r = j->file ? 0 : -ENOMEM;
	}
	if (r)
		close(fd);
	return r;
}

int
journal_open(struct journal *j, const char *path)
{
	return take(j, open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND |
	    O_CLOEXEC, 0600));
}

int
journal_go_on(struct journal *j, const char *path)
{
	return take(j, open(path, O_RDWR | O_APPEND | O_CLOEXEC));
}

int
journal_close(struct journal *j)
{
	int failed = j->line.failed || (j->file && ferror(j->file));

	if (j->file && fclose(j->file))
		failed = 1;
	buf_clear(&j->line);
	j->file = NULL;
	return failed ? -EIO : 0;
}

struct json *
journal_begin(struct journal *j, const char *what)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	json_init(&j->json, &j->line);
	json_object(&j->json, NULL);
	json_time(&j->json, "time", (uint64_t)now.tv_sec * 1000000000 +
	    (uint64_t)now.tv_nsec);
	json_str(&j->json, "what", what);
	return &j->json;
}

void
journal_end(struct journal *j)
{
	json_close_object(&j->json);
	buf_u8(&j->line, '\n');
	if (!j->line.failed) {
		fwrite(j->line.data, 1, j->line.len, j->file);
		fflush(j->file);
		j->line.len = 0;
	}
}
