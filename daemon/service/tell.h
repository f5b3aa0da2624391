/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_TELL_H
#define SERVICE_TELL_H

#include "base/buf.h"
#include "service/parent.h"

/*
 * The tap's events as messages to the engine, in the parent: tell.c, and
 * tell_files.c for those that are about files, which the opener is asked for.
 * Nobody else includes this; what others call is in parent.h.
 */

/* The engine's death is seen where it is listened to; until then there is
 * nobody to be told. */
must_check int tell(struct service *s, uint32_t kind, const void *body,
    const struct buf *tail);

/* What is longer than a message may be is cut. */
void tell_put_text(struct buf *b, const char *text, size_t max,
    uint32_t *ret_len);
void tell_put_process(struct buf *b, const struct process *p, const char *other,
    struct message_process *m);

int tell_file_read(void *arg, const struct tap_file_read *in);
int tell_file_find(void *arg, const struct tap_file_find *f);
int tell_file_open(void *arg, const struct tap_file_open *f);
int tell_file_drop(void *arg, uint32_t number, uint32_t dev);
bool tell_hash(void *arg, const struct process *p);

#endif
