/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_GOOGLE_H
#define PROTOCOL_QUIC_GOOGLE_H

#include <stdbool.h>

#include "base/cursor.h"
#include "protocol/quic/quic_frames.h"

/*
 * What differs in Google's own versions of QUIC, as far as it tells the server's
 * name: the frames of their Initial packets (Q050, T050, T051), and the client's hello
 * of their own handshake (Q043 to Q050), a list of tags. Used by the QUIC layer.
 */

/* As quic_frame_next(), of paddings and CRYPTO frames; anything else ends it. */
int quic_google_frame(struct cursor *c, struct quic_frame *ret) must_check;

/* The server's name in a client's hello that is somewhere in these bytes: true,
 * or false if there is none, or not all of it. Borrowed. */
bool quic_google_name(struct span data, struct span *ret_name);

/* Is the datagram RTP, or a report of RTCP? */
bool quic_is_rtp(struct span datagram);

#endif
