// SPDX-License-Identifier: Apache-2.0
#include "cli/replay_owners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "source/owner_note.h"
#include "source/process_block.h"

#define LINK_PKTAP	258
#define LINK_USER2	149	/* what Apple's tools write for it */
#define OWNERS_MAX	65536	/* more are not told apart: not told at all */
#define TEXT_MAX	1024
#define KEY_FIXED	25

/* Pid and names make an owner: a pid alone is used again. */
struct owner {
	UT_hash_handle hh;
	uint32_t id;
	size_t key_len;
	uint8_t key[];
};

struct replay_owners {
	struct owner *table;
	struct process_blocks *processes;
	uint32_t taken;			/* numbers of owners */
	struct telltap_packet *copies[2];
	size_t caps[2];
	unsigned turn;
};

struct replay_owners *
replay_owners_new(uint32_t taken)
{
	struct replay_owners *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->taken = taken;
	o->processes = process_blocks_new();
	if (o->processes)
		return o;
	free(o);
	return NULL;
}

void
replay_owners_free(struct replay_owners *o)
{
	struct owner *e, *next;

	if (!o)
		return;
	HASH_ITER(hh, o->table, e, next) {
		HASH_DEL(o->table, e);
		free(e);
	}
	process_blocks_free(o->processes);
	free(o->copies[0]);
	free(o->copies[1]);
	free(o);
}

static const char *
text(char *to, struct span s)
{
	size_t n = s.len < TEXT_MAX - 1 ? s.len : TEXT_MAX - 1;

	if (!n)
		return NULL;
	memcpy(to, s.p, n);
	to[n] = 0;
	return to;
}

static int
tell(struct telltap_engine *engine, uint32_t id, const struct owner_note *n)
{
	char executable[TEXT_MAX], name[TEXT_MAX], args[TEXT_MAX],
	    other[TEXT_MAX];
	struct telltap_process p = {
		.size = sizeof(p),
		.pid = n->pid,
		.parent_pid = n->parent_pid,
		.user = n->has_user ? n->user : UINT64_MAX,
		.start_ns = n->start_ns,
		.executable = text(executable, n->executable),
		.name = text(name, n->name),
		.args = text(args, n->args),
		.source = n->source,
		.certainty = n->trusted && !n->other_pid ? "exact" :
							   "ambiguous",
		.other_pid = n->other_pid,
		.other_executable = text(other, n->other_name),
	};

	if (p.args)
		p.args_len = (n->args.len < TEXT_MAX - 1 ? n->args.len :
			TEXT_MAX - 1) + 1;
	return telltap_engine_owner(engine, id, &p);
}

/* All that makes the owner another one, as bytes. */
static size_t
make_key(const struct owner_note *n, uint8_t *to)
{
	const struct span *const texts[] = { &n->executable, &n->name,
		&n->args, &n->other_name };
	size_t len = 0;

	memcpy(to, &n->pid, 8);
	memcpy(to + 8, &n->other_pid, 8);
	memcpy(to + 16, &n->start_ns, 8);
	to[24] = n->trusted;
	len = KEY_FIXED;
	for (size_t i = 0; i < 4; i++) {
		size_t max = texts[i]->len < TEXT_MAX ? texts[i]->len
						       : TEXT_MAX;

		if (max)
			memcpy(to + len, texts[i]->p, max);
		len += max;
		to[len++] = 0;
	}
	return len;
}

static int
find(struct replay_owners *o, struct telltap_engine *engine,
    const struct owner_note *n, uint32_t *ret_id)
{
	uint8_t key[KEY_FIXED + 4 * (TEXT_MAX + 1)];
	size_t len = make_key(n, key);
	struct owner *e;
	int r;

	*ret_id = 0;
	HASH_FIND(hh, o->table, key, len, e);
	if (e) {
		*ret_id = e->id;
		return 0;
	}
	if (HASH_COUNT(o->table) == OWNERS_MAX)
		return 0;
	e = malloc(sizeof(*e) + len);
	if (!e)
		return -ENOMEM;
	e->id = o->taken + HASH_COUNT(o->table) + 1;
	e->key_len = len;
	memcpy(e->key, key, len);
	r = tell(engine, e->id, n);
	if (r) {
		free(e);
		return r;
	}
	HASH_ADD_KEYPTR(hh, o->table, e->key, e->key_len, e);
	*ret_id = e->id;
	return 0;
}

/* The packets as copies, made once for a batch that needs them. */
static struct telltap_packet *
copies(struct replay_owners *o, const struct telltap_packet *packets,
    size_t count)
{
	unsigned t = o->turn;
	struct telltap_packet *p = o->copies[t];

	if (count > o->caps[t]) {
		p = realloc(p, count * sizeof(*p));
		if (!p)
			return NULL;
		o->copies[t] = p;
		o->caps[t] = count;
	}
	memcpy(p, packets, count * sizeof(*p));
	return p;
}

/* A packet's word in its comments; what is known to err counts for less than
 * what the file's own blocks say. */
static bool
note_of(const struct replay_owners *o, const struct telltap_packet *p,
    const struct telltap_block *blocks, size_t count, struct owner_note *ret)
{
	struct owner_note n;
	bool has = false;

	for (size_t i = 0; i < count; i++) {
		struct span text = { blocks[i].data, blocks[i].len };

		if (blocks[i].kind != TELLTAP_BLOCK_COMMENT)
			continue;
		if (!has)
			has = owner_note_comment(text, ret);
		else
			owner_note_more(text, ret);
	}
	if (has && ret->trusted)
		return true;
	if (process_blocks_find(o->processes, blocks, count, p->ts_ns, &n) ||
	    ((p->link_type == LINK_PKTAP || p->link_type == LINK_USER2) &&
		owner_note_pktap((struct span){ p->data, p->cap_len }, &n))) {
		*ret = n;
		has = true;
	}
	return has;
}

/* Blocks up to those of the packet; how many are its own. */
static int
take_blocks(struct replay_owners *o, const struct telltap_block *blocks,
    size_t count, uint64_t number, size_t *at, size_t *ret_own)
{
	size_t own = 0;
	int r = 0;

	while (!r && *at < count && blocks[*at].packet < number)
		r = process_blocks_add(o->processes, &blocks[(*at)++]);
	while (*at + own < count && blocks[*at + own].packet == number &&
	       (blocks[*at + own].kind == TELLTAP_BLOCK_COMMENT ||
		   blocks[*at + own].kind == TELLTAP_BLOCK_OPTION))
		own++;
	*ret_own = own;
	return r;
}

int
replay_owners_apply(struct replay_owners *o, struct telltap_engine *engine,
    const struct telltap_block *blocks, size_t block_count,
    const struct telltap_packet *packets, size_t count,
    const struct telltap_packet **ret_packets)
{
	struct telltap_packet *own = NULL;
	struct owner_note note;
	size_t at = 0, mine;
	int r = 0;

	*ret_packets = packets;
	o->turn = !o->turn;
	for (size_t i = 0; i < count && !r; i++) {
		r = take_blocks(o, blocks, block_count, packets[i].number, &at,
		    &mine);
		if (r || !note_of(o, &packets[i], blocks + at, mine, &note))
			continue;
		if (!own)
			own = copies(o, packets, count);
		if (!own)
			return -ENOMEM;
		r = find(o, engine, &note, &own[i].owner);
	}
	while (!r && at < block_count)
		r = process_blocks_add(o->processes, &blocks[at++]);
	if (own)
		*ret_packets = own;
	return r;
}
