/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_VERIFY_H
#define EVIDENCE_VERIFY_H

#include <stdbool.h>

#include "evidence/log/note.h"
#include "evidence/log/tlog.h"
#include "telltap/verify.h"

/*
 * The parts of telltap_verify(): the bag in verify_bag.c, the key and its
 * signatures in verify_key.c, the log in verify_log.c, the seal in
 * verify_seal.c, bag-info.txt in verify_info.c, what stands beside the bag in
 * verify_outer.c. Each tells what it found; a negative code ends the run and
 * means that nothing can be said, not that the case is bad.
 */

#define VERIFY_TEXT_MAX		(8u << 20)	/* of a small file */
#define VERIFY_MANIFEST_MAX	(256u << 20)
#define VERIFY_SAID_MAX		100u	/* bad findings told one by one */

/* What stands for a withheld line: this, the leaf's hash in hex, and that. */
#define VERIFY_STUB_OPEN	"{\"telltap\":{\"withheld\":\""
#define VERIFY_STUB_CLOSE	"\"}}"

#define VERIFY_LINES_KEPT	20u	/* whose packets are not there */
#define VERIFY_CUTS_MAX		64u	/* of one log */

/* Where a log was cut short, and what was signed until then. */
struct verify_cut {
	uint64_t line, size;
	uint8_t root[TLOG_HASH_LEN];
	struct note_key key;
};

/* What the first line of a part says of the part before. */
struct verify_previous {
	bool there;
	uint64_t part, size;
	uint8_t root[TLOG_HASH_LEN];
	char origin[NOTE_NAME_MAX + 1];
};

/* The run that the lines are of, as its first one says: verify_place.c. */
struct verify_run_place {
	bool begun, live, hooks;
	bool ended;			/* its summary is there */
};

/* Packets that are kept, by their numbers; runs of numbers in their order. Of
 * a case in parts, those of the parts before, too. */
struct verify_packets {
	struct verify_packet_run {
		uint64_t first, last;
	} *runs;
	size_t count, cap;
};

/* One line of the manifest. */
struct verify_file {
	const char *path;		/* in the manifest's bytes */
	uint8_t sha256[32];
	uint64_t size;			/* once seen */
	bool seen, sealed;
	bool told;			/* an object: a line names it */
};

struct verify {
	const struct telltap_verify_options *options;
	telltap_check_fn say;
	void *arg;
	int dir_fd;
	uint64_t bad;			/* findings */
	bool redacted;			/* bag-info.txt says so */
	struct tlog_hasher hasher;
	char *bag_info;			/* its text */
	struct buf first;		/* the first line, if it is not withheld */
	/* the manifest */
	char *manifest;
	struct verify_file *files;
	size_t file_count;
	/* the key and what it signed */
	struct note_key key;
	bool has_key, has_checkpoint, has_since, since_met;
	struct note_checkpoint checkpoint, since;	/* without origins */
	uint8_t since_root[32];		/* ours at that size */
	/* the log */
	struct tlog tree;
	struct tlog findings;		/* of derived lines, without nonces */
	bool has_salt, sealed;
	uint8_t salt[TLOG_SALT_LEN];
	uint64_t files_withheld;
	uint64_t lines, withheld, nonces, tiles, bad_tiles;
	struct verify_cut cuts[VERIFY_CUTS_MAX];
	unsigned cut_count;
	bool cut_short;
	struct verify_run_place run;
	uint64_t lines_unknown;		/* of actions that we don't know */
	bool full;			/* the line before told of a full disk */
	struct verify_packets packets;	/* verify_packets.c */
	uint64_t packet_count;		/* of this part */
	bool has_packets;		/* there are files of them */
	uint64_t ranges, ranges_before, ranges_bad;
	uint64_t lines_bad[VERIFY_LINES_KEPT];
	uint64_t objects_missing;	/* that lines say are kept */
	/* its place among parts */
	struct verify_previous previous;
	bool in_chain;
};

/* Hashes of a case's tiles, for a log of that size; tlog_read_fn. */
struct verify_tiles {
	struct verify *v;
	uint64_t size;
	char *tile;			/* the one read last; freed by the
					 * caller */
	unsigned level;
	uint64_t index;
};

