/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_DNS_H
#define PROTOCOL_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "flow/packet.h"
#include "protocol/message.h"

/*
 * DNS messages (RFC 1035), and what shares their format: mDNS, LLMNR, NetBIOS
 * name service. dns_parse() is bytes in, struct out; the layer pairs questions
 * with answers and hands each pair down as one MESSAGE_DNS.
 *
 * Names are in presentation form without the final dot (the root is "."),
 * bytes outside the printable ASCII, dots inside labels and backslashes are
 * \DDD. Case is kept.
 */
struct conn;
struct layer;

#define DNS_QUESTIONS_MAX	8
#define DNS_RECORDS_MAX		64
#define DNS_TEXT_MAX		12288
#define DNS_NAME_TEXT_MAX	1024

enum dns_section {
	DNS_ANSWER,
	DNS_AUTHORITY,
	DNS_ADDITIONAL,
};

enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_NB = 32,		/* NetBIOS; SRV's predecessor NIMLOC */
	DNS_SRV = 33,
	DNS_OPT = 41,
	DNS_SVCB = 64,
	DNS_HTTPS = 65,
};

struct dns_question {
	struct span name;
	uint16_t type, class;
};

struct dns_record {
	struct span name;
	struct span data;	/* as text; other types as hex */
	struct packet_addr addr;	/* of A and AAAA, else zero */
	uint32_t ttl;
	uint16_t type, class;
	uint8_t section;	/* enum dns_section */
	bool has_addr;
};

/* Spans point into text[]. OPT is not listed as a record. */
struct dns_message {
	uint16_t id;
	uint16_t flags;		/* second header word, as sent */
	uint16_t rcode;		/* with EDNS's upper bits */
	uint8_t opcode;
	bool response;
	bool cut;		/* TC, or a ceiling of ours was reached */
	bool has_edns;
	bool malformed;		/* what was read before it is here */
	uint16_t counts[4];	/* as declared */
	size_t question_len;	/* bytes of the header and the questions */
	size_t trailing_len;	/* bytes behind the last record */
	struct span records_bytes;	/* behind the questions, as they came */
	size_t question_count, record_count;
	struct dns_question questions[DNS_QUESTIONS_MAX];
	struct dns_record records[DNS_RECORDS_MAX];
	size_t text_len;
	char text[DNS_TEXT_MAX];
};

enum dns_flavour {
	DNS_UNICAST,
	DNS_MULTICAST,		/* mDNS */
	DNS_LLMNR,
	DNS_NETBIOS,
};

/*
 * dns_parse - reads one message without its length prefix. *ret is some
 * 20 KiB; only what the counts say is set.
 *
 * Returns 0; ERR_TRUNCATED when there is no whole header; ERR_MALFORMED when
 * a name, a question or a record is wrong: then ret->malformed is set and
 * everything before it was read.
 */
int dns_parse(struct span bytes, enum dns_flavour flavour,
    struct dns_message *ret) must_check;

/* Which of the records answer the name, themselves or as what its aliases lead
 * to? What stands beside in an answer says nothing of it. */
void dns_answers(const struct dns_message *m, struct span name,
    bool ret_is[static DNS_RECORDS_MAX]);

/* "A", "HTTPS"; "TYPE4711" written into buf for others. */
const char *dns_type_name(uint16_t type, char buf[static 16]);
/* "NOERROR", "NXDOMAIN"; "RCODE4711" written into buf for others. */
const char *dns_rcode_name(uint16_t rcode, char buf[static 16]);

/* The first payload of a flow: 1 it is a DNS message (for tcp with its length
 * in front), by port and structure; 0 not; -1 more bytes needed (tcp). */
int dns_detect(const uint8_t *data, size_t len, bool tcp, uint16_t port_a,
    uint16_t port_b);

/* For UDP and TCP, told by conn->proto; the flavour by its ports. NULL if
 * memory is out. */
struct layer *dns_layer_new(struct conn *conn);
/* What a stream within the connection carries: framed, each message behind its
 * length, else each call of data() has one. */
struct layer *dns_layer_inside(struct conn *conn, bool framed);

#endif
