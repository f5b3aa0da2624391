/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_PACKETS_H
#define EVIDENCE_PACKETS_H

#include "evidence/bag.h"
#include "flow/packet.h"
#include "telltap/packet.h"

/*
 * data/capture/packets.pcapng, packets-0002.pcapng and so on: the packets that
 * the evidence rests on. The recorder takes them as whole pcapng blocks, made by
 * packet_blocks.c on the side of whoever has packets, and does not look into
 * them. Every file begins with all blocks of interfaces so far.
 */

#define PACKETS_FOLDER		"data/capture/"
#define PACKETS_PATH_MAX	64u
/* The seal is one line that names every file: from here on the last one grows
 * beyond its size. */
#define PACKETS_FILES_MAX	256u
#define PACKETS_SECTION_LEN	28u
#define PACKETS_SECRETS		10u	/* a Decryption Secrets Block */

struct turns;

extern const uint8_t packets_section[PACKETS_SECTION_LEN];

struct packets {
	struct bag *bag;
	int fd;				/* -1: no file open */
	unsigned files;			/* so far; numbers begin with 1 */
	struct tlog_hasher hasher;
	struct buf header, pending;
	uint64_t size, file_max;	/* of the one being written */
	uint64_t total;			/* bytes of blocks in all files */
	uint64_t last_packet;		/* of files that were reopened */
	struct buf secrets;		/* a TLS key log, for all files */
	bool secrets_behind;		/* the open file lacks some */
	bool unsynced;
	struct turns *turns;	/* NULL in a bag that grows */
	tlog_hash_fn hash_with;		/* NULL: nobody else's */
	void *hash_arg;
};

void packets_path(unsigned number, char ret_path[static PACKETS_PATH_MAX]);

/* file_max: at what size the next file begins; 0: never. */
int packets_init(struct packets *p, struct bag *bag, uint64_t file_max)
    must_check;
void packets_clear(struct packets *p);

int packets_interfaces(struct packets *p, const void *blocks, size_t len)
    must_check;
int packets_append(struct packets *p, const void *blocks, size_t len)
    must_check;

/* packets_keys.c: lines of a TLS key log, which the file that is open and those
 * that follow get as a Decryption Secrets Block; the block, for out; and, when
 * the file is whole, one in front of its packets. */
int packets_secrets(struct packets *p, const void *text, size_t len) must_check;
void packets_put_secrets(struct packets *p, struct buf *out);
int packets_insert_secrets(struct packets *p, const char *path) must_check;

/* How packets are hashed from now on, by a thread of its own in a bag that does not
 * grow; with fn NULL as they are without. Waits for those before. */
int packets_hash_with(struct packets *p, tlog_hash_fn fn, void *arg) must_check;

/* All that was appended is handed to the system; is on the disk. */
int packets_flush(struct packets *p) must_check;
int packets_sync(struct packets *p) must_check;
/* The first of both; *ret_fd is the file that is still to be synced, the caller's,
 * or -1 where there is none. */
int packets_flush_for(struct packets *p, int *ret_fd) must_check;

/* The end of the file; another begins with the next packet. Nothing is written
 * if there was none. */
int packets_finish(struct packets *p) must_check;

/* Takes up the files of a bag that was reopened, cuts off what is torn and
 * notes them; new packets go into another. *ret_cut: bytes. */
int packets_reopen(struct packets *p, uint64_t *ret_cut) must_check;

/*
 * Which packets to keep: those between the ends of chosen flows, and every IP
 * fragment, of which only the whole datagram would tell. Ends are kept as 64-bit
 * hashes: a few packets too many may be kept, none too few. Above the ceiling
 * all are kept. So that flows end for the same reasons when they are derived again,
 * the last packet is kept, too, and both where time goes back by a second or more,
 * each with all of its flow: alone it may look as if it carried something.
 */
#define PACKETS_ENDS_MAX (1u << 24)
#define PACKETS_BACK_NS	1000000000u
#define PACKETS_BACK_MAX 4096u

struct packets_filter {
	uint64_t *slots;
	size_t mask, count;
	bool all;
	struct packet_decoder *decoder;
	struct arena arena;
	uint64_t last_number, last_ns;
	uint64_t last_ends;		/* as in slots; 0: has none */
	uint64_t *back;			/* numbers, in order */
	size_t back_count, back_at;	/* before back_at: those that came */
	uint64_t *back_ends;		/* of those in back */
	bool ends_added;		/* those of packets that tell the time */
};

int packets_filter_init(struct packets_filter *f) must_check;
void packets_filter_clear(struct packets_filter *f);
int packets_filter_add(struct packets_filter *f, const struct packet_addr *a,
    uint16_t a_port, const struct packet_addr *b, uint16_t b_port,
    uint8_t proto) must_check;
/* Every packet, before the first is asked for by packets_filter_has(). */
int packets_filter_time(struct packets_filter *f,
    const struct telltap_packet *packets, size_t count) must_check;
/* In the order of their numbers. */
bool packets_filter_has(struct packets_filter *f,
    const struct telltap_packet *packet);

#endif
