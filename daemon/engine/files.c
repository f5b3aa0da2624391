// SPDX-License-Identifier: Apache-2.0
#include "engine/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#define MAX_FILES	65536
#define MAX_RANGES	4096
#define MAX_TRANSFERS	256
#define MAX_NAME	255
#define MAX_ENCODINGS	8
#define MAX_ALSO	8

struct key {
	struct files_party party;
	uint8_t sha256[32];
	long known_index;
};

struct total {
	UT_hash_handle hh;
	struct key key;
	char name[MAX_NAME + 1];
	char vendor[128], network[64], purpose[64], source[512];
	char executable[256], process[64];
	uint64_t pid;
	bool has_process;
	uint64_t size, sent_bytes;
	uint64_t first_ns, packet_first, packet_last;
	struct event_range *ranges;
	size_t range_count, range_cap;
	bool has_sha256, known, ambiguous, declared, over_ranges;
	uint8_t sha256[32];
	const char *origin;
	char mime[64];
	enum grade grade;
	const char *encodings[MAX_ENCODINGS];
	size_t encoding_count;
	struct {
		uint64_t flow, number;
	} transfers[MAX_TRANSFERS];
	size_t transfer_count;
	uint64_t transfers_more;
	char also[MAX_ALSO][MAX_NAME + 1];
	size_t also_count;
};

struct files {
	struct total *totals;
	uint64_t refused;
};

struct files *
files_new(void)
{
	return calloc(1, sizeof(struct files));
}

void
files_free(struct files *f)
{
	struct total *t, *next;

	if (!f)
		return;
	HASH_ITER(hh, f->totals, t, next) {
		HASH_DEL(f->totals, t);
		free(t->ranges);
		free(t);
	}
	free(f);
}

uint64_t
files_refused(const struct files *f)
{
	return f->refused;
}

static void
copy_text(char *to, size_t max, struct span s)
{
	size_t n = s.len < max - 1 ? s.len : max - 1;

	if (n)
		memcpy(to, s.p, n);
	to[n] = '\0';
}

/* Adds [start, end) to sorted, disjoint ranges. */
static void
add_range(struct total *t, uint64_t start, uint64_t end)
{
	size_t i = 0, k;
	struct event_range *r;

	if (start >= end)
		return;
	while (i < t->range_count && t->ranges[i].end < start)
		i++;
	for (k = i; k < t->range_count && t->ranges[k].start <= end; k++) {
		if (t->ranges[k].start < start)
			start = t->ranges[k].start;
		if (t->ranges[k].end > end)
			end = t->ranges[k].end;
	}
	if (k == i && t->range_count == t->range_cap) {
		size_t cap = t->range_cap ? t->range_cap * 2 : 4;

		r = cap > MAX_RANGES ? NULL :
		    realloc(t->ranges, cap * sizeof(*r));
		if (!r) {
			t->over_ranges = true;
			return;
		}
		t->ranges = r;
		t->range_cap = cap;
	}
	memmove(&t->ranges[i + 1], &t->ranges[k],
	    (t->range_count - k) * sizeof(*t->ranges));
	t->ranges[i] = (struct event_range){ start, end };
	t->range_count = t->range_count + 1 - (k - i);
}

