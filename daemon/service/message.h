/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_MESSAGE_H
#define SERVICE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bpf/socket.h"
#include "service/message_file.h"

/*
 * What the processes of a live run say to each other. A message is a fixed
 * struct of exactly one length; a few carry a run of bytes behind it, whose
 * length the struct gives, to the byte. One table says who may say what to whom
 * and in which state of the hearer. A message that is anything else ends the
 * program that hears it.
 */

enum role {
	ROLE_PARENT,
	ROLE_ENGINE,
	ROLE_RECORDER,
	ROLE_FINGERPRINTER,
	ROLE_OPENER,
	ROLE_COUNT,
};

/* Of the hearer; they only advance. */
enum state {
	STATE_STARTING,		/* is told its options */
	STATE_RUNNING,
	STATE_ENDING,		/* was told to end: takes in what is left */
	STATE_ENDED,
};

enum message_kind {
	/* parent to engine */
	MESSAGE_OPTION = 1,
	MESSAGE_LINK,		/* with the socket to the recorder */
	MESSAGE_RESUME,		/* another engine was here before */
	MESSAGE_START,
	MESSAGE_CAPTURE,	/* with the packet socket */
	MESSAGE_CAPTURE_GONE,
	MESSAGE_EARLY,		/* a packet that no capture listened for */
	MESSAGE_OWNER,
	MESSAGE_PROCESS,
	MESSAGE_SOCKET,
	MESSAGE_CLIENT,		/* of a watched socket, on this machine */
	MESSAGE_PRINTS,		/* with the socket to the fingerprinter */
	MESSAGE_FILE_EXPECT,	/* a print will come from there */
	MESSAGE_FILE_READ,
	MESSAGE_UNWATCHED,	/* to one of the product's clouds */
	MESSAGE_HOLD,
	MESSAGE_END,
	MESSAGE_GUESS,
	MESSAGE_MARK,
	MESSAGE_KEYS,		/* lines of a TLS key log */
	MESSAGE_SESSION,	/* plaintext at TLS libraries, and the next two */
	MESSAGE_PLAINTEXT,
	MESSAGE_SESSION_END,
	MESSAGE_DRAINED,
	MESSAGE_NUMBER,		/* packets' numbers begin after this one */
	MESSAGE_FINISH,		/* read what is still on its way */
	MESSAGE_LAST,		/* nothing more comes: the losses */
	/* engine to parent */
	MESSAGE_READY,		/* also from the recorder */
	MESSAGE_DRAIN,
	MESSAGE_ASK,
	MESSAGE_CLOUD,		/* an address the product speaks to */
	MESSAGE_QUIET,		/* after FINISH: nothing comes any more */
	MESSAGE_DONE,
	MESSAGE_FAILED,		/* also from the recorder */
	/* engine to recorder */
	MESSAGE_LINE,
	MESSAGE_PACKET,
	MESSAGE_PACKET_OWNER,
	MESSAGE_SECRETS,	/* lines of a key log, for the packets kept */
	MESSAGE_TEXT,
	MESSAGE_FILE,
	MESSAGE_ROOT,
	MESSAGE_CLOSE,
	MESSAGE_HISTORY_NEXT,	/* the last HISTORY is read: what comes behind it */
	/* recorder to engine */
	MESSAGE_ROOT_IS,
	MESSAGE_HISTORY,	/* with what earlier engines said: one part of it */
	/* parent to recorder, beside OPTION, LINK, START */
	MESSAGE_RELINK,		/* with the socket to another engine */
	MESSAGE_ABORT,
	/* parent to fingerprinter, beside LINK, START, RELINK */
	MESSAGE_OPENER,		/* with the socket to the opener */
	/* parent to opener, beside LINK, START, RELINK; each is answered */
	MESSAGE_FILE_FIND,	/* and keep it */
	MESSAGE_FILE_HAND,	/* to the fingerprinter, if it was found */
	MESSAGE_FILE_DROP,
	MESSAGE_HASH,
	/* opener to parent, beside READY */
	MESSAGE_OPENED,
	MESSAGE_OPENING,	/* it takes its time, but goes on */
	/* opener to fingerprinter */
	MESSAGE_FILE_OPEN,	/* with the file, to be known */
	/* fingerprinter to parent, beside READY */
	MESSAGE_FILE_DONE,
	/* fingerprinter to engine */
	MESSAGE_PRINT,		/* of a file that was expected */
	/* engine to fingerprinter */
	MESSAGE_FULL,		/* there is no room for more files */
	/* recorder to parent */
	MESSAGE_POSITION,	/* after RELINK: what was logged until then */
	MESSAGE_CLOSED,
	MESSAGE_KIND_COUNT,
};

