/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_TAP_H
#define KERNEL_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "bpf/socket.h"
#include "kernel/file_open.h"
#include "telltap/packet.h"

/*
 * The kernel tap: loads our programs into the kernel, says which processes are
 * watched, and hands out the packets of their sockets with the owner of each.
 * It runs in the process that has the capabilities, on one thread, and calls
 * back from within tap_poll() alone.
 *
 * What is known of an owner comes by on_owner before the first packet that
 * bears its id. All that could not be seen is counted in struct tap_stats.
 */

struct tap;
struct process;
struct tap_reader_capture;
struct tuple_holder;
struct diag_socket;

/* A process that is not watched connects to a watched socket, or sends it
 * datagrams. Texts live for the call. */
struct tap_client_info {
	uint8_t local[16], remote[16];	/* local: the watched socket's */
	uint16_t local_port, remote_port;
	uint8_t proto;			/* 6 or 17 */
	uint64_t since_ns;		/* Unix epoch */
	const struct process *process;
};

/* What to watch. Strings are borrowed until tap_open() returns. */
struct tap_options {
	const char *const *exes;	/* paths or globs; NULL-terminated */
	const char *const *cgroups;	/* below the cgroup v2 root, or absolute */
	const char *const *units;	/* "clamav-daemon.service" */
	const pid_t *pids;
	size_t pid_count;
	const uid_t *uids;
	size_t uid_count;
	const char *program;		/* a command that is about to be run: what
					 * tls_plaintext looks at first */
	bool no_descendants;
	bool descendants_alike;		/* those outside of the product's folders,
					 * package and unit are not told apart */
	bool file_reads;		/* report files that are read */
	bool known_from_reads;		/* and hand them out, to be known; no
					 * failure if the kernel can't */
	bool passed_sockets;		/* find sockets that came by SCM_RIGHTS
					 * at their first write */
	bool tls_plaintext;		/* probes in the TLS libraries of
					 * watched processes */
	bool no_bpf;			/* guess by sock_diag; see tap_diag.h */
	bool hand_over;			/* captures and tuples are told of, for
					 * a reader in another process; no
					 * packet is read here */
	uint32_t buffer_bytes;		/* per interface; 0: 16 MiB */
};

enum tap_certainty {
	TAP_EXACT = 1,
	TAP_AMBIGUOUS,
};

enum tap_source {
	TAP_SOURCE_KERNEL = 1,		/* the socket was seen being made */
	TAP_SOURCE_ITERATOR,		/* it was open before the tap was */
};

/* Who a packet belongs to. Pointers live as long as the tap. */
struct tap_owner_info {
	uint32_t id;			/* telltap_packet.owner */
	enum tap_certainty certainty;
	enum tap_source source;
	bool accepted;			/* the peer opened the connection */
	bool resolver;			/* process asks what other asked it */
	const struct process *process;
	const struct process *other;	/* uses the socket too; NULL if none */
};

/* A socket's payload as the kernel counts it; addresses as in flow/packet.h. */
struct tap_socket_count {
	uint8_t local[16], remote[16];	/* TCP only, else zero */
	uint16_t local_port, remote_port;
	uint8_t proto;			/* 0 if it is not TCP */
	bool live;			/* not closed yet */
	uint64_t tx_bytes, tx_pending, rx_bytes, tx_packets;
	uint64_t cookie, netns;
	uint64_t ts_ns;			/* Unix epoch */
	uint32_t owner;			/* id; 0 if it never sent */
};

/* What processes that are not watched sent to one address of the product's
 * clouds, since it was known. */
struct tap_unwatched {
	uint8_t address[16];
	uint64_t bytes, packets, connections;
	uint64_t first_ns, last_ns;	/* Unix epoch */
	uint32_t pid;			/* of the last; 0: not known */
	char name[16];
};

/* A watched process has begun to read a file, which is to be found while it has
 * it open (file_open.h). That may take as long as a server likes. */
struct tap_file_find {
	struct file_wanted file;
	uint32_t number;		/* as in struct tap_file_open */
};

