// SPDX-License-Identifier: Apache-2.0
#include "cli/replay_attribution.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <uthash.h>

#include "base/arena.h"
#include "cli/cli.h"
#include "source/import.h"

#define FILES_MAX	16
#define PROCESSES_MAX	(1u << 20)
#define CLAIMS_MAX	(4u << 20)
#define KEY_MAX		128
#define SAME_NS		UINT64_C(60000000000)	/* seen again within it: one
						 * use of a port */

struct process {
	UT_hash_handle hh;
	char key[KEY_MAX];		/* file and guid, or file and pid */
	struct telltap_process info;
	uint32_t owner;			/* 0: nothing is claimed for it */
	uint64_t start_ns, end_ns;	/* 0: not said */
	struct process *before;		/* with the same key, ended */
};

struct claimed {
	struct telltap_claim claim;
	struct process *process;
	char *query;			/* a name that was asked for, or NULL */
};

struct replay_attribution {
	struct process *table;
	struct claimed *claims;
	size_t count, cap;
	struct process **owners;	/* by number, from 1 */
	uint32_t owner_count, owner_cap, process_count;
	struct arena arena;
	char *options[FILES_MAX];	/* "NAME sha256:..." */
	unsigned file_count;
	uint64_t left_out;
};

struct replay_attribution *
replay_attribution_new(void)
{
	struct replay_attribution *a = calloc(1, sizeof(*a));

	if (a)
		arena_init(&a->arena);
	return a;
}

void
replay_attribution_free(struct replay_attribution *a)
{
	struct process *p, *next;

	if (!a)
		return;
	HASH_ITER(hh, a->table, p, next)
		HASH_DEL(a->table, p);
	for (unsigned i = 0; i < a->file_count; i++)
		free(a->options[i]);
	arena_clear(&a->arena);
	free(a->claims);
	free(a->owners);
	free(a);
}

static const char *
keep(struct replay_attribution *a, struct span s)
{
	return s.len ? arena_strndup(&a->arena, s.p, s.len) : NULL;
}

/* What an event adds to what is known of its process. */
static void
learn(struct replay_attribution *a, struct process *p,
    const struct import_event *e)
{
	struct telltap_process *i = &p->info;
	uint8_t *hash;

	if (!i->executable)
		i->executable = keep(a, e->executable);
	if (!i->name)
		i->name = keep(a, e->name);
	if (!i->args) {
		i->args = keep(a, e->args);
		i->args_len = i->args ? e->args.len + 1 : 0;
	}
	if (!i->parent_pid)
		i->parent_pid = e->parent_pid;
	hash = e->has_sha256 && !i->sha256 ? arena_alloc(&a->arena, 32) : NULL;
	if (hash) {
		memcpy(hash, e->sha256, 32);
		i->sha256 = hash;
	}
	if (e->kind == IMPORT_START && e->clock == IMPORT_UTC)
		i->start_ns = p->start_ns = e->ts_ns;
	if (e->kind == IMPORT_END)
		p->end_ns = e->ts_ns;
}

/* A guid is one process's for good; a pid is used again after its end, or when
 * a process is started with it. */
static struct process *
process_of(struct replay_attribution *a, const struct import_event *e)
{
	struct process *p, *before = NULL;
	char key[KEY_MAX];

	snprintf(key, sizeof(key), "%u %llu %.*s", a->file_count,
	    (unsigned long long)e->pid,
	    (int)(e->guid.len < 64 ? e->guid.len : 64),
	    e->guid.len ? (const char *)e->guid.p : "");
	HASH_FIND_STR(a->table, key, p);
	if (p && !e->guid.len && (p->end_ns || (e->kind == IMPORT_START &&
	    p->start_ns))) {
		before = p;
		HASH_DEL(a->table, p);
		p = NULL;
	}
	if (p)
		return p;
	if (a->process_count == PROCESSES_MAX) {
		a->left_out++;
		return NULL;
	}
	p = arena_zalloc(&a->arena, sizeof(*p));
	if (!p)
		return NULL;
	memcpy(p->key, key, sizeof(key));
	p->before = before;
	p->info = (struct telltap_process){ .size = sizeof(p->info),
		.pid = e->pid, .user = UINT64_MAX, .source = e->source,
		.certainty = "exact" };
	a->process_count++;
	HASH_ADD_STR(a->table, key, p);
	return p;
}

static int
make_owner(struct replay_attribution *a, struct process *p)
{
	uint32_t cap = a->owner_cap ? 2 * a->owner_cap : 64;
	struct process **owners;

	if (p->owner)
		return 0;
	if (a->owner_count + 1 >= a->owner_cap) {
		owners = realloc(a->owners, cap * sizeof(struct process *));
		if (!owners)
			return -ENOMEM;
		a->owners = owners;
		a->owner_cap = cap;
	}
	p->owner = ++a->owner_count;
	a->owners[p->owner] = p;
	return 0;
}

static bool
is_same(const struct claimed *c, const struct telltap_claim *n,
    const struct process *p)
{
	const struct telltap_claim *o = &c->claim;

	return c->process == p && !c->query && !n->opens &&
	       o->proto == n->proto && o->local_port == n->local_port &&
	       o->remote_port == n->remote_port &&
	       o->day_time == n->day_time && n->first_ns >= o->last_ns &&
	       n->first_ns - o->last_ns < SAME_NS &&
	       !memcmp(o->local, n->local, 16) &&
	       !memcmp(o->remote, n->remote, 16);
}

