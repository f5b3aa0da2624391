/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELLTAP_TELLTAP_H
#define TELLTAP_TELLTAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "telltap/packet.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The engine: packets in, events out. It does no I/O and takes no clock; time
 * is the packets'. Feeding the same packets gives the same events, byte for
 * byte, with any number of threads.
 *
 * Functions return 0 or a negative code (errno values, or below -4095 codes of
 * telltap's own); telltap_strerror() puts it in words. One engine is used from
 * one thread at a time; engines are independent of each other.
 */

struct telltap_engine;
struct telltap_known;
struct telltap_profiles;
struct telltap_keys;
struct telltap_identity;
struct event;

/* One event. The pointer and all behind it live for the callback. */
typedef int (*telltap_event_fn)(void *arg, const struct event *event);

struct telltap_options {
	size_t size;		/* sizeof(struct telltap_options) */
	unsigned threads;	/* 1 to 64; 0 means 1 */
	bool digests;		/* SHA-256 of every stream in flow events */
	bool no_dpi;		/* do not ask nDPI */
	const char *const *endpoints;	/* "10.0.0.0/8", NULL-terminated */
	const struct telltap_known *known;	/* sealed; kept by reference */
	uint64_t max_flows;	/* 0: 2,097,152; above it the flow whose
				 * time-out is next is ended and counted */
	uint64_t max_stream_bytes;	/* out-of-order bytes held, over all
					 * flows; 0: 256 MiB */
	const struct telltap_profiles *profiles;	/* sealed; kept by
							 * reference */
	struct telltap_keys *keys;	/* kept by reference; added to by
					 * telltap_engine_keys() alone */
	const struct telltap_identity *identity;	/* sealed; kept by
							 * reference */
	const char *const *archive_passwords;	/* NULL-terminated; tried
						 * beside the usual ones; kept
						 * by reference, and told in the
						 * first event */
	bool show_values;	/* of identifiers, else masked */
	bool keep_objects;	/* events bring the bytes of whole files that
				 * were sent, each once: up to 16 MiB of one,
				 * 128 of them, 512 MiB in all */
	bool keep_prints;	/* remember what events rest on, for
				 * telltap_engine_prints() */
	double alpha;		/* false-alarm rate at or below which sizes of
				 * what can't be read name a canary; 0: 0.001 */
	bool infer_files;	/* and files that were read before, of the known
				 * ones: telltap_engine_file_read() */
};

/* Known files. telltap_known_add() takes a file, a folder, a manifest, or an
 * index (telltap/index.h). */
struct telltap_known *telltap_known_new(void);
int telltap_known_add(struct telltap_known *known, const char *path);
int telltap_known_seal(struct telltap_known *known);
/* Once sealed: keeps up to max of the files open, since what is found is read
 * again from them, for a process that is about to lose every path. Returns how
 * many of them it could not; what is found of those is not certain. */
size_t telltap_known_hold(struct telltap_known *known, size_t max);
/* What a file's bytes are known by, and these, for another process of the same
 * program; at most max_len of it, to be freed with free(). */
int telltap_known_pack(const char *name, const uint8_t *data, size_t len,
    size_t max_len, uint8_t **ret_pack, size_t *ret_len);
/* Adds such a file. 1 if its content is known already. of_product: one of the
 * watched product's own, not of its user's. */
int telltap_known_unpack(struct telltap_known *known, const uint8_t *pack,
    size_t len, bool of_product);
/* A set that begins with all of a sealed one (NULL: with nothing), to be added
 * to by telltap_known_unpack(), and sealed. Either may be freed first. */
int telltap_known_grow(const struct telltap_known *known,
    struct telltap_known **ret_known);
/* What the last failure was, with file and line. Lives as long as known. */
const char *telltap_known_error(const struct telltap_known *known);
void telltap_known_free(struct telltap_known *known);

/*
 * What is published of the vendors' products: whose cloud a host is, and what
 * it is for. telltap_profiles_load() takes a file or a folder; with NULL what
 * came with telltap, beside the program, or $TELLTAP_PROFILES (-ENOENT if it
 * is not there). telltap_profiles_keep() drops all but the profiles of those
 * ids. A set has to be sealed before an engine takes it.
 */
struct telltap_profiles *telltap_profiles_new(void);
int telltap_profiles_load(struct telltap_profiles *profiles, const char *path);
int telltap_profiles_keep(struct telltap_profiles *profiles,
    const char *const *ids, size_t count);
int telltap_profiles_seal(struct telltap_profiles *profiles);
/* What the last failure was, with file and line. Lives as long as profiles. */
const char *telltap_profiles_error(const struct telltap_profiles *profiles);
void telltap_profiles_free(struct telltap_profiles *profiles);

/*
 * What names this machine, its user and its software: looked for in all that
 * goes out, in many forms. telltap_identity_read() takes a file, see
 * telltap(1); telltap_identity_add() one value of a kind such as "hostname".
 * Has to be sealed before an engine takes it.
 */
struct telltap_identity *telltap_identity_new(void);
int telltap_identity_read(struct telltap_identity *identity, const char *path);
int telltap_identity_add(struct telltap_identity *identity, const char *kind,
    const char *value);
int telltap_identity_seal(struct telltap_identity *identity);
/* What the last failure was, with file and line. Lives as long as identity. */
const char *telltap_identity_error(const struct telltap_identity *identity);
void telltap_identity_free(struct telltap_identity *identity);

/*
 * Secrets of TLS sessions: whole NSS key logs, or text out of them, from the
 * start of a line. A key log is named in the first event, with its SHA-256.
 */
struct telltap_keys_count {
	size_t size;		/* sizeof(struct telltap_keys_count) */
	uint64_t secrets;	/* held */
	uint64_t usable;	/* lines that hold one; some say it again */
	uint64_t unreadable;	/* lines that are neither secret nor comment */
	uint64_t left_out;	/* secrets above the ceiling: 6,291,456 in all, and
				 * eight of one session and label */
};

struct telltap_keys *telltap_keys_new(void);
int telltap_keys_add_file(struct telltap_keys *keys, const char *path);
/* A server's private RSA key, PEM without a password. The first event has the
 * SHA-256 of its public half. */
int telltap_keys_add_private(struct telltap_keys *keys, const char *path);
int telltap_keys_add_bytes(struct telltap_keys *keys, const uint8_t *text,
    size_t len);
/* Up to now; ret->size says how much of it the caller knows. */
void telltap_keys_count(const struct telltap_keys *keys,
    struct telltap_keys_count *ret);
/* What the last failure of add_file or add_private was. Lives as long as keys. */
const char *telltap_keys_error(const struct telltap_keys *keys);
void telltap_keys_free(struct telltap_keys *keys);

/* on_event gets every event, in order, from within feed and finish; a
 * non-zero return ends the run with that code. */
int telltap_engine_new(const struct telltap_options *options,
    telltap_event_fn on_event, void *arg, struct telltap_engine **ret_engine);
void telltap_engine_free(struct telltap_engine *engine);

/* The known files for all that begins with the packets fed from now on: those
 * so far and more of them, made by telltap_known_grow(). An event names those
 * that have joined. The set may be freed when this returns. */
int telltap_engine_known(struct telltap_engine *engine,
    const struct telltap_known *known);

/* The files the packets come from, for the first event; before any packet. */
int telltap_engine_input(struct telltap_engine *engine, const char *name,
    uint64_t size, const uint8_t *sha256);

/*
 * The SHA-256 of the file of that index, from 0, that was not known when it was
 * told; and the line of the `input` event with what is known by now, as
 * telltap_event_json() would give it. For a caller that has files hashed while their
 * packets are read, and keeps back the lines behind the first one.
 */
void telltap_engine_input_hash(struct telltap_engine *engine, size_t index,
    const uint8_t sha256[32]);
const char *telltap_engine_input_json(struct telltap_engine *engine,
    size_t *ret_len);

/* An option of the caller's own that changes results ("filter", "tcp"), for the
 * first event; before any packet. value may be NULL. */
int telltap_engine_option(struct telltap_engine *engine, const char *name,
    const char *value);

/* A file that could not be read to its end, and why: an event; counted. */
int telltap_engine_file_error(struct telltap_engine *engine, const char *name,
    const char *why);

/* A name that the capture itself gives to an address (16 bytes in network
 * order, IPv4 as ::ffff:a.b.c.d); the weakest source of names. */
int telltap_engine_name(struct telltap_engine *engine, const uint8_t *address,
    const char *name);

/* Keys that the capture brings along (TELLTAP_BLOCK_SECRETS), for the packets
 * fed from now on. They are added to options.keys, if there are any. */
int telltap_engine_keys(struct telltap_engine *engine, const uint8_t *text,
    size_t len);

/* Lines of a TLS key log: of those sessions of the capture that there were keys
 * for, each told once, up to now. 0, or what give returned. */
typedef int (*telltap_keys_fn)(void *arg, const char *text, size_t len);
int telltap_engine_used_keys(struct telltap_engine *engine, telltap_keys_fn give,
    void *arg);
/* After telltap_engine_finish(): what it takes beside packets and keys to derive
 * the events again, as files of a case. The fingerprints of the known files that
 * events name, "known.jsonl" and "known.parts"; none where no file is known, where
 * those named are too many, or one has changed. And "identity.jsonl", all that was
 * looked for of options.identity. */
typedef int (*telltap_file_fn)(void *arg, const char *name, const void *data,
    size_t len);
int telltap_engine_prints(struct telltap_engine *engine, telltap_file_fn give,
    void *arg);
/* Live: packets wait for wait_ns of their own clock, and in at most max_bytes, so
 * that keys which come a little later are there in time; before any packet.
 * They go on at a tick, and all of them at the end. */
int telltap_engine_hold(struct telltap_engine *engine, uint64_t wait_ns,
    size_t max_bytes);
/* Beside it, live or where the keys come with packets that are read once: a TLS
 * or QUIC connection whose keys are not there at its ClientHello is kept, for
 * wait_ns of the packets' clock and in at most max_bytes in all, until they are;
 * once it is closed, or UDP and silent, for 15 s at most, unless wait_ns is
 * UINT64_MAX. Above the ceiling who has waited longest goes on unread. Before any packet;
 * 0, -EINVAL after one or with a wait_ns of 0, -ENOMEM. */
int telltap_engine_await_keys(struct telltap_engine *engine, uint64_t wait_ns,
    size_t max_bytes);
int telltap_engine_tick(struct telltap_engine *engine, uint64_t now_ns);

/*
 * Live: what a TLS library was given, and gave, in the clear, as hooks in it say.
 * Only while packets wait, see telltap_engine_hold(), for both are put in order
 * by their time. A session is named by any number of the caller's; its bytes
 * come in order, each way, and what lies between two pieces was lost. They take
 * the place of the connection's sealed records. telltap_engine_session() says
 * which connection it is, before or after the first bytes.
 */
struct telltap_session {
	size_t size;			/* sizeof(struct telltap_session) */
	uint64_t stream, ts_ns;
	uint8_t local[16], remote[16];	/* IPv4 as ::ffff:a.b.c.d */
	uint16_t local_port, remote_port;
	bool ambiguous;			/* it may be another connection */
};

struct telltap_plaintext {
	size_t size;			/* sizeof(struct telltap_plaintext) */
	uint64_t stream, ts_ns;
	uint64_t offset;		/* of the first byte */
	const uint8_t *data;		/* copied */
	uint32_t len;
	bool inbound;
	bool early;			/* to be sent in the handshake (0-RTT),
					 * if at all */
	bool of_file;			/* the library was given a file, and they
					 * were read from that */
};

int telltap_engine_session(struct telltap_engine *engine,
    const struct telltap_session *session);
int telltap_engine_plaintext(struct telltap_engine *engine,
    const struct telltap_plaintext *plaintext);
/* Lengths are of all there was, with what was lost. */
int telltap_engine_session_end(struct telltap_engine *engine, uint64_t stream,
    uint64_t ts_ns, uint64_t out_len, uint64_t in_len);
/* Bytes told of a connection that was not captured, up to now. */
uint64_t telltap_engine_unplaced(const struct telltap_engine *engine);

/* Packets that the capture says it lost before they reached it; adds up. */
int telltap_engine_drops(struct telltap_engine *engine, uint64_t kernel,
    uint64_t ring);

/* Packets that were captured, and left out for nobody knows whose they are. */
int telltap_engine_unattributed(struct telltap_engine *engine,
    uint64_t packets);

/* What watched processes are, and read, of which not all is known; adds up. */
struct telltap_unread {
	size_t size;			/* sizeof(struct telltap_unread) */
	uint64_t processes;		/* of which not all could be read */
	uint64_t files_unanswered;	/* nobody answered for them */
	uint64_t files_gone;		/* before they could be looked at */
	uint64_t readers_lost;		/* processes of ours that look at files */
};

int telltap_engine_unread(struct telltap_engine *engine,
    const struct telltap_unread *unread);

/*
 * telltap_engine_feed - count packets in capture order. Their data must stay
 * until the next call of feed or finish returns when threads > 1, and until
 * this call returns otherwise; larger batches (some thousands) run faster.
 */
int telltap_engine_feed(struct telltap_engine *engine,
    const struct telltap_packet *packets, size_t count);

/*
 * Who sends. Packets bear the id of an owner in telltap_packet.owner; what is
 * known of it is told before the first of them. All is copied.
 */
struct telltap_process {
	size_t size;			/* sizeof(struct telltap_process) */
	uint64_t pid, parent_pid;
	uint64_t user;			/* UINT64_MAX: not known */
	uint64_t start_ns, end_ns;	/* Unix epoch; 0: not known */
	const char *executable, *name;	/* any of these may be NULL */
	const char *args;		/* NUL-separated */
	size_t args_len;
	const uint8_t *sha256;		/* 32 bytes: of the executable */
	const char *cgroup, *unit, *container;
	const char *source;		/* "kernel", "iterator", "import:..." */
	const char *certainty;		/* "exact", "ambiguous" */
	bool accepted;			/* the peer opened the connection */
	bool ended;
	uint64_t exit_code;
	uint64_t other_pid;		/* has the socket, too; 0: none */
	const char *other_executable;
	bool resolver;			/* the other asked it for the name that
					 * it asks for, and shares nothing */
	bool outside;			/* a descendant outside of the product's
					 * package, unit and folders */
};

int telltap_engine_owner(struct telltap_engine *engine, uint32_t id,
    const struct telltap_process *process);

/*
 * A process that is not watched connects to a socket of one that is, on this
 * machine, or sends it datagrams: what comes in by that connection and goes out again
 * is the client's.
 * Addresses are the watched socket's (IPv4 as ::ffff:a.b.c.d). Before the
 * connection's packets, which are those from since_ns on: a port may be used
 * again while packets of its former connection are still to come.
 */
struct telltap_client {
	size_t size;			/* sizeof(struct telltap_client) */
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
	uint8_t proto;			/* 6 or 17 */
	const struct telltap_process *process;
	uint64_t since_ns;		/* Unix epoch */
};

int telltap_engine_client(struct telltap_engine *engine,
    const struct telltap_client *client);

/*
 * Whose flows are, as a log beside the capture says: before any packet. It
 * holds for flows of these addresses and ports that began about then.
 */
struct telltap_claim {
	size_t size;			/* sizeof(struct telltap_claim) */
	uint8_t local[16], remote[16];	/* IPv4 as ::ffff:a.b.c.d */
	bool local_known, remote_known;
	uint16_t local_port, remote_port;
	uint8_t proto;
	bool day_time;		/* times are since midnight, zone unknown */
	bool opens;		/* there was nothing of it before first_ns */
	uint64_t first_ns, last_ns;	/* the log saw it */
	uint64_t end_ns;	/* of the process; 0: not known */
	uint32_t owner;		/* told of by telltap_engine_owner() */
};

int telltap_engine_claim(struct telltap_engine *engine,
    const struct telltap_claim *claim);

/* Who asked for a name, as a log says: before any packet. */
int telltap_engine_query(struct telltap_engine *engine, const char *name,
    uint64_t ts_ns, uint32_t owner);

/* A process was started, or has ended: an event. */
int telltap_engine_process(struct telltap_engine *engine, uint64_t ts_ns,
    const struct telltap_process *process);

/* A watched process has read a file: an event. */
struct telltap_file_read {
	size_t size_of;			/* sizeof(struct telltap_file_read) */
	const struct telltap_process *process;	/* NULL: not known */
	const char *path;
	uint64_t inode, size, bytes, end, calls;
	uint64_t first_ns, last_ns;	/* Unix epoch */
	uint32_t dev_major, dev_minor;
	bool mapped;			/* bytes are of a mapping */
	const char *content;		/* "joined" the known files, was "known",
					 * is "uncertain", "large", "left-out";
					 * NULL: not asked for */
};

int telltap_engine_file_read(struct telltap_engine *engine,
    const struct telltap_file_read *read);

/* Somebody said something while it was recorded, and who: an event. text is
 * cut at 1,024 bytes. */
int telltap_engine_mark(struct telltap_engine *engine, uint64_t ts_ns,
    const char *text, uint64_t pid, uint64_t user);

/* What the kernel counted on a TCP socket: an event; adds up, but that of two
 * sockets of one connection the one counts whose owner opened it. Addresses are
 * 16 bytes in network order, IPv4 as ::ffff:a.b.c.d. */
struct telltap_socket_count {
	size_t size;			/* sizeof(struct telltap_socket_count) */
	uint64_t ts_ns;
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
	uint8_t proto;
	bool live;			/* not closed */
	uint32_t owner;
	uint64_t payload_out;		/* acknowledged by the peer */
	uint64_t pending_out;		/* sent, not acknowledged */
	uint64_t payload_in;
};

int telltap_engine_socket(struct telltap_engine *engine,
    const struct telltap_socket_count *count);

/* What processes that are not watched sent to an address of the product's
 * clouds, as the kernel counted it: an event; adds up. */
struct telltap_unwatched {
	size_t size;			/* sizeof(struct telltap_unwatched) */
	uint8_t address[16];		/* IPv4 as ::ffff:a.b.c.d */
	uint64_t bytes, packets;	/* payload */
	uint64_t connections;		/* TCP's, opened */
	uint64_t first_ns, last_ns;	/* Unix epoch */
	uint64_t pid;			/* of the last one; 0: not known */
	const char *name;		/* of its program, or "" */
};

int telltap_engine_unwatched(struct telltap_engine *engine,
    const struct telltap_unwatched *unwatched);

/*
 * Another engine was here before and died: this one's events go on with the
 * number that comes next, and the first of them, instead of the input's, tells
 * of the time in which nothing was seen. Before any packet.
 */
struct telltap_gap {
	size_t size;			/* sizeof(struct telltap_gap) */
	uint64_t sequence;		/* of the first event */
	uint64_t start_ns, end_ns;	/* Unix epoch */
	const char *reason;
	uint64_t restarts;		/* how many have died so far */
};

int telltap_engine_resume(struct telltap_engine *engine,
    const struct telltap_gap *gap);

/* No packet comes any more though the watched processes live on: an event. */
int telltap_engine_gap(struct telltap_engine *engine,
    const struct telltap_gap *gap);

/* No more packets: every flow ends, the summary is the last event. */
int telltap_engine_finish(struct telltap_engine *engine);

/* The event as one line of JSON without a newline; see docs/events.schema.json.
 * Lives until the next call with the same engine. NULL if memory is out. */
const char *telltap_event_json(struct telltap_engine *engine,
    const struct event *event, size_t *ret_len);

const char *telltap_strerror(int err);
const char *telltap_version(void);

#ifdef __cplusplus
}
#endif

#endif