/* One that was found is wanted. */
struct tap_file_open {
	const struct process *process;	/* NULL if it is gone unread */
	const char *path;
	uint32_t number;		/* as in struct tap_file_read */
	uint32_t dev;
	uint64_t size;			/* at the first read */
	uint64_t first_ns;		/* Unix epoch: of the first read */
};

/* One file that one watched process has read, all calls together. */
struct tap_file_read {
	const struct process *process;	/* NULL if it is gone unread */
	const char *path;		/* may be empty */
	uint64_t inode, size, bytes;	/* bytes: handed to the process */
	uint64_t end;			/* furthest offset known, 0 if none */
	uint64_t first_ns, last_ns;	/* Unix epoch */
	uint32_t dev_major, dev_minor;
	uint32_t calls;
	bool mapped;			/* by mmap: bytes are of the mapping */
	uint32_t number;		/* 0: on_file_open told nothing of it */
};

/* A packet of a watched socket that no capture listened for: a copy of it. */
struct tap_early_packet {
	uint64_t netns;			/* cookie */
	uint64_t ts_ns;			/* Unix epoch */
	const uint8_t *data;		/* from an Ethernet header on; borrowed */
	uint32_t cap_len, wire_len;
	uint32_t interface;		/* telltap_packet.interface: no capture's */
};

/* A watched process' TLS session, and the socket that it goes over. */
struct tap_session {
	uint64_t stream;		/* as in struct tap_plaintext */
	uint64_t ts_ns;			/* Unix epoch: it is tied to it since */
	uint32_t owner;			/* id; 0: not known */
	uint32_t library;		/* enum tap_hook_library */
	bool ambiguous;			/* tied by time and size alone */
	struct tap_tuple tuple;
};

/* Bytes that the library was given, or gave. Those of a stream and direction
 * come in order; what lies between two of them was lost. */
struct tap_plaintext {
	uint64_t stream, ts_ns, offset;
	const uint8_t *data;		/* borrowed */
	uint32_t len;
	bool inbound, early;
	bool of_file;			/* read from the file that it was given */
};

/* Any of them may be NULL. A non-zero return ends tap_poll() with it. */
struct tap_events {
	int (*on_owner)(void *arg, const struct tap_owner_info *owner);
	/* In order of time as far as one turn goes. Data and array live until
	 * the call after the next one. */
	int (*on_packets)(void *arg, const struct telltap_packet *packets,
	    size_t count);
	int (*on_process)(void *arg, const struct process *process,
	    bool ended);
	int (*on_socket)(void *arg, const struct tap_socket_count *count);
	int (*on_file_read)(void *arg, const struct tap_file_read *read);
	int (*on_unwatched)(void *arg, const struct tap_unwatched *u);
	/* Before any packet of the connection. */
	int (*on_client)(void *arg, const struct tap_client_info *client);
	/* With known_from_reads: each file that is begun to be read, and then,
	 * before any packet that came after, that it is wanted, or is not. */
	int (*on_file_find)(void *arg, const struct tap_file_find *file);
	int (*on_file_open)(void *arg, const struct tap_file_open *file);
	int (*on_file_drop)(void *arg, uint32_t number, uint32_t dev);
	/* The SHA-256 of what the process executes is wanted: answered by
	 * tap_hash_is(), some time, or false. NULL: it is read here, at once. */
	bool (*on_hash)(void *arg, const struct process *process);
	/* With tls_plaintext. A session's bytes may come before its socket is
	 * known. */
	int (*on_session)(void *arg, const struct tap_session *session);
	int (*on_plaintext)(void *arg, const struct tap_plaintext *plaintext);
	/* Lengths are of all there was, with what was lost. */
	int (*on_session_end)(void *arg, uint64_t stream, uint64_t ts_ns,
	    uint64_t out_len, uint64_t in_len);
	/* Something that people should know: a capture opened or lost. */
	void (*on_note)(void *arg, const char *text);
	/* With hand_over; what a reader (tap_reader.h) has to be told. */
	int (*on_capture)(void *arg, const struct tap_reader_capture *c,
	    bool opened);
	int (*on_early)(void *arg, const struct tap_early_packet *p);
	int (*on_hold)(void *arg, const struct tap_tuple *tuple,
	    const struct tuple_holder *holder);
	int (*on_end)(void *arg, uint64_t cookie, uint64_t ts_ns);
	/* ... and with no_bpf. */
	int (*on_guess)(void *arg, const struct diag_socket *s, uint32_t owner,
	    uint64_t now_ns);
};

