/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_TAP_STATE_H
#define KERNEL_TAP_STATE_H

#include "kernel/kin.h"
#include "kernel/owners.h"
#include "kernel/place.h"
#include "kernel/process.h"
#include "kernel/tap_reader.h"
#include "kernel/tap.h"
#include "kernel/tuples.h"

/* What the files of the tap share; nobody else includes this. */

#define PLACES_MAX	64

struct tap_bpf;
struct ring_buffer;
struct rules;
struct tap_files;
struct tap_hashes;
struct tap_hooks;
struct listener;
struct hook_sessions;
struct tap_diag;
struct diag_socket;

struct tap {
	struct tap_bpf *bpf;
	struct ring_buffer *ring;
	struct rules *rules;
	struct processes *processes;
	struct owners *owners;
	struct kin *kin;		/* NULL: descendants are all alike */
	struct tuples *tuples;
	struct place *places[PLACES_MAX];
	size_t place_count;
	struct place_maps place_maps;
	struct listener *listener;	/* NULL without bpf */
	struct tap_reader *reader;		/* NULL when it is another process' */
	struct tap_hashes *hashes;	/* NULL: on_hash is */
	struct tap_files *files;	/* NULL unless wanted */
	struct tap_hooks *hooks;	/* likewise */
	struct hook_sessions *hook_sessions;	/* likewise */
	struct tap_diag *diag;		/* instead of bpf, ring, tuples */
	struct tap_events events;
	void *arg;
	struct tap_stats stats;
	uint64_t place_drops;		/* of places closed by now */
	int64_t monotonic_offset;	/* to the Unix epoch */
	int64_t boottime_offset;	/* likewise, the same all the time */
	uint64_t swept_ns;
	uint64_t turns;			/* of the sweep */
	uint32_t buffer_bytes;
	uint32_t next_owner;
	uint32_t early_number;		/* interface of packets copied early */
	uint32_t netns_failed;		/* inode of the last one, said once */
	int epoll_fd, cgroup_fd;
	int failed;			/* what a callback returned */
	bool passed_sockets, file_reads, known_from_reads, tls_plaintext,
	    probes_many, no_descendants, hand_over, no_bpf;
};

/* tap_load.c: our programs into the kernel; what is not wanted is left out. Files
 * that are read are asked for by default, so that not every kernel need be able to
 * tell: must_read if it is a failure that it can't. Attached later, for captures
 * must be there first. */
int tap_load(struct tap *t, bool must_read);
int tap_attach(struct tap *t);

/* tap_ring.c: takes in all records that are in the ring. */
int tap_ring_open(struct tap *t);
/* Returns when it began, in Unix time. */
uint64_t tap_ring_drain(struct tap *t);
/* Whether the process, watched for these reasons, is the product. */
void tap_judge_kin(struct tap *t, struct process *p, uint32_t reasons);
/* The id that packets of such a socket bear; told of when it is new. */
uint32_t tap_owner_id(struct tap *t, uint32_t creator, uint32_t sender,
    uint32_t flags);
/* Enters a tuple's holder; returns the id that its packets bear, or 0. */
uint32_t tap_hold_tuple(struct tap *t, const struct tap_tuple *tuple,
    uint64_t cookie, uint64_t since_ns, uint32_t creator, uint32_t sender,
    uint32_t flags);

/* tap_hash.c: of what the owner's process executes; has it told anew once it is
 * there, if it is not yet. */
struct tap_hashes *tap_hashes_new(void);
void tap_hash_want(struct tap *t, struct process *p, uint32_t owner);

/* tap_client.c: somebody connects to a watched socket. */
struct tap_client;
void tap_client_take(struct tap *t, const struct tap_client *r);

/* tap_clouds.c: calls on_unwatched for all that was counted. */
void tap_clouds_report(struct tap *t);

/* tap_hand.c: what the reader is told, here or in another process. */
int tap_hand_open(struct tap *t);
int tap_hand_capture(struct tap *t, const struct place_capture *c,
    bool opened);
void tap_hand_hold(struct tap *t, const struct tap_tuple *tuple,
    const struct tuple_holder *holder);
void tap_hand_guess(struct tap *t, const struct diag_socket *s, uint32_t owner,
    uint64_t now_ns);
void tap_hand_end(struct tap *t, uint64_t cookie, uint64_t ts_ns);
void tap_hand_early(struct tap *t, const struct tap_early *r,
    const uint8_t *data);

/* tap_places.c */
int tap_places_open(struct tap *t);
/* Has captures listen where the process is, in the namespace of that cookie (0:
 * not known). wanted: enum tap_capture_place. */
void tap_place_of(struct tap *t, struct process *p, uint64_t netns,
    uint32_t wanted);
/* What a walk over open sockets has asked for listens at once. */
void tap_places_wake(struct tap *t);
int tap_places_read(struct tap *t);
void tap_places_reap(struct tap *t);

/* tap_rules.c: what is to be watched, into the kernel's maps. */
int tap_rules_set(struct tap *t, const struct tap_options *options);
/* tap.c: what tap_open_error() returns; returns err. */
int tap_explain(int err, const char *what);

/* tap_seed.c: marks processes that run already. */
int tap_seed(struct tap *t);
int tap_seed_pid(struct tap *t, pid_t pid, uint32_t reasons, bool tell);
/* A process that no rule in the kernel matched has started a program. */
void tap_seed_candidate(struct tap *t, pid_t pid);

/* tap_scan.c: walks all open sockets, to give those of watched processes their
 * owner, or to have the counts of those that are owned reported. */
int tap_scan(struct tap *t, bool report);

void tap_note(struct tap *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static inline void
tap_fail(struct tap *t, int err)
{
	if (err && !t->failed)
		t->failed = err;
}

#endif
