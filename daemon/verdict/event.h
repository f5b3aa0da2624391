/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERDICT_EVENT_H
#define VERDICT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "content/scan.h"
#include "flow/packet.h"

/*
 * What telltap says, one struct per event, before it becomes a line of JSON.
 * The engine fills it, evidence writes it, the report counts it. Everything in
 * it lives for the callback that gets it. Spans are untrusted text.
 */

struct carry_marks;

enum event_action {
	EVENT_INPUT,
	EVENT_TRANSFER,
	EVENT_FLOW,
	EVENT_FILE,
	EVENT_ANOMALY,		/* event.action "anomaly": conflicting overlap ... */
	EVENT_COVERAGE,
	EVENT_SUMMARY,
	EVENT_PROCESS,
	EVENT_FILE_READ,
	EVENT_MARK,
	EVENT_ACTION_COUNT,
};

/* In design.md's order: where several fit, the first is taken. */
enum kind {
	KIND_FILE_UPLOAD,
	KIND_FILE_FRAGMENT,
	KIND_HASH_LOOKUP,
	KIND_URL_LOOKUP,
	KIND_NAME_LOOKUP,
	KIND_TELEMETRY,
	KIND_UPDATE_DOWNLOAD,
	KIND_DOWNLOAD,
	KIND_KEEP_ALIVE,
	KIND_OTHER,
	KIND_OPAQUE,
	KIND_COUNT,
};

enum grade {
	GRADE_PROVEN,
	GRADE_OBSERVED,
	GRADE_INFERRED,
	GRADE_OPAQUE,
	GRADE_COUNT,
};

enum visibility {
	VISIBLE_CLEAR,
	VISIBLE_DECRYPTED,
	VISIBLE_HOOKED,
	VISIBLE_ENCRYPTED,
	VISIBILITY_COUNT,
};

/* As scripts read them: "file-upload", "proven", "clear". */
extern const char *const category_names[];	/* of data; ends with NULL */
bool category_is_known(const char *name);

const char *kind_name(enum kind k);
const char *grade_name(enum grade g);
const char *visibility_name(enum visibility v);
/* The kind of that name; KIND_COUNT if none. */
enum kind kind_by_name(const char *name);

struct event_tls {
	const char *version;		/* "1.3" */
	const char *cipher;		/* IANA name, or "0x1301" */
	struct span server_name, alpn;
	struct span ja3, ja4;		/* ja3: 32 hex digits */
	struct span cert_subject, cert_issuer;
	uint8_t cert_sha256[32];
	bool has_cert;
	bool resumed;			/* a session was taken up again */
	bool may_be_h2;			/* HTTP/2 was agreed on, or may have been */
	/* only in EVENT_FLOW: */
	bool sealed;			/* nothing of it could be opened; the
					 * key log's line for it has: */
	uint8_t client_random[32];
	const char *keys;		/* "opened" "wrong" ..., NULL: none */
	struct span unsupported;	/* why keys can't open it, in words */
	uint64_t opened, unauthentic;	/* records, with keys */
};

/* The flow that an event belongs to. Out and in are the endpoint's. */
struct event_flow {
	uint64_t id;			/* number of its first packet */
	uint64_t start_ns, end_ns;
	struct packet_addr local, remote;
	uint16_t local_port, remote_port;
	uint8_t proto, ip_version;
	const char *endpoint_by;	/* "syn" ... */
	const char *protocol_by;	/* "peer", "guess"; NULL: its own bytes */
	struct span community_id;	/* empty: whoever needs it makes it */
	const char *protocol;		/* network.protocol, NULL if not known */
	const char *application;	/* network.application, NULL */
	struct span domain;		/* best name of remote, may be empty */
	const char *domain_source;	/* "sni" "host" "dns" "capture", NULL */
	const struct event_tls *tls;	/* NULL if none */
	/* only in EVENT_FLOW: */
	uint64_t packets_out, packets_in;
	bool joined;			/* it was there before its capture */
	uint64_t payload_out, payload_in;	/* stream bytes, once */
	uint64_t gaps_out, gaps_in;		/* number of gaps */
	uint64_t missing_out, missing_in;	/* bytes in them */
	uint64_t retransmitted_out, retransmitted_in;
	/* captured, but no part of the stream: before its start, out of its
	 * window, after their place was given up as a gap */
	uint64_t ignored_out, ignored_in;
	uint64_t conflicts_out, conflicts_in;	/* overlaps that differ, bytes */
	uint64_t understood_out, undeciphered_out, encrypted_out;
	uint64_t continues;		/* id of the flow that its connection
					 * began as, 0: this one */
	bool has_digests;
	uint8_t sha256_out[32], sha256_in[32];
	bool has_plaintext, has_plaintext_digests;
	uint64_t plaintext_out, plaintext_in;
	uint8_t plaintext_sha256_out[32], plaintext_sha256_in[32];
	const char *end_reason;		/* "fin" "rst" "timeout" "evicted" "end" */
	uint64_t interface;
	uint32_t owner;			/* of its last packet; 0: not known */
	uint32_t other_owner;		/* named beside it; 0: none */
	bool owner_unsure;
	const char *answer_of;	/* of its transfers' last; not written */
};

