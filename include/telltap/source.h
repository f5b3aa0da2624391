/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELLTAP_SOURCE_H
#define TELLTAP_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "telltap/packet.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Capture files: pcap and pcapng, plain, gzip or zstd, from files, folders and
 * standard input, taken as one capture in time order. Packets come in batches
 * and lie where read(2) put them; nothing is copied. One source is used from
 * one thread at a time.
 *
 * Functions return 0 or a negative code as those of telltap.h do.
 */

struct telltap_source;

enum {
	TELLTAP_SOURCE_FILE_END = 1,	/* --separate: see telltap_source_next() */
	TELLTAP_SOURCE_END = -4100,	/* no more packets; not a failure */
};

struct telltap_source_options {
	size_t size;		/* sizeof(struct telltap_source_options) */
	const char *filter;	/* libpcap syntax, NULL: every packet */
	bool separate;		/* each file is a capture of its own */
	const char *state_path;	/* with separate: finished files are noted
				 * here and skipped when run again; or NULL */
	unsigned read_ahead;	/* threads, 2 at most, that read a file while
				 * its packets are used; 0: none */
};

/* One input file. Strings live as long as the source; counts grow while it is
 * read. */
struct telltap_source_file {
	const char *name;	/* base name; "-" for standard input */
	uint64_t size;		/* as stored; 0 for a pipe */
	bool has_sha256;	/* once hashed */
	uint8_t sha256[32];	/* of the file as stored */
	const char *format;	/* "pcap" "pcapng", NULL if not known (yet) */
	const char *compression;	/* "gzip" "zstd", NULL for none */
	int status;		/* 0; ERR_TRUNCATED: cut short; else why the
				 * rest of it could not be read */
	const char *error;	/* status in words, NULL when it is 0 */
	uint64_t packets;	/* records, also those the filter dropped */
	uint64_t bytes;		/* their lengths on the wire */
	uint64_t cut;		/* packets cut by snaplen */
	uint64_t clock_back;	/* packets stamped before their predecessor */
	uint64_t bad_times;	/* stamped before 1970 or after 2262, clamped */
	uint64_t malformed;	/* pcapng blocks passed over as malformed */
	bool begun, finished;
	bool skipped;		/* finished in an earlier run */
};

/* One capturing interface. */
struct telltap_interface {
	const char *name;	/* "" if the file has none; untrusted text */
	uint32_t file;		/* index of its file */
	uint32_t snaplen;	/* 0: no limit */
	uint16_t link_type;	/* LINKTYPE_ value */
	uint8_t tsresol;	/* as if_tsresol: 6 is microseconds */
	bool has_drops;		/* the file says how many it dropped */
	uint64_t dropped_if;	/* packets lost at the interface */
	uint64_t dropped_os;	/* packets lost in the system */
	uint64_t dropped_noted;	/* the same, as noted beside packets; not to
				 * be added to the two above */
};

enum telltap_block_kind {
	TELLTAP_BLOCK_COMMENT,	/* data: text about the packet */
	TELLTAP_BLOCK_NAME,	/* data: a name of addr */
	TELLTAP_BLOCK_SECRETS,	/* type: secrets type; data: the secrets */
	TELLTAP_BLOCK_OPTION,	/* a packet's option that says whose it is;
				 * type: its code, 8 (process and thread) or
				 * above 0x7fff (Apple's); data: its value */
	TELLTAP_BLOCK_OTHER,	/* type: block type; data: its body, raw;
				 * of a further section's header: none */
};

/* Secrets blocks of this type hold a TLS key log. */
#define TELLTAP_SECRETS_TLS	0x544c534bu

/* What a pcapng file holds beside packets, in the order of the file. */
struct telltap_block {
	uint64_t packet;	/* COMMENT, OPTION: the packet's number;
				 * else the number of the last one before it */
	enum telltap_block_kind kind;
	uint32_t type;
	uint32_t file;
	bool big_endian;	/* OPTION, OTHER: order of numbers in data */
	uint8_t ip_version;	/* NAME: 4 or 6 */
	uint8_t addr[16];	/* NAME; IPv4 as ::ffff:a.b.c.d */
	const uint8_t *data;	/* not NUL-terminated; lives as the batch */
	size_t len;
};

