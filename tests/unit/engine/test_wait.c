// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../protocol/quic_build.h"
#include "../protocol/tls_build.h"
#include "engine/engine.h"

/*
 * QUIC from 10.0.0.1 to 10.0.0.2, fed to the engine in one batch or in
 * many, on any number of threads.
 */
#define CLIENT_RANDOM \
	"c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"
#define PACKETS_MAX	32
#define LINES_MAX	16

struct got {
	struct telltap_engine *engine;
	char lines[LINES_MAX][4096];
	int count;
};

static struct telltap_packet packets[PACKETS_MAX];
static size_t packet_count;
static struct quic_keys keys[2];	/* [side] */
static uint32_t pn[2];
static char key_text[400];

static int
on_event(void *arg, const struct event *event)
{
	struct got *g = arg;
	const char *line;
	size_t len;

	line = telltap_event_json(g->engine, event, &len);
	assert_true(line && len < sizeof(g->lines[0]) && g->count < LINES_MAX);
	snprintf(g->lines[g->count++], sizeof(g->lines[0]), "%.*s", (int)len,
	    line);
	return 0;
}

static const char *
line_with(const struct got *g, const char *text)
{
	for (int i = 0; i < g->count; i++)
		if (strstr(g->lines[i], text))
			return g->lines[i];
	return NULL;
}

static int
start(void **state)
{
	key_text[0] = '\0';
	for (int side = 0; side < 2; side++) {
		char *at = key_text + strlen(key_text);
		uint8_t secret[32];

		pn[side] = 0;
		memset(secret, 0xa0 + side, 32);
		at += sprintf(at, "%s_TRAFFIC_SECRET_0 " CLIENT_RANDOM " ",
		    side ? "SERVER" : "CLIENT");
		for (int i = 0; i < 32; i++)
			at += sprintf(at, "%02x", secret[i]);
		strcpy(at, "\n");
		assert_int_equal(quic_keys_derive(QUIC_AES_128_GCM, QUIC_V1,
		    secret, &keys[side]), 0);
	}
	return 0;
}

static int
stop(void **state)
{
	while (packet_count)
		free((void *)packets[--packet_count].data);
	return 0;
}

/* From that side, the client's port being this one. */
static void
put_packet(unsigned side, uint8_t proto, uint16_t port, struct buf *payload)
{
	size_t head = proto == 6 ? 40 : 28, all = head + payload->len;
	uint8_t *b = calloc(1, all), *t = b + 20;
	uint16_t ports[2] = { port, 443 };

	assert_true(b && packet_count < PACKETS_MAX);
	b[0] = 0x45;
	b[2] = (uint8_t)(all >> 8);
	b[3] = (uint8_t)all;
	b[8] = 64;
	b[9] = proto;
	b[12] = b[16] = 10;
	b[15] = (uint8_t)(1 + side);
	b[19] = (uint8_t)(2 - side);
	for (int i = 0; i < 2; i++) {
		t[2 * i] = (uint8_t)(ports[side ^ (unsigned)i] >> 8);
		t[2 * i + 1] = (uint8_t)ports[side ^ (unsigned)i];
	}
	t[4] = (uint8_t)((all - 20) >> 8);
	t[5] = (uint8_t)(all - 20);
	memcpy(b + head, payload->data, payload->len);
	packets[packet_count] = (struct telltap_packet){
		.number = packet_count + 1,
		.ts_ns = (packet_count + 1) * 1000000, .data = b,
		.cap_len = (uint32_t)all, .wire_len = (uint32_t)all,
		.link_type = 101 };
	packet_count++;
	buf_clear(payload);
}

static void
put_hello(unsigned side, struct buf *out)
{
	static const uint16_t cipher = 0x1301;
	struct buf extensions = { 0 }, body = { 0 }, hello = { 0 };

	if (side) {
		put_server_hello(&body, cipher, 0, &extensions);
	} else {
		put_alpn(&extensions, "h3");
		put_client_hello(&body, 0x0303, &cipher, 1, &extensions);
	}
	buf_u8(&hello, (uint8_t)(1 + side));
	put24(&hello, body.len);
	buf_append(&hello, body.data, body.len);
	buf_append(out, hello.data, hello.len);
	buf_clear(&extensions);
	buf_clear(&body);
	buf_clear(&hello);
}

