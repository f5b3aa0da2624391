/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_TLS_LAYER_H
#define PROTOCOL_TLS_LAYER_H

#include "base/buf.h"
#include "protocol/burst.h"
#include "protocol/conn.h"
#include "protocol/layer.h"
#include "protocol/tls/tls.h"
#include "protocol/tls/tls_hello.h"

/*
 * The inside of the TLS layer, for its own files only: tls.c walks records,
 * tls_handshake.c puts handshake messages together and reads them, tls_model.c
 * tells sealed handshake records from data, tls_seal.c makes messages.
 */
enum tls_content {
	TLS_CHANGE_CIPHER = 20,
	TLS_ALERT = 21,
	TLS_HANDSHAKE = 22,
	TLS_DATA = 23,
	TLS_HEARTBEAT = 24,
};

#define TLS_FRAGMENT_MAX	16384	/* of plaintext in a record */
#define TLS_RECORD_MAX	(TLS_FRAGMENT_MAX + 2048)

/* What a side's stream is at. */
enum tls_state {
	TLS_RECORDS,
	TLS_LOST,		/* after a gap: looking for a record header */
	TLS_BROKEN,		/* not TLS: handed on as a run */
};

/* What a record turned out to be. */
enum tls_part {
	TLS_PART_CLEAR,		/* overhead that can be read */
	TLS_PART_HANDSHAKE,	/* likewise, and is parsed */
	TLS_PART_SEALED,	/* overhead that can't be read */
	TLS_PART_DATA,
	TLS_PART_OPEN,		/* there is a key for it */
	TLS_PART_HOOKED,	/* data, and its content is told by another */
};

/* Bytes that protection adds to the plaintext of a record. */
struct tls_overhead {
	uint16_t least, most;
};

/* A handshake message of one side that straddles records or segments. */
struct tls_assembly {
	struct tls_assembly *next;	/* of the other side */
	uint8_t side;
	uint8_t head[4];
	uint8_t head_len;
	bool keep;		/* the message is wanted */
	uint32_t left;		/* bytes of the message to come */
	struct buf body;
};

struct tls_dir {
	uint16_t record_len;
	uint16_t before_len;	/* of the record before it */
	uint16_t left;		/* bytes of the record to come */
	uint16_t v2_left;	/* bytes of an SSLv2 hello to come */
	uint16_t ticket_len;	/* of the server: last session ticket's record */
	uint16_t early_len;	/* of the last of these: */
	uint8_t early;		/* of the server: first records of data that
				 * answered nothing, all of them up to here */
	uint8_t tickets;
	uint8_t sealed_seen;	/* handshake-like sealed records, saturating */
	uint8_t part;		/* enum tls_part */
	uint8_t header[5];
	uint8_t header_len : 4;
	uint8_t state : 4;	/* enum tls_state */
	bool any : 1;		/* bytes came */
	bool quiet : 1;		/* the record answers nothing, by the model */
	bool sealed : 1;	/* ChangeCipherSpec passed */
	bool handshake_sent : 1;	/* its sealed handshake is over, by the model */
	bool early_over : 1;	/* of the client: 0-RTT data is over */
	bool tickets_over : 1;
	bool handshake_lost : 1;	/* messages have no boundary until a record's */
};

struct tls_layer {
	struct layer layer;
	struct tls_info *info;
	struct tls_decrypt *decrypt;	/* NULL without keys */
	struct message *message;
	bool owns_info : 1;
	bool expands : 1;	/* compressed: plaintext may be larger */
	bool run : 1;		/* message is a MESSAGE_RUN */
	bool suspect : 1;	/* what came in last may be an answer */
	bool windows : 1;	/* or many windows of HTTP/2 that were opened */
	int8_t client;		/* its side, -1 if not known */
	uint8_t wire_side;
	struct tls_overhead overhead;
	uint32_t out_len;	/* bytes out of the burst, saturating */
	uint32_t wire;		/* bytes not yet reported for message */
	struct tls_assembly *handshake;	/* of sides whose message is begun */
	struct burst burst;
	struct tls_dir dir[2];
};

_Static_assert(sizeof(struct tls_layer) <= 144, "one in every idle connection");

/* tls.c: a record is over, or given up; and bytes of no known record. */
void tls_record_end(struct tls_layer *t, unsigned side,
    const struct when *when);
void tls_unknown_bytes(struct tls_layer *t, unsigned side, struct span bytes,
    const struct when *when);
/* tls_gap.c: the layer's gap() and finish(). */
void tls_layer_gap(struct layer *l, unsigned side, uint64_t len,
    const struct when *when);
void tls_layer_finish(struct layer *l, const struct when *when);
/* tls_again.c: the layer's again(). */
void tls_layer_again(struct layer *l, unsigned side, uint64_t back,
    const uint8_t *data, size_t len);

/* Bytes of a handshake record in the clear. */
void tls_handshake_data(struct tls_layer *t, unsigned side, struct span bytes,
    const struct when *when);
