/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERDICT_MESSAGE_H
#define VERDICT_MESSAGE_H

#include <openssl/evp.h>

#include "base/buf.h"
#include "content/scan.h"
#include "protocol/conn.h"
#include "verdict/carry.h"
#include "verdict/transfer.h"

/*
 * A message while it is open, and what is known of it at its end. Shared by
 * the files of this room only.
 */

/* Text kept in message.text; an offset, since the text may move. */
struct text_ref {
	uint32_t at, len;
};

#define MESSAGE_MAX_TEXT	(256 * 1024)
#define MESSAGE_MAX_ANSWERS	64
#define MESSAGE_MAX_LIMITS	4
#define MESSAGE_MAX_SMALL	512

struct message_http {
	bool request, response;		/* heads seen */
	uint8_t version;
	uint16_t status;
	struct text_ref method, scheme, host, target, user_agent;
	struct text_ref request_type, response_type;
	uint64_t asks;			/* for whom; see carry_host() */
};

struct message_dns {
	struct message_dns *next_spare;
	bool question, answer;
	bool asks;			/* the question went out */
	uint16_t id;
	struct text_ref name, type, code;
	size_t answer_count, address_count;
	struct text_ref answers[MESSAGE_MAX_ANSWERS];
	struct packet_addr addresses[MESSAGE_MAX_ANSWERS];
};

/* What most messages have nothing of. */
struct message_more {
	struct message_more *next_spare;
	struct message_http http;
	uint8_t limit_count;
	uint8_t reply_mark_len;
	uint8_t reply_mark[4];		/* what comes back begins so */
	const char *limits[MESSAGE_MAX_LIMITS];	/* told by the protocol */
	bool asks;			/* the reply may give an address to
					 * send to, and is kept */
	struct buf reply;
	EVP_MD_CTX *digest;		/* of it, if it may be an update */
	struct scan *unpacked;		/* likewise; NULL: not asked */
	bool reply_whole;
	struct carry carry;		/* of what goes out, or of what comes in
					 * by a client's connection */
};

/* Of one that is MESSAGE_SEALED: there may be one in every idle connection. */
#define MESSAGE_FEW_ENDS	2

struct message_sealed {
	uint64_t plain_min[2], plain_max[2];
	uint64_t records;		/* out */
	struct message_records *odd;	/* NULL while there are few */
	uint8_t start_count;
	uint8_t end_count;		/* of records that may end a file */
	uint16_t ends[MESSAGE_FEW_ENDS], end_last;
};

/* Of one with several records, or strange ones. */
struct message_records {
	uint32_t hollow, hollow_len;	/* what may hold nothing */
	uint32_t full;			/* as long as records get */
	uint32_t even_under, even_over;	/* event.h says of what */
	uint32_t starts[TRANSFER_STARTS];	/* outbound plaintext offsets */
	uint16_t ends[TRANSFER_ENDS - MESSAGE_FEW_ENDS];	/* the next ones */
};

/* Of every other one. */
struct message_read {
	uint64_t body[2];		/* entity bytes */
	struct scan *scan;		/* of what goes out; NULL for none */
	struct buf text;		/* of a run: its first bytes out; a scan
					 * is made when there are more */
	struct message_dns *dns;	/* NULL if it is none */
};

struct message {
	union {
		struct conn *conn;
		struct message *next_spare;	/* when there is none */
	};
	uint8_t kind;			/* enum message_kind */
	uint8_t out;			/* side that is outbound */
	uint8_t client_side;		/* side that sent the request */
	bool out_ended : 1;		/* body_end() came for it */
	bool out_complete : 1;
	bool decrypted : 1;		/* keys opened it */
	bool hooked : 1;		/* the TLS library told it */
	uint32_t pieces_out;		/* of its body, saturating */
	/* when it began and ended; of all packets with bytes of it, which may
	 * be reordered, the lowest and the highest */
	struct when first, last;
	uint64_t wire[2];		/* stream bytes, by side */
	uint64_t missing[2];
	struct message_more *more;	/* NULL if it has none */
	union {
		struct message_sealed sealed;
		struct message_read read;
	};
};

/* A sealed one is no longer than it needs to be. */
#define MESSAGE_SEALED_LEN \
	(offsetof(struct message, sealed) + sizeof(struct message_sealed))

_Static_assert(MESSAGE_SEALED_LEN <= 144, "one in every idle connection");
_Static_assert(sizeof(struct message) <= 160, "likewise");

/* Bytes of it came by that packet. */
static inline void
message_meet(struct message *m, const struct when *when)
{
	if (when->packet >= m->last.packet)
		m->last = *when;
	if (when->packet < m->first.packet)
		m->first.packet = when->packet;
}

/* NULL if it is none of DNS. */
static inline struct message_dns *
message_dns_of(const struct message *m)
{
	return m->kind == MESSAGE_SEALED ? NULL : m->read.dns;
}

static inline bool
message_http_request(const struct message *m)
{
	return m->more && m->more->http.request;
}

static inline struct transfer_sink *
message_sink(const struct message *m)
{
	return m->conn->env->sink;
}

/* message_memory.c: a zeroed message, and what most need nothing of; NULL or
 * false if memory is out, which is counted for the latter two. The text of one
 * that can be read is empty and has a ceiling. */
struct message *message_take(struct transfer_sink *s, bool sealed);
struct message_more *message_more_of(struct message *m);
bool message_dns_begin(struct message *m);
/* It is over, and all that it holds but its scan with it. */
void message_put(struct transfer_sink *s, struct message *m);

/* message.c: text kept, as far as there is room; is what is sent compared with what
 * came in by others? The scan of a run, told what was kept of it; NULL: none. */
struct text_ref message_keep(struct message *m, struct span s);
bool message_carries(const struct message *m);
struct scan *message_scan_run(struct message *m);

/* message_dns.c: as message_ops.dns; its question, as carry_question() has it. */
void message_dns(struct message *m, unsigned side, const struct dns_message *dns,
    const struct when *when);
uint64_t message_question(const struct message *m);

/* message_reply.c: bytes of an answer's body; some of them are missing; the
 * SHA-256 of all of it, and those of what is packed in it, in the sink's arena,
 * NULL where it was not taken. */
void message_reply_data(struct message *m, const uint8_t *data, size_t len);
void message_reply_drop(struct message *m);
const uint8_t (*message_reply_digests(const struct message *m,
    size_t *ret_count))[32];

/* message_sealed.c: as message_ops.sealed. */
void message_take_sealed(struct message *m, unsigned side, uint64_t min_len,
    uint64_t max_len, const struct when *when);

/* The transfer of a message that has ended, in the sink's arena; NULL if
 * memory is out. f is NULL where nothing was scanned. */
struct event_transfer *judge_message(const struct message *m,
    enum message_end end, const struct scan_findings *f);

#endif
