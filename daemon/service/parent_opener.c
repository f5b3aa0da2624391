// SPDX-License-Identifier: Apache-2.0
#include "service/parent_opener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "base/clock.h"
#include "kernel/proc.h"
#include "kernel/process.h"
#include "service/parent.h"

#define PATIENCE_NS	2000000000ull
/* That long a device whose server did not answer is let alone. */
#define SILENCE_NS	60000000000ull
#define QUICK_NS	5000000000ull
#define QUICK_MAX	5
/* Left behind and not ended; with so many no opener is started. */
#define LEFT_MAX	8
#define GONE_TURNS	300	/* of a millisecond, at the end */

static bool
is_silent(const struct opener_requests *r, uint32_t dev)
{
	for (size_t i = 0; i < SILENT_MAX; i++)
		if (r->silent[i].dev == dev && r->silent[i].until_ns > clock_up_ns())
			return true;
	return false;
}

/* Whether a message fits without waiting: half of the socket is free. */
static bool
has_room(int fd)
{
	int queued, most;
	socklen_t len = sizeof(most);

	return !getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &most, &len) &&
	       !ioctl(fd, SIOCOUTQ, &queued) && queued < most / 2;
}

static bool
ask(struct service *s, const struct asked *a, const void *body,
    const char *path, size_t path_len)
{
	struct opener_requests *r = &s->asked;

	if (is_silent(r, a->dev)) {
		r->unanswered += a->kind == MESSAGE_FILE_HAND ||
				 a->kind == MESSAGE_HASH;
		return false;
	}
	if (r->off || r->lost || r->count == ASKED_MAX ||
	    !has_room(s->opener.channel.fd))
		return false;
	if (channel_send(&s->opener.channel, a->kind, body, path, path_len) ||
	    channel_flush(&s->opener.channel)) {
		r->lost = true;
		return false;
	}
	r->list[(r->first + r->count) % ASKED_MAX] = *a;
	if (!r->count++)
		r->heard_ns = clock_up_ns();
	r->hashes_asked += a->kind == MESSAGE_HASH;
	return true;
}

static size_t
path_length(const char *path)
{
	return strnlen(path, MESSAGE_TEXT_MAX);
}

bool
opener_find(struct service *s, const struct tap_file_find *f)
{
	const struct file_wanted *w = &f->file;
	struct message_file_find m = { .pid = (uint64_t)w->pid,
		.inode = w->inode, .fd = (uint32_t)w->fd, .dev = w->dev,
		.number = f->number, .path_len = (uint32_t)path_length(w->path) };

	for (size_t i = 0; i < FILE_KIN_MAX; i++)
		m.kin[i] = (uint32_t)w->kin[i];
	return ask(s, &(struct asked){ .kind = MESSAGE_FILE_FIND,
		.number = f->number, .dev = w->dev }, &m, w->path, m.path_len);
}

bool
opener_hand(struct service *s, const struct message_file_open *m, uint32_t dev)
{
	return ask(s, &(struct asked){ .kind = MESSAGE_FILE_HAND,
		.number = m->number, .dev = dev, .empty = !m->size }, m, NULL, 0);
}

void
opener_drop(struct service *s, uint32_t number, uint32_t dev)
{
	struct message_file_drop m = { number };

	(void)ask(s, &(struct asked){ .kind = MESSAGE_FILE_DROP,
		.number = number, .dev = dev }, &m, NULL, 0);
}

bool
opener_hash(struct service *s, const struct process *p)
{
	struct message_hash m = { .pid = (uint64_t)p->pid,
		.inode = p->exe_inode, .number = p->owner,
		.path_len = (uint32_t)path_length(p->executable) };

	return ask(s, &(struct asked){ .kind = MESSAGE_HASH,
		.number = p->owner, .dev = p->exe_dev }, &m, p->executable,
	    m.path_len);
}

static struct asked
take_oldest(struct opener_requests *r)
{
	struct asked a = r->list[r->first];

	r->first = (r->first + 1) % ASKED_MAX;
	r->count--;
	r->hashes_done += a.kind == MESSAGE_HASH;
	return a;
}

static void
file_will_not_come(struct service *s, uint32_t number, enum expect_fate fate)
{
	struct message_file_expect m = { number, fate };

	s->files_ahead -= s->files_ahead > 0;
	tell_expect(s, &m);
}

