// SPDX-License-Identifier: Apache-2.0
#include "protocol/dns/dns.h"

/* A name, and a number that is the same for all its spellings. */
struct named {
	struct span name;
	uint32_t number;
};

static struct named
named(struct span name)
{
	uint32_t h = 0x811c9dc5;

	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.p[i];

		if ((uint8_t)(c - 'A') < 26)
			c |= 0x20;
		h = (h ^ c) * 0x01000193u;
	}
	return (struct named){ name, h };
}

static bool
is_same(const struct named *a, const struct named *b)
{
	return a->number == b->number && span_caseeq(a->name, b->name);
}

static bool
is_alias(const struct dns_record *r)
{
	return r->type == DNS_CNAME && r->section == DNS_ANSWER;
}

void
dns_answers(const struct dns_message *m, struct span name,
    bool ret_is[static DNS_RECORDS_MAX])
{
	struct named owner[DNS_RECORDS_MAX], led[DNS_RECORDS_MAX + 1];
	size_t count = 0;

	for (size_t i = 0; i < m->record_count; i++) {
		owner[i] = named(m->records[i].name);
		ret_is[i] = false;
	}
	if (name.len)
		led[count++] = named(name);
	/* from the name on: every record is of one of the names at most once */
	for (size_t at = 0; at < count; at++) {
		for (size_t i = 0; i < m->record_count; i++) {
			if (ret_is[i] || !is_same(&owner[i], &led[at]))
				continue;
			ret_is[i] = true;
			if (is_alias(&m->records[i]))
				led[count++] = named(m->records[i].data);
		}
	}
}
