// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/tls/keylog.h"
#include "protocol/quic/quic_detect.h"
#include "protocol/quic/quic_paths.h"
#include "protocol/quic/quic_session.h"
#include "protocol/quic/quic_streams.h"
#include "quic_build.h"
#include "record.h"
#include "tls_build.h"

#define CLIENT_RANDOM \
	"c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"

static struct layer *layer;
static struct keylog *keys;
static struct quic_paths paths;
static struct buf out, frames;
static struct quic_keys app[2];		/* [side] */
static uint8_t secret[2][32];
static uint32_t pn[2];
static uint64_t sent[2];
static const struct when now = { 1000, 1 };

static void
send_out(unsigned side)
{
	layer->ops->data(layer, side, out.data, out.len, &now);
	sent[side] += out.len;
	buf_reset(&out);
}

static void
put_message(struct buf *b, uint8_t type, const struct buf *body)
{
	buf_u8(b, type);
	put24(b, body->len);
	buf_append(b, body->data, body->len);
}

/* HEADERS: GET / of https://h, and :status 200 */
static const uint8_t request[] = { 1, 8, 0, 0, 0xd1, 0xd7, 0xc1, 0x50, 1, 'h' };
static const uint8_t response[] = { 1, 3, 0, 0, 0xd9, 0, 2, 'o', 'k' };

/* Both hellos, in Initial packets without source connection IDs. */
static void
shake_hands(const char *alpn)
{
	static const uint16_t ciphers[] = { 0x1301 };
	struct buf extensions = { 0 }, body = { 0 }, hello = { 0 };

	put_alpn(&extensions, alpn);
	put_client_hello(&body, 0x0303, ciphers, 1, &extensions);
	put_message(&hello, 1, &body);
	quic_put_crypto(&frames, 0, hello.data, hello.len);
	quic_put_initial(&out, QUIC_V1, "destinat", true, "destinat", 0,
	    frames.data, frames.len);
	send_out(0);
	buf_reset(&extensions);
	buf_reset(&body);
	buf_reset(&hello);
	buf_reset(&frames);
	put_server_hello(&body, 0x1301, 0, &extensions);
	put_message(&hello, 2, &body);
	quic_put_crypto(&frames, 0, hello.data, hello.len);
	quic_put_initial(&out, QUIC_V1, "destinat", false, "", 0, frames.data,
	    frames.len);
	send_out(1);
	buf_reset(&frames);
	buf_clear(&extensions);
	buf_clear(&body);
	buf_clear(&hello);
}

static int
start(void **state)
{
	char log[400] = "";

	record_clear();
	record.conn.endpoint_by = ENDPOINT_BY_FIRST_PACKET;
	keys = keylog_new();
	for (int side = 0; side < 2; side++) {
		char *at = log + strlen(log);

		sent[side] = pn[side] = 0;
		memset(secret[side], 0xa0 + side, 32);
		at += sprintf(at, "%s_TRAFFIC_SECRET_0 " CLIENT_RANDOM " ",
		    side ? "SERVER" : "CLIENT");
		for (int i = 0; i < 32; i++)
			at += sprintf(at, "%02x", secret[side][i]);
		strcpy(at, "\n");
		if (quic_keys_derive(QUIC_AES_128_GCM, QUIC_V1, secret[side],
		    &app[side]))
			return -1;
	}
	if (!keys || keylog_add(keys, (uint8_t *)log, strlen(log)))
		return -1;
	record.env.keys = keys;
	record.env.paths = &paths;
	layer = quic_layer_new(&record.conn);
	return layer ? 0 : -1;
}

static int
stop(void **state)
{
	layer->ops->free(layer);
	assert_int_equal(paths.count, 0);
	quic_paths_clear(&paths);
	record_clear();
	keylog_free(keys);
	buf_clear(&out);
	buf_clear(&frames);
	return 0;
}

static void
put_stream(uint8_t fin, uint64_t id, uint64_t offset, const void *data,
    size_t len)
{
	buf_u8(&frames, 0x0e | fin);
	quic_put_varint(&frames, id);
	quic_put_varint(&frames, offset);
	quic_put_varint(&frames, len);
	buf_append(&frames, data, len);
}

