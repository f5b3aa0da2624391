// SPDX-License-Identifier: Apache-2.0
#include "kernel/place_state.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/filter.skel.h"

#define LOOPBACK_FACTOR	4	/* lo is that much faster than a wire */
#define IDLE_TURNS	3
#define BUFFER_BYTES	(16u << 20)
/* A namespace found in passing must be open before its first packet, and
 * memory takes some 0.4 ms a megabyte. */
#define PASSING_BYTES	(2u << 20)

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static uint32_t next_number;

/* Runs in the place's namespace between the two; the descriptor returned by
 * the first leads back. */
static int
enter(int netns_fd, int *ret_back)
{
	int back = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int err;

	if (back < 0)
		return -errno;
	if (netns_fd >= 0 && setns(netns_fd, CLONE_NEWNET)) {
		err = -errno;
		close(back);
		return err;
	}
	*ret_back = back;
	return 0;
}

static int
leave(int back)
{
	int err = setns(back, CLONE_NEWNET) ? -errno : 0;

	close(back);
	return err;
}

static int
netns_cookie(uint64_t *ret_cookie)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(*ret_cookie);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, ret_cookie, &len))
		err = -errno;
	close(fd);
	return err;
}

struct place_capture **
place_find_capture(struct place *p, int ifindex)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->captures[i]->ifindex == ifindex)
			return &p->captures[i];
	return NULL;
}

void
place_remove_capture(struct place *p, struct place_capture **slot)
{
	struct place_capture *c = *slot;

	p->events.on_capture(p->events.arg, c, false);
	p->drops += capture_drops(c->capture);
	capture_close(c->capture);
	free(c);
	*slot = p->captures[--p->count];
}

uint32_t
place_number(void)
{
	return next_number++;
}

uint32_t
place_part(const struct place_capture *c)
{
	return c->loopback ? TAP_ON_LOOPBACK : TAP_ON_WIRES;
}

int
place_add_capture(struct place *p, int ifindex, const char *name, bool loopback)
{
	uint32_t bytes = p->buffer_bytes	? p->buffer_bytes :
			 p->netns_fd >= 0	? PASSING_BYTES :
						  BUFFER_BYTES;
	struct capture_at at = { p->netns, ifindex, -1 };
	struct place_capture *c;
	int err;

	if (p->filter)
		at.interfaces_fd = bpf_map__fd(p->filter->maps.interfaces);
	if (p->count == PLACE_CAPTURES_MAX)
		return ERR_LIMIT;
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	if (loopback && !p->buffer_bytes)
		bytes *= LOOPBACK_FACTOR;
	err = capture_open(name, loopback,
	    p->filter ? bpf_program__fd(p->filter->progs.capture_filter) : -1,
	    bytes, &at, &c->capture);
	c->ifindex = ifindex;
	c->loopback = loopback;
	if (!err && p->listens & place_part(c))
		err = capture_listen(c->capture);
	if (err) {
		capture_close(c->capture);
		free(c);
		return err;
	}
	c->number = place_number();
	c->place = p;
	strncpy(c->name, name, sizeof(c->name) - 1);
	p->captures[p->count++] = c;
	return p->events.on_capture(p->events.arg, c, true);
}

void
place_listen(struct place *p, uint32_t what)
{
	uint32_t more = what & ~p->listens;
	size_t i = 0;

	p->listens |= what;
	while (more && i < p->count) {
		struct place_capture *c = p->captures[i];
		int err = 0;

		if (more & place_part(c))
			err = capture_listen(c->capture);
		if (!err) {
			i++;
			continue;
		}
		p->events.on_failure(p->events.arg, c->name, err);
		place_remove_capture(p, &p->captures[i]);
	}
}

uint32_t
place_listens(const struct place *p)
{
	return p->listens;
}

int
place_read_links(struct place *p)
{
	int back, err, again;
	char byte;

	if (recv(p->link_fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 &&
	    errno == EAGAIN)
		return 0;
	err = enter(p->netns_fd, &back);
	if (err)
		return err;
	err = place_take_links(p);
	again = leave(back);
	return again ? again : err;
}

static int
open_inside(struct place *p, struct place_maps *maps)
{
	struct stat st;
	int err = netns_cookie(&p->netns);

	if (err)
		return err;
	if (stat("/proc/thread-self/ns/net", &st) == 0)
		p->netns_inode = (uint32_t)st.st_ino;
	err = place_take_filter(p, maps);
	return err ? err : place_open_links(p);
}

int
place_open(int netns_fd, struct place_maps *maps, uint32_t listens,
    uint32_t buffer_bytes, const struct place_events *events,
    struct place **ret_place)
{
	struct place *p = calloc(1, sizeof(*p));
	int back, err, again;

	if (!p) {
		if (netns_fd >= 0)
			close(netns_fd);
		return -ENOMEM;
	}
	p->events = *events;
	p->netns_fd = netns_fd;
	p->link_fd = -1;
	p->buffer_bytes = buffer_bytes;
	p->listens = listens;
	err = enter(netns_fd, &back);
	if (!err) {
		err = open_inside(p, maps);
		again = leave(back);
		if (!err)
			err = again;
	}
	if (err) {
		place_close(p);
		return err;
	}
	*ret_place = p;
	return 0;
}

void
place_close(struct place *p)
{
	if (!p)
		return;
	while (p->count)
		place_remove_capture(p, &p->captures[p->count - 1]);
	if (p->link_fd >= 0)
		close(p->link_fd);
	if (p->netns_fd >= 0)
		close(p->netns_fd);
	filter_bpf__destroy(p->filter);
	free(p);
}

void
place_keep(struct place *p)
{
	p->kept = true;
}

bool
place_is_idle(struct place *p, bool unused)
{
	p->idle_turns = unused && !p->kept ? p->idle_turns + 1 : 0;
	return p->idle_turns >= IDLE_TURNS;
}

uint64_t
place_netns(const struct place *p)
{
	return p->netns;
}

uint32_t
place_netns_inode(const struct place *p)
{
	return p->netns_inode;
}

int
place_link_fd(const struct place *p)
{
	return p->link_fd;
}

void
place_lost(struct place *p, struct place_capture *c)
{
	struct place_capture **slot = place_find_capture(p, c->ifindex);

	if (slot)
		place_remove_capture(p, slot);
}

struct place_capture **
place_captures(struct place *p, size_t *ret_count)
{
	*ret_count = p->count;
	return p->captures;
}

uint64_t
place_drops(struct place *p)
{
	uint64_t drops = p->drops;

	for (size_t i = 0; i < p->count; i++)
		drops += capture_drops(p->captures[i]->capture);
	return drops;
}