int verify_read_hash(void *tiles, unsigned level, uint64_t index,
    uint8_t ret_hash[static 32]) must_check;

/* v is zeros; to be cleared in any case. verify_run() returns as
 * telltap_verify() does. */
int verify_begin(struct verify *v, const char *dir,
    const struct telltap_verify_options *options, telltap_check_fn say,
    void *arg) must_check;
int verify_run(struct verify *v) must_check;
void verify_clear(struct verify *v);

void verify_say(struct verify *v, enum telltap_check result,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#define verify_ok(v, ...)	verify_say(v, TELLTAP_CHECK_OK, __VA_ARGS__)
#define verify_bad(v, ...)	verify_say(v, TELLTAP_CHECK_BAD, __VA_ARGS__)
#define verify_unknown(v, ...) \
	verify_say(v, TELLTAP_CHECK_UNKNOWN, __VA_ARGS__)

/* Opens a regular file of the case, through folders and never through links;
 * a descriptor, or -ENOENT, -ELOOP and the like. */
int verify_open(struct verify *v, const char *path) must_check;
/* All of a file of at most max bytes and a NUL, to be freed by the caller. */
int verify_read(int fd, size_t max, char **ret_data, size_t *ret_len)
    must_check;
/* The same, of a file of the case. */
int verify_load(struct verify *v, const char *path, size_t max,
    char **ret_data, size_t *ret_len) must_check;

/* A file that the caller named, not part of the case; a failure is told. */
int verify_load_outside(struct verify *v, const char *path, char **ret_data,
    size_t *ret_len) must_check;

/* Takes the log's key from a file that the caller named. */
int verify_take_key(struct verify *v, const char *path) must_check;
/* A checkpoint signed by that key, without its origin. 1 if it is bad, which
 * is told. */
int verify_read_checkpoint(struct verify *v, const char *path,
    struct span note, struct note_checkpoint *ret_c) must_check;

/* NULL if the manifest does not name it. */
struct verify_file *verify_find(struct verify *v, const char *path);

int verify_check_bag(struct verify *v) must_check;
int verify_check_key(struct verify *v) must_check;
int verify_check_log(struct verify *v) must_check;
/* Before the log: which packets are there, beside those of a part before, which
 * v->packets has then. Of a line: that those it names are. After the log: what
 * came of it. */
int verify_load_packets(struct verify *v) must_check;
void verify_note_packets(struct verify *v, const void *line);
void verify_tell_packets(struct verify *v);
/* verify_place.c: of every line, and of one that is withheld; after the log: lines
 * and files of which we know nothing. */
void verify_check_place(struct verify *v, const char *action, const void *line);
void verify_skip_place(struct verify *v);
void verify_tell_places(struct verify *v);
/* verify_objects.c: of a transfer's line; after the log: files that are kept
 * are what their names and the lines say. */
void verify_note_objects(struct verify *v, const void *telltap);
void verify_tell_objects(struct verify *v);
/* verify_info.c: bag-info.txt, once the first line is read. */
int verify_check_info(struct verify *v) must_check;
int verify_check_outer(struct verify *v) must_check;
/* verify_cut.c: of a line that tells of a cut, or of a full disk; then, once
 * all tiles are known to be right, whether what was signed before is still
 * there. */
void verify_note_anomaly(struct verify *v, const void *line);
/* Of every line that is not withheld, first: none comes behind a full disk but
 * the seal, or one that tells that the log was taken up again. */
void verify_check_full(struct verify *v, const void *line);
int verify_check_cuts(struct verify *v) must_check;
/* verify_parts.c: of the first line. */
void verify_note_previous(struct verify *v, const void *line);
/* A folder of parts, each a case: 1 or 0; -ENOTDIR if it is none. */
int verify_run_parts(struct verify *v, const char *dir) must_check;
/* Before its line is added to the tree; line is a struct json_t. */
void verify_check_seal(struct verify *v, const void *line);

/* Hex of either 16 or 32 bytes, lower case alone. */
bool verify_read_hex(const char *hex, size_t hex_len, uint8_t *ret, size_t len);

#endif