struct telltap_source_stats {
	uint64_t packets, bytes;	/* records and their wire lengths */
	uint64_t filtered;		/* packets that the filter dropped */
	uint64_t cut, clock_back, bad_times, malformed;	/* sums of the files */
	uint64_t blocks_lost;		/* telltap_blocks above the ceilings */
	uint64_t dropped_if, dropped_os, dropped_noted;	/* of all interfaces */
	uint64_t merge_late;		/* files opened late: too many at once */
	uint32_t files, files_failed, files_cut, files_skipped;
};

/*
 * telltap_source_open - paths are files, folders (every file in it, by name,
 * not below it) and "-", standard input.
 *
 * Fails when a path is missing, a folder or the whole list holds no capture,
 * or the filter does not compile; telltap_source_error(NULL) then says which.
 * One bad file among others is no failure: its status says what is wrong.
 */
int telltap_source_open(const char *const *paths, size_t path_count,
    const struct telltap_source_options *options,
    struct telltap_source **ret_source);
void telltap_source_close(struct telltap_source *source);

/* The last failure in one line. With NULL: of the last failed open of this
 * thread. Never NULL; lives until the next call that fails. */
const char *telltap_source_error(const struct telltap_source *source);

/* Computes the SHA-256 of every regular file; before the first packet. With
 * `separate`, of each that is not skipped, when its turn comes. */
int telltap_source_hash(struct telltap_source *source);

/*
 * The same on a thread of its own, while packets are read; with `separate` as
 * telltap_source_hash(). telltap_source_hashed() returns 1 once all hashes are in
 * telltap_source_files(), and until then, unless it is to wait for them, 0; or
 * the failure. A file that has changed since the source was opened has none.
 */
int telltap_source_hash_begin(struct telltap_source *source);
int telltap_source_hashed(struct telltap_source *source, bool wait);

/* Are the captures of a source, opened a second time by the same paths, those of the
 * first still, and has none changed until now? */
bool telltap_source_is_unchanged(const struct telltap_source *source,
    const struct telltap_source *again);

/*
 * The same without a thread, until telltap_source_hash_begin(): as much is hashed as
 * goes beside something else, which costs little more then, and the rest when it is
 * waited for. telltap_source_hash_beside() adds data to the other hash, one of
 * libcrypto's; on any thread, but not while telltap_source_hashed() is called.
 * False if the library fails.
 */
struct SHA256state_st;
int telltap_source_hash_later(struct telltap_source *source);
bool telltap_source_hash_beside(struct telltap_source *source,
    struct SHA256state_st *other, const void *data, size_t len);

/*
 * telltap_source_next - the next packets, one or more, in capture order. They
 * and their data live until the second next call of this function begins.
 *
 * Returns TELLTAP_SOURCE_END when all is read. With `separate`, returns
 * TELLTAP_SOURCE_FILE_END, without packets, at the end of each file, also of one
 * that is no capture (it has a status and no format); the file is noted as
 * finished when the function is called again.
 */
int telltap_source_next(struct telltap_source *source,
    const struct telltap_packet **ret_packets, size_t *ret_count);

/* The blocks that came with the last batch, also with an end. */
const struct telltap_block *
telltap_source_blocks(const struct telltap_source *source, size_t *ret_count);

/* All files in the order of the paths; with `separate`, telltap_source_file()
 * is the one being read. */
const struct telltap_source_file *
telltap_source_files(const struct telltap_source *source, size_t *ret_count);
const struct telltap_source_file *
telltap_source_file(const struct telltap_source *source);

/* Interfaces met so far, telltap_packet.interface is the index; with
 * `separate` of the present file alone. Lives until the next call of next. */
const struct telltap_interface *
telltap_source_interfaces(const struct telltap_source *source,
    size_t *ret_count);

void telltap_source_stats(const struct telltap_source *source,
    struct telltap_source_stats *ret_stats);

#ifdef __cplusplus
}
#endif

#endif
