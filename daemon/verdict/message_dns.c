// SPDX-License-Identifier: Apache-2.0
#include "protocol/dns/dns.h"
#include "verdict/message.h"

#define RECORDS_MIN	16	/* EDNS alone is eleven */

/* What a message of DNS adds to the transfer that it is, or is a part of. */

uint64_t
message_question(const struct message *m)
{
	const struct message_dns *d = m->read.dns;
	const uint8_t *text = m->read.text.data;

	return carry_question((struct span){ text + d->name.at, d->name.len },
	    (struct span){ text + d->type.at, d->type.len });
}

/* Whom it asks for is the name. */
static void
question_came_in(struct message *m, const struct when *when)
{
	struct carry_marks in = { .head = message_question(m) };

	in.host = in.head;
	message_sink(m)->came_in(message_sink(m)->arg, m->conn, &in,
	    when->ts_ns);
}

static void
keep_answers(struct message *m, const struct dns_message *dns)
{
	struct message_dns *d = m->read.dns;
	bool is[DNS_RECORDS_MAX];

	dns_answers(dns, (struct span){ m->read.text.data + d->name.at,
		d->name.len }, is);
	for (size_t i = 0; i < dns->record_count; i++) {
		const struct dns_record *r = &dns->records[i];

		if (r->section != DNS_ANSWER ||
		    d->answer_count == MESSAGE_MAX_ANSWERS)
			continue;
		if (r->has_addr && is[i])
			d->addresses[d->address_count++] = r->addr;
		d->answers[d->answer_count++] = message_keep(m, r->data);
	}
}

void
message_dns(struct message *m, unsigned side, const struct dns_message *dns,
    const struct when *when)
{
	struct message_dns *d;
	char name[16];

	message_meet(m, when);
	if (m->kind == MESSAGE_SEALED || (!m->read.dns && !message_dns_begin(m)))
		return;
	d = m->read.dns;
	d->id = dns->id;
	if (!d->name.len && dns->question_count) {
		d->name = message_keep(m, dns->questions[0].name);
		d->type = message_keep(m,
		    span_str(dns_type_name(dns->questions[0].type, name)));
		conn_host_is(m->conn, dns->questions[0].name, false);
	}
	if (!dns->response) {
		d->question = true;
		d->asks = side == m->out && d->name.len;
		if (message_carries(m) && m->conn->accepted && side != m->out &&
		    d->name.len)
			question_came_in(m, when);
		if (side != m->out || !dns->question_count ||
		    !message_sink(m)->known || !message_scan_run(m))
			return;
		for (size_t i = 0; i < dns->question_count; i++)
			scan_name(m->read.scan, dns->questions[i].name);
		/* where they are many they are looked at as a body is */
		if (dns->records_bytes.len >= RECORDS_MIN)
			scan_records(m->read.scan, dns->records_bytes);
		return;
	}
	d->answer = true;
	d->code = message_keep(m, span_str(dns_rcode_name(dns->rcode, name)));
	keep_answers(m, dns);
}
