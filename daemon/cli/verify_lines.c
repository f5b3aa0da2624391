// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "evidence/log/log.h"

#define SEQUENCE "\"sequence\":"

static int
hash_line(const char *line, size_t len, uint8_t *ret_hash)
{
	const char *at = memmem(line, len, SEQUENCE, strlen(SEQUENCE));
	const size_t added = LOG_NONCE_ADDED + 2;	/* and two braces */
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const char *end = line + len - 2;
	int ok;

	if (len > added && !memcmp(line + len - added, LOG_NONCE_OPEN,
			       strlen(LOG_NONCE_OPEN)))
		end = line + len - added;
	if (!at || at > end) {
		EVP_MD_CTX_free(ctx);
		return -EINVAL;
	}
	ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
	     EVP_DigestUpdate(ctx, line, (size_t)(at - line));
	at += strlen(SEQUENCE);
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	ok = ok && EVP_DigestUpdate(ctx, at, (size_t)(end - at)) &&
	     EVP_DigestFinal_ex(ctx, ret_hash, NULL);
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -ENOMEM;
}

int
lines_add(struct lines_seen *s, const char *line, size_t len, uint8_t excuse)
{
	if (s->count == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 1024;
		struct lines_hash *lines = realloc(s->lines,
		    cap * sizeof(*lines));

		if (!lines)
			return -ENOMEM;
		s->lines = lines;
		s->cap = cap;
	}
	s->lines[s->count] = (struct lines_hash){ .excuse = excuse,
		.place = s->count + 1 };
	return hash_line(line, len, s->lines[s->count++].hash);
}

int
lines_add_flow(struct lines_seen *s, uint64_t id)
{
	if (s->flow_count == s->flow_cap) {
		size_t cap = s->flow_cap ? 2 * s->flow_cap : 1024;
		struct lines_flow *flows = realloc(s->flows, cap * sizeof(*flows));

		if (!flows)
			return -ENOMEM;
		s->flows = flows;
		s->flow_cap = cap;
	}
	s->flows[s->flow_count++] = (struct lines_flow){ .id = id };
	return 0;
}

static int
by_hash(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

/* Of equal ones the first is found first. */
static int
by_hash_and_place(const void *a, const void *b)
{
	const struct lines_hash *x = a, *y = b;
	int order = by_hash(x, y);

	return order ? order : x->place < y->place ? -1 : x->place > y->place;
}

static int
by_number(const void *a, const void *b)
{
	const struct lines_flow *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

int
lines_sort(struct lines_seen *s)
{
	if (s->count)
		qsort(s->lines, s->count, sizeof(*s->lines),
		    by_hash_and_place);
	if (s->flow_count)
		qsort(s->flows, s->flow_count, sizeof(*s->flows), by_number);
	return 0;
}

void
lines_clear(struct lines_seen *s)
{
	free(s->lines);
	free(s->flows);
	memset(s, 0, sizeof(*s));
}

int
lines_find(struct lines_seen *s, const char *line, size_t len,
    uint64_t *ret_place)
{
	struct lines_hash key, *found;
	int err = hash_line(line, len, key.hash);

	if (err || !s->count)
		return err;
	found = bsearch(&key, s->lines, s->count, sizeof(key), by_hash);
	/* Equal lines differ in their numbers at least; still, each counts. */
	while (found && found > s->lines && !by_hash(found - 1, &key))
		found--;
	for (; found && found < s->lines + s->count && !by_hash(found, &key);
	     found++) {
		if (found->used)
			continue;
		found->used = true;
		*ret_place = found->place;
		return 1;
	}
	return 0;
}

int
lines_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	uint8_t ours[32], theirs[32];
	int err = hash_line(a, a_len, ours);

	if (!err)
		err = hash_line(b, b_len, theirs);
	return err ? err : !memcmp(ours, theirs, sizeof(ours));
}

static struct lines_flow *
find_flow(const struct lines_seen *s, uint64_t flow)
{
	struct lines_flow key = { .id = flow };

	return s->flow_count ? bsearch(&key, s->flows, s->flow_count,
				   sizeof(key), by_number)
			     : NULL;
}

bool
lines_has_transfers(const struct lines_seen *s, uint64_t flow)
{
	return find_flow(s, flow) != NULL;
}

bool
lines_goes_on(struct lines_seen *s, uint64_t flow, uint64_t place)
{
	struct lines_flow *f = find_flow(s, flow);
	bool on = !f || place > f->place;

	if (f && on)
		f->place = place;
	return on;
}

uint64_t
lines_left(const struct lines_seen *s, uint8_t excuse)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += !s->lines[i].used &&
		     s->lines[i].excuse == excuse;
	return n;
}

bool
lines_read_number(const uint8_t *text, size_t len, const char *label,
    uint64_t *ret_number)
{
	size_t at = strlen(label);
	uint64_t n = 0;

	if (len <= at || memcmp(text, label, at))
		return false;
	for (; at < len && text[at] >= '0' && text[at] <= '9'; at++) {
		if (n > UINT64_MAX / 10 - 1)
			return false;
		n = n * 10 + (text[at] - '0');
	}
	*ret_number = n;
	return n && (at == len || text[at] == ',');
}
