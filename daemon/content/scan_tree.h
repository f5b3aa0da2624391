/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_SCAN_TREE_H
#define CONTENT_SCAN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "base/arena.h"
#include "base/buf.h"
#include "content/known/match.h"
#include "content/scan.h"

/*
 * The inside of a scan, for this room. Each item is a node while its bytes come:
 * it is looked at for known content and hashes, and a walker, chosen by its
 * first bytes and by what was declared, takes it apart into fields and child
 * nodes. Nothing is decided before SCAN_HEAD bytes or the end are there, so that
 * how the bytes were cut changes nothing.
 */

#define SCAN_HEAD	1024	/* bytes that choose the walker */
#define SCAN_KEEP	4096	/* bytes kept for naming the type */
#define SCAN_FIELD	256	/* values of so many bytes become items */
#define SCAN_SMALL	32	/* the least that equals a whole file */

/* Ceilings; reaching one is told in limits[]. */
#define SCAN_MAX_DEPTH	16	/* four wrappings of two layers, and more */
#define SCAN_MAX_RATIO	1000
#define SCAN_RATIO_FREE	(4ull << 20)	/* output not held to the ratio */
#define SCAN_MAX_OUTPUT	(16ull << 30)	/* unwrapped bytes per entity */
/* Nested archives multiply: all that comes out of an entity, of every layer,
 * is held to so many times its own size, too. */
#define SCAN_ALL_RATIO	(4 * SCAN_MAX_RATIO)
#define SCAN_ALL_FREE	(256ull << 20)
#define SCAN_MAX_ITEMS	4096
#define SCAN_MAX_HASHES	4096
#define SCAN_MAX_URLS	256
#define SCAN_MAX_CATEGORIES	64
#define SCAN_MAX_FIELDS	100000
#define SCAN_MAX_SLIVERS	4096
#define SCAN_MAX_SMALL	64	/* slivers that may end something */
#define SCAN_MAX_WEAK	256	/* slivers that say too little */
#define SCAN_LEAST	4	/* bytes of such a one */
#define SCAN_MAX_PATH	512
#define SCAN_MAX_USES	65536

struct scan_node;

struct walker {
	const char *name;	/* encoding of the children */
	size_t state_len;
	bool (*open)(struct scan_node *n);
	void (*data)(struct scan_node *n, const uint8_t *p, size_t len);
	/* len bytes are missing; NULL: the walk ends here */
	void (*gap)(struct scan_node *n, uint64_t len);
	/* no more bytes; frees what the state holds */
	void (*close)(struct scan_node *n);
};

/* How an item came to be. */
struct node_origin {
	const char *encoding;
	struct span path, name, declared_type;
	struct span coding;	/* Content-Encoding still to be taken off */
	bool declared_file;
	bool base64;		/* the bytes are base64, whatever they look like */
	bool hex;
	bool quoted;		/* quoted-printable */
	bool run;		/* digits in a text that is looked at itself */
	bool field;		/* a value of a field: may be base64 or hex */
	bool bytes;		/* said to be bytes, not characters */
	bool whole_parent;	/* a decoding of all of the parent */
	bool enciphered;	/* its hashes are not those of the file */
	bool part;		/* the protocol says that it is not all of one */
};

struct base85;
struct buried;
struct entropy;
struct identity_stream;
struct hash_finder;
struct node_patterns;
struct text_runs;
struct unxor;

struct scan_node {
	struct scan *s;
	struct scan_node *parent;
	struct node_origin from;	/* spans in the arena */
	uint32_t item;
	uint8_t depth;
	bool begun, complete, stopped;
	bool settled;		/* what is digested to the end */
	bool undecided;		/* a walker may be found once more is there */
	bool parsed;		/* the walker understood it up to the end */
	bool trails;		/* other bytes stand behind what the walker is for,
				 * which its children's parent_bytes say */
	uint64_t parent_bytes;	/* of the parent's that this one stands for */
	uint64_t size, missing;
	uint64_t output;	/* bytes of children that decoding gave */
	uint8_t *head;
	size_t head_len, head_cap;
	struct matcher *match;
	EVP_MD_CTX *digest[KNOWN_HASH_COUNT];	/* SHA-256, and what known
						 * files need */
	struct entropy *entropy;
	struct hash_finder *hashes;
	struct unxor *xored;
	struct identity_stream *identity;
	struct node_patterns *patterns;
	struct text_runs *runs;
	struct base85 *base85;
	struct buried *buried;
	uint8_t *tail;		/* the last bytes of what may be a file, */
	size_t tail_len;	/* up to FORMAT_TAIL; NULL: of nothing such */
	struct buf kept;	/* all bytes so far, if keeps */
	bool keeps;
	const struct walker *walker;
	void *state;
	struct scan_node *child;	/* the one that is open */
};

