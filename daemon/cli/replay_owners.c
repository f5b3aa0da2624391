// SPDX-License-Identifier: Apache-2.0
#include "cli/replay_owners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "source/owner_note.h"

#define LINK_PKTAP	258
#define LINK_USER2	149	/* what Apple's tools write for it */
#define OWNERS_MAX	65536	/* more are not told apart: not told at all */
#define TEXT_MAX	1024

/* Pid and names make an owner: a pid alone is used again. */
struct owner {
	UT_hash_handle hh;
	uint32_t id;
	size_t key_len;
	uint8_t key[];
};

struct replay_owners {
	struct owner *table;
	struct telltap_packet *copies[2];
	size_t caps[2];
	unsigned turn;
};

struct replay_owners *
replay_owners_new(void)
{
	return calloc(1, sizeof(struct replay_owners));
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
		.user = UINT64_MAX,
		.executable = text(executable, n->executable),
		.name = text(name, n->name),
		.args = text(args, n->args),
		.source = n->source,
		.certainty = n->trusted && !n->other_pid ? "exact" :
							   "ambiguous",
		.other_pid = n->other_pid,
		.other_executable = text(other, n->other_name),
	};

	p.args_len = p.args ? strlen(p.args) + 1 : 0;
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
	len = 16;
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
	uint8_t key[16 + 4 * (TEXT_MAX + 1)];
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
	e->id = HASH_COUNT(o->table) + 1;
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

static bool
note_of(const struct telltap_packet *p, const struct telltap_block *b,
    struct owner_note *ret)
{
	if (b)
		return owner_note_comment((struct span){ b->data, b->len },
		    ret);
	return (p->link_type == LINK_PKTAP || p->link_type == LINK_USER2) &&
	       owner_note_pktap((struct span){ p->data, p->cap_len }, ret);
}

int
replay_owners_apply(struct replay_owners *o, struct telltap_engine *engine,
    const struct telltap_block *blocks, size_t block_count,
    const struct telltap_packet *packets, size_t count,
    const struct telltap_packet **ret_packets)
{
	struct telltap_packet *own = NULL;
	struct owner_note note;
	size_t b = 0;
	int r;

	*ret_packets = packets;
	o->turn = !o->turn;
	for (size_t i = 0; i < count; i++) {
		const struct telltap_block *comment = NULL;

		while (b < block_count &&
		    (blocks[b].kind != TELLTAP_BLOCK_COMMENT ||
			blocks[b].packet < packets[i].number))
			b++;
		if (b < block_count && blocks[b].packet == packets[i].number)
			comment = &blocks[b];
		if (!note_of(&packets[i], comment, &note))
			continue;
		if (!own)
			own = copies(o, packets, count);
		if (!own)
			return -ENOMEM;
		r = find(o, engine, &note, &own[i].owner);
		if (r)
			return r;
	}
	if (own)
		*ret_packets = own;
	return 0;
}
