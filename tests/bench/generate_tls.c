// SPDX-License-Identifier: Apache-2.0
/*
 * generate_tls KEYS [MEGABYTES [FRAME]] >FILE
 *
 * A capture of one upload by HTTP/1.1 over TLS 1.3 with AES-128-GCM, and in KEYS
 * the key log that opens it. In segments of an Ethernet's size, or of FRAME
 * bytes at most, as a machine captures what its card cuts up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "protocol/tls/tls_crypt.h"
#include "protocol/tls/tls_keys.h"
#include "bench/protocols.h"

#define RECORD_LEN	16384u
#define FRAME_MAX	65000u
#define HELLO_RANDOM	11u	/* where a ClientHello record has it */

enum stage { CLIENT_HANDSHAKE, SERVER_HANDSHAKE, CLIENT_DATA, SERVER_DATA };

struct sealer {
	EVP_CIPHER_CTX *x;
	uint8_t iv[12];
	uint64_t seq;
};

static const char *const labels[] = { "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
	"SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
	"SERVER_TRAFFIC_SECRET_0" };
static struct sealer sealers[4];
static struct conv conv = { .addr = { { 10, 1, 2, 3 }, { 198, 18, 0, 1 } },
	.port = { 40000, 443 }, .timestamps = true };
static uint64_t now_us = 1700000000000000;
static uint8_t segment[FRAME_MAX];	/* that is not sent yet */
static size_t segment_len, frame_len = MSS;
static int segment_side;

static void
check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "generate_tls: %s failed\n", what);
	exit(2);
}

static void
make_keys(FILE *log, const uint8_t *random)
{
	struct tls_suite suite;

	check(tls_suite_find(0x0304, 0x1301, false, &suite) == 0, "a suite");
	for (int i = 0; i < 4; i++) {
		uint8_t secret[32], key[16];
		struct span s = { secret, sizeof(secret) };

		memset(secret, 0x11 * (i + 1), sizeof(secret));
		fprintf(log, "%s ", labels[i]);
		for (int k = 0; k < 32; k++)
			fprintf(log, "%02x", random[k]);
		fputc(' ', log);
		for (int k = 0; k < 32; k++)
			fprintf(log, "%02x", secret[k]);
		fputc('\n', log);
		sealers[i].x = EVP_CIPHER_CTX_new();
		check(tls_expand_label(&suite, s, "key", key, 16) == 0 &&
		    tls_expand_label(&suite, s, "iv", sealers[i].iv, 12) == 0 &&
		    EVP_EncryptInit_ex2(sealers[i].x, EVP_aes_128_gcm(), key,
			NULL, NULL), "a key");
	}
}

/* A segment; every eighth is acknowledged. */
static void
flush_segment(void)
{
	static unsigned sent;

	if (!segment_len)
		return;
	send_tcp(&conv, segment_side, now_us += 12, ACK | PSH, segment,
	    segment_len);
	if (++sent % 8 == 0)
		send_tcp(&conv, !segment_side, now_us, ACK, NULL, 0);
	segment_len = 0;
}

static void
send_bytes(int side, const uint8_t *p, size_t len)
{
	if (side != segment_side)
		flush_segment();
	segment_side = side;
	while (len) {
		size_t n = frame_len - segment_len;

		n = len < n ? len : n;
		memcpy(segment + segment_len, p, n);
		segment_len += n;
		p += n;
		len -= n;
		if (segment_len == frame_len)
			flush_segment();
	}
}

