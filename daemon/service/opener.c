// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "kernel/exe_hash.h"
#include "kernel/file_open.h"
#include "service/jail.h"
#include "service/process.h"

/*
 * The opener's process. It touches the files of watched processes so that the
 * parent need not: one of them may lie where a server does not answer, and who
 * opens it, asks for its size or closes it then waits for as long as that takes.
 * It hashes executables, and finds files that are read while their reader has them
 * open, which go on to the fingerprinter. It looks into none of them. Every
 * request is answered, in order; one that hangs is left behind by the parent.
 */

/* Looked for and neither wanted nor dropped yet; the oldest goes for one more. */
#define FOUND_MAX	64

/* An executable that is longer in the reading is not hashed; until then the parent
 * hears that it goes on. */
#define HASH_NS		30000000000ull
#define SIGN_NS		500000000ull

struct found {
	uint32_t number;		/* 0: none */
	int fd;				/* negative: it is not there */
};

struct opener {
	struct channel parent, fingerprinter;
	struct exe_hashes *hashes;
	struct found found[FOUND_MAX];
	size_t next;
	uint64_t begun_ns, sign_ns;	/* of a hash; monotonic */
};

static int
answer(struct opener *o, const struct message_opened *m)
{
	int err = channel_send(&o->parent, MESSAGE_OPENED, m, NULL, 0);

	return err ? err : channel_flush(&o->parent);
}

static int
link_fingerprinter(struct opener *o, int fd)
{
	channel_clear(&o->fingerprinter);
	channel_init(&o->fingerprinter, fd, ROLE_OPENER, ROLE_FINGERPRINTER);
	return 0;
}

static const char *
path_of(const struct message *m, char to[MESSAGE_TEXT_MAX + 1])
{
	memcpy(to, m->tail, m->tail_len);
	to[m->tail_len] = '\0';
	return to;
}

static int
find_file(struct opener *o, const struct message *m)
{
	const struct message_file_find *f = m->body;
	struct message_opened done = { .number = f->number,
		.how = OPENED_NONE };
	struct found *to = &o->found[o->next++ % FOUND_MAX];
	char path[MESSAGE_TEXT_MAX + 1];
	struct file_wanted file = { .pid = (pid_t)f->pid, .fd = (int)f->fd,
		.path = path_of(m, path), .inode = f->inode, .dev = f->dev };

	if (to->number && to->fd >= 0)
		close(to->fd);
	to->number = f->number;
	for (size_t i = 0; i < FILE_KIN_MAX; i++)
		file.kin[i] = (pid_t)f->kin[i];
	to->fd = file_open_read(&file);
	if (to->fd >= 0)
		done.how = OPENED_DONE;
	return answer(o, &done);
}

/* False: we were never asked for it, or another one before us was. */
static bool
take_found(struct opener *o, uint32_t number, int *ret_fd)
{
	for (size_t i = 0; i < FOUND_MAX; i++)
		if (o->found[i].number == number) {
			o->found[i].number = 0;
			*ret_fd = o->found[i].fd;
			return true;
		}
	return false;
}

/* What hangs here does not hang the fingerprinter. */
static bool
answers(int fd)
{
	struct stat st;
	char last;

	return fstat(fd, &st) == 0 &&
	       (!st.st_size || pread(fd, &last, 1, st.st_size - 1) >= 0);
}

static int
hand_file(struct opener *o, const struct message_file_open *m)
{
	struct message_opened done = { .number = m->number,
		.how = OPENED_NONE };
	int fd = -1;

	if (!take_found(o, m->number, &fd))
		done.how = OPENED_LEFT_OUT;
	else if (fd >= 0 && answers(fd))
		done.how = channel_send_fd(&o->fingerprinter,
		    MESSAGE_FILE_OPEN, m, fd) ? OPENED_LEFT_OUT : OPENED_DONE;
	if (fd >= 0)
		close(fd);
	return answer(o, &done);
}

static int
drop_file(struct opener *o, const struct message_file_drop *m)
{
	struct message_opened done = { .number = m->number,
		.how = OPENED_DONE };
	int fd;

	if (take_found(o, m->number, &fd) && fd >= 0)
		close(fd);
	return answer(o, &done);
}

static bool
goes_on(void *arg)
{
	static const struct message_empty nothing;
	uint64_t now = clock_up_ns();
	struct opener *o = arg;

	if (now - o->sign_ns < SIGN_NS)
		return true;
	o->sign_ns = now;
	return now - o->begun_ns < HASH_NS &&
	       !channel_send(&o->parent, MESSAGE_OPENING, &nothing, NULL, 0) &&
	       !channel_flush(&o->parent);
}

static int
hash(struct opener *o, const struct message *m)
{
	const struct message_hash *h = m->body;
	struct message_opened done = { .number = h->number,
		.how = OPENED_NONE };
	char path[MESSAGE_TEXT_MAX + 1];

	o->begun_ns = o->sign_ns = clock_up_ns();
	if (!exe_hash(o->hashes, (pid_t)h->pid, path_of(m, path), h->inode,
		done.sha256))
		done.how = OPENED_DONE;
	return answer(o, &done);
}

static int
start(struct opener *o)
{
	static const struct message_empty ready;
	struct rlimit l;
	unsigned lacks;
	int err;

	/* As many files may be on their way to the fingerprinter. */
	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
	(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	o->hashes = exe_hashes_new();
	if (o->hashes)
		exe_hashes_watch(o->hashes, goes_on, o);
	err = o->hashes ? jail_enter_opener(&lacks) : -ENOMEM;
	if (err)
		child_die(ROLE_OPENER, "its jail", err);
	o->parent.state = STATE_RUNNING;
	err = channel_send(&o->parent, MESSAGE_READY, &ready, NULL, 0);
	return err ? err : channel_flush(&o->parent);
}

static int
hear_one(struct opener *o, const struct message *m)
{
	switch (m->kind) {
	case MESSAGE_LINK:
	case MESSAGE_RELINK:
		return link_fingerprinter(o, m->fd);
	case MESSAGE_START:
		return start(o);
	case MESSAGE_FILE_FIND:
		return find_file(o, m);
	case MESSAGE_FILE_HAND:
		return hand_file(o, m->body);
	case MESSAGE_FILE_DROP:
		return drop_file(o, m->body);
	case MESSAGE_HASH:
		return hash(o, m);
	default:
		return ERR_MALFORMED;
	}
}

int
opener_main(void)
{
	static struct opener o;
	struct message m;
	int got, err = 0;

	channel_init(&o.parent, 3, ROLE_OPENER, ROLE_PARENT);
	o.fingerprinter.fd = -1;
	while (!err) {
		err = channel_read(&o.parent, true);
		if (err == -EAGAIN)
			err = 0;
		while (!err && (got = channel_next(&o.parent, &m)) != 0)
			err = got < 0 ? got : hear_one(&o, &m);
	}
	if (err == ERR_MALFORMED)
		child_die(ROLE_OPENER, "the parent's message", err);
	exe_hashes_free(o.hashes);
	return err == ERR_END || err == -EPIPE ? 0 : 2;
}
