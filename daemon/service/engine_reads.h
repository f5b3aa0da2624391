/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_ENGINE_READS_H
#define SERVICE_ENGINE_READS_H

#include <stddef.h>

#include "base/err.h"
#include "service/message.h"
#include "telltap/telltap.h"

/*
 * Files that watched processes read become known files (--known-from-reads):
 * they are hashed and fingerprinted when the parent hands them over, before any
 * packet that came after is looked at. What that may cost is bounded: a file by
 * its size, all of them by the memory that their bytes take, and the time spent
 * by a share of the time that passes, so that a scan of a whole disk leaves the
 * captures their turn. What is left out is counted. In the engine's process.
 */

struct engine_reads;

struct engine_reads_count {
	uint64_t joined, bytes;
	uint64_t uncertain, large, left_out;
};

/* known: sealed, kept by reference until the first file joins; may be NULL. */
struct engine_reads *engine_reads_new(const struct telltap_known *known);
void engine_reads_free(struct engine_reads *r);

/* fd stays the caller's. */
void engine_reads_take(struct engine_reads *r,
    const struct message_file_open *file, int fd);

/* Before packets are fed: what has been taken joins the engine's. */
must_check int engine_reads_join(struct engine_reads *r,
    struct telltap_engine *engine);

void engine_reads_counts(const struct engine_reads *r,
    struct engine_reads_count *ret_count);

/* What has become of the file of that number, as file-read events spell it;
 * NULL if it was not asked for. r may be NULL. */
const char *engine_reads_word(const struct engine_reads *r, uint32_t number);

#endif