struct event_range {
	uint64_t start, end;
};

/* Whether the bytes of a file are kept; written only where that was asked. */
enum event_kept {
	EVENT_NOT_ASKED,
	EVENT_KEPT,
	EVENT_LEFT_OUT,			/* above a ceiling */
};

struct event_file {
	struct span name;		/* may be empty */
	uint8_t sha256[32];
	bool has_sha256;
	uint64_t size;			/* UINT64_MAX if not known */
	uint64_t sent_bytes;		/* distinct bytes of it */
	double coverage;		/* 0 to 1 */
	const struct event_range *ranges;
	size_t range_count;
	const char *const *encodings;	/* outermost first */
	size_t encoding_count;
	struct span mime_type;
	bool known, ambiguous, declared;
	const char *origin;		/* "user" "product" "canary"; NULL */
	long known_index;		/* -1 if not known */
	/* when ambiguous: the other known files with these bytes */
	const struct span *also;
	size_t also_count;
	enum event_kept kept;
	const uint8_t *object;		/* its bytes, size of them, the first
					 * time that they are kept; else NULL */
};

/* Bytes of a known file, by its index, that an event rests on; start == end: it
 * was found by a hash. Not written. */
struct event_use {
	uint32_t file;
	uint64_t start, end;
};

struct event_hash {
	const char *algorithm, *encoding;
	struct span value;		/* lower-case hex */
	bool known;
	uint8_t file_sha256[32];	/* of the known file */
	bool has_file_sha256;
	struct span file_name;
	bool near;			/* a TLSH: so far from that of the file */
	unsigned distance;
	struct span path;
};

struct event_category {
	const char *category;
	struct span path;
	uint64_t offset;		/* in its item; UINT64_MAX: not known */
	const char *why;
	/* an identifier of this machine, or, without a form, text that looks
	 * like one: */
	const char *kind;		/* "hostname"; NULL: not one */
	const char *form, *encoding;	/* encoding may be NULL */
	struct span value;		/* masked, unless asked for */
};

/* A few bytes that may be a piece of a known file; not written. */
struct event_sliver {
	bool small;		/* it may only end what went before */
	bool weak;		/* more of them, that say too little */
	struct span bytes;
	uint64_t lane;			/* those from one place have one */
	struct scan_wraps wraps;
};

struct event_http {
	struct span method, scheme, host, target;
	struct span shown;		/* the target with identifiers masked; empty:
					 * there are none */
	uint8_t version;
	uint16_t status;
	struct span user_agent;
	struct span request_type, response_type;	/* Content-Type */
	uint64_t request_body, response_body;
};

struct event_dns {
	struct span question;
	const char *type;		/* "A", "TYPE65280" */
	const char *response_code;	/* NULL: no answer seen */
	const struct span *answers;	/* data as text */
	size_t answer_count;
	const struct packet_addr *addresses;	/* of A and AAAA answers */
	size_t address_count;
	uint16_t id;
};

/* A known file that a transfer that can't be read may have been. */
struct event_candidate {
	struct span name;
	uint8_t sha256[32];
	bool has_sha256;
	uint64_t size;
	const char *encoding;		/* "raw" "base64" "gzip+base64" ... */
	double score;
};

#define TRANSFER_STARTS	3
#define TRANSFER_ENDS	16
#define TRANSFER_END_MIN 64	/* control frames and short headers are below */

/* Live: a file as long as the first candidate, read whole shortly before. */
struct event_read_before {
	struct span name;
	uint64_t pid;
	uint64_t before_ns;		/* the transfer */
	bool same_process;		/* as sent; else one near it */
};

struct event_inference {
	double p_false;			/* of the first; 1 if none can be had */
	const struct event_candidate *candidates;	/* best first */
	size_t candidate_count;
	const struct event_read_before *read;	/* NULL: none is known */
};

