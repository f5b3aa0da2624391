/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_SESSION_H
#define PROTOCOL_QUIC_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "protocol/layer.h"

/*
 * The part of a QUIC connection that secrets open: 0-RTT and 1-RTT packets with
 * key updates, their STREAM frames put in order, HTTP/3 in them where that is the
 * ALPN. Used by the QUIC layer, for connections whose secrets the key log holds.
 */

struct conn;
struct quic_home;
struct quic_session;

/* NULL if there are no secrets for conn->tls, or memory is out. */
struct quic_session *quic_session_new(struct conn *conn, unsigned client,
    uint32_t version);
/* The same; if it failed because the keys may yet come, *ret_over is false, the
 * connection waits for them, and it is to be tried again behind that. */
struct quic_session *quic_session_begin(struct conn *conn, unsigned client,
    uint32_t version, bool *ret_over);
void quic_session_free(struct quic_session *s);

/* The version of a later long header: the sides may agree on another one (RFC
 * 9368). */
void quic_session_version(struct quic_session *s, uint32_t version);

/*
 * quic_session_early - a 0-RTT packet; pn_offset is where its packet number
 * stands. Its bytes are accounted for: those of streams by their messages, the
 * others as overhead.
 *
 * Returns 0, or ERR_MALFORMED if it can't be opened; then nothing was done.
 */
int quic_session_early(struct quic_session *s, unsigned side,
    struct span packet, size_t pn_offset, const struct when *when) must_check;

/*
 * quic_session_short - the same with a packet whose header is short, see
 * quic_short.h, or a stateless reset, which looks like one.
 *
 * Returns the length of the first packet, which was opened, or 0.
 */
size_t quic_session_short(struct quic_session *s, unsigned side,
    struct span rest, size_t cid_len, const struct when *when) must_check;

/* An ID that the side named in a long header: it is to be sent to by that. */
void quic_session_id(struct quic_session *s, unsigned side, struct span id);

/* The side may be sent to by that ID, too; token: what its resets end with, empty
 * if it was not told. */
void quic_session_may_use(struct quic_session *s, unsigned side,
    struct span id, struct span token);

/* What a reset by the server ends with that has lost the ID it was first sent to
 * by. */
void quic_session_token(struct quic_session *s, struct span token);

/*
 * quic_session_elsewhere - a datagram of packets with short headers that came by
 * other addresses than the connection's; above QUIC_CID_MAX, id_len is that of
 * the ID by which the other side is sent to at first. It is not accounted for but
 * by the messages of its streams.
 *
 * Returns how many of its bytes were opened, from the first on.
 */
size_t quic_session_elsewhere(struct quic_session *s, unsigned side,
    struct span datagram, size_t id_len, const struct when *when) must_check;

/* Made when it is first asked for; NULL without memory. */
struct quic_home *quic_session_home(struct quic_session *s);
struct conn *quic_session_conn(const struct quic_session *s);

/* No more packets: what waits is passed on, with gaps. */
void quic_session_finish(struct quic_session *s, const struct when *when);

#endif
