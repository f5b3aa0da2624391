// SPDX-License-Identifier: Apache-2.0
#include "source/process_block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/pcapng.h"

#define PROCESSES_MAX	65536u
#define FILES_MAX	65536u
#define TEXT_MAX	1024u		/* of a block's texts together */
#define BUCKETS		4096u
#define BUCKET_MAX	256u		/* so that no search is long */
#define NONE		UINT32_MAX

/* Blocks and options, as Wireshark and Apple's tcpdump write them. */
enum { CUSTOM = 0xbad, DARWIN = 0x80000001 };
enum { PEN_WIRESHARK = 32622, ENTRY_PROCESS = 3 };
enum { OPT_NAME = 2, OPT_PATH = 3, OPT_ARGS = 4, OPT_PARENT = 5, OPT_USER = 6,
	OPT_START = 9 };
enum { PACKET_IDS = 8, PACKET_DARWIN = 0x8001, PACKET_BEHALF = 0x8003 };

struct process {
	uint32_t file, section;
	uint32_t index;			/* Apple's in the section; or NONE */
	uint32_t next;			/* in its bucket; newest first */
	struct owner_note note;
	size_t used;
	uint8_t *text;			/* what the note points into */
};

/* Where a file is: ids are those of a section. */
struct place {
	uint32_t section, darwin_count;
};

struct process_blocks {
	struct process *list;
	size_t count, cap;
	struct place *places;		/* by file */
	size_t place_count;
	uint64_t left_out;
	uint32_t heads[BUCKETS];
	uint32_t lengths[BUCKETS];
};

struct process_blocks *
process_blocks_new(void)
{
	struct process_blocks *p = calloc(1, sizeof(*p));

	if (p)
		memset(p->heads, 0xff, sizeof(p->heads));
	return p;
}

void
process_blocks_free(struct process_blocks *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		free(p->list[i].text);
	free(p->list);
	free(p->places);
	free(p);
}

uint64_t
process_blocks_left_out(const struct process_blocks *p)
{
	return p->left_out;
}

static struct span
keep(struct process *e, const struct ng_option *o)
{
	struct cursor value = o->value;
	size_t room = TEXT_MAX - e->used;
	size_t len = o->len < room ? o->len : room;
	uint8_t *to = e->text + e->used;

	cur_copy(&value, to, len);
	e->used += len;
	return (struct span){ to, len };
}

/* Options of either block: the codes for what both have are the same. */
static void
read_options(struct process *e, struct cursor c, bool big_endian,
    bool wireshark)
{
	struct owner_note *n = &e->note;
	struct ng_option o;

	while (ng_next_option(&c, big_endian, &o)) {
		struct cursor v = o.value;

		if (o.code == OPT_NAME)
			n->name = keep(e, &o);
		else if (o.code == OPT_PATH)
			n->executable = keep(e, &o);
		else if (!wireshark)
			continue;
		else if (o.code == OPT_ARGS)
			n->args = keep(e, &o);
		else if (o.code == OPT_PARENT && o.len == 4)
			n->parent_pid = cur_le32(&v);
		else if (o.code == OPT_START && o.len == 8)
			n->start_ns = cur_le64(&v);
		else if (o.code == OPT_USER && o.len == 4) {
			n->has_user = true;
			n->user = cur_le32(&v);
		}
	}
	/* the last argument may end as the others do */
	if (n->args.len && !n->args.p[n->args.len - 1])
		n->args.len--;
}

static struct place *
place_of(struct process_blocks *p, uint32_t file)
{
	struct place *places;
	size_t count = (size_t)file + 16;

	if (file < p->place_count)
		return &p->places[file];
	if (file >= FILES_MAX)
		return NULL;
	places = realloc(p->places, count * sizeof(*places));
	if (!places)
		return NULL;
	memset(places + p->place_count, 0,
	    (count - p->place_count) * sizeof(*places));
	p->places = places;
	p->place_count = count;
	return &places[file];
}

static uint32_t
bucket_of(uint32_t id)
{
	return (id * 0x9e3779b1u) >> 20;
}

/* id is what packets refer to it by. NULL and no error: left out. */
static struct process *
add(struct process_blocks *p, const struct telltap_block *b, uint32_t id,
    int *ret_err)
{
	const struct place *place = place_of(p, b->file);
	uint32_t bucket = bucket_of(id);
	struct process *e;
	size_t cap = p->cap ? 2 * p->cap : 16;

	*ret_err = place || b->file >= FILES_MAX ? 0 : -ENOMEM;
	if (!place || p->count == PROCESSES_MAX ||
	    p->lengths[bucket] == BUCKET_MAX) {
		p->left_out++;
		return NULL;
	}
	*ret_err = -ENOMEM;
	if (p->count == p->cap) {
		e = realloc(p->list, cap * sizeof(*e));
		if (!e)
			return NULL;
		p->list = e;
		p->cap = cap;
	}
	e = &p->list[p->count];
	*e = (struct process){ .file = b->file, .section = place->section,
		.index = NONE, .next = p->heads[bucket],
		.text = malloc(TEXT_MAX) };
	if (!e->text)
		return NULL;
	p->heads[bucket] = (uint32_t)p->count++;
	p->lengths[bucket]++;
	*ret_err = 0;
	return e;
}

/* Gives back what the texts did not need. */
static void
shrink(struct process *e)
{
	uint8_t *text = realloc(e->text, e->used + 1);
	struct span *const spans[] = { &e->note.name, &e->note.executable,
		&e->note.args };

	if (!text)
		return;
	for (size_t i = 0; i < 3; i++)
		if (spans[i]->len)
			spans[i]->p = text + (spans[i]->p - e->text);
	e->text = text;
}