static void
shake_hands(uint16_t port)
{
	for (unsigned side = 0; side < 2; side++) {
		struct buf hello = { 0 }, frames = { 0 }, out = { 0 };

		put_hello(side, &hello);
		quic_put_crypto(&frames, 0, hello.data, hello.len);
		quic_put_initial(&out, QUIC_V1, "destinat", !side,
		    side ? "" : "destinat", 0, frames.data, frames.len);
		put_packet(side, 17, port, &out);
		buf_clear(&hello);
		buf_clear(&frames);
	}
}

/* frames, in a packet to that ID. */
static void
put_short(unsigned side, uint16_t port, const char *id, const void *frames,
    size_t len)
{
	struct buf out = { 0 };

	buf_u8(&out, 0x43);
	buf_str(&out, id);
	put16(&out, 0);
	put16(&out, pn[side]);
	quic_seal(&out, &keys[side], pn[side]++, frames, len);
	put_packet(side, 17, port, &out);
}

static struct got *
run(unsigned threads, size_t batch, size_t max_bytes)
{
	struct telltap_options o = { .size = sizeof(o), .threads = threads,
		.no_dpi = true };
	struct got *g = calloc(1, sizeof(*g));

	assert_int_equal(telltap_engine_new(&o, on_event, g, &g->engine), 0);
	if (max_bytes)
		assert_int_equal(telltap_engine_await_keys(g->engine,
		    UINT64_MAX, max_bytes), 0);
	else
		assert_int_equal(telltap_engine_keys(g->engine, (uint8_t *)key_text,
		    strlen(key_text)), 0);
	for (size_t at = 0; at < packet_count; at += batch)
		assert_int_equal(telltap_engine_feed(g->engine, packets + at,
		    packet_count - at < batch ? packet_count - at : batch),
		    0);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	return g;
}

static void
end(struct got *g)
{
	telltap_engine_free(g->engine);
	free(g);
}

/* NEW_CONNECTION_ID; GET https://h/ in two halves; 200 "ok" */
#define NEW_ID "\x18\1\0\x08the-next0123456789abcdef"
#define REQUEST_1 "\x0e\0\0\4\1\x08\0\0"
#define REQUEST_2 "\x0f\0\4\6\xd1\xd7\xc1\x50\1h"
#define RESPONSE "\x0b\0\1\3\0\0\xd9\0\2ok"
#define SHORT(side, port, id, frames) \
	put_short(side, port, id, frames, sizeof(frames) - 1)

static void
move(uint16_t to)
{
	shake_hands(1000);
	SHORT(1, 1000, "", NEW_ID);
	SHORT(0, 1000, "the-next", REQUEST_1);
	SHORT(0, to, "the-next", REQUEST_2);
	SHORT(1, to, "", RESPONSE);
}

static void
a_request_goes_on_from_another_port(void **state)
{
	/* some are of the first one's shard, most are not */
	for (uint16_t port = 1001; port < 1041; port++) {
		struct got *g, *other;
		const char *line;

		move(port);
		g = run(1, PACKETS_MAX, 0);
		line = line_with(g, "\"action\":\"transfer\"");
		assert_non_null(line);
		assert_non_null(strstr(line, "\"visibility\":\"decrypted\""));
		assert_non_null(strstr(line, "\"complete\":true"));
		assert_non_null(strstr(line, "\"flow\":\"1\""));
		line = line_with(g, "\"continues\":\"1\"");
		assert_non_null(line);
		assert_non_null(strstr(line, "\"protocol\":\"quic\""));
		assert_non_null(strstr(line, "\"undeciphered_out\":0"));
		assert_non_null(strstr(line, "\"encrypted_out\":0"));
		for (size_t batch = 1; batch <= packet_count; batch++) {
			other = run(batch & 1 ? 3 : 1, batch, 0);
			assert_int_equal(other->count, g->count);
			for (int i = 0; i < g->count; i++)
				assert_string_equal(other->lines[i],
				    g->lines[i]);
			end(other);
		}
		end(g);
		stop(NULL);
		start(NULL);
	}
}

