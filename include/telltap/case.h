/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELLTAP_CASE_H
#define TELLTAP_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The folder that keeps what was found, a BagIt bag: events.jsonl, a signed
 * Merkle tree over its lines, and, beside them, the reports and whatever else
 * belongs to the evidence. The last line is the seal, which names every file.
 * docs/evidence-format.md describes all of it to the byte.
 *
 * The payload lies in DIR/data.part until telltap_case_finish() names it
 * DIR/data, so that a case that was cut short never looks whole.
 */

struct telltap_case;
struct telltap_blocks;
struct telltap_interface;
struct telltap_packet;
struct event;

struct telltap_case_options {
	size_t size;		/* sizeof(struct telltap_case_options) */
	const char *key_path;	/* private key that signs; NULL: one is made
				 * for this case and never written anywhere */
	const char *salt_path;	/* the salt of another case, to get its root
				 * again from the same events; NULL: random */
	const char *clock;	/* whose time stamps have; NULL: the capture's */

	/*
	 * live: the case grows, and whoever writes it may die at any time. A
	 * checkpoint is signed every 1,000 lines and, by telltap_case_tick(),
	 * every minute; what it covers is on the disk before it is. Lines are
	 * given new numbers, for the case puts lines of its own between them.
	 * A case that was left unfinished in DIR is taken up again: its torn
	 * end is cut off, and a line says so.
	 */
	bool live;
	uint64_t capture_max;	/* bytes of a file of packets; 0: 256 MiB; the
				 * 256th takes all the rest */
	/*
	 * parts: DIR holds the folders 000001, 000002 and so on, each a case of
	 * its own. A part ends when it has part_max bytes of lines and packets
	 * (0: 1 GiB) and at midnight, UTC; the first line of the next one names
	 * its last checkpoint.
	 */
	bool parts;
	uint64_t part_max;
};

/*
 * telltap_case_create - makes the folder; an empty one may be there already,
 * its parent must be. -ENOTEMPTY if something is in it, -EBUSY if another
 * program is writing it, -EBADMSG if an unfinished one is there and its lines
 * are not those that were signed.
 *
 * *ret_case is set on failure too, unless memory is out (then NULL), so that
 * telltap_case_error() can say what was wrong; free it in any case.
 */
int telltap_case_create(const char *dir, struct telltap_case **ret_case);
int telltap_case_create_with(const char *dir,
    const struct telltap_case_options *options,
    struct telltap_case **ret_case);

/* Appends one event's line, without its newline: a JSON object whose last
 * member is the object `telltap`, into which the line's nonce goes. */
int telltap_case_event(struct telltap_case *c, const char *line, size_t len);

/* Writes a file of that name into data/, whole. */
int telltap_case_add(struct telltap_case *c, const char *name,
    const void *data, size_t len);

/* Keeps a file that was sent, as data/objects/ and its SHA-256, before the line
 * that names it; of 128 different ones, more are left out. */
int telltap_case_object(struct telltap_case *c, const void *data, size_t len);
/* All that an event brings along, see telltap_options.keep_objects. */
int telltap_case_objects(struct telltap_case *c, const struct event *event);

/*
 * Live, some ten times a second: what has come is handed to the system, so that
 * it outlives this program, and when it is time a checkpoint is made. The
 * second makes one at once; both do nothing for a case that is not live.
 *
 * When the disk is full, these and the calls above return -ENOSPC once the last
 * line says so and the case is finished; nothing more can be written into it.
 * After any other failure nothing more is signed: what the last checkpoint
 * covers stands, and the case can be taken up again.
 */
int telltap_case_tick(struct telltap_case *c);
int telltap_case_checkpoint(struct telltap_case *c);

/*
 * telltap_case_reopen - an unfinished case, to be finished without going on: cut
 * and told as above. -ENOENT if DIR holds none.
 */
int telltap_case_reopen(const char *dir,
    const struct telltap_case_options *options,
    struct telltap_case **ret_case);

/* The seal is in the log: no line can be added. */
bool telltap_case_is_sealed(const struct telltap_case *c);

/* The part that is being written; 0 of a case that is not in parts. */
unsigned telltap_case_part(const struct telltap_case *c);