struct tap_stats {
	/* losses */
	uint64_t ring_full, watched_full, storage_failed, tuples_full;
	uint64_t holders_forgotten;	/* of tuples, while packets may wait */
	uint64_t files_full, unparsed, clouds_full;
	uint64_t plaintext_lost;	/* bytes */
	uint64_t hooks_full;		/* calls that were not followed */
	uint64_t hooks_failed;		/* libraries without probes */
	uint64_t packets_dropped;	/* by libpcap's buffers */
	uint64_t packets_unowned;	/* passed, but no tuple known: left out */
	uint64_t late;			/* times that what came in first in a
					 * network namespace may be missing */
	uint64_t processes_unread;	/* gone before /proc could be read */
	uint64_t captures_failed;	/* interfaces that could not be opened */
	/* sights */
	uint64_t packets, bytes;	/* handed out */
	uint64_t passed, refused;	/* by the filters in the kernel */
	uint64_t early;			/* packets that were copied before */
	uint64_t fragments, tuples_forgotten;
	uint64_t processes, owners, tuples, captures;
	uint64_t held;			/* not handed out yet, with no_bpf */
};

/*
 * tap_open - loads, attaches, opens captures, finds processes that run.
 *
 * Returns -EPERM without the capabilities, ERR_UNSUPPORTED when the kernel
 * lacks what cannot be done without; tap_open_error() says it in words.
 */
must_check int tap_open(const struct tap_options *options,
    const struct tap_events *events, void *arg, struct tap **ret_tap);
const char *tap_open_error(void);

/* Marks a child that waits to exec; on_process tells of what it executes. */
must_check int tap_watch_pid(struct tap *tap, pid_t pid);

/* Waits up to timeout_ms and calls back. 0, or what a callback returned. */
must_check int tap_poll(struct tap *tap, int timeout_ms);

/*
 * With hand_over. tap_drain() tells of all tuples entered by now and returns
 * that time; tap_ask() tells of one, if the kernel has it; tap_retell() tells
 * a new reader of all captures, owners, tuples and TLS sessions that there are.
 */
must_check int tap_drain(struct tap *tap, uint64_t *ret_ns);
void tap_ask(struct tap *tap, const struct tap_tuple *tuple);
must_check int tap_retell(struct tap *tap);

/* What on_hash asked for; NULL: it can't be had. Owners that were told of without
 * it are told of anew. */
void tap_hash_is(struct tap *tap, uint32_t image, const uint8_t *sha256);
/* Nobody is reading it any more: asks anew. */
void tap_hash_again(struct tap *tap, uint32_t image);

/* An address of the product's clouds: what others send there is counted from now
 * on. Not of one of this machine's own, or of many. */
must_check int tap_cloud_add(struct tap *tap, const uint8_t address[static 16]);
bool tap_cloud_is_far(const uint8_t address[static 16]);

/* Readable when tap_poll() has something to do, but for what does not wait
 * longer than 100 ms. */
int tap_fd(const struct tap *tap);

/* At the end: calls on_socket for every watched TCP socket that is still open,
 * on_file_read for the files not reported yet, and on_unwatched. */
must_check int tap_report_rest(struct tap *tap);

/* Watched processes that have not exited. */
size_t tap_watched_count(const struct tap *tap);

void tap_stats(struct tap *tap, struct tap_stats *ret_stats);
void tap_close(struct tap *tap);

#endif