/* A table that has a row for every send says the same again and again: rows of
 * late are looked through for it. */
static bool
extend(struct replay_attribution *a, const struct telltap_claim *n,
    const struct process *p)
{
	size_t least = a->count > 64 ? a->count - 64 : 0;

	for (size_t i = a->count; i-- > least;) {
		if (!is_same(&a->claims[i], n, p))
			continue;
		a->claims[i].claim.last_ns = n->last_ns;
		return true;
	}
	return false;
}

static int
add_claim(struct replay_attribution *a, const struct import_event *e,
    struct process *p)
{
	size_t cap = a->cap ? 2 * a->cap : 256;
	struct claimed c = { .process = p }, *list;
	struct telltap_claim *n = &c.claim;

	*n = (struct telltap_claim){
		.size = sizeof(*n),
		.local_known = e->local.known,
		.remote_known = e->remote.known,
		.local_port = e->local.port,
		.remote_port = e->remote.port,
		.proto = e->proto,
		.day_time = e->clock == IMPORT_DAY_TIME,
		.opens = e->opens,
		.first_ns = e->ts_ns,
		.last_ns = e->last_ns,
	};
	memcpy(n->local, e->local.address, 16);
	memcpy(n->remote, e->remote.address, 16);
	if (e->kind == IMPORT_CONNECTION && extend(a, n, p))
		return 0;
	if (a->count == CLAIMS_MAX) {
		a->left_out++;
		return 0;
	}
	if (e->kind == IMPORT_QUERY) {
		c.query = arena_strndup(&a->arena, e->query.p, e->query.len);
		if (!c.query)
			return -ENOMEM;
	}
	if (a->count == a->cap) {
		list = realloc(a->claims, cap * sizeof(*list));
		if (!list)
			return -ENOMEM;
		a->claims = list;
		a->cap = cap;
	}
	a->claims[a->count++] = c;
	return make_owner(a, p);
}

static int
on_event(void *arg, const struct import_event *e)
{
	struct replay_attribution *a = arg;
	struct process *p = process_of(a, e);

	if (!p)
		return 0;
	learn(a, p, e);
	if (e->kind == IMPORT_CONNECTION || e->kind == IMPORT_QUERY)
		return add_claim(a, e, p);
	return 0;
}

/* The file's name and hash, for the first event. */
static int
note_file(struct replay_attribution *a, const char *path, struct span file)
{
	const char *name = strrchr(path, '/');
	uint8_t hash[32];
	char hex[65];

	if (!EVP_Digest(file.p, file.len, hash, NULL, EVP_sha256(), NULL))
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	if (asprintf(&a->options[a->file_count], "%s sha256:%s",
		name ? name + 1 : path, hex) < 0)
		return -ENOMEM;
	a->file_count++;
	return 0;
}

static void
say_stats(const struct replay_attribution *a, const char *path,
    const struct import_stats *s, uint64_t left_out)
{
	if (s->unreadable)
		cli_fail("%s: %llu events could not be read", path,
		    (unsigned long long)s->unreadable);
	if (!s->events)
		cli_fail("%s: says of no process what it sent", path);
	if (a->left_out > left_out)
		cli_fail("%s: %llu events left out, above the ceiling", path,
		    (unsigned long long)(a->left_out - left_out));
}

int
replay_attribution_read(struct replay_attribution *a, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	struct import_stats stats = { 0 };
	struct span file = { NULL, 0 };
	uint64_t left_out = a->left_out;
	void *map = MAP_FAILED;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		err = cli_fail("%s: %s", path, strerror(errno));
		goto out;
	}
	if (a->file_count == FILES_MAX) {
		err = cli_fail("replay: more than %d times --attribution",
		    FILES_MAX);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		err = cli_fail("%s: not a file", path);
		goto out;
	}
	if (st.st_size)
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE,
		    fd, 0);
	if (map != MAP_FAILED)
		file = (struct span){ map, (size_t)st.st_size };
	err = st.st_size && map == MAP_FAILED ? -errno :
	    import_read(file, on_event, a, &stats);
	if (!err)
		err = note_file(a, path, file);
	if (err == ERR_UNSUPPORTED)
		err = cli_fail("%s: not a log of Sysmon, Process Monitor or "
			       "RustNet", path);
	else if (err)
		err = cli_fail("%s: %s", path, err_text(err));
	else
		say_stats(a, path, &stats, left_out);
out:
	if (map != MAP_FAILED)
		munmap(map, (size_t)st.st_size);
	if (fd >= 0)
		close(fd);
	return err;
}

uint32_t
replay_attribution_owners(const struct replay_attribution *a)
{
	return a ? a->owner_count : 0;
}

int
replay_attribution_tell(const struct replay_attribution *a,
    struct telltap_engine *engine)
{
	int r = 0;

	for (unsigned i = 0; !r && i < a->file_count; i++)
		r = telltap_engine_option(engine, "attribution",
		    a->options[i]);
	for (uint32_t i = 1; !r && i <= a->owner_count; i++)
		r = telltap_engine_owner(engine, i, &a->owners[i]->info);
	for (size_t i = 0; !r && i < a->count; i++) {
		struct telltap_claim c = a->claims[i].claim;
		const struct process *p = a->claims[i].process;

		c.owner = p->owner;
		c.end_ns = c.day_time ? 0 : p->end_ns;
		r = a->claims[i].query ?
		    telltap_engine_query(engine, a->claims[i].query,
			c.first_ns, c.owner) :
		    telltap_engine_claim(engine, &c);
	}
	return r;
}
