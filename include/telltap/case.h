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
};

/*
 * telltap_case_create - makes the folder; an empty one may be there already,
 * its parent must be. -ENOTEMPTY if something is in it.
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

/*
 * The packets behind the evidence, in data/capture/packets.pcapng, each with
 * its number in its comment. telltap_case_choose() is told every event and
 * remembers the flows that had transfers; telltap_case_packets() keeps theirs,
 * or all that it is given. Interfaces may be NULL.
 */
int telltap_case_choose(struct telltap_case *c, const struct event *event);
int telltap_case_packets(struct telltap_case *c,
    const struct telltap_packet *packets, size_t count,
    const struct telltap_interface *interfaces, size_t interface_count,
    bool all);
/* Which process packets of that owner belong to; executable may be NULL.
 * ambiguous: another one may have sent them. */
int telltap_case_owner(struct telltap_case *c, uint32_t owner, uint64_t pid,
    const char *executable, bool ambiguous);

/* How many lines there are so far, and the root of the tree over them. */
uint64_t telltap_case_root(struct telltap_case *c, uint8_t ret_root[32]);

/* All is written and sealed: onto the disk, and the files get their names. */
int telltap_case_finish(struct telltap_case *c);

/* What the last failure was, in one line; never NULL. */
const char *telltap_case_error(const struct telltap_case *c);

/* A case that was not finished is removed, the folder too if it was made here.
 * Accepts NULL. */
void telltap_case_free(struct telltap_case *c);

#ifdef __cplusplus
}
#endif

#endif
