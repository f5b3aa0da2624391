// SPDX-License-Identifier: Apache-2.0
#include "kernel/doctor_pid.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/hook_functions.h"
#include "kernel/maps_file.h"
#include "kernel/patience.h"
#include "kernel/proc.h"

#define FILES_MAX	4096
/* How far words are looked for in a file. */
#define WORDS_MAX	(512u << 20)

/* What TLS code says of itself, in the file though no symbol is. The last few are also
 * in programs that call OpenSSL in another file. */
static const char *const words[] = { "BoringSSL", "rustls", "mbed TLS",
	"wolfSSL", "Schannel", "TLS 1.3, server CertificateVerify",
	"OpenSSL 1.", "OpenSSL 3.", "LibreSSL", "SSL_CTX_new" };
static const char *const makers[] = { "BoringSSL", "rustls", "Mbed TLS",
	"wolfSSL", "a TLS library", "a TLS library",
	"OpenSSL", "OpenSSL", "LibreSSL", "a TLS library" };
#define WORDS		(sizeof(words) / sizeof(*words))
#define WORDS_OF_CALLS	4

#define NOT_HAD	": its plaintext can't be had"

/* The libraries' names, where they have no functions that we know. */
static const struct {
	const char *part, *why;
} names[] = {
	{ "/libssl3.so", "NSS; it is hooked in libnspr4, where programs call it" },
	{ "/libjvm.so", "a Java machine: the TLS of Java itself (JSSE) is no "
		"function of a library, and is not hooked" NOT_HAD },
	{ "/libmbedtls", "Mbed TLS, which is not hooked" NOT_HAD },
	{ "/libwolfssl", "wolfSSL, which is not hooked" NOT_HAD },
	{ "/librustls", "rustls, which is not hooked" NOT_HAD },
	{ "/libssl", "an OpenSSL whose functions can't be found by name: its "
		"symbols are stripped" NOT_HAD },
	{ "/libgnutls", "a GnuTLS whose functions can't be found by name: its "
		"symbols are stripped" NOT_HAD },
};

static void
judge_named(const char *path, struct doctor_file *f)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strstr(path, names[i].part)) {
			snprintf(f->why, sizeof(f->why), "%s", names[i].why);
			return;
		}
}

/* A file that has none of the functions. */
static void
judge_without(int fd, const struct elf_about *about, bool program,
    struct doctor_file *f)
{
	const char *symbols = about->symbols ?
	    "has no functions of it that can be called by name" :
	    "its symbols are stripped, so that they can't be found";
	int word;

	if (about->foreign) {
		if (program)
			snprintf(f->why, sizeof(f->why), "a program of another "
			    "kind of machine (32 bits?), which is not hooked"
			    NOT_HAD);
		return;
	}
	if (about->go) {
		snprintf(f->why, sizeof(f->why), "a Go program: its TLS is its "
		    "own, linked into it, and is not hooked" NOT_HAD);
		return;
	}
	word = program ? elf_find_word(fd, words, about->calls ?
	    WORDS - WORDS_OF_CALLS : WORDS, WORDS_MAX) : -1;
	if (word >= 0)
		snprintf(f->why, sizeof(f->why), "%s is linked into it, and "
		    "%s" NOT_HAD, makers[word], symbols);
	else if (program && !about->dynamic)
		snprintf(f->why, sizeof(f->why), "linked statically: no TLS "
		    "was recognised in it%s", about->symbols ? "" :
		    ", and its symbols are stripped");
	else if (program)
		snprintf(f->why, sizeof(f->why), "no TLS of its own was "
		    "recognised in it; see its libraries");
}

