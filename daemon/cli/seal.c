// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "evidence/bag.h"
#include "evidence/seal_ssh.h"
#include "evidence/seal_time.h"
#include "telltap/telltap.h"
#include "telltap/verify.h"

/* What is put beside a case that is finished: only its tag manifest, which
 * stands for all of it, is signed and stamped. */

#define MANIFEST	"tagmanifest-sha256.txt"
#define ANSWER_MAX	(1u << 20)

enum { OPT_SSH_KEY = 0x100, OPT_TIMESTAMP };

static const struct option options[] = {
	{ "ssh-key", required_argument, NULL, OPT_SSH_KEY },
	{ "timestamp", required_argument, NULL, OPT_TIMESTAMP },
	{ NULL, 0, NULL, 0 },
};

static void
hear(void *arg, enum telltap_check result, const char *text)
{
	if (result == TELLTAP_CHECK_BAD)
		cli_fail("seal: %s", text);
}

/* A new file beside the manifest; what could not be written whole goes. */
static int
put_beside(int dir_fd, const char *name, const void *data, size_t len)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	    0666);
	int err = fd < 0 ? -errno : bag_write(NULL, fd, data, len);

	if (fd >= 0 && (fsync(fd) || close(fd)) && !err)
		err = -errno;
	if (err && fd >= 0)
		unlinkat(dir_fd, name, 0);
	return err ? cli_fail("seal: %s: %s", name, telltap_strerror(err)) : 0;
}

static int
sign(int dir_fd, const char *key)
{
	int fd = openat(dir_fd, MANIFEST, O_RDONLY | O_CLOEXEC), code;
	struct buf out;

	if (fd < 0)
		return cli_fail("seal: " MANIFEST ": %s", strerror(errno));
	buf_init(&out, 0);
	code = seal_ssh_sign(key, fd, &out)
		   ? cli_fail("seal: ssh-keygen did not sign with %s", key)
		   : put_beside(dir_fd, MANIFEST ".sig", out.data, out.len);
	buf_clear(&out);
	close(fd);
	return code;
}

/* A whole file of at most max bytes; its length, or -1. */
static ssize_t
read_file(int dir_fd, const char *path, uint8_t *data, size_t max)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	size_t len = f ? fread(data, 1, max, f) : 0;
	bool failed = !f || ferror(f) || len == max;

	if (f)
		fclose(f);
	else if (fd >= 0)
		close(fd);
	return failed ? -1 : (ssize_t)len;
}

static int
add_stamp(int dir_fd, const char *path)
{
	uint8_t *data = malloc(2 * ANSWER_MAX);
	struct span answer, text;
	ssize_t len, text_len;
	char time[64];
	int code;

	if (!data)
		return cli_fail("out of memory");
	len = read_file(AT_FDCWD, path, data, ANSWER_MAX);
	text_len = read_file(dir_fd, MANIFEST, data + ANSWER_MAX, ANSWER_MAX);
	answer = (struct span){ data, len < 0 ? 0 : (size_t)len };
	text = (struct span){ data + ANSWER_MAX,
			      text_len < 0 ? 0 : (size_t)text_len };
	if (len < 0 || text_len < 0)
		code = cli_fail("seal: %s: can't be read", path);
	else if (seal_time_check(answer, text, NULL, time))
		code = cli_fail("seal: %s: not an answer (RFC 3161) about "
				"this case's " MANIFEST, path);
	else
		code = put_beside(dir_fd, MANIFEST ".tsr", answer.p,
		    answer.len);
	free(data);
	return code;
}

int
cli_seal(int argc, char **argv)
{
	struct telltap_verify_options o = { .size = sizeof(o) };
	const char *key = NULL, *stamp = NULL, *dir;
	int c, fd, code = CLI_OK;

	while ((c = cli_option(argc, argv, options)) != -1) {
		if (c == OPT_SSH_KEY)
			key = optarg;
		else if (c == OPT_TIMESTAMP)
			stamp = optarg;
		else
			return CLI_ERROR;
	}
	if (argc - optind != 1 || (!key && !stamp))
		return cli_fail("seal: give --ssh-key or --timestamp, and one "
				"case; see telltap help");
	dir = argv[optind];
	c = telltap_verify(dir, &o, hear, NULL);
	if (c)
		return cli_fail("seal: %s: %s", dir,
		    c < 0 ? telltap_strerror(c) : "does not verify");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return cli_fail("seal: %s: %s", dir, strerror(errno));
	if (key)
		code = sign(fd, key);
	if (!code && stamp)
		code = add_stamp(fd, stamp);
	close(fd);
	return code;
}
