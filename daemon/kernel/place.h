/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_PLACE_H
#define KERNEL_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bpf/capture.h"
#include "kernel/capture.h"

/*
 * A place is a network namespace that watched sockets live in: one filter with
 * the namespace's cookie, and a capture on each interface that is up and is no
 * part of another (a bridge's port shows the bridge's packets again). Captures
 * come and go with the interfaces, as rtnetlink tells. One that listens slows
 * every packet of its interface, so those on lo and those on all others listen
 * only once they are needed.
 */

struct place;
struct filter_bpf;

/* The maps that filters share with the other programs, and a filter loaded
 * ahead: loading takes longer than many a program to its first packet. */
struct place_maps {
	int tuples, ports, counters, interfaces;	/* descriptors */
	struct filter_bpf *spare;
	bool no_filter;			/* all packets are passed */
};

/* Loads the spare filter if there is none. */
must_check int place_prepare(struct place_maps *maps);
void place_maps_clear(struct place_maps *maps);

struct place_capture {
	struct capture *capture;
	char name[16];
	int ifindex;
	bool loopback;
	uint32_t number;		/* telltap_packet.interface */
	struct place *place;
};

/* One that no capture has, nor will. */
uint32_t place_number(void);

/* Which part of its namespace it is on: one of enum tap_capture_place. */
uint32_t place_part(const struct place_capture *c);

struct place_events {
	/* A capture was opened (its fd is to be waited for) or is about to be
	 * closed. */
	int (*on_capture)(void *arg, struct place_capture *c, bool opened);
	void (*on_failure)(void *arg, const char *interface, int err);
	void *arg;
};

/* netns_fd: of the namespace, owned from now on; -1 for the current one.
 * listens: enum tap_capture_place. */
must_check int place_open(int netns_fd, struct place_maps *maps,
    uint32_t listens, uint32_t buffer_bytes, const struct place_events *events,
    struct place **ret_place);
void place_close(struct place *p);

/* Those listen as well from now on. */
void place_listen(struct place *p, uint32_t what);
uint32_t place_listens(const struct place *p);

/* It is to stay open though nobody may live in it. */
void place_keep(struct place *p);
/* Asked every second or so, with whether anybody lives in it: true once nobody
 * has for some turns. */
bool place_is_idle(struct place *p, bool unused);

uint64_t place_netns(const struct place *p);		/* cookie */
uint32_t place_netns_inode(const struct place *p);
int place_link_fd(const struct place *p);		/* rtnetlink */

/* Takes in what rtnetlink says. */
must_check int place_read_links(struct place *p);

/* The interface is gone; closes its capture. */
void place_lost(struct place *p, struct place_capture *c);

/* Captures open now; *ret_count of them. */
struct place_capture **place_captures(struct place *p, size_t *ret_count);
uint64_t place_drops(struct place *p);

#endif