static void
what_no_key_opens_stays_by_itself(void **state)
{
	struct got *g;

	shake_hands(1000);
	SHORT(1, 1000, "", NEW_ID);
	keys[0].key[0] ^= 1;
	SHORT(0, 2000, "the-next", REQUEST_1 REQUEST_2);
	keys[0].key[0] ^= 1;
	g = run(1, PACKETS_MAX, 0);
	assert_null(line_with(g, "\"continues\""));
	assert_null(line_with(g, "records_unauthentic\":1"));
	assert_non_null(line_with(g, "\"port\":2000"));
	end(g);
}

static void
what_the_ceiling_leaves_unread_is_counted(void **state)
{
	struct got *g;

	move(2000);
	g = run(1, 1, SHARD_COUNT * 1000u);
	assert_null(line_with(g, "not_awaited"));
	end(g);
	/* room for what moved, not for hellos */
	g = run(1, 1, SHARD_COUNT * 100u);
	assert_non_null(line_with(g, "\"keys_not_awaited\":1"));
	assert_null(line_with(g, "moves_not_awaited"));
	end(g);
	g = run(1, 1, SHARD_COUNT * 60u);
	assert_non_null(line_with(g, "\"keys_not_awaited\":1,"
	    "\"moves_not_awaited\":1"));
	end(g);
}

#define SECOND_NS	UINT64_C(1000000000)

/* An engine that waits a minute for keys, with the packets so far. */
static struct got *
wait_a_minute(void)
{
	struct telltap_options o = { .size = sizeof(o), .no_dpi = true };
	struct got *g = calloc(1, sizeof(*g));

	assert_int_equal(telltap_engine_new(&o, on_event, g, &g->engine), 0);
	assert_int_equal(telltap_engine_await_keys(g->engine, 60 * SECOND_NS,
	    1 << 20), 0);
	assert_int_equal(telltap_engine_feed(g->engine, packets,
	    packet_count), 0);
	return g;
}

static void
tick(struct got *g, uint64_t after_ns)
{
	assert_int_equal(telltap_engine_tick(g->engine,
	    packets[packet_count - 1].ts_ns + after_ns), 0);
}

static void
what_is_silent_is_told_before_the_minute_is_over(void **state)
{
	static const char request[100] = REQUEST_1 REQUEST_2;	/* padded */
	struct got *g;

	shake_hands(1000);
	put_short(0, 1000, "", request, sizeof(request));
	put_short(1, 1000, "", RESPONSE, sizeof(RESPONSE) - 1);
	g = wait_a_minute();
	tick(g, 15 * SECOND_NS - 1);
	assert_int_equal(telltap_engine_keys(g->engine, (uint8_t *)key_text,
	    strlen(key_text)), 0);
	assert_non_null(line_with(g, "\"visibility\":\"decrypted\""));
	end(g);
	g = wait_a_minute();
	tick(g, 15 * SECOND_NS);
	assert_int_equal(telltap_engine_keys(g->engine, (uint8_t *)key_text,
	    strlen(key_text)), 0);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	assert_null(line_with(g, "\"visibility\":\"decrypted\""));
	assert_non_null(line_with(g, "\"visibility\":\"encrypted\""));
	end(g);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_request_goes_on_from_another_port),
		T(what_no_key_opens_stays_by_itself),
		T(what_is_silent_is_told_before_the_minute_is_over),
		T(what_the_ceiling_leaves_unread_is_counted),
	};

	return cmocka_run_group_tests_name("engine/wait", tests, NULL, NULL);
}
