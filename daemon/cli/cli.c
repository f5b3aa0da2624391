// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"
#include "evidence/key.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

static bool stdout_failed;

int
cli_fail(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	/* Names of files are anybody's: no line may break out of its line. */
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	fprintf(stderr, "telltap: %s\n", line);
	return CLI_ERROR;
}

int
cli_alpha(const char *text, double *ret_alpha)
{
	char *end;
	double v = strtod(text, &end);

	if (!*text || *end || !(v > 0 && v < 1))
		return cli_fail("--alpha takes a rate between 0 and 1: %s",
		    text);
	*ret_alpha = v;
	return 0;
}

static void
say_stdout(void)
{
	if (!stdout_failed)
		cli_fail("standard output: %s", strerror(errno));
	stdout_failed = true;
}

void
cli_write_wide(void)
{
	static char buffer[64 << 10];

	(void)setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
}

bool
cli_write(const void *data, size_t len)
{
	if (stdout_failed)
		return false;
	if (fwrite(data, 1, len, stdout) == len)
		return true;
	say_stdout();
	return false;
}

int
cli_close_stdout(int code)
{
	if (fflush(stdout) || ferror(stdout))
		say_stdout();
	/* Some file systems tell only now that the disk is full. */
	if (fclose(stdout) && !stdout_failed)
		say_stdout();
	return stdout_failed ? CLI_ERROR : code;
}

const char *
cli_signing_key(const char *given)
{
	static char *credential;

	if (!given && !credential && key_credential(&credential))
		return NULL;
	return given ? given : credential;
}
