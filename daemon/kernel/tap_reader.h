/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_TAP_READER_H
#define KERNEL_TAP_READER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel/packet_ring.h"
#include "kernel/tuples.h"
#include "telltap/packet.h"

/*
 * Reads the packets of all captures, says whose each one is and hands them out
 * in order of time. It holds no capability and asks the kernel nothing: the tap
 * tells it of captures and of who holds which tuple, in the same process or by
 * messages from another.
 */

struct tap_reader;

/* All are called from within tap_reader_read() alone; a non-zero return of
 * on_packets ends it with it. */
struct tap_reader_events {
	/* Data and array live until the call after the next one. */
	int (*on_packets)(
	    void *arg, const struct telltap_packet *packets, size_t count);
	/* Has the tap tell of all tuples that were entered by now; returns that
	 * time (Unix epoch, ns). A tuple is entered before its first packet. */
	uint64_t (*drain)(void *arg);
	/* Has the tap tell of that tuple, if the kernel knows it: its record
	 * may have been lost. */
	void (*ask)(void *arg, const struct tap_tuple *tuple);
	void *arg;
};

struct tap_reader_capture {
	uint32_t number; /* telltap_packet.interface */
	uint64_t netns; /* cookie */
	int fd; /* may be closed after tap_reader_add() */
	struct packet_ring_shape shape;
};

struct tap_reader_stats {
	uint64_t packets, bytes; /* handed out */
	uint64_t unowned; /* nobody's, or not known whose: left out */
	uint64_t broken; /* rings that could not be read on */
	uint64_t held; /* not handed out yet, when guessing */
	uint64_t refused; /* no room to hold them, or to take in a copied one */
};

#define TAP_READER_CAPTURES_MAX 4096

/* tuples is borrowed, and kept up to date by the caller. With NULL owners are
 * guessed by what tap_reader_guess() is told. */
struct tap_reader *tap_reader_new(const struct tuples *tuples, const struct tap_reader_events *events);
void tap_reader_free(struct tap_reader *r);

/* Before any packet: their numbers begin after that one. */
void tap_reader_number(struct tap_reader *r, uint64_t before);

/* Packets from before then that nobody owns are not counted. */
void tap_reader_begins(struct tap_reader *r, uint64_t opened_ns);

must_check int tap_reader_add(
    struct tap_reader *r, const struct tap_reader_capture *c);
/* What is in its ring is handed out with the next turn, the last one. */
void tap_reader_remove(struct tap_reader *r, uint32_t number);

/* A packet that was copied before a capture listened for it; it is handed out with
 * the next ones. May be called from within a turn, by what is drained. */
struct tap_early_packet;
void tap_reader_early(struct tap_reader *r, const struct tap_early_packet *p);

struct diag_socket;
must_check int tap_reader_guess(struct tap_reader *r,
    const struct diag_socket *s, uint32_t owner, uint64_t now_ns);

/* One turn. */
must_check int tap_reader_read(struct tap_reader *r);

void tap_reader_stats(
    const struct tap_reader *r, struct tap_reader_stats *ret_stats);

#endif
