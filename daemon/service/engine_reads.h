/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_ENGINE_READS_H
#define SERVICE_ENGINE_READS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "service/message.h"
#include "telltap/telltap.h"

/*
 * Files that watched processes read become known files (--known-from-reads).
 * The parent says which to expect, the fingerprinter what each is known by,
 * either may be first; here they are taken into the engine's known files, up to
 * a ceiling, and counted. In the engine's process.
 */

struct engine_reads;

struct engine_reads_count {
	uint64_t joined, bytes;
	uint64_t uncertain, large, left_out, gone;
};

/* known: sealed, kept by reference until the first file joins; may be NULL. */
struct engine_reads *engine_reads_new(const struct telltap_known *known);
void engine_reads_free(struct engine_reads *r);

void engine_reads_expect(struct engine_reads *r,
    const struct message_file_expect *m);

/* The fingerprinter's word. ERR_MALFORMED if what lies behind is no pack; after
 * another error nothing can join any more. */
must_check int engine_reads_print(struct engine_reads *r,
    const struct message_print *m, const uint8_t *pack);

/* How many are expected; r may be NULL. */
size_t engine_reads_pending(const struct engine_reads *r);
/* That one is. */
bool engine_reads_is_pending(const struct engine_reads *r, uint32_t number);
/* They will not come: all that are expected are left out. */
void engine_reads_give_up(struct engine_reads *r);
/* No more files are wanted. */
bool engine_reads_is_full(const struct engine_reads *r);

/* Before packets are fed: what has been taken joins the engine's. r may be
 * NULL. */
must_check int engine_reads_join(struct engine_reads *r,
    struct telltap_engine *engine);

void engine_reads_counts(const struct engine_reads *r,
    struct engine_reads_count *ret_count);

/* What has become of the file of that number, as file-read events spell it;
 * NULL if it was not asked for. r may be NULL. */
const char *engine_reads_word(const struct engine_reads *r, uint32_t number);

#endif