static int
add_wireshark(struct process_blocks *p, const struct telltap_block *b)
{
	struct cursor c = cur_init(b->data, b->len), entry;
	struct process *e;
	uint32_t pen = ng_u32(&c, b->big_endian), type = cur_le32(&c), pid;
	int err;

	entry = cur_sub(&c, cur_le32(&c));
	pid = cur_le32(&entry);
	if (cur_failed(&c) || cur_failed(&entry) || pen != PEN_WIRESHARK ||
	    type != ENTRY_PROCESS || !pid)
		return 0;
	e = add(p, b, pid, &err);
	if (!e)
		return err;
	e->note.pid = pid;
	e->note.source = "import:wireshark";
	e->note.trusted = true;
	read_options(e, entry, false, true);
	shrink(e);
	return 0;
}

static int
add_darwin(struct process_blocks *p, const struct telltap_block *b)
{
	struct cursor c = cur_init(b->data, b->len);
	struct place *place = place_of(p, b->file);
	uint32_t pid = ng_u32(&c, b->big_endian), index;
	struct process *e;
	int err;

	if (cur_failed(&c) || !place)
		return 0;
	index = place->darwin_count++;
	e = add(p, b, index, &err);
	if (!e)
		return err;
	e->index = index;
	e->note.pid = pid;
	e->note.source = "import:darwin";
	e->note.trusted = true;
	read_options(e, c, b->big_endian, false);
	shrink(e);
	return 0;
}

int
process_blocks_add(struct process_blocks *p, const struct telltap_block *b)
{
	struct place *place;

	if (b->kind != TELLTAP_BLOCK_OTHER)
		return 0;
	if (b->type == CUSTOM)
		return add_wireshark(p, b);
	if (b->type == DARWIN)
		return add_darwin(p, b);
	if (b->type != NG_SHB)
		return 0;
	place = place_of(p, b->file);
	if (place) {
		place->section++;
		place->darwin_count = 0;
	}
	return place || b->file >= FILES_MAX ? 0 : -ENOMEM;
}

static bool
is_of(const struct process_blocks *p, const struct process *e,
    const struct telltap_block *b)
{
	return e->file == b->file && b->file < p->place_count &&
	       e->section == p->places[b->file].section;
}

/* The process of that id which had begun when the packet was sent, the last of
 * them; *ret_sure is false if none of them had. */
static const struct process *
by_pid(const struct process_blocks *p, const struct telltap_block *b,
    uint32_t pid, uint64_t ts_ns, bool *ret_sure)
{
	const struct process *found = NULL, *later = NULL;

	for (uint32_t i = p->heads[bucket_of(pid)]; i != NONE;
	     i = p->list[i].next) {
		const struct process *e = &p->list[i];

		if (!is_of(p, e, b) || e->index != NONE || e->note.pid != pid)
			continue;
		if (e->note.start_ns > ts_ns) {
			if (!later)
				later = e;
		} else if (!found || e->note.start_ns > found->note.start_ns) {
			found = e;
		}
	}
	*ret_sure = found || !later;
	return found ? found : later;
}

static const struct process *
by_index(const struct process_blocks *p, const struct telltap_block *b,
    uint32_t index)
{
	for (uint32_t i = p->heads[bucket_of(index)]; i != NONE;
	     i = p->list[i].next)
		if (p->list[i].index == index && is_of(p, &p->list[i], b))
			return &p->list[i];
	return NULL;
}

static void
set_other(struct owner_note *n, uint64_t pid, const struct process *e)
{
	if (!pid || pid == n->pid || n->other_pid)
		return;
	n->other_pid = pid;
	if (e)
		n->other_name = e->note.executable.len ? e->note.executable :
							 e->note.name;
}

/* One process and thread; there may be several, who share the packet. */
static void
take_ids(const struct process_blocks *p, const struct telltap_block *b,
    uint64_t ts_ns, struct owner_note *n)
{
	struct cursor c = cur_init(b->data, b->len);
	uint32_t pid = ng_u32(&c, b->big_endian);
	const struct process *e;
	bool sure;

	if (cur_failed(&c) || !pid)
		return;
	e = by_pid(p, b, pid, ts_ns, &sure);
	if (n->pid) {
		set_other(n, pid, e);
		return;
	}
	if (e)
		*n = e->note;
	n->pid = pid;
	n->source = "import:wireshark";
	n->trusted = sure;
}

bool
process_blocks_find(const struct process_blocks *p,
    const struct telltap_block *options, size_t count, uint64_t ts_ns,
    struct owner_note *ret)
{
	struct owner_note n = { .pid = 0 };
	const struct process *behalf = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct telltap_block *b = &options[i];
		struct cursor c = cur_init(b->data, b->len);
		const struct process *e;

		if (b->kind != TELLTAP_BLOCK_OPTION)
			continue;
		if (b->type == PACKET_IDS)
			take_ids(p, b, ts_ns, &n);
		if ((b->type != PACKET_DARWIN && b->type != PACKET_BEHALF) ||
		    b->len != 4)
			continue;
		e = by_index(p, b, ng_u32(&c, b->big_endian));
		if (b->type == PACKET_BEHALF)
			behalf = e;
		else if (e && e->note.pid)
			n = e->note;
	}
	if (behalf && n.pid)
		set_other(&n, behalf->note.pid, behalf);
	if (!n.pid)
		return false;
	*ret = n;
	return true;
}