struct event_transfer {
	uint64_t number;		/* 1-based within the flow */
	uint64_t start_ns, end_ns;
	uint64_t packet_first, packet_last;
	enum kind kind;
	enum grade grade;
	enum visibility visibility;
	uint64_t payload_out, payload_in;	/* stream bytes */
	uint64_t missing_out, missing_in;
	/* encrypted: bounds of the plaintext out, and how many records */
	uint64_t plain_min_out, plain_max_out, plain_min_in, plain_max_in;
	uint64_t records_out;
	/* of them, those that may hold nothing, and what they hold if they do;
	 * not in lines */
	uint64_t hollow_out, hollow_len_out;
	uint64_t full_out;		/* of them as long as records get; not in
					 * lines */
	/* What the bounds of padded records are below and above round lengths,
	 * where there is one between them. */
	uint64_t even_under_out, even_over_out;
	/* where the first records behind the first one begin; not in lines */
	uint32_t starts_out[TRANSFER_STARTS];
	uint8_t start_count;
	/* lengths of records that are neither full nor control frames, for a
	 * file ends with such a one; the last of them, 0 if there was none; not
	 * in lines */
	uint16_t ends_out[TRANSFER_ENDS], end_last;
	uint8_t end_count;		/* may be more than are kept */
	const struct event_inference *inference;	/* NULL if none */
	uint64_t understood_out, undeciphered_out, encrypted_out;
	const struct span *reasons;
	size_t reason_count;
	const struct event_category *categories;
	size_t category_count;
	const struct event_file *files;
	size_t file_count;
	const struct event_hash *hashes;
	size_t hash_count;
	const struct span *urls;
	size_t url_count;
	const struct event_http *http;	/* NULL if none */
	const struct event_dns *dns;	/* NULL if none */
	const struct span *grants;	/* "host/path" that the answer gives to
					 * send to; not written */
	size_t grant_count;
	/* of what may be an update, and of what is packed in it; not written */
	const uint8_t (*reply_sha256)[32];
	size_t reply_count;
	const char *answer_of;		/* id of the profile whose updates begin
					 * as the answer does; NULL: nobody's.
					 * Not written */
	const struct event_sliver *slivers;
	size_t sliver_count;
	const struct carry_marks *carried;	/* NULL: not asked. Not written */
	struct span tied_to;		/* id of the transfer whose answer gave
					 * this one's address; empty: none */
	bool complete;			/* ended as its protocol says, and its
					 * beginning was seen */
	const char *const *limits;
	size_t limit_count;
	const struct event_use *uses;	/* where they are asked for */
	size_t use_count;
};

struct event_cloud {
	struct span vendor, network, purpose, source;
	struct span key;		/* what transfers are grouped by */
};

/* In EVENT_SUMMARY: a vendor whose clouds were seen, and what its profile says
 * that its products send. */
struct event_vendor {
	struct span vendor, profile;
	const struct span *says;
	size_t says_count;
	const struct span *mentions;	/* the categories named in it */
	size_t mention_count;
};

/* EVENT_FILE: what several transfers to one cloud carried together. */
struct event_file_total {
	struct event_file file;
	enum grade grade;
	const struct span *transfers;	/* their ids, "17.2" */
	size_t transfer_count;
	uint64_t transfers_more;	/* not listed, above the ceiling */
	uint64_t packet_first, packet_last;
};

struct event_anomaly {
	const char *what;		/* "overlap-conflict", "clock-back" */
	struct span detail;		/* a sentence */
	uint64_t packet;
	uint64_t offset, len;
	const char *direction;		/* "out" "in", NULL */
};

/* One capture file, or the program's own start. */
struct event_input {
	struct span name;		/* base name, never a path */
	uint64_t size;
	uint8_t sha256[32];
	bool has_sha256;
};

struct event_input_list {
	const char *version;
	const struct event_input *files;
	size_t file_count;
	const struct span *options;	/* "--endpoint=10.0.0.0/8", sorted */
	size_t option_count;
	uint64_t known_files;
	uint8_t known_sha256[32];
	/* Files that have joined the known ones by now; then this is not the
	 * first event and the rest, but for the known files, is not told. */
	const struct event_input *joined;
	size_t joined_count;
};

