// SPDX-License-Identifier: Apache-2.0
/* Packets of a connection that come by other addresses, with other IDs or several
 * in a datagram. */
#include "quic_session_bench.h"

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

	shake_hands_with("server.", "h3");
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
	shake_hands_with("server.", "h3");
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

/* Anybody can send it; the IDs of the hellos are what counts. */
static void
a_long_header_that_nobody_opens_says_nothing(void **state)
{
	size_t count;

	shake_hands_with("server.", "h3");
	count = paths.count;
	for (int i = 0; i < 2 * QUIC_PATHS_EACH; i++)
		server_says(8, (char[]){ 'f', 'o', 'r', 'g', 'e', 'd', '.',
		    (char)('A' + i % 64), '\0' });
	assert_int_equal(paths.count, count);
	put_stream(1, 0, 0, request, sizeof(request));
	put_short(0, false, "server.");
	send_out(0);
	assert_int_equal(record.conn.tls->opened, 1);
	put_new_id(4, "four");
	send_short(1, false);
	assert_int_equal(paths.count, count + 1);
	over();
}

static void
segments_are_cut_where_the_id_comes_again(void **state)
{
	/* the server asks for that ID */
	shake_hands_with("server.", "h3");
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_comes_from_elsewhere_is_known_by_its_id),
		TEST(a_stateless_reset_is_no_packet_that_does_not_open),
		TEST(ids_that_no_peer_may_give_are_passed_over),
		TEST(ids_of_other_lengths_open_on_the_same_addresses),
		TEST(a_long_header_that_nobody_opens_says_nothing),
		TEST(segments_are_cut_where_the_id_comes_again),
		TEST(segments_without_an_id_are_cut_by_their_length),
	};

	return cmocka_run_group_tests_name("quic elsewhere", tests, NULL, NULL);
}
