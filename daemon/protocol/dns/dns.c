// SPDX-License-Identifier: Apache-2.0
#include "protocol/dns/dns.h"

#include "base/cursor.h"
#include "protocol/dns/dns_text.h"

#define HEADER_LEN	12

enum dns_flag {
	FLAG_RESPONSE = 0x8000,
	FLAG_TRUNCATED = 0x0200,
};

/* The top bit of mDNS's class is "unicast answer" or "flush the cache". */
static uint16_t
class_of(const struct dns_reader *r, uint16_t class)
{
	return r->flavour == DNS_MULTICAST ? class & 0x7fff : class;
}

static bool
question(struct dns_reader *r, struct cursor *c)
{
	struct dns_message *m = r->m;
	struct dns_question q;

	if (m->question_count == DNS_QUESTIONS_MAX) {
		m->cut = true;
		dns_skip_name(c);
		cur_skip(c, 4);
		return !cur_failed(c);
	}
	if (!dns_read_name(r, c, &q.name))
		return false;
	q.type = cur_be16(c);
	q.class = class_of(r, cur_be16(c));
	if (cur_failed(c))
		return false;
	m->questions[m->question_count++] = q;
	return true;
}

/* A record that is not kept: above the ceiling, or EDNS's. */
static bool
pass_record(struct dns_reader *r, struct cursor *c)
{
	uint16_t type;
	uint32_t ttl;

	dns_skip_name(c);
	type = cur_be16(c);
	cur_skip(c, 2);
	ttl = cur_be32(c);
	cur_skip(c, cur_be16(c));
	if (cur_failed(c))
		return false;
	if (type == DNS_OPT) {
		r->m->has_edns = true;
		r->m->rcode |= (uint16_t)(ttl >> 24 << 4);
	} else {
		r->m->cut = true;
	}
	return true;
}

static bool
record(struct dns_reader *r, struct cursor *c, enum dns_section section)
{
	struct dns_message *m = r->m;
	struct dns_record *rec = &m->records[m->record_count];
	struct cursor ahead = *c, rdata;

	dns_skip_name(&ahead);
	if (m->record_count == DNS_RECORDS_MAX || m->text_len == DNS_TEXT_MAX ||
	    cur_be16(&ahead) == DNS_OPT)
		return pass_record(r, c);
	if (!dns_read_name(r, c, &rec->name))
		return false;
	rec->type = cur_be16(c);
	rec->class = class_of(r, cur_be16(c));
	rec->ttl = cur_be32(c);
	rec->section = (uint8_t)section;
	rdata = cur_sub(c, cur_be16(c));
	if (cur_failed(c) || !dns_read_data(r, rec, rdata))
		return false;
	m->record_count++;
	return true;
}

int
dns_parse(struct span bytes, enum dns_flavour flavour, struct dns_message *ret)
{
	struct cursor c = cur_init(bytes.p, bytes.len);
	struct dns_reader r = { ret, bytes, flavour };

	if (bytes.len < HEADER_LEN)
		return ERR_TRUNCATED;
	ret->id = cur_be16(&c);
	ret->flags = cur_be16(&c);
	for (int i = 0; i < 4; i++)
		ret->counts[i] = cur_be16(&c);
	ret->response = ret->flags & FLAG_RESPONSE;
	ret->opcode = ret->flags >> 11 & 15;
	ret->rcode = ret->flags & 15;
	ret->cut = ret->flags & FLAG_TRUNCATED;
	ret->has_edns = false;
	ret->malformed = true;
	ret->question_count = ret->record_count = ret->text_len = 0;
	ret->question_len = ret->trailing_len = 0;
	ret->records_bytes = (struct span){ 0 };
	/* Every turn of these consumes bytes or fails. */
	for (unsigned i = 0; i < ret->counts[0]; i++)
		if (!question(&r, &c))
			return ERR_MALFORMED;
	ret->question_len = bytes.len - cur_left(&c);
	ret->records_bytes = (struct span){ bytes.p + ret->question_len,
		cur_left(&c) };
	for (int section = DNS_ANSWER; section <= DNS_ADDITIONAL; section++)
		for (unsigned i = 0; i < ret->counts[1 + section]; i++)
			if (!record(&r, &c, (enum dns_section)section))
				return ERR_MALFORMED;
	ret->malformed = false;
	ret->trailing_len = cur_left(&c);
	return 0;
}

static bool
is_name_port(uint16_t port, bool tcp)
{
	return port == 53 || port == 5353 || port == 5355 || port == 137 ||
	    (tcp && port == 853);
}

/* Off its ports a message has to be a plain one, to the last byte. */
static bool
strict(struct cursor c, uint16_t flags, const uint16_t *counts)
{
	uint16_t type, class;

	if ((flags & 0x7870) || counts[0] != 1 || counts[1] > 64 ||
	    counts[2] > 32 || counts[3] > 32)
		return false;
	if (!(flags & FLAG_RESPONSE) && (counts[1] || counts[2]))
		return false;
	while (cur_left(&c)) {
		uint8_t len = cur_u8(&c);
		struct cursor label = cur_sub(&c, len);

		if (len > 63)
			return false;
		if (!len)
			break;
		while (cur_left(&label)) {
			uint8_t b = cur_u8(&label);

			if (b <= 0x20 || b >= 0x7f)
				return false;
		}
	}
	type = cur_be16(&c);
	class = cur_be16(&c);
	if (cur_failed(&c) || !type || (class != 1 && class != 255))
		return false;
	for (unsigned i = counts[1] + counts[2] + counts[3]; i; i--) {
		dns_skip_name(&c);
		cur_skip(&c, 8);
		cur_skip(&c, cur_be16(&c));
		if (cur_failed(&c))
			return false;
	}
	return !cur_left(&c);
}

int
dns_detect(const uint8_t *data, size_t len, bool tcp, uint16_t port_a,
    uint16_t port_b)
{
	bool port = is_name_port(port_a, tcp) || is_name_port(port_b, tcp);
	struct cursor c = cur_init(data, len);
	uint16_t flags, counts[4];
	unsigned sum = 0;

	/* Off its ports DNS over TCP is not looked for: its first bytes are
	 * a length, and nothing else is sure enough. */
	if (tcp && !port)
		return 0;
	if (tcp && cur_be16(&c) < HEADER_LEN)
		return len < 2 ? -1 : 0;
	cur_skip(&c, 2);
	flags = cur_be16(&c);
	for (int i = 0; i < 4; i++) {
		counts[i] = cur_be16(&c);
		sum += counts[i];
	}
	if (cur_failed(&c))
		return tcp ? -1 : 0;
	if (!port)
		return strict(c, flags, counts);
	return counts[0] <= 64 && counts[1] <= 512 && counts[2] <= 256 &&
	    counts[3] <= 256 && (sum || flags & FLAG_RESPONSE);
}
