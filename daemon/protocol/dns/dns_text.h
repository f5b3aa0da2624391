/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_DNS_TEXT_H
#define PROTOCOL_DNS_TEXT_H

#include "base/cursor.h"
#include "protocol/dns/dns.h"

/*
 * The text of a DNS message, for dns*.c only: names and record data are written
 * one after the other into the message's text[]. What does not fit is left out
 * and the message is marked cut.
 */
struct dns_reader {
	struct dns_message *m;
	struct span whole;	/* the message; pointers count from its start */
	enum dns_flavour flavour;
};

void dns_put(struct dns_reader *r, char c);
/* As it is if printable, else, and special too, as \DDD. */
void dns_put_byte(struct dns_reader *r, uint8_t b, char special);
void dns_put_hex(struct dns_reader *r, struct cursor bytes);
/* What stands between start and the end of the text; empty if it was cut. */
struct span dns_text_since(const struct dns_reader *r, size_t start);

/* Reads a name; compression pointers only ever lead backwards. False if it is
 * malformed. ret_name is empty when there was no room. */
bool dns_read_name(struct dns_reader *r, struct cursor *c,
    struct span *ret_name) must_check;

/* Passes over a name without reading it; the cursor latches if it is wrong. */
void dns_skip_name(struct cursor *c);

/* The data of one record as text, rdata being all of it. */
bool dns_read_data(struct dns_reader *r, struct dns_record *record,
    struct cursor rdata) must_check;

#endif
