// SPDX-License-Identifier: Apache-2.0
#include "experiment/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

int
journal_open(struct journal *j, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	*j = (struct journal){ 0 };
	if (fd < 0)
		return -errno;
	buf_init(&j->line, 0);
	j->file = fdopen(fd, "w");
	if (!j->file)
		close(fd);
	return j->file ? 0 : -ENOMEM;
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