static void
put32(struct buf *b, uint32_t v)
{
	for (int i = 24; i >= 0; i -= 8)
		buf_u8(b, (uint8_t)(v >> i));
}

/* A handshake packet that nobody opens, with a source ID of len bytes. */
static void
server_says(uint8_t len, const char *id)
{
	buf_u8(&out, 0xe0);
	put32(&out, QUIC_V1);
	buf_u8(&out, 0);
	buf_u8(&out, len);
	buf_str(&out, id);
	quic_put_varint(&out, 30);
	put_fill(&out, 0, 30);
	send_out(1);
}

/* The frames, in a packet with a short header, behind what out has. */
static void
put_short(unsigned side, bool phase, const char *id)
{
	struct buf packet = { 0 };

	buf_u8(&packet, phase ? 0x47 : 0x43);
	buf_str(&packet, id);
	put32(&packet, pn[side]);
	quic_seal(&packet, &app[side], pn[side]++, frames.data, frames.len);
	buf_append(&out, packet.data, packet.len);
	buf_clear(&packet);
	buf_reset(&frames);
}

static void
send_short(unsigned side, bool phase)
{
	put_short(side, phase, "");
	send_out(side);
}

/* The next phase of the side's keys. */
static void
update(unsigned side)
{
	struct quic_keys old = app[side];

	assert_int_equal(quic_secret_update(QUIC_AES_128_GCM, QUIC_V1,
	    secret[side], secret[side]), 0);
	assert_int_equal(quic_keys_derive(QUIC_AES_128_GCM, QUIC_V1,
	    secret[side], &app[side]), 0);
	memcpy(app[side].hp, old.hp, sizeof(old.hp));
}