/* Beside each item of the findings. */
struct item_note {
	uint64_t parent_bytes;
	uint64_t members;	/* its bytes that items below stand for */
	uint64_t undeciphered;
	bool worth;		/* something was found in it */
	uint8_t *kept;		/* the item's bytes, to be freed */
	size_t kept_len;
};

struct scan {
	const struct known *known;
	const struct identity *identity;
	const char *const *passwords;	/* as in the hint */
	struct scan_keep *keep;
	uint32_t packages[16];	/* different ones seen, 1 + entry */
	size_t package_count;
	struct arena arena;
	bool outbound, raw_stream, has_gap;
	struct span target, method;
	struct scan_node *root;
	struct scan_item *items;
	struct item_note *notes;
	size_t item_count, item_cap;
	struct scan_hash *hashes;
	size_t hash_count, hash_cap;
	unsigned tlshs_asked;
	struct scan_use *uses;
	size_t use_count, use_cap;
	bool wants_uses;
	struct span *urls;
	size_t url_count, url_cap;
	struct scan_category *categories;
	size_t category_count, category_cap;
	struct scan_sliver *slivers;
	size_t sliver_count, sliver_cap, small_count, weak_count;
	const char *limits[16];
	size_t limit_count;
	uint64_t output, fields;
	struct scan_findings findings;
	struct scan *next_free;
};

/* Nodes. NULL: a ceiling was reached or memory is out. */
struct scan_node *node_open(struct scan *s, struct scan_node *parent,
    const struct node_origin *from);
void node_data(struct scan_node *n, const uint8_t *p, size_t len);
void node_gap(struct scan_node *n, uint64_t len);
/* Ends and frees; NULL does nothing. */
void node_close(struct scan_node *n, bool complete);

bool node_start_walker(struct scan_node *n, const struct walker *w);

/* scan_beside.c: what is looked for in an item beside its walker, or where it has
 * none, from its first bytes on. */
void node_beside_begin(struct scan_node *n, const uint8_t *p, size_t len,
    bool whole);
void node_beside_data(struct scan_node *n, const uint8_t *p, size_t len);
void node_beside_gap(struct scan_node *n, uint64_t len);
void node_beside_end(struct scan_node *n, bool complete);

/* scan_late.c: bytes of no structure, of which now len more, at p, have been
 * looked at, or, at the end, no more come. */
void node_choose_late(struct scan_node *n, const uint8_t *p, size_t len,
    bool whole);

/* Fills in the item of a node that ends. */
void item_finish(struct scan_node *n, bool complete);

/* scan_keep.c: keeps a node's bytes from its first one on; more of them; and,
 * once it is known what the item is, gives them to it or lets them go. */
void node_keep_begin(struct scan_node *n);
void node_keep(struct scan_node *n, const uint8_t *p, size_t len);
void node_keep_end(struct scan_node *n, struct scan_item *item);
/* The last FORMAT_TAIL bytes so far. */
void node_keep_tail(struct scan_node *n, const uint8_t *p, size_t len);
/* Of all items of a scan. */
void scan_keep_free(struct scan *s);

/* The walker's guess was wrong: it ends, and nothing is in what it opened. */
void node_forget_walk(struct scan_node *n);

/*
 * Decoders: bytes that came out of n, all into one child. False: a ceiling was
 * reached and the walk is to stop.
 */
bool node_emit(struct scan_node *n, const uint8_t *p, size_t len);

/* The ceilings alone, for walkers that open children of their own. */
bool node_may_emit(struct scan_node *n, size_t len);

/* Which walker reads a node, by what is declared and its first bytes. */
const struct walker *walker_choose(const struct scan_node *n, const uint8_t *p,
    size_t len, bool whole);

/* For compressions that bear no mark: none that unpack so early, or one. */
const struct walker *walker_try(const uint8_t *p, size_t len, bool whole);

/* True if its children's bytes are the node's own, so that looking into them
 * is enough. */
bool walker_splits(const struct walker *w);

/* True if bytes that are something else may begin as what it reads. */
bool walker_is_guess(const struct walker *w);

