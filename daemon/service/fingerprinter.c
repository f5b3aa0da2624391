// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "content/known/known_set.h"
#include "service/jail.h"
#include "service/process.h"
#include "telltap/telltap.h"

/*
 * The fingerprinter's process. It is handed files that watched processes read,
 * one after the other, and tells the engine what they are known by; it has no
 * other right than to read what it is handed, and no hurry: it runs when others
 * leave it time. A file that can't be told of for want of time is told of as
 * left out. An engine may die and another take its place, which knows no file; if
 * none does, it was this process that was given up, and it ends.
 */

#define FILE_MAX	(16u << 20)

/* Processor time that may be spent at once, and how much of the time that passes
 * comes to it: half of one processor. */
#define CREDIT_MAX_NS	2000000000
#define CREDIT_SHARE	2

/* Files looked at lately, not to be read again; a newer one takes the place. */
#define SEEN_SLOTS	4096

/* That long after an engine was lost another one has come. */
#define ALONE_NS	10000000000ull

/* Packets may wait for what it finds, so it is not starved altogether. */
#define MODEST_NICE	10
/* ioprio_set(2): this process, best effort, the last of its levels */
#define IOPRIO_OF_PROCESS 1
#define IOPRIO_LAST	(2 << 13 | 7)

struct seen {
	uint64_t inode, dev, size;
	struct timespec changed;
	enum print_fate fate;
};

struct fingerprinter {
	struct channel parent, engine, opener;
	bool linked, full;
	int64_t credit_ns;
	uint64_t clock_ns;
	uint64_t lost_ns;		/* monotonic: the engine's end */
	uint8_t *buffer;
	struct seen seen[SEEN_SLOTS];
};

struct pack {
	uint8_t *data;			/* NULL: there is none */
	size_t len;
};