/* A handshake record begins: what was lost is forgotten. */
void tls_handshake_record(struct tls_layer *t, unsigned side);
void tls_handshake_gap(struct tls_layer *t, unsigned side, uint64_t len);
/* An SSLv2 CLIENT-HELLO, whole. */
void tls_handshake_v2(struct tls_layer *t, unsigned side, struct span record);
/* Drops what is held. */
void tls_handshake_clear(struct tls_layer *t, unsigned side);

/* Takes a hello or a leaf certificate into info. carrier: as for ja4_text(); 0
 * for a hello that has no fingerprint. */
void tls_info_client(struct tls_info *info, const struct conn_env *env,
    const struct tls_client_hello *h, char carrier);
void tls_info_server(struct tls_info *info, const struct conn_env *env,
    const struct tls_server_hello *h);
/* EncryptedExtensions. */
void tls_info_extensions(struct tls_info *info, const struct conn_env *env,
    struct span body);
void tls_info_leaf(struct tls_info *info, const struct conn_env *env,
    struct span der);
/* The first certificate of a Certificate message; context: of TLS 1.3, which has
 * one. Empty if there is none; ERR_TRUNCATED as long as more of the body may
 * tell. */
int tls_certificate_leaf(struct span body, bool context,
    struct span *ret_leaf) must_check;
/* The client's own tells at most what program it is. */
void tls_client_leaf(struct conn *conn, struct span der);

/* The part that a record of type 23 is; rest: the bytes behind its header. */
enum tls_part tls_model_data(struct tls_layer *t, unsigned side, size_t len,
    struct span rest);

/* Is a record of data from the server none that answers a request? Asked once
 * for each. */
bool tls_model_quiet(struct tls_layer *t, unsigned side, size_t len);
/* Is the record of that side, by its length, a frame of HTTP/2 that is about
 * the connection alone? */
bool tls_model_control(const struct tls_layer *t, unsigned side);
/* Is the record of that side so long that more of the same follows? */
bool tls_model_goes_on(const struct tls_layer *t, unsigned side);
/* Or, behind what may have been no answer, more of what was sent before it? */
bool tls_model_went_on(const struct tls_layer *t, unsigned side);

/* A record of data, or bytes of no known record, begin or go on. */
void tls_seal_begin(struct tls_layer *t, unsigned side, bool run,
    const struct when *when);
void tls_seal_wire(struct tls_layer *t, unsigned side, uint64_t len,
    const struct when *when);
/* A record of data is over; whole is false when its end was not seen. */
void tls_seal_record(struct tls_layer *t, unsigned side, bool whole,
    const struct when *when);
/* Ends the message that is open. */
void tls_seal_end(struct tls_layer *t, enum message_end end,
    const struct when *when);
/* Reports what tls_seal_wire() gathered. */
void tls_seal_flush(struct tls_layer *t, const struct when *when);

/* Handshake bytes as they come, which the master secret may take in; that some
 * are missing; and ClientKeyExchange, if anybody listens. */
void tls_exchange_bytes(struct tls_layer *t, uint8_t type, struct span bytes);
void tls_exchange_lost(struct tls_layer *t);
bool tls_exchange_listens(const struct tls_layer *t);
void tls_exchange_key(struct tls_layer *t, struct span body);
/* Up to TLS 1.2, NewSessionTicket, if it can be of use. */
bool tls_exchange_resumes(const struct tls_layer *t);
void tls_exchange_ticket(struct tls_layer *t, struct span body);

/* The hellos, and, up to TLS 1.2, ChangeCipherSpec: which keys come next. */
void tls_decrypt_client(struct tls_layer *t, unsigned side,
    const struct tls_client_hello *h, struct span body);
void tls_decrypt_server(struct tls_layer *t, unsigned side,
    const struct tls_server_hello *h);
void tls_decrypt_ccs(struct tls_layer *t, unsigned side);
/* A handshake message of that type is over. */
void tls_decrypt_message(struct tls_layer *t, unsigned side, uint8_t type);
/* Is there a key for a record of that type? */
bool tls_decrypt_wants(struct tls_layer *t, unsigned side, uint8_t type);
/* More of the body of a record that is to be opened. */
void tls_decrypt_body(struct tls_layer *t, unsigned side, struct span bytes,
    const struct when *when);
/* The rest of the record will not come. */
void tls_decrypt_gap(struct tls_layer *t, unsigned side, const struct when *when);
/* Bytes were lost, and with them the count of records. */
void tls_decrypt_lost(struct tls_layer *t, unsigned side, uint64_t len);
/* The side is over: what was lost at its end is missing. */
void tls_decrypt_end(struct tls_layer *t, unsigned side, const struct when *when);
void tls_decrypt_free(struct tls_layer *t);
/* A record that no key opens: accounted for as if there were no keys. */
void tls_unopened(struct tls_layer *t, unsigned side, uint64_t len,
    const struct when *when);

/* What protection adds to a record's plaintext, header left out. */
struct tls_overhead tls_overhead_of(uint16_t version, uint16_t cipher);

/* tls_header.c: five bytes that may be a record's header; the offset of the
 * first ones that are, or len. */
bool tls_header_plausible(const uint8_t *header);
size_t tls_header_find(const uint8_t *data, size_t len);

#endif
