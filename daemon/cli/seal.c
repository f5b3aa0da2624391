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
#include "service/config.h"
#include "telltap/telltap.h"
#include "telltap/verify.h"

/* What is put beside a case that is finished: only its tag manifest, which
 * stands for all of it, is signed and stamped. */

#define MANIFEST	"tagmanifest-sha256.txt"
#define ANSWER_MAX	(1u << 20)

#define URL_MAX		4096

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

struct seal_run {
	const char *key, *stamp, *tsa, *tsa_ca, *tls_ca, *config;
	struct config_authority configured;
};

/* The URL is a secret where it has a password or a token in it: systemd hands
 * it over as a file. True if there is one. */
static bool
take_credential(struct seal_run *r)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char path[4096], url[URL_MAX];
	ssize_t len;

	if (!folder || snprintf(path, sizeof(path), "%s/tsa", folder) >=
			   (int)sizeof(path))
		return false;
	len = read_file(AT_FDCWD, path, (uint8_t *)url, sizeof(url) - 1);
	if (len <= 0)
		return false;
	url[len] = 0;
	url[strcspn(url, "\r\n")] = 0;
	r->configured.url = strdup(url);
	return r->configured.url != NULL;
}

/* Without an authority or an answer that is named, and with nothing else to do
 * or a configuration that is, the one that is configured is asked. */
static int
take_authority(struct seal_run *r)
{
	const char *path = r->config ? r->config : CONFIG_PATH;
	struct config_authority *c = &r->configured;
	char error[CONFIG_ERROR_MAX];

	if (r->stamp || r->tsa || (r->key && !r->config))
		return CLI_OK;
	if ((r->config || !access(path, F_OK)) &&
	    config_read_authority(path, error, c))
		return cli_fail("seal: %s", error);
	if (!c->url && !take_credential(r) && r->config)
		return cli_fail("seal: %s: names no authority: tsa", path);
	r->tsa = c->url;
	if (!r->tsa_ca)
		r->tsa_ca = c->ca;
	if (!r->tls_ca)
		r->tls_ca = c->tls_ca;
	return CLI_OK;
}

static const char *
words_of(int err)
{
	switch (err) {
	case -EACCES:
		return "the authority refuses to say so";
	case -EBADMSG:
		return "the answer is to another question";
	case -EPROTO:
		return "the server does not answer with 200, or not in TLS";
	case -EKEYREJECTED:
		return "the server's certificate is of no authority that is "
		       "trusted, or for another name: see --tls-ca";
	case -ENOENT:
		return "no certificates in --tls-ca";
	case ERR_UNSUPPORTED:
		return "give a URL that begins with http:// or https://";
	default:
		return telltap_strerror(err);
	}
}

static int
ask(const struct seal_run *r, struct span text, struct buf *answer)
{
	int err = seal_time_ask(r->tsa, r->tls_ca, text, answer);

	return err ? cli_fail("seal: %s: %s", r->tsa, words_of(err)) : 0;
}

static int
load(const char *path, struct buf *answer)
{
	uint8_t *room = buf_reserve(answer, ANSWER_MAX);
	ssize_t len = room ? read_file(AT_FDCWD, path, room, ANSWER_MAX) : -1;

	if (len < 0)
		return cli_fail("seal: %s: can't be read", path);
	answer->len = (size_t)len;
	return 0;
}

static int
add_stamp(int dir_fd, const struct seal_run *r)
{
	const char *name = r->tsa ? r->tsa : r->stamp;
	uint8_t *data = malloc(ANSWER_MAX);
	ssize_t len = data ? read_file(dir_fd, MANIFEST, data, ANSWER_MAX) : -1;
	struct span text = { data, len < 0 ? 0 : (size_t)len };
	struct buf answer;
	char time[64];
	int code;

	buf_init(&answer, ANSWER_MAX);
	if (len < 0)
		code = cli_fail("seal: " MANIFEST ": can't be read");
	else
		code = r->tsa ? ask(r, text, &answer) : load(name, &answer);
	if (!code && seal_time_check((struct span){ answer.data, answer.len },
			 text, r->tsa_ca, time))
		code = cli_fail("seal: %s: not an answer (RFC 3161) about "
				"this case's " MANIFEST "%s", name, r->tsa_ca
				    ? " by an authority of --tsa-ca" : "");
	if (!code)
		code = put_beside(dir_fd, MANIFEST ".tsr", answer.data,
		    answer.len);
	buf_clear(&answer);
	free(data);
	return code;
}

static int
seal(const char *dir, const struct seal_run *r)
{
	struct telltap_verify_options o = { .size = sizeof(o) };
	int code = telltap_verify(dir, &o, hear, NULL), fd;

	if (code)
		return cli_fail("seal: %s: %s", dir, code < 0
							 ? telltap_strerror(code)
							 : "does not verify");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return cli_fail("seal: %s: %s", dir, strerror(errno));
	if (r->key)
		code = sign(fd, r->key);
	if (!code && (r->stamp || r->tsa))
		code = add_stamp(fd, r);
	close(fd);
	return code;
}

int
cli_seal(int argc, char **argv)
{
	struct seal_run r = { .tsa = NULL };
	const struct cli_option options[] = {
		{ "ssh-key", .text = &r.key },
		{ "timestamp", .text = &r.stamp },
		{ "tsa", .text = &r.tsa },
		{ "tsa-ca", .text = &r.tsa_ca },
		{ "tls-ca", .text = &r.tls_ca },
		{ "config", .text = &r.config },
		{ .name = NULL },
	};
	int code;

	if (cli_options(argc, argv, options))
		return CLI_ERROR;
	code = take_authority(&r);
	if (!code && (argc - optind != 1 || (!r.key && !r.stamp && !r.tsa) ||
			 (r.stamp && r.tsa)))
		code = cli_fail("seal: give --ssh-key, or one of --timestamp "
				"and --tsa, and one case; see telltap help");
	if (!code)
		code = seal(argv[optind], &r);
	config_clear_authority(&r.configured);
	return code;
}