struct event_totals {
	uint64_t packets, bytes;	/* records of the capture, wire bytes */
	uint64_t first_ns, last_ns;
	uint64_t flows, transfers;
	uint64_t by_kind_grade[KIND_COUNT][GRADE_COUNT];
	uint64_t payload_out, payload_in;
	uint64_t understood_out, undeciphered_out, encrypted_out;
	uint64_t missing_out, missing_in;
	uint64_t gaps_out, gaps_in;
	uint64_t conflicts;		/* bytes that differ in overlaps */
	uint64_t dropped_kernel, dropped_ring, events_lost;
	uint64_t not_ip, unsupported, malformed, truncated, cut_by_snaplen;
	uint64_t fragments, fragments_expired, fragments_overlapping;
	uint64_t flows_evicted, streams_limited;	/* by ceilings */
	uint64_t clock_backwards;
	uint64_t file_errors;		/* capture files not read to their end */
	/* live: sockets that the kernel counted, and their payload */
	uint64_t kernel_sockets, kernel_out, kernel_in;
	/* of it more than the captures saw of TCP */
	uint64_t kernel_unseen_out, kernel_unseen_in;
	uint64_t unattributed;		/* packets left out: owner not known */
	/* of processes that are not watched, to the same addresses */
	uint64_t unwatched_out, unwatched_packets;
	uint64_t sizes_unjudged;	/* transfers that could not be read, and
					 * were too many for what sizes say */
	uint64_t keys_not_awaited;	/* connections that went on unread: too
					 * much waited for keys */
	uint64_t moves_not_awaited;	/* UDP that may have been QUIC gone on
					 * by other addresses, likewise */
	uint64_t processes_unread;	/* watched, and not all of it is known */
	uint64_t files_unanswered;	/* that nobody answered for: not looked
					 * at, nor a process' memory there */
	uint64_t files_gone;		/* read, and not there any more */
	uint64_t readers_lost;		/* processes of ours that look at files,
					 * with what they had */
	uint64_t restarts;		/* of the engine: what comes before is
					 * not in these totals */
};

/* Who sent, as the kernel or an import says. */
struct event_process {
	uint64_t pid, parent_pid;
	uint64_t user;			/* UINT64_MAX if not known */
	uint64_t start_ns, end_ns;	/* 0 if not known */
	struct span executable, name;
	const struct span *args;
	size_t arg_count;
	uint8_t sha256[32];
	bool has_sha256;
	struct span cgroup, unit, container;
	const char *source, *certainty;	/* of the attribution; NULL */
	bool accepted;			/* the peer opened the connection */
	bool outside;			/* the product's descendant, and not it */
	bool ended;
	uint64_t exit_code;		/* when ended */
	/* when ambiguous: another process with the same socket */
	uint64_t other_pid;		/* 0 if none */
	struct span other_executable;
};

/* One file that a watched process read. */
struct event_file_read {
	struct span path;
	uint64_t inode, size, bytes, end, calls;
	uint64_t first_ns, last_ns;
	uint32_t dev_major, dev_minor;
	bool mapped;
	const char *content;		/* what it was to the known files */
};

/* What somebody said while it was recorded: "consent off". */
struct event_mark {
	struct span text;
	uint64_t pid, user;		/* of the program that said it */
};

/* What the kernel counted on one socket. */
struct event_kernel_count {
	uint64_t payload_out, pending_out, payload_in;
	bool live;
};

/* What processes that are not watched sent to an address of the clouds of those
 * that are. */
struct event_unwatched {
	struct packet_addr address;
	uint8_t ip_version;
	struct span domain;		/* may be empty */
	uint64_t bytes, packets, connections;
	uint64_t first_ns, last_ns;
	uint64_t pid;			/* the last one's; 0: not known */
	struct span name;
};

/* While it lasted nothing was seen, and what was being followed was lost. */
struct event_gap {
	uint64_t start_ns, end_ns;
	struct span reason;
};

struct event {
	enum event_action action;
	uint64_t sequence;		/* 0-based, without holes */
	uint64_t ts_ns;			/* capture time */
	bool input;			/* telltap.origin "input", else "derived" */
	const struct event_flow *flow;		/* TRANSFER, FLOW, ANOMALY or NULL */
	const struct event_transfer *transfer;
	const struct event_cloud *cloud;	/* NULL if not known */
	const struct event_file_total *file;
	const struct event_anomaly *anomaly;
	const struct event_input_list *inputs;
	const struct event_totals *totals;	/* COVERAGE, SUMMARY */
	const struct event_process *process;	/* NULL if not known */
	/* whose traffic the process carries on; NULL: its own, or not known */
	const struct event_process *on_behalf_of;
	bool behalf_asked;	/* that one had asked for whom it goes to */
	const struct event_file_read *read;
	const struct event_mark *mark;
	const struct event_kernel_count *kernel;	/* COVERAGE of a socket */
	const struct event_unwatched *unwatched;	/* likewise of an address */
	const struct event_gap *gap;		/* COVERAGE of such a time */
	const struct event_vendor *vendors;	/* SUMMARY */
	size_t vendor_count;
};

#endif
