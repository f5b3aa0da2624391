// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "profile/set.h"

enum column { VENDOR, NETWORK, PURPOSE, SOURCE, KEY };

static const char *
text_of(const struct profile_endpoint *e, enum column column)
{
	switch (column) {
	case VENDOR:
		return e->profile->vendor;
	case NETWORK:
		return e->network ? e->network : "";
	case PURPOSE:
		return profile_purpose_name(e->purpose);
	case SOURCE:
		return e->origin;
	case KEY:
		break;
	}
	return e->key;
}

static size_t
append(char *to, size_t at, size_t max, const char *text)
{
	size_t n = strlen(text);

	if (n > max - at)
		n = max - at;
	memcpy(to + at, text, n);
	return at + n;
}

/* Each text once, in the order of the endpoints. */
static struct span
join(const struct profile_match *m, enum column column, char *room, size_t max)
{
	size_t len = 0;

	for (size_t i = 0; i < m->count; i++) {
		const char *text = text_of(m->endpoints[i], column);
		size_t k = 0;

		while (k < i && strcmp(text_of(m->endpoints[k], column), text))
			k++;
		if (k < i || !*text)
			continue;
		if (len)
			len = append(room, len, max, " or ");
		len = append(room, len, max, text);
	}
	return (struct span){ (const uint8_t *)room, len };
}

void
profile_match_words(const struct profile_match *m, struct profile_words *ret)
{
	struct span *const to[] = { &ret->vendor, &ret->network, &ret->purpose,
		&ret->source, &ret->key };

	ret->update = m->count > 0;
	for (size_t i = 0; i < m->count; i++)
		ret->update &= m->endpoints[i]->purpose == PROFILE_UPDATE;
	for (int c = VENDOR; c <= KEY; c++) {
		if (m->count == 1)
			*to[c] = span_str(text_of(m->endpoints[0],
			    (enum column)c));
		else
			*to[c] = join(m, (enum column)c, ret->room[c],
			    sizeof(ret->room[c]));
	}
}
