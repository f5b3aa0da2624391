// SPDX-License-Identifier: Apache-2.0
#include "protocol/dns/dns.h"

/* The alias of that name, or NULL. */
static const struct dns_record *
alias_of(const struct dns_message *m, struct span name)
{
	for (size_t i = 0; i < m->record_count; i++)
		if (m->records[i].type == DNS_CNAME &&
		    m->records[i].section == DNS_ANSWER &&
		    span_caseeq(m->records[i].data, name))
			return &m->records[i];
	return NULL;
}

bool
dns_leads_to(const struct dns_message *m, struct span name,
    const struct dns_record *record)
{
	/* from the record back: every alias at most once */
	for (size_t turn = 0; record && turn <= m->record_count; turn++) {
		if (span_caseeq(record->name, name))
			return name.len > 0;
		record = alias_of(m, record->name);
	}
	return false;
}