struct message_head {
	uint32_t kind;
	uint32_t len;			/* of all that follows */
};

enum option_kind {
	OPTION_COMMAND = 1,		/* "run", "watch" */
	OPTION_KNOWN,
	OPTION_PROFILE,
	OPTION_PROFILE_DIR,
	OPTION_FAIL_ON,
	OPTION_DIGESTS,
	OPTION_NO_DPI,
	OPTION_GUESS,			/* there are no tuples */
	OPTION_JSON,
	OPTION_SUMMARY,			/* for people, on standard output */
	OPTION_CASE,
	OPTION_KEY,
	OPTION_NO_PACKETS,
	OPTION_PARTS,			/* of so many bytes */
	OPTION_KEYLOG,			/* its name; the parent reads it */
	OPTION_TLS_KEY,
	OPTION_USER,			/* of the jail, by name */
	OPTION_IDENTITY,		/* a file */
	OPTION_NO_IDENTITY,		/* the machine's own is not looked for */
	OPTION_SHOW_VALUES,
	OPTION_INFER_FILES,
	OPTION_KEEP_OBJECTS,
	OPTION_TLS_PLAINTEXT,		/* the TLS libraries are hooked */
	OPTION_ALPHA,			/* a number, in hex as %a writes it */
	OPTION_ARCHIVE_PASSWORD,
	OPTION_KIND_COUNT,
};

#define MESSAGE_TEXT_MAX	4096u
#define MESSAGE_ARGS_MAX	131072u
#define MESSAGE_KEYS_MAX	262144u
#define MESSAGE_SECRETS_MAX	(64u << 20)

struct message_option {
	uint32_t option;		/* enum option_kind */
	uint32_t text_len;
};

struct message_empty {
	uint32_t pad;
};

struct message_number {
	uint64_t packet;
};

struct message_resume {
	uint64_t lines;			/* logged so far */
	uint64_t packet;		/* the highest number so far */
	uint64_t gap_start_ns, gap_end_ns;
	uint32_t text_len;		/* why */
	uint32_t restarts;
};

struct message_capture {
	uint64_t netns;
	uint32_t number;
	uint32_t block_len, block_count;
	uint32_t link_type;
};

struct message_capture_gone {
	uint32_t number;
};

/* The packet lies behind, as a frame. */
struct message_early {
	uint64_t netns, ts_ns;
	uint32_t cap_len, wire_len;
	uint32_t interface, pad;
};

/* Texts lie behind, in the order of their lengths. */
struct message_process {
	uint64_t pid, parent_pid, user;
	uint64_t start_ns, end_ns, exit_code;
	uint64_t other_pid;
	uint8_t sha256[32];
	uint32_t executable_len, name_len, args_len, cgroup_len, unit_len;
	uint32_t container_len, other_len;
	uint8_t has_sha256, ended, accepted, certainty, source, resolver;
	uint8_t outside, pad;
};

struct message_owner {
	uint32_t id, pad;
	struct message_process process;
};

struct message_file_read {
	uint64_t inode, size, bytes, end, calls, first_ns, last_ns;
	uint32_t dev_major, dev_minor;
	uint32_t path_len;
	uint32_t number;		/* as in message_file_open, or 0 */
	uint8_t mapped, has_process, pad[6];
	struct message_process process;
};