/* True if it reads only what stands far behind the first bytes, of which these
 * say next to nothing: they are looked at as if nothing read them. */
bool walker_comes_late(const struct walker *w);

/* True if a few signs in text are enough for it, which base85 may have, too. */
bool walker_is_loose(const struct walker *w);

/* True if all that it holds is its children: the rest is framing. */
bool walker_is_archive(const struct walker *w);

/* True if the bytes begin as a compression or an archive that bears a mark. */
bool walker_unpacks(const uint8_t *p, size_t len);

/* A ceiling in words, each once. The text is static. */
void scan_limit(struct scan *s, const char *what);

/* Copies; an empty span if memory is out. */
struct span scan_keep(struct scan *s, struct span text);

/* A value with its name and place. */
struct field {
	struct span path;	/* "/data/sha256", "query:md5" */
	struct span key;	/* the last part of it */
	struct span value;
	uint64_t offset;	/* in the item, of the value */
	const char *encoding;	/* of an item that the value becomes */
	bool bytes;		/* said to be bytes, not characters */
};

/* Looks at a short value: hash, URL, kind of data, small file. */
void scan_field(struct scan_node *n, const struct field *f);
/* Only for hashes of known files. */
void scan_field_hashes(struct scan_node *n, const struct field *f);

/*
 * A value that streams by: short ones become a field, long ones an item.
 * Unescaping is the caller's.
 */
struct value {
	struct scan_node *node;	/* whose walker reads it */
	struct scan_node *item;
	struct span path, key;	/* live until value_end() */
	const char *encoding;
	uint64_t offset;
	size_t len;
	uint64_t raw_bytes;	/* as they stood, escapes and all */
	bool open;
	bool bytes;		/* as in its origin; set once it is begun */
	uint8_t text[SCAN_FIELD];
};

void value_begin(struct value *v, struct scan_node *n, const char *encoding,
    struct span path, struct span key, uint64_t offset);
void value_data(struct value *v, const uint8_t *p, size_t len);
void value_end(struct value *v, bool complete);

/* Findings. */
/* Is the item that one, or did it come out of it? */
bool scan_is_of(const struct scan *s, size_t i, size_t item);
/* What an item that has ended, and all that came out of it, look like is no
 * finding: unless known content is in them, they are no files, and what was found
 * in none of them goes. False: there is. */
bool scan_forget(struct scan *s, size_t item);
void scan_add_hash(struct scan_node *n, const struct scan_hash *h);
/* By item and offset: they are found in another order. */
void scan_sort_hashes(struct scan *s);
void scan_add_url(struct scan *s, struct span url);
/* Not told if it is too short, or too long, to be one. */
void scan_add_sliver(struct scan *s, const struct scan_sliver *sliver);
/* What n came out of; and one more, NULL: none. */
struct scan_wraps scan_wraps_of(const struct scan_node *n);
void scan_wraps_add(struct scan_wraps *w, const char *name);
void scan_add_category(struct scan *s, const char *category, struct span path,
    const char *why);
/* scan_shared.c: a part of a known file in what is plainly another file, and
 * which such have in common. */
bool scan_is_shared(const struct scan_node *n, const struct scan_match *m);

/* scan_fill.c: short values that lie beside parts of known files, and go on as
 * the file does, are of it. */
void scan_fill(struct scan *s);

/* scan_use.c: of what an item's matches rest on; of a hash; of bytes. */
void scan_use_matches(struct scan_node *n, const struct scan_item *item);
void scan_use_hash(struct scan *s, long file);
void scan_use_range(struct scan *s, uint32_t file, uint64_t start, uint64_t end);
/* With its offset and more; of each identifier's form one is kept. */
void scan_add_finding(struct scan *s, const struct scan_category *c);

/* scan_identity.c: what names this machine, in a value or a node's bytes. */
void scan_identify(struct scan_node *n, const struct field *f);
void scan_identify_begin(struct scan_node *n);

/* scan_pattern.c: what has the form of an identifier, in a value and in a node's
 * bytes: from its first ones on, told once it is known what the item is. */
void scan_pattern_field(struct scan *s, const struct field *f);
void scan_pattern_begin(struct scan_node *n, const uint8_t *p, size_t len);
void scan_pattern_data(struct scan_node *n, const uint8_t *p, size_t len);
void scan_pattern_gap(struct scan_node *n, uint64_t len);
void scan_pattern_end(struct scan_node *n, const struct scan_item *item);

#endif