static void
judge(int fd, bool program, const char *path, struct doctor_file *f)
{
	struct hook_places p;

	f->path = path;
	f->readable = f->sealed = false;
	f->why[0] = '\0';
	if (fd < 0) {
		if (program)
			snprintf(f->why, sizeof(f->why), "it can't be read");
		return;
	}
	if (hook_places_find(fd, &p)) {
		if (program)
			snprintf(f->why, sizeof(f->why), "no ELF file");
		return;
	}
	if (p.any) {
		f->readable = true;
		snprintf(f->why, sizeof(f->why), "%s", hook_library_name(
		    p.library));
		return;
	}
	judge_named(path, f);
	if (!f->why[0])
		judge_without(fd, &p.about, program, f);
	f->sealed = strstr(f->why, NOT_HAD) != NULL;
}

struct seen {
	uint64_t inode;
	uint32_t dev_major, dev_minor;
};

static bool
is_new(struct seen *seen, size_t *count, const struct maps_file *m)
{
	for (size_t i = 0; i < *count; i++)
		if (seen[i].inode == m->inode &&
		    seen[i].dev_major == m->dev_major &&
		    seen[i].dev_minor == m->dev_minor)
			return false;
	if (*count < FILES_MAX)
		seen[(*count)++] = (struct seen){ m->inode, m->dev_major,
			m->dev_minor };
	return true;
}

/* A mapping, and its path, of a process. */
struct question {
	pid_t pid;
	struct maps_file mapped;
	char path[PATH_MAX];
};

/* Its first and last bytes answer, too. */
static int
open_there(const void *ask, size_t len, void *ret, size_t room,
    size_t *ret_len, int *ret_fd)
{
	struct question q;
	struct stat st;
	char byte;
	int fd;

	memcpy(&q, ask, sizeof(q));
	q.mapped.path = q.path;
	fd = maps_file_open(q.pid, &q.mapped);
	if (fd < 0)
		return -ENOENT;
	if (fstat(fd, &st) || pread(fd, &byte, 1, 0) < 0 ||
	    (st.st_size && pread(fd, &byte, 1, st.st_size - 1) < 0)) {
		close(fd);
		return -EIO;
	}
	*ret_len = 0;
	*ret_fd = fd;
	return 0;
}

/* -1 if it can't be read, or does not answer. */
static int
open_mapped(pid_t pid, const struct maps_file *m, bool *ret_silent)
{
	struct question q = { .pid = pid, .mapped = *m };
	size_t len = strlen(m->path);
	char nothing;
	int fd = -1, err;

	*ret_silent = false;
	if (len >= sizeof(q.path))
		return -1;
	memcpy(q.path, m->path, len + 1);
	err = patience_ask(open_there, &q, sizeof(q), &nothing, sizeof(nothing),
	    &len, &fd);
	*ret_silent = err == -ETIMEDOUT;
	return err ? -1 : fd;
}

static void
look_at(pid_t pid, const struct maps_file *m, bool program,
    struct doctor_file *ret_file)
{
	bool silent;
	int fd = open_mapped(pid, m, &silent);

	judge(fd, program, m->path, ret_file);
	if (silent)
		snprintf(ret_file->why, sizeof(ret_file->why),
		    "its file system does not answer");
	if (fd >= 0)
		close(fd);
}

int
doctor_pid(pid_t pid, void (*say)(void *arg, const struct doctor_file *file),
    void *arg)
{
	struct seen *seen = calloc(FILES_MAX, sizeof(*seen));
	char *text = NULL, *at, exe[32];
	struct doctor_file f;
	struct maps_file m;
	size_t count = 0;
	uint64_t inode;
	uint32_t dev;
	int err = seen ? maps_file_ask(pid, &text) : -ENOMEM;

	if (!err && !*text)
		err = -ESRCH;
	snprintf(exe, sizeof(exe), "/proc/%d/exe", (int)pid);
	if (!err)
		err = proc_inode(AT_FDCWD, exe, &inode, &dev);
	at = text;
	while (!err && maps_file_next(&at, &m)) {
		if (!is_new(seen, &count, &m))
			continue;
		look_at(pid, &m, m.inode == inode, &f);
		if (f.why[0])
			say(arg, &f);
	}
	free(text);
	free(seen);
	return err;
}
