// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "engine/files.h"

static size_t
add_text(char *to, size_t at, size_t max, struct span s)
{
	size_t n = s.len < max - 1 - at ? s.len : max - 1 - at;

	if (n)
		memcpy(to + at, s.p, n);
	return at + n;
}

static size_t
add_program(char *to, size_t at, size_t max, const struct event_process *p)
{
	return add_text(to, at, max, p->executable.len ? p->executable :
	    p->name);
}

void
files_party_of(const struct event *e, struct files_party *ret_party)
{
	struct files_party party;
	size_t n = 0, max = sizeof(party.sender);

	memset(&party, 0, sizeof(party));
	if (e->cloud)
		add_text(party.cloud, 0, sizeof(party.cloud), e->cloud->key);
	if (e->process)
		n = add_program(party.sender, n, max / 2, e->process);
	if (e->on_behalf_of && e->behalf_asked) {
		n = add_text(party.sender, n, max, SPAN_LITERAL(" for "));
		add_program(party.sender, n, max, e->on_behalf_of);
	}
	*ret_party = party;
}
