/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "source/reader.h"
#include "source/state.h"
#include "telltap/source.h"

/*
 * What the parts of a source share: list.c makes the list of files, probe.c
 * looks into each, merge.c hands their packets out in time order.
 */

struct source_hasher;

#define OPEN_MAX_FILES	64u	/* files whose times overlap, open at once */
#define CHUNK_LEN_ONE	(128u << 10)
#define CHUNK_LEN_MANY	(256u << 10)
#define CHUNK_LEN_PROBE	(64u << 10)

struct source_entry {
	char *path;
	size_t argument;	/* index of the path that named it */
	uint64_t first_ns;	/* time of the first packet; 0: not known */
	int64_t mtime_ns;
	uint64_t inode;
	bool regular, usable;
	struct reader *reader;	/* open since the start: a pipe, a lone file */
};

struct telltap_source {
	struct sink sink;
	struct batch batches[2];
	struct telltap_source_file *files;
	struct source_entry *entries;
	size_t file_count, file_cap;
	bool separate;
	bool hash_each;		/* separate: a file is hashed in its turn */
	struct source_hasher *hasher;	/* NULL: none is at work */
	struct state *state;
	/* merge: entries by time of their first packet */
	uint32_t *order;
	size_t order_count, order_next;
	struct reader *active[OPEN_MAX_FILES];
	size_t active_count;
	uint64_t merge_late;
	bool late;		/* the next to open has been counted */
	/* separate */
	size_t current;		/* entry being read */
	enum {
		FILE_READING,
		FILE_ENDED,	/* the caller has its last packets */
		FILE_TOLD,	/* the caller knows that it has ended */
	} phase;
	struct telltap_interface dropped;	/* sums of files before this one */
	char error[512];
};

/* Sets the error and returns err. */
int source_fail(struct telltap_source *src, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds a path: a file, the files of a folder, or "-". */
must_check int source_list(struct telltap_source *src, const char *path,
    size_t argument);

/* Looks into every file: which are captures, and when they begin. */
must_check int source_probe(struct telltap_source *src);

/* Adds the drops of all interfaces to the sum's. */
void source_sum_drops(const struct telltap_source *src,
    struct telltap_interface *sum);

/* Forgets the interfaces of a file that is read. */
void sink_clear_interfaces(struct sink *s);

/* Opens the entry's reader, or takes the one open already. */
must_check int source_open_entry(struct telltap_source *src, size_t index,
    struct reader **ret_reader);

/* Is a regular file still what it was when it was listed? */
bool source_is_as_listed(const struct telltap_source *src, size_t index);

/* It has been read to its end. One that has changed meanwhile has that as its
 * status: nobody knows what was read. */
void source_end_entry(struct telltap_source *src, size_t index);

/* The SHA-256 of a regular file, unless it is skipped. */
must_check int source_hash_entry(struct telltap_source *src, size_t index);

/* Whatever hashes the files ends, also in the middle of one. */
void source_hash_end(struct telltap_source *src);

/* Fills the sink's batch; TELLTAP_SOURCE_END when all is read. */
must_check int merge_next(struct telltap_source *src);
must_check int separate_next(struct telltap_source *src);

#endif
