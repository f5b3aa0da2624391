// SPDX-License-Identifier: Apache-2.0
#include "service/engine_reads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX	(16u << 20)
#define BYTES_MAX	(256u << 20)
#define FILES_MAX	16384

/* Processor time that may be spent at once, and how much of the time that passes comes
 * to it: a fifth. */
#define CREDIT_MAX_NS	1000000000
#define CREDIT_SHARE	5

/* Files looked at lately, not to be read again; a newer one takes the place. */
#define SEEN_SLOTS	4096

enum fate {
	FATE_UNASKED,
	FATE_JOINED,
	FATE_KNOWN,		/* was known before, or is empty */
	FATE_UNCERTAIN,		/* changed since it was read */
	FATE_LARGE,		/* above the limit of one */
	FATE_LEFT_OUT,		/* above that of all, or of the time */
};

/* By the parent's numbers, of the last so many. */
#define FATES 65536

struct seen {
	uint64_t inode, dev, size;
	struct timespec changed;
	enum fate fate;
};

struct engine_reads {
	const struct telltap_known *given;
	struct telltap_known *known;	/* sealed: the engine's; NULL at first */
	struct telltap_known *more;	/* goes on from it, to be sealed */
	struct engine_reads_count count;
	int64_t credit_ns;
	uint64_t clock_ns;
	uint8_t *buffer;
	uint8_t fates[FATES];		/* enum fate */
	struct seen seen[SEEN_SLOTS];
};

static uint64_t
now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

struct engine_reads *
engine_reads_new(const struct telltap_known *known)
{
	struct engine_reads *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->buffer = malloc(FILE_MAX);
	if (!r->buffer) {
		free(r);
		return NULL;
	}
	r->given = known;
	r->credit_ns = CREDIT_MAX_NS;
	r->clock_ns = now_ns(CLOCK_MONOTONIC);
	return r;
}

void
engine_reads_free(struct engine_reads *r)
{
	if (!r)
		return;
	telltap_known_free(r->more);
	telltap_known_free(r->known);
	free(r->buffer);
	free(r);
}

/* The C library's own names a path, if an empty one, which the jail refuses. */
static int
stat_of(int fd, struct stat *ret_st)
{
	return (int)syscall(SYS_fstat, fd, ret_st);
}

static bool
same_state(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_ino == b->st_ino &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	       a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
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

static int
grow(struct engine_reads *r)
{
	return r->more ? 0 :
			 telltap_known_grow(r->known ? r->known : r->given,
			     &r->more);
}

/* Not changed since the first read, nor while it was read here. Time stamps of
 * files are a tick's, so that what is written again within some milliseconds,
 * in the same length, is taken as it is now. */
static enum fate
add(struct engine_reads *r, const struct message_file_open *f, int fd,
    const struct stat *st)
{
	uint64_t changed_ns = (uint64_t)st->st_ctim.tv_sec * 1000000000u +
			      (uint64_t)st->st_ctim.tv_nsec;
	size_t len = (size_t)st->st_size;
	struct stat after;
	int got;

	if (f->size != (uint64_t)st->st_size || changed_ns > f->first_ns ||
	    !read_whole(fd, r->buffer, len) ||
	    stat_of(fd, &after) || !same_state(st, &after))
		return FATE_UNCERTAIN;
	if (grow(r))
		return FATE_LEFT_OUT;
	got = telltap_known_add_bytes(r->more, f->name, r->buffer, len,
	    f->of_product);
	if (got)
		return got > 0 ? FATE_KNOWN : FATE_LEFT_OUT;
	r->count.bytes += len;
	return FATE_JOINED;
}

static enum fate
judge(struct engine_reads *r, const struct message_file_open *f, int fd,
    const struct stat *st)
{
	if (!st->st_size)
		return FATE_KNOWN;	/* nothing to be known by */
	if (st->st_size > FILE_MAX)
		return FATE_LARGE;
	if (r->credit_ns <= 0 || r->count.joined >= FILES_MAX ||
	    r->count.bytes + (uint64_t)st->st_size > BYTES_MAX)
		return FATE_LEFT_OUT;
	return add(r, f, fd, st);
}

static struct seen *
seen_slot(struct engine_reads *r, const struct stat *st)
{
	uint64_t h = (st->st_ino ^ (uint64_t)st->st_dev << 32) *
		     0x9e3779b97f4a7c15u;

	return &r->seen[h >> 52];
}

static void
note_fate(struct engine_reads *r, enum fate fate)
{
	r->count.joined += fate == FATE_JOINED;
	r->count.uncertain += fate == FATE_UNCERTAIN;
	r->count.large += fate == FATE_LARGE;
	r->count.left_out += fate == FATE_LEFT_OUT;
}

static enum fate
take(struct engine_reads *r, const struct message_file_open *f, int fd)
{
	uint64_t now = now_ns(CLOCK_MONOTONIC);
	uint64_t begun = now_ns(CLOCK_THREAD_CPUTIME_ID);
	struct stat st;
	struct seen *s;

	if (stat_of(fd, &st) || !S_ISREG(st.st_mode))
		return FATE_UNASKED;
	s = seen_slot(r, &st);
	if (s->inode == st.st_ino && s->dev == st.st_dev &&
	    s->size == (uint64_t)st.st_size &&
	    s->changed.tv_sec == st.st_ctim.tv_sec &&
	    s->changed.tv_nsec == st.st_ctim.tv_nsec)
		return s->fate == FATE_JOINED ? FATE_KNOWN : s->fate;
	r->credit_ns += (int64_t)((now - r->clock_ns) / CREDIT_SHARE);
	r->clock_ns = now;
	if (r->credit_ns > CREDIT_MAX_NS)
		r->credit_ns = CREDIT_MAX_NS;
	*s = (struct seen){ st.st_ino, st.st_dev, (uint64_t)st.st_size,
		st.st_ctim, judge(r, f, fd, &st) };
	note_fate(r, s->fate);
	r->credit_ns -= (int64_t)(now_ns(CLOCK_THREAD_CPUTIME_ID) - begun);
	/* Another time there may be room. */
	if (s->fate == FATE_LEFT_OUT || s->fate == FATE_UNCERTAIN)
		s->inode = 0;
	return s->fate;
}

void
engine_reads_take(struct engine_reads *r, const struct message_file_open *f,
    int fd)
{
	if (!f->name[0] || f->name[MESSAGE_NAME_LEN - 1])
		return;
	r->fates[f->number % FATES] = (uint8_t)take(r, f, fd);
}

int
engine_reads_join(struct engine_reads *r, struct telltap_engine *engine)
{
	int err;

	if (!r->more)
		return 0;
	err = telltap_known_seal(r->more);
	if (!err)
		err = telltap_engine_known(engine, r->more);
	telltap_known_free(r->known);
	r->known = r->more;
	r->more = NULL;
	return err;
}

void
engine_reads_counts(const struct engine_reads *r,
    struct engine_reads_count *ret_count)
{
	*ret_count = r->count;
}

const char *
engine_reads_word(const struct engine_reads *r, uint32_t number)
{
	static const char *const words[] = {
		[FATE_JOINED] = "joined",
		[FATE_KNOWN] = "known",
		[FATE_UNCERTAIN] = "uncertain",
		[FATE_LARGE] = "large",
		[FATE_LEFT_OUT] = "left-out",
	};

	return r && number ? words[r->fates[number % FATES]] : NULL;
}