struct message_socket {
	uint8_t local[16], remote[16];
	uint64_t ts_ns, tx_bytes, tx_pending, rx_bytes;
	uint32_t owner;
	uint16_t local_port, remote_port;
	uint8_t proto, live, pad[6];
};

struct message_client {
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
	uint8_t proto, pad[3];
	uint64_t since_ns;
	struct message_process process;
};

struct message_unwatched {
	uint8_t address[16];
	uint64_t bytes, packets, connections, first_ns, last_ns;
	uint32_t pid, pad;
	char name[16];			/* ended by a NUL */
};

struct message_cloud {
	uint8_t address[16];
};

struct message_hold {
	struct tap_tuple tuple;
	uint64_t since_ns, cookie;
	uint32_t creator, sender, flags, owner;
};

struct message_end {
	uint64_t cookie, ts_ns;
};

struct message_guess {
	uint8_t local[16], remote[16];
	uint64_t now_ns;
	uint32_t owner;
	uint16_t local_port, remote_port;
	uint8_t proto, pad[7];
};

struct message_drain {
	uint64_t packet;		/* the highest number so far */
};

struct message_mark {
	uint64_t ts_ns, pid, user;
	uint32_t text_len, pad;
};

struct message_session {
	struct tap_tuple tuple;
	uint64_t stream, ts_ns;
	uint32_t ambiguous, pad;
};

#define MESSAGE_PLAINTEXT_MAX	16384u

struct message_plaintext {
	uint64_t stream, ts_ns, offset;
	uint32_t text_len;
	uint8_t inbound, early, of_file, pad;
};

struct message_session_end {
	uint64_t stream, ts_ns, out_len, in_len;
};

struct message_drained {
	uint64_t until_ns;
};

struct message_finish {
	uint32_t turns;			/* at most, of 50 ms */
};

struct message_last {
	uint64_t dropped, lost, unread, unanswered, readers_lost;
};

struct message_ask {
	struct tap_tuple tuple;
};

struct message_quiet {
	uint64_t unowned, refused, broken;
};

struct message_done {
	uint32_t found;			/* what was asked to fail on */
};

struct message_text {
	uint32_t text_len;
};

struct message_packet {
	uint64_t ts_ns, number;
	uint32_t cap_len, wire_len, interface, owner;
	uint16_t link_type, flags;
	uint32_t pad;
};

struct message_packet_owner {
	uint64_t pid;
	uint32_t owner;
	uint32_t text_len;		/* of the executable */
	uint64_t ambiguous;		/* another one may have sent them */
};

enum file_kind {
	FILE_REPORT_HTML = 1,
	FILE_REPORT_JSON,
	FILE_KNOWN_LIST,		/* fingerprints of known files */
	FILE_KNOWN_PARTS,
	FILE_IDENTITY,
	FILE_OBJECT,			/* a file that was sent, to be kept */
	FILE_KIND_COUNT,
};

#define MESSAGE_FILE_MAX (64u << 20)

struct message_file {
	uint32_t file;			/* enum file_kind */
	uint32_t text_len;
};

struct message_root_is {
	uint64_t lines;
	uint8_t root[32];
};

struct message_history {
	uint32_t more;			/* parts that come behind this one */
	uint32_t pad;
};

struct message_position {
	uint64_t lines, packet;
};

/* The fixed part's length; 0 if there is no such kind. */
size_t message_len(uint32_t kind);

/*
 * message_check - whether the message may be heard here: the kind by that role
 * from that role in that state, its length to the byte. ERR_MALFORMED if not.
 * body is the fixed part, of len bytes at most.
 */
must_check int message_check(enum role from, enum role to, enum state state,
    const struct message_head *head, const void *body, size_t len);

/* The same for the head alone, before anything else is read: who, to whom, in
 * which state, and a length that is possible. */
must_check int message_check_head(enum role from, enum role to,
    enum state state, const struct message_head *head);

/* Whether it comes with a descriptor. */
bool message_has_fd(uint32_t kind);

#endif