static struct total *
find_or_add(struct files *f, const struct key *key,
    const struct event *e, const struct event_file *file)
{
	struct total *t;

	HASH_FIND(hh, f->totals, key, sizeof(*key), t);
	if (t)
		return t;
	if (HASH_COUNT(f->totals) == MAX_FILES)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->key = *key;
	copy_text(t->name, sizeof(t->name), file->name);
	if (e->cloud) {
		copy_text(t->vendor, sizeof(t->vendor), e->cloud->vendor);
		copy_text(t->network, sizeof(t->network), e->cloud->network);
		copy_text(t->purpose, sizeof(t->purpose), e->cloud->purpose);
		copy_text(t->source, sizeof(t->source), e->cloud->source);
	}
	t->has_process = e->process != NULL;
	if (e->process) {
		t->pid = e->process->pid;
		copy_text(t->executable, sizeof(t->executable),
		    e->process->executable);
		copy_text(t->process, sizeof(t->process), e->process->name);
	}
	t->size = file->size;
	t->known = file->known;
	t->has_sha256 = file->has_sha256;
	t->declared = file->declared;
	t->ambiguous = file->ambiguous;
	t->origin = file->origin;
	t->grade = e->transfer->grade == GRADE_INFERRED ? GRADE_INFERRED :
	    file->known ? GRADE_PROVEN : GRADE_OBSERVED;
	if (t->has_sha256)
		memcpy(t->sha256, file->sha256, 32);
	copy_text(t->mime, sizeof(t->mime), file->mime_type);
	for (size_t i = 0; i < file->also_count && i < MAX_ALSO; i++)
		copy_text(t->also[t->also_count++], MAX_NAME + 1,
		    file->also[i]);
	t->first_ns = e->ts_ns;
	t->packet_first = e->transfer->packet_first;
	HASH_ADD(hh, f->totals, key, sizeof(t->key), t);
	return t;
}

/* The first way as it was; of others what it has not got. */
static void
add_encodings(struct total *t, const struct event_file *file)
{
	bool first = !t->encoding_count;

	for (size_t i = 0; i < file->encoding_count; i++) {
		size_t k = first ? t->encoding_count : 0;

		while (k < t->encoding_count &&
		    strcmp(t->encodings[k], file->encodings[i]))
			k++;
		if (k == t->encoding_count && k < MAX_ENCODINGS)
			t->encodings[t->encoding_count++] = file->encodings[i];
	}
}

static void
add_transfer(struct total *t, uint64_t flow, uint64_t number)
{
	size_t n = t->transfer_count;

	for (size_t i = n; i-- > 0;)
		if (t->transfers[i].flow == flow &&
		    t->transfers[i].number == number)
			return;
	if (n == MAX_TRANSFERS) {
		t->transfers_more++;
		return;
	}
	t->transfers[n].flow = flow;
	t->transfers[n].number = number;
	t->transfer_count++;
}

/* Bytes whose place in the file is not known. Parts whose sizes were inferred
 * together are different ones, headers and all. */
static void
add_sent(struct total *t, const struct event_transfer *x,
    const struct event_file *file)
{
	if (file->range_count)
		return;
	if (x->grade == GRADE_INFERRED && x->kind == KIND_FILE_FRAGMENT) {
		t->sent_bytes += file->sent_bytes;
		if (t->sent_bytes > t->size)
			t->sent_bytes = t->size;
	} else if (file->sent_bytes > t->sent_bytes) {
		t->sent_bytes = file->sent_bytes;
	}
}

static void
add_file(struct files *f, const struct event *e, const struct event_file *file)
{
	const struct event_transfer *x = e->transfer;
	struct key key;
	struct total *t;

	memset(&key, 0, sizeof(key));
	files_party_of(e, &key.party);
	key.known_index = file->known_index;
	if (file->known && file->known_index < 0 && file->has_sha256)
		memcpy(key.sha256, file->sha256, 32);
	if (!file->known) {
		/* a part of an unknown file is its own: nothing ties it */
		if (file->has_sha256)
			memcpy(key.sha256, file->sha256, 32);
		else
			memcpy(key.sha256, &x->packet_first, 8);
	}
	t = find_or_add(f, &key, e, file);
	if (!t) {
		f->refused++;
		return;
	}
	if (file->known && e->transfer->grade == GRADE_PROVEN)
		t->grade = GRADE_PROVEN;
	for (size_t i = 0; i < file->range_count; i++)
		add_range(t, file->ranges[i].start, file->ranges[i].end);
	/* named by content of its own anywhere, the file is not ambiguous */
	t->ambiguous &= file->ambiguous;
	t->declared |= file->declared;
	add_sent(t, x, file);
	add_encodings(t, file);
	if (x->packet_first < t->packet_first) {
		t->packet_first = x->packet_first;
		t->first_ns = e->ts_ns;
	}
	if (x->packet_last > t->packet_last)
		t->packet_last = x->packet_last;
	add_transfer(t, e->flow->id, x->number);
}