static void
over(void)
{
	layer->ops->finish(layer, &now);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

#define GET_OK "GET https://h/ 3.0 complete < 200 \"ok\" complete; complete"

static void
a_request_stream_is_a_message(void **state)
{
	shake_hands("h3");
	put_stream(1, 0, 0, request, sizeof(request));
	send_short(0, false);
	put_stream(1, 0, 0, response, sizeof(response));
	send_short(1, false);
	assert_string_equal(record_text(0), GET_OK);
	assert_true(record.conn.decrypted);
	assert_int_equal(record.messages[0]->wire[0], sizeof(request));
	over();
}

static void
pieces_come_in_any_order_and_twice(void **state)
{
	shake_hands("h3-29");
	put_stream(1, 0, 4, request + 4, sizeof(request) - 4);
	send_short(0, false);
	put_stream(0, 0, 0, request, 6);
	send_short(0, false);
	put_stream(1, 0, 0, request, sizeof(request));
	send_short(0, false);
	put_stream(0, 0, 0, response, 5);
	put_stream(1, 0, 5, response + 5, sizeof(response) - 5);
	send_short(1, false);
	put_stream(1, 0, 5, response + 5, sizeof(response) - 5);
	send_short(1, false);
	assert_string_equal(record_text(0), GET_OK);
	over();
	assert_int_equal(record.count, 1);
}

static void
keys_are_followed_through_updates(void **state)
{
	shake_hands("h3");
	for (uint64_t i = 0; i < 8; i++) {
		/* two of each in every phase */
		put_stream(1, 4 * i, 0, request, sizeof(request));
		send_short(0, i >> 1 & 1);
		put_stream(1, 4 * i, 0, response, sizeof(response));
		send_short(1, i >> 1 & 1);
		assert_string_equal(record_text(i), GET_OK);
		if (i & 1) {
			update(0);
			update(1);
		}
	}
	over();
}

static void
what_an_update_overtook_opens_with_the_keys_before(void **state)
{
	struct quic_keys old = app[0], new;

	shake_hands("h3");
	put_stream(1, 0, 0, request, sizeof(request));
	send_short(0, false);
	update(0);
	put_stream(1, 8, 0, request, sizeof(request));
	pn[0] = 2;
	send_short(0, true);
	new = app[0];
	app[0] = old;
	put_stream(1, 4, 0, request, sizeof(request));
	pn[0] = 1;
	send_short(0, false);
	app[0] = new;
	put_stream(1, 12, 0, request, sizeof(request));
	pn[0] = 3;
	send_short(0, true);
	assert_int_equal(record.count, 4);
	assert_int_equal(record.conn.tls->opened, 4);
	assert_int_equal(record.conn.tls->unauthentic, 0);
	over();
}

static void
updates(unsigned count)
{
	shake_hands("h3");
	put_stream(1, 0, 0, request, sizeof(request));
	send_short(0, false);
	for (unsigned i = 0; i < count; i++)
		update(0);
	put_stream(1, 4, 0, request, sizeof(request));
	send_short(0, count & 1);
}

static void
what_follows_lost_updates_opens(void **state)
{
	for (unsigned count = 2; count <= 6; count++) {
		updates(count);
		assert_int_equal(record.conn.tls->opened, 2);
		assert_int_equal(record.conn.tls->unauthentic, 0);
		over();
		stop(state);
		assert_int_equal(start(state), 0);
	}
	updates(7);
	assert_int_equal(record.conn.tls->opened, 1);
	assert_int_equal(record.conn.tls->unauthentic, 1);
	over();
}

/* The packet number in one byte. */
static void
send_short_pn(uint32_t number)
{
	struct quic_crypt x = { 0 };
	struct quic_keys *k = &app[0];
	struct quic_header header;
	uint8_t plain[512];
	size_t len;

	/* sealed by the same nonce, with less of the number in the header */
	put_stream(1, 4ull * number, 0, request, sizeof(request));
	buf_u8(&out, 0x40);
	buf_u8(&out, (uint8_t)number);
	quic_seal_cut(&out, k, number, 1, frames.data, frames.len);
	buf_reset(&frames);
	assert_int_equal(quic_unprotect_header(&x, k,
	    (struct span){ out.data, out.len }, 1, number, &header), 0);
	assert_int_equal(quic_open(&x, k, (struct span){ out.data, out.len }, 1,
	    &header, plain, &len), 0);
	quic_crypt_clear(&x);
	send_out(0);
}

static void
what_follows_many_lost_packets_opens(void **state)
{
	shake_hands("h3");
	send_short_pn(0);
	send_short_pn(100);	/* as its one byte says */
	send_short_pn(3000);	/* windows of 256 further */
	send_short_pn(3001);
	send_short_pn(2999);
	assert_int_equal(record.conn.tls->opened, 5);
	assert_int_equal(record.conn.tls->unauthentic, 0);
	send_short_pn(3001 + 34 * 256);
	assert_int_equal(record.conn.tls->unauthentic, 1);
	over();
}

/* Packets that the network card was to cut apart, each filled to len. */
static void
put_segments(const char *id, unsigned count, size_t len)
{
	for (unsigned i = 0; i < count; i++) {
		put_stream(1, 4ull * pn[0], 0, request, sizeof(request));
		put_fill(&frames, 0, len - 1 - strlen(id) - 4 - 16 -
		    frames.len);
		put_short(0, false, id);
	}
}

static void
put_new_id(uint8_t len, const char *id)
{
	buf_append(&frames, "\x18\1\0", 3);
	buf_u8(&frames, len);
	buf_str(&frames, id);
	put_fill(&frames, 0x70, 16);
}

/* The session that has the ID of what is in out, and who sends to it. */
static struct quic_session *
whose(unsigned *ret_side, size_t *ret_id_len)
{
	const struct quic_path *found[2];

	if (quic_paths_find(&paths, (struct span){ out.data, out.len }, 2,
		found) != 1)
		return NULL;
	*ret_side = found[0]->to;
	*ret_id_len = found[0]->len;
	return found[0]->session;
}

static void
what_comes_from_elsewhere_is_known_by_its_id(void **state)
{
	struct quic_session *s;
	unsigned side = 2;
	size_t id_len = 0, opened;
	uint64_t before;

	shake_hands("h3");
	server_says(7, "server.");
	put_new_id(4, "four");
	send_short(1, false);
	put_stream(1, 0, 0, request, sizeof(request));
	put_short(0, false, "five.");
	assert_null(whose(&side, &id_len));
	buf_reset(&out);
	pn[0]--;
	before = record.conn.overhead[0][CONN_UNDERSTOOD];
	put_stream(1, 0, 0, request, sizeof(request));
	put_short(0, false, "four");
	s = whose(&side, &id_len);
	assert_non_null(s);
	assert_ptr_equal(quic_session_conn(s), &record.conn);
	assert_int_equal(side, 0);
	assert_int_equal(id_len, 4);
	/* what does not open changes nothing */
	out.data[out.len - 1] ^= 1;
	assert_int_equal(quic_session_elsewhere(s, side,
	    (struct span){ out.data, out.len }, id_len, &now), 0);
	assert_int_equal(record.count, 0);
	assert_int_equal(record.conn.tls->unauthentic, 0);
	out.data[out.len - 1] ^= 1;
	opened = quic_session_elsewhere(s, side,
	    (struct span){ out.data, out.len }, id_len, &now);
	assert_int_equal(opened, out.len);
	/* only what is in the message counts here */
	assert_int_equal(record.messages[0]->wire[0], sizeof(request));
	assert_int_equal(record.conn.overhead[0][CONN_UNDERSTOOD],
	    before - sizeof(request));
	buf_reset(&out);
	/* an ID that was not told: as long as the first one */
	put_stream(1, 4, 0, request, sizeof(request));
	put_short(0, false, "unknown");
	assert_int_equal(quic_session_elsewhere(s, 0,
	    (struct span){ out.data, out.len }, QUIC_CID_MAX + 1, &now),
	    out.len);
	assert_int_equal(record.count, 2);
	buf_reset(&out);
	layer->ops->finish(layer, &now);
}

/* What the server sends that knows nothing of the connection any more. */
static void
a_stateless_reset_is_no_packet_that_does_not_open(void **state)
{
	shake_hands("h3");
	put_new_id(4, "four");		/* with the token "pppppppppppppppp" */
	send_short(1, false);
	buf_append(&out, "\x5fnot so", 7);
	put_fill(&out, 0x11, 20);
	put_fill(&out, 0x70, 16);
	send_out(1);
	assert_int_equal(record.conn.tls->unauthentic, 0);
	buf_append(&out, "\x5fnot so", 7);
	put_fill(&out, 0x11, 20);
	put_fill(&out, 0x70, 15);
	put_fill(&out, 0x71, 1);
	send_out(1);
	assert_int_equal(record.conn.tls->unauthentic, 1);
	/* it is the server's token */
	put_stream(1, 0, 0, request, sizeof(request));
	send_short(0, false);
	buf_append(&out, "\x5fnot so", 7);
	put_fill(&out, 0x11, 20);
	put_fill(&out, 0x70, 16);
	send_out(0);
	assert_int_equal(record.conn.tls->unauthentic, 2);
	over();
}

static void
ids_that_no_peer_may_give_are_passed_over(void **state)
{
	shake_hands("h3");
	put_new_id(0, "");
	put_stream(1, 0, 0, response, sizeof(response));
	send_short(1, false);
	put_new_id(21, "123456789012345678901");
	send_short(1, false);
	assert_int_equal(paths.count, 0);
	assert_int_equal(record.conn.tls->opened, 2);
	over();
}

static void
ids_of_other_lengths_open_on_the_same_addresses(void **state)
{
	shake_hands("h3");
	server_says(7, "server.");
	put_new_id(11, "server.long");
	send_short(1, false);
	put_stream(1, 0, 0, request, sizeof(request));
	put_short(0, false, "server.long");
	send_out(0);
	put_stream(1, 4, 0, request, sizeof(request));
	put_short(0, false, "server.");
	send_out(0);
	assert_int_equal(record.conn.tls->opened, 3);
	assert_int_equal(record.conn.tls->unauthentic, 0);
	over();
}

static void
segments_are_cut_where_the_id_comes_again(void **state)
{
	shake_hands("h3");
	/* the server asks for that ID */
	server_says(7, "server.");
	put_segments("server.", 3, 1400);
	put_segments("server.", 1, 600);
	send_out(0);
	assert_int_equal(record.conn.tls->opened, 4);
	assert_int_equal(record.conn.tls->unauthentic, 0);
	over();
}

static void
segments_without_an_id_are_cut_by_their_length(void **state)
{
	shake_hands("h3");
	put_segments("", 2, 1200);
	send_out(0);
	put_segments("", 3, 1337);
	put_segments("", 1, 40);
	send_out(0);
	put_segments("", 2, 1501);	/* longer than any that is tried */
	send_out(0);
	assert_int_equal(record.conn.tls->opened, 6);
	assert_int_equal(record.conn.tls->unauthentic, 1);
	over();
}

static void
a_lost_packet_is_a_gap_at_the_end(void **state)
{
	shake_hands("h3");
	put_stream(0, 0, 0, request, sizeof(request));
	put_stream(0, 0, sizeof(request), "\0\6abc", 5);
	send_short(0, false);
	put_stream(1, 0, sizeof(request) + 7, "f", 1);
	send_short(0, false);
	over();
	assert_string_equal(record_text(0),
	    "GET https://h/ 3.0 \"abc[2]f\" complete < ; cut");
}

static void
a_reset_stream_is_cut(void **state)
{
	shake_hands("h3");
	put_stream(0, 0, 0, request, sizeof(request));
	buf_append(&frames, "\4\0\0\12", 4);
	send_short(0, false);
	over();
	assert_string_equal(record_text(0),
	    "GET https://h/ 3.0 cut < ; cut");
}

static void
what_other_keys_sealed_stays_sealed(void **state)
{
	shake_hands("h3");
	app[0].key[0] ^= 1;
	put_stream(1, 0, 0, request, sizeof(request));
	put_fill(&frames, 0, 60);
	send_short(0, false);
	assert_int_equal(record.messages[0]->kind, MESSAGE_SEALED);
	assert_false(record.conn.decrypted);
	over();
}

static void
without_http3_streams_are_runs(void **state)
{
	shake_hands("doq");
	put_stream(0, 0, 2, "cd", 2);
	send_short(0, false);
	put_stream(0, 0, 0, "ab", 2);
	put_stream(1, 4, 0, "other", 5);
	put_stream(1, 2, 0, "one way", 7);
	send_short(0, false);
	put_stream(0, 0, 0, "answer", 6);
	send_short(1, false);
	put_stream(1, 0, 4, "again", 5);
	send_short(0, false);
	put_stream(1, 0, 6, "", 0);
	put_stream(0, 4, 3, "late", 4);
	send_short(1, false);
	assert_string_equal(record_text(0),
	    " \"abcd\" <  \"answer\"; complete");
	assert_string_equal(record_text(1), " \"other\" < ; open");
	assert_string_equal(record_text(2), " \"one way\" < ; complete");
	over();
	assert_int_equal(record.count, 4);
}

/* Whatever went out in it, nobody has looked at it. */
static void
what_is_left_out_is_not_understood(void **state)
{
	static const uint8_t bytes[100];

	shake_hands("h3");
	for (uint64_t i = 0; i <= QUIC_STREAMS_MAX; i++) {
		put_stream(0, 4 * i, 0, "", 0);
		send_short(0, false);
	}
	assert_int_equal(record.conn.overhead[0][CONN_UNDERSTOOD], sent[0]);
	put_stream(0, 0, 0, bytes, sizeof(bytes));
	send_short(0, false);
	assert_int_equal(record.conn.overhead[0][CONN_UNDERSTOOD],
	    sent[0] - sizeof(bytes));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_stream_is_a_message),
		TEST(pieces_come_in_any_order_and_twice),
		TEST(keys_are_followed_through_updates),
		TEST(what_an_update_overtook_opens_with_the_keys_before),
		TEST(what_follows_lost_updates_opens),
		TEST(what_follows_many_lost_packets_opens),
		TEST(what_comes_from_elsewhere_is_known_by_its_id),
		TEST(a_stateless_reset_is_no_packet_that_does_not_open),
		TEST(ids_that_no_peer_may_give_are_passed_over),
		TEST(ids_of_other_lengths_open_on_the_same_addresses),
		TEST(segments_are_cut_where_the_id_comes_again),
		TEST(segments_without_an_id_are_cut_by_their_length),
		TEST(a_lost_packet_is_a_gap_at_the_end),
		TEST(a_reset_stream_is_cut),
		TEST(what_other_keys_sealed_stays_sealed),
		TEST(without_http3_streams_are_runs),
		TEST(what_is_left_out_is_not_understood),
	};

	return cmocka_run_group_tests_name("quic session", tests, NULL, NULL);
}