static void
send_sealed(enum stage stage, int side, uint8_t type, const uint8_t *plain,
    size_t len)
{
	static uint8_t out[5 + RECORD_LEN + 1 + 16];
	struct sealer *s = &sealers[stage];
	size_t body = len + 1 + 16;
	uint8_t nonce[12];
	int n, m;

	memcpy(nonce, s->iv, 12);
	for (int i = 0; i < 8; i++)
		nonce[4 + i] ^= (uint8_t)(s->seq >> (56 - 8 * i));
	s->seq++;
	memcpy(out, "\x17\3\3", 3);
	out[3] = (uint8_t)(body >> 8);
	out[4] = (uint8_t)body;
	check(EVP_EncryptInit_ex2(s->x, NULL, NULL, nonce, NULL) &&
	    EVP_EncryptUpdate(s->x, NULL, &n, out, 5) &&
	    EVP_EncryptUpdate(s->x, out + 5, &n, plain, (int)len) &&
	    EVP_EncryptUpdate(s->x, out + 5 + len, &m, &type, 1) &&
	    EVP_EncryptFinal_ex(s->x, out + 5 + len + 1, &m) &&
	    EVP_CIPHER_CTX_ctrl(s->x, EVP_CTRL_AEAD_GET_TAG, 16,
		out + 5 + len + 1), "sealing");
	send_bytes(side, out, 5 + body);
}

static void
handshake(FILE *log, struct rng *r)
{
	static const uint8_t finished[36] = { 20, 0, 0, 32 };
	static const uint8_t extensions[] = { 8, 0, 0, 2, 0, 0 };
	static struct msg m;
	uint8_t session[32] = { 1 };

	send_tcp(&conv, 0, now_us, SYN, NULL, 0);
	send_tcp(&conv, 1, now_us += 100, SYN | ACK, NULL, 0);
	send_tcp(&conv, 0, now_us += 100, ACK, NULL, 0);
	make_client_hello(&m, r, 1, true, session);
	make_keys(log, m.b + HELLO_RANDOM);
	send_bytes(0, m.b, m.len);
	make_server_hello(&m, r, true, session);
	send_bytes(1, m.b, m.len);
	send_sealed(SERVER_HANDSHAKE, 1, 22, extensions, sizeof(extensions));
	send_sealed(SERVER_HANDSHAKE, 1, 22, finished, sizeof(finished));
	send_sealed(CLIENT_HANDSHAKE, 0, 22, finished, sizeof(finished));
}

static void
upload(uint64_t len, struct rng *r)
{
	static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
	static uint8_t plain[RECORD_LEN];
	int n = snprintf((char *)plain, sizeof(plain),
	    "PUT /upload HTTP/1.1\r\nHost: example.com\r\n"
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Length: %llu\r\n\r\n", (unsigned long long)len);

	send_sealed(CLIENT_DATA, 0, 23, plain, (size_t)n);
	for (uint64_t left = len; left;) {
		size_t part = left < RECORD_LEN ? (size_t)left : RECORD_LEN;

		for (size_t i = 0; i < part; i += 8) {
			uint64_t v = rng_u64(r);

			memcpy(plain + i, &v, 8);
		}
		send_sealed(CLIENT_DATA, 0, 23, plain, part);
		left -= part;
	}
	send_sealed(SERVER_DATA, 1, 23, (const uint8_t *)answer,
	    sizeof(answer) - 1);
	flush_segment();
	send_tcp(&conv, 0, now_us += 100, FIN | ACK, NULL, 0);
	send_tcp(&conv, 1, now_us += 100, FIN | ACK, NULL, 0);
}

int
main(int argc, char **argv)
{
	static char buffer[1 << 20];
	int megabytes = argc > 2 ? atoi(argv[2]) : 200;
	FILE *log = argc > 1 ? fopen(argv[1], "w") : NULL;
	struct rng r = { 7 };

	if (argc > 3)
		frame_len = (size_t)atoi(argv[3]);
	if (!log || argc > 4 || megabytes < 1 || megabytes > 4000 ||
	    frame_len < 1 || frame_len > FRAME_MAX) {
		fprintf(stderr, "usage: generate_tls KEYS [MEGABYTES [FRAME]] "
		    ">FILE\n");
		return 2;
	}
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	write_file_header();
	handshake(log, &r);
	upload((uint64_t)megabytes * 1000000, &r);
	check(!fflush(stdout) && !fclose(log), "writing");
	return 0;
}