/*
 * Of a case that was taken up again: the highest packet number in its lines, so
 * that those to come can go on from there; 0 for a new one.
 */
uint64_t telltap_case_last_packet(const struct telltap_case *c);

/*
 * Packets as pcapng blocks, made by whoever has packets, each with its number
 * in its comment and, where it is known, the process that owns it. Numbers of
 * interfaces are those of the capture; interfaces may be NULL.
 */
struct telltap_blocks *telltap_blocks_new(void);
void telltap_blocks_free(struct telltap_blocks *b);
/* Which process packets of that owner belong to; executable may be NULL.
 * ambiguous: another one may have sent them. */
int telltap_blocks_owner(struct telltap_blocks *b, uint32_t owner,
    uint64_t pid, const char *executable, bool ambiguous);
int telltap_blocks_add(struct telltap_blocks *b,
    const struct telltap_packet *packet,
    const struct telltap_interface *interfaces, size_t interface_count);
/* A name that the capture gives an address, as of the packets added after it;
 * address: 16 bytes, IPv4 as ::ffff:a.b.c.d. Longer than 255 bytes it is left
 * out. */
int telltap_blocks_name(struct telltap_blocks *b, const uint8_t *address,
    const void *name, size_t name_len);
/* What was added since the last time: blocks of interfaces, for
 * telltap_case_interfaces(), and of packets, for telltap_case_blocks(), in that
 * order. Borrowed until the next call. */
void telltap_blocks_take(struct telltap_blocks *b, const void **ret_interfaces,
    size_t *ret_interfaces_len, const void **ret_packets, size_t *ret_len);

/* Whole blocks, which are not looked into. */
int telltap_case_interfaces(struct telltap_case *c, const void *blocks,
    size_t len);
int telltap_case_blocks(struct telltap_case *c, const void *blocks,
    size_t len);

/*
 * All of that in one: the packets behind the evidence, in data/capture/.
 * telltap_case_choose() is told every event and remembers the flows that had
 * transfers or carried some of one, telltap_case_time() every packet, and remembers
 * which of them tell the time; telltap_case_packets() keeps those, or all that it
 * is given.
 */
int telltap_case_choose(struct telltap_case *c, const struct event *event);
int telltap_case_time(struct telltap_case *c,
    const struct telltap_packet *packets, size_t count);
int telltap_case_packets(struct telltap_case *c,
    const struct telltap_packet *packets, size_t count,
    const struct telltap_interface *interfaces, size_t interface_count,
    bool all);
/*
 * Packets are hashed by fn from now on, by a thread of the case, where it is not live:
 * fn adds data to the hash, which is libcrypto's, and something to a hash of its own
 * beside it; false if it failed. With NULL no longer; either way none of those before
 * is still to be hashed. What fn needs has to be there until then.
 */
struct SHA256state_st;
typedef bool (*telltap_hash_fn)(void *arg, struct SHA256state_st *hash,
    const void *data, size_t len);
int telltap_case_hash_with(struct telltap_case *c, telltap_hash_fn fn,
    void *arg);
int telltap_case_name(struct telltap_case *c, const uint8_t *address,
    const void *name, size_t name_len);
int telltap_case_owner(struct telltap_case *c, uint32_t owner, uint64_t pid,
    const char *executable, bool ambiguous);

/* Lines of a TLS key log for the case's packets: they go into its captures as
 * Decryption Secrets Blocks. Before telltap_case_finish(). */
int telltap_case_secrets(struct telltap_case *c, const void *text, size_t len);

/* How many lines there are so far, and the root of the tree over them. */
uint64_t telltap_case_root(struct telltap_case *c, uint8_t ret_root[32]);

/* All is written and sealed: onto the disk, and the files get their names. */
int telltap_case_finish(struct telltap_case *c);

/* What the last failure was, in one line; never NULL. */
const char *telltap_case_error(const struct telltap_case *c);

/* A case that was not finished is removed, the folder too if it was made here;
 * a live one stays, to be taken up again. Accepts NULL. */
void telltap_case_free(struct telltap_case *c);

#ifdef __cplusplus
}
#endif

#endif
