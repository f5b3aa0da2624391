// SPDX-License-Identifier: Apache-2.0
#include "kernel/doctor_pid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/hook_functions.h"
#include "kernel/maps_file.h"
#include "kernel/proc.h"

#define MAPS_MAX	(8u << 20)
#define FILES_MAX	4096
/* How far words are looked for in a file. */
#define WORDS_MAX	(512u << 20)

/* What TLS code says of itself, in the file though no symbol is. */
static const char *const words[] = { "BoringSSL", "rustls", "OpenSSL 1.",
	"OpenSSL 3.", "LibreSSL", "mbed TLS", "wolfSSL", "Schannel",
	"TLS 1.3, server CertificateVerify", "SSL_CTX_new" };
static const char *const makers[] = { "BoringSSL", "rustls", "OpenSSL",
	"OpenSSL", "LibreSSL", "Mbed TLS", "wolfSSL", "a TLS library",
	"a TLS library", "a TLS library" };

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
	word = program ? elf_find_word(fd, words, sizeof(words) /
	    sizeof(*words), WORDS_MAX) : -1;
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
	f->readable = false;
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

int
doctor_pid(pid_t pid, void (*say)(void *arg, const struct doctor_file *file),
    void *arg)
{
	struct seen *seen = calloc(FILES_MAX, sizeof(*seen));
	char *text = proc_read(pid, "maps", MAPS_MAX, NULL), *at = text;
	char exe[32];
	struct doctor_file f;
	struct maps_file m;
	struct stat st = { 0 };
	size_t count = 0;
	int err = !seen ? -ENOMEM : text && *text ? 0 : -ESRCH;

	snprintf(exe, sizeof(exe), "/proc/%d/exe", (int)pid);
	if (!err && stat(exe, &st))
		err = -errno;
	while (!err && maps_file_next(&at, &m)) {
		int fd;

		if (!is_new(seen, &count, &m))
			continue;
		fd = maps_file_open(pid, &m);
		judge(fd, m.inode == st.st_ino, m.path, &f);
		if (fd >= 0)
			close(fd);
		if (f.why[0])
			say(arg, &f);
	}
	free(text);
	free(seen);
	return err;
}