void
files_add(struct files *f, const struct event *e)
{
	for (size_t i = 0; i < e->transfer->file_count; i++)
		add_file(f, e, &e->transfer->files[i]);
}

static struct span *
lay_transfers(const struct total *t, struct arena *a)
{
	struct span *list = arena_alloc(a,
	    (t->transfer_count + 1) * sizeof(*list));
	char id[48];

	for (size_t i = 0; list && i < t->transfer_count; i++) {
		int n = snprintf(id, sizeof(id), "%llu.%llu",
		    (unsigned long long)t->transfers[i].flow,
		    (unsigned long long)t->transfers[i].number);
		char *s = arena_strndup(a, id, (size_t)n);

		list[i] = (struct span){ (uint8_t *)s, s ? (size_t)n : 0 };
	}
	return list;
}

static void
lay_file(const struct total *t, struct arena *a, struct event_file *ret)
{
	struct span *also = arena_alloc(a, (MAX_ALSO + 1) * sizeof(*also));
	uint64_t sent = 0;

	for (size_t i = 0; i < t->range_count; i++)
		sent += t->ranges[i].end - t->ranges[i].start;
	if (sent < t->sent_bytes)
		sent = t->sent_bytes;
	for (size_t i = 0; also && i < t->also_count; i++)
		also[i] = span_str(t->also[i]);
	*ret = (struct event_file){
		.name = span_str(t->name),
		.has_sha256 = t->has_sha256,
		.size = t->size,
		.sent_bytes = sent,
		.ranges = t->ranges,
		.range_count = t->range_count,
		.encodings = t->encodings,
		.encoding_count = t->encoding_count,
		.mime_type = span_str(t->mime),
		.known = t->known,
		.ambiguous = t->ambiguous,
		.declared = t->declared,
		.origin = t->origin,
		.known_index = t->key.known_index,
		.also = also,
		.also_count = also ? t->also_count : 0,
	};
	memcpy(ret->sha256, t->sha256, 32);
	if (t->size == sent)
		ret->coverage = 1.0;
	else if (t->size && t->size != UINT64_MAX)
		ret->coverage = (double)sent / (double)t->size;
}

void
files_each_part(struct files *f,
    void (*visit)(void *arg, const struct files_part *part), void *arg)
{
	struct total *t, *next;

	HASH_ITER(hh, f->totals, t, next) {
		struct files_part part = {
			.party = &t->key.party,
			.known_index = (uint32_t)t->key.known_index,
			.ranges = t->ranges,
			.range_count = t->range_count,
		};

		if (t->known && t->key.known_index >= 0 && !t->ambiguous &&
		    t->grade == GRADE_PROVEN && t->range_count)
			visit(arg, &part);
	}
}

int
files_each(struct files *f, struct arena *arena,
    int (*visit)(void *arg, struct event *e), void *arg)
{
	struct total *t, *next;
	int r = 0;

	HASH_ITER(hh, f->totals, t, next) {
		struct event_cloud cloud = {
			.vendor = span_str(t->vendor),
			.network = span_str(t->network),
			.purpose = span_str(t->purpose),
			.source = span_str(t->source),
			.key = span_str(t->key.party.cloud),
		};
		struct event_process process = {
			.pid = t->pid,
			.user = UINT64_MAX,
			.executable = span_str(t->executable),
			.name = span_str(t->process),
		};
		struct event_file_total total = {
			.grade = t->grade,
			.transfers = lay_transfers(t, arena),
			.transfer_count = t->transfer_count,
			.transfers_more = t->transfers_more,
			.packet_first = t->packet_first,
			.packet_last = t->packet_last,
		};
		struct event e = {
			.action = EVENT_FILE,
			.ts_ns = t->first_ns,
			.file = &total,
			.cloud = &cloud,
			.process = t->has_process ? &process : NULL,
		};

		lay_file(t, arena, &total.file);
		if (!total.transfers)
			return -ENOMEM;
		r = visit(arg, &e);
		arena_reset(arena, 65536);
		if (r)
			break;
	}
	return r;
}