/* The C library's own names a path, if an empty one, which the jail refuses. */
static int
stat_of(int fd, struct stat *ret_st)
{
	return (int)syscall(SYS_fstat, fd, ret_st);
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool
same_state(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_ino == b->st_ino &&
	       same_time(&a->st_ctim, &b->st_ctim);
}

static bool
read_whole(int fd, uint8_t *to, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pread(fd, to + done, len - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* Not changed since the first read, nor while it was read here. Time stamps of
 * files are a tick's, so that what is written again within some milliseconds,
 * in the same length, is taken as it is now. */
static enum print_fate
make(struct fingerprinter *f, const struct message_file_open *m, int fd,
    const struct stat *st, struct pack *ret_pack)
{
	uint64_t changed_ns = (uint64_t)st->st_ctim.tv_sec * 1000000000u +
			      (uint64_t)st->st_ctim.tv_nsec;
	size_t len = (size_t)st->st_size;
	struct stat after;

	if (m->size != (uint64_t)st->st_size || changed_ns > m->first_ns ||
	    !read_whole(fd, f->buffer, len) ||
	    stat_of(fd, &after) || !same_state(st, &after))
		return PRINT_UNCERTAIN;
	return telltap_known_pack(m->name, f->buffer, len, MESSAGE_PACK_MAX,
		   &ret_pack->data, &ret_pack->len)
		   ? PRINT_LEFT_OUT
		   : PRINT_MADE;
}

static enum print_fate
judge(struct fingerprinter *f, const struct message_file_open *m, int fd,
    const struct stat *st, struct pack *ret_pack)
{
	if (!st->st_size)
		return PRINT_KNOWN;	/* nothing to be known by */
	if (st->st_size > FILE_MAX)
		return PRINT_LARGE;
	if (f->credit_ns <= 0 || f->full)
		return PRINT_LEFT_OUT;
	return make(f, m, fd, st, ret_pack);
}

static struct seen *
seen_slot(struct fingerprinter *f, const struct stat *st)
{
	uint64_t h = (st->st_ino ^ (uint64_t)st->st_dev << 32) *
		     0x9e3779b97f4a7c15u;

	return &f->seen[h >> 52];
}

static enum print_fate
look_at(struct fingerprinter *f, const struct message_file_open *m, int fd,
    struct pack *ret_pack)
{
	uint64_t now = clock_up_ns();
	uint64_t begun = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	struct stat st;
	struct seen *s;

	if (stat_of(fd, &st) || !S_ISREG(st.st_mode))
		return PRINT_NONE;
	s = seen_slot(f, &st);
	if (s->inode == st.st_ino && s->dev == st.st_dev &&
	    s->size == (uint64_t)st.st_size && same_time(&s->changed, &st.st_ctim))
		return s->fate == PRINT_MADE ? PRINT_KNOWN : s->fate;
	f->credit_ns += (int64_t)((now - f->clock_ns) / CREDIT_SHARE);
	f->clock_ns = now;
	if (f->credit_ns > CREDIT_MAX_NS)
		f->credit_ns = CREDIT_MAX_NS;
	*s = (struct seen){ st.st_ino, st.st_dev, (uint64_t)st.st_size,
		st.st_ctim, judge(f, m, fd, &st, ret_pack) };
	f->credit_ns -= (int64_t)(clock_ns(CLOCK_THREAD_CPUTIME_ID) - begun);
	/* Another time there may be room. */
	if (s->fate == PRINT_LEFT_OUT || s->fate == PRINT_UNCERTAIN)
		s->inode = 0;
	return s->fate;
}

/* That it is gone is the parent's to see, which links another one. */
static void
lose_engine(struct fingerprinter *f)
{
	channel_clear(&f->engine);
	f->lost_ns = clock_up_ns();
}

static bool
is_given_up(const struct fingerprinter *f)
{
	return f->engine.fd < 0 &&
	       clock_up_ns() - f->lost_ns > ALONE_NS;
}

static void
hear_engine(struct fingerprinter *f)
{
	struct message m;
	int got = 0, err = f->engine.fd < 0 ? -EAGAIN :
					      channel_read(&f->engine, false);

	while (!err && (got = channel_next(&f->engine, &m)) > 0)
		f->full = true;
	if (got < 0 || (err && err != -EAGAIN))
		lose_engine(f);
}

static void
tell_engine(struct fingerprinter *f, const struct message_print *m,
    const struct pack *pack)
{
	int err;

	if (f->engine.fd < 0)
		return;
	err = channel_send(&f->engine, MESSAGE_PRINT, m, pack->data,
	    pack->len);
	if (!err)
		err = channel_flush(&f->engine);
	if (err)
		lose_engine(f);
}

static int
take_file(struct fingerprinter *f, const struct message_file_open *m, int fd)
{
	struct message_print print = { .number = m->number,
		.of_product = m->of_product };
	struct message_file_done done = { m->number };
	struct pack pack = { 0 };
	int err;

	hear_engine(f);
	if (is_given_up(f))
		return -EPIPE;
	if (m->name[0] && !m->name[MESSAGE_NAME_LEN - 1])
		print.fate = look_at(f, m, fd, &pack);
	close(fd);
	print.text_len = (uint32_t)pack.len;
	tell_engine(f, &print, &pack);
	free(pack.data);
	err = channel_send(&f->parent, MESSAGE_FILE_DONE, &done, NULL, 0);
	return err ? err : channel_flush(&f->parent);
}

static int
link_engine(struct fingerprinter *f, int fd)
{
	channel_clear(&f->engine);
	channel_init(&f->engine, fd, ROLE_FINGERPRINTER, ROLE_ENGINE);
	f->engine.state = STATE_RUNNING;
	f->linked = true;
	f->full = false;
	memset(f->seen, 0, sizeof(f->seen));
	return 0;
}

static int
link_opener(struct fingerprinter *f, int fd)
{
	channel_clear(&f->opener);
	channel_init(&f->opener, fd, ROLE_FINGERPRINTER, ROLE_OPENER);
	f->opener.state = STATE_RUNNING;
	return 0;
}

static void
be_modest(void)
{
	struct sched_param none = { 0 };

	(void)setpriority(PRIO_PROCESS, 0, MODEST_NICE);
	(void)sched_setscheduler(0, SCHED_BATCH, &none);
	(void)syscall(SYS_ioprio_set, IOPRIO_OF_PROCESS, 0, IOPRIO_LAST);
}

static int
start(struct fingerprinter *f)
{
	static const struct message_empty ready;
	struct jail_options o = { .reads_alone = true };
	unsigned lacks;
	int err;

	be_modest();
	f->credit_ns = CREDIT_MAX_NS;
	f->clock_ns = clock_up_ns();
	f->buffer = malloc(FILE_MAX);
	/* What libcrypto would read from the disk at its first use. */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	(void)known_hash_md(KNOWN_SHA256);
	err = f->buffer ? jail_enter(&o, &lacks) : -ENOMEM;
	if (err)
		child_die(ROLE_FINGERPRINTER, "its jail", err);
	f->parent.state = STATE_RUNNING;
	err = channel_send(&f->parent, MESSAGE_READY, &ready, NULL, 0);
	return err ? err : channel_flush(&f->parent);
}

static int
hear_one(struct fingerprinter *f, const struct message *m)
{
	switch (m->kind) {
	case MESSAGE_LINK:
		return f->linked ? ERR_MALFORMED : link_engine(f, m->fd);
	case MESSAGE_RELINK:
		return link_engine(f, m->fd);
	case MESSAGE_START:
		return f->linked ? start(f) : ERR_MALFORMED;
	case MESSAGE_OPENER:
		return link_opener(f, m->fd);
	case MESSAGE_FILE_OPEN:
		return take_file(f, m->body, m->fd);
	default:
		return ERR_MALFORMED;
	}
}

static int
hear(struct fingerprinter *f, struct channel *from)
{
	int got, err = channel_read(from, false);
	struct message m;

	if (err == -EAGAIN)
		err = 0;
	while (!err && (got = channel_next(from, &m)) != 0)
		err = got < 0 ? got : hear_one(f, &m);
	return err;
}

/* The opener may end; the parent starts another. */
static int
hear_both(struct fingerprinter *f)
{
	struct pollfd p[] = { { f->parent.fd, POLLIN, 0 },
		{ f->opener.fd, POLLIN, 0 } };
	int err;

	if (poll(p, 2, -1) < 0 && errno != EINTR)
		return -errno;
	err = hear(f, &f->parent);
	if (err || f->opener.fd < 0)
		return err;
	err = hear(f, &f->opener);
	if (err == ERR_END)
		channel_clear(&f->opener);
	return err == ERR_END ? 0 : err;
}

int
fingerprinter_main(void)
{
	static struct fingerprinter f;
	int err = 0;

	channel_init(&f.parent, 3, ROLE_FINGERPRINTER, ROLE_PARENT);
	f.engine.fd = f.opener.fd = -1;
	while (!err)
		err = hear_both(&f);
	if (err == ERR_MALFORMED)
		child_die(ROLE_FINGERPRINTER, "a message", err);
	free(f.buffer);
	return err == ERR_END || err == -EPIPE ? 0 : 2;
}