int
opener_hear(struct service *s, const struct message_opened *m)
{
	struct opener_requests *r = &s->asked;
	struct asked a;

	if (!r->count || r->list[r->first].number != m->number)
		return ERR_MALFORMED;
	r->heard_ns = clock_up_ns();
	a = take_oldest(r);
	if (a.kind == MESSAGE_HASH)
		tap_hash_is(s->tap, m->number,
		    m->how == OPENED_DONE ? m->sha256 : NULL);
	else if (a.kind == MESSAGE_FILE_HAND && m->how != OPENED_DONE)
		file_will_not_come(s, m->number,
		    m->how != OPENED_NONE ? EXPECT_LEFT_OUT :
		    a.empty ? EXPECT_NONE : EXPECT_GONE);
	return 0;
}

void
opener_goes_on(struct service *s)
{
	s->asked.heard_ns = clock_up_ns();
}

/* Nobody answers what it was asked; hashes are asked for anew. */
static void
give_up_requests(struct service *s)
{
	struct opener_requests *r = &s->asked;

	for (uint32_t n = r->count; n > 0; n--) {
		struct asked a = take_oldest(r);

		if (a.kind == MESSAGE_FILE_HAND)
			file_will_not_come(s, a.number, EXPECT_LEFT_OUT);
		else if (a.kind == MESSAGE_HASH)
			tap_hash_again(s->tap, a.number);
	}
}

static void
silence(struct service *s)
{
	struct opener_requests *r = &s->asked;
	struct asked a = r->list[r->first];
	size_t i = r->silent_next++ % SILENT_MAX;

	service_say(s, "%s: a file of device %u:%u does not answer; for a minute "
		"none of that device is hashed, or known from being read",
	    s->options.command, a.dev >> 20, a.dev & 0xfffff);
	r->silent[i].dev = a.dev;
	r->silent[i].until_ns = clock_up_ns() + SILENCE_NS;
	r->unanswered++;
}

static void
replace(struct service *s, bool hangs)
{
	struct opener_requests *r = &s->asked;
	uint64_t now = clock_up_ns();
	char how[64];

	s->readers_lost++;
	if (hangs) {
		silence(s);
		child_leave(&s->opener);
	} else {
		child_wait(&s->opener, 0, how, sizeof(how));
		r->quick = now - r->restarted_ns < QUICK_NS ? r->quick + 1 : 0;
		service_say(s, "%s: the opener %s; another one takes its place",
		    s->options.command, how);
	}
	r->restarted_ns = now;
	r->off = child_left_count() >= LEFT_MAX || r->quick >= QUICK_MAX;
	if (r->off)
		service_say(s, "%s: for a minute at least nothing is hashed, and "
			"no file that is read is known by it", s->options.command);
	else if (opener_start(s))
		r->lost = true;
	give_up_requests(s);
}

int
opener_start(struct service *s)
{
	int err = child_start(ROLE_OPENER, &s->opener);

	s->asked.lost = false;
	if (!err)
		err = children_begin(s, &s->opener, -1, NULL, NULL);
	/* It is not waited for: what it is asked until it is ready lies in its
	 * socket. */
	if (!err)
		s->opener.channel.state = STATE_RUNNING;
	if (!err && s->fingerprinter.pid && !s->prints_lost &&
	    children_link_opener(s))
		s->prints_lost = true;
	return err;
}

/* After a while without one; those left behind may have ended. */
static void
try_again(struct service *s)
{
	struct opener_requests *r = &s->asked;
	uint64_t now = clock_up_ns();

	if (now - r->restarted_ns < SILENCE_NS || child_left_count() >= LEFT_MAX)
		return;
	r->restarted_ns = now;
	r->off = false;
	if (opener_start(s))
		r->lost = true;
	service_say(s, "%s: files are looked at again", s->options.command);
}

void
opener_turn(struct service *s)
{
	struct opener_requests *r = &s->asked;
	bool hangs = !r->lost && r->count &&
		     clock_up_ns() - r->heard_ns > PATIENCE_NS &&
		     !proc_is_starved(s->opener.pid);

	if (s->closed || (!r->off && !r->lost && !hangs))
		return;
	if (r->off)
		try_again(s);
	else
		replace(s, hangs);
}

void
opener_end(struct service *s)
{
	size_t left;

	child_leave(&s->opener);
	for (int i = 0; (left = child_left_count()) && i < GONE_TURNS; i++)
		usleep(1000);
	if (left)
		service_say(s, "%s: %zu process%s of ours can't end before a "
			"file's server answers", s->options.command, left,
		    left == 1 ? "" : "es");
}
