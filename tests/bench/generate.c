// SPDX-License-Identifier: Apache-2.0
/*
 * Writes the captures of the benchmark to standard output:
 *
 *   generate bulk [SCALE]  75 uploads of 1 to 50 MB over TLS 1.3, log-uniform,
 *                          four at a time, about 1.06 GB
 *   generate many [SCALE]  250,000 small flows over 131 s, one in ten on IPv6:
 *                          DNS 33 %, HTTP 25 %, TLS 1.3 24 %, TLS 1.2 resumed
 *                          8 %, SYN answered by RST 6 %, NTP 4 %
 *
 *   generate open-syn|open-http|open-tls|open-unknown [SCALE]
 *                          a million connections that are open all at once:
 *                          SYN only; an HTTP request and its answer; a TLS 1.3
 *                          handshake, a request and an answer; bytes of no
 *                          known protocol each way
 *
 * SCALE multiplies the number of flows. The same arguments give the same
 * bytes.
 */
#include <math.h>

#include "protocols.h"

#define START_US	1700000000000000ull
#define MANY_FLOWS	250000.0
#define MANY_GAP_US	524u		/* between the starts of two flows */
#define OPEN_FLOWS	1000000.0
#define OPEN_GAP_US	100u
#define BULK_UPLOADS	75.0
#define BULK_MEAN	13.2e6		/* bytes of an upload, over all */
#define BULK_AT_ONCE	4
#define RECORD_LEN	16401u		/* 16 KiB, a type, a tag */

enum kind { DNS, HTTP, TLS13, TLS12, REFUSED, NTP, UNKNOWN };

struct flow {
	uint64_t due_us;
	struct conv conv;
	struct rng rng;
	enum kind kind;
	unsigned step;
	uint32_t host;
	uint8_t session[32];
	/* bulk */
	uint64_t upload_left;
	uint32_t record_left, unacked;
};

/* Flows by the time of their next packet: a binary heap. */
static struct flow **heap;
static size_t heap_len, heap_cap;

static void
heap_push(struct flow *f)
{
	size_t i = heap_len++;

	if (heap_len > heap_cap) {
		heap_cap = heap_cap ? heap_cap * 2 : 1024;
		heap = realloc(heap, heap_cap * sizeof(*heap));
		if (!heap)
			abort();
	}
	for (; i && heap[(i - 1) / 2]->due_us > f->due_us; i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = f;
}

static struct flow *
heap_pop(void)
{
	struct flow *top = heap[0], *last = heap[--heap_len];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < heap_len) {
		if (child + 1 < heap_len &&
		    heap[child + 1]->due_us < heap[child]->due_us)
			child++;
		if (heap[child]->due_us >= last->due_us)
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = last;
	return top;
}

static void
segment(struct flow *f, int side, const struct msg *m)
{
	size_t mss = f->conv.v6 ? MSS - 20 : MSS, at = 0, n;

	for (; at < m->len; at += n) {
		n = m->len - at < mss ? m->len - at : mss;
		send_tcp(&f->conv, side, f->due_us,
		    ACK | (at + n == m->len ? PSH : 0), m->b + at, n);
	}
}

/* What the TLS side says in one step after the TCP handshake. */
static void
tls_message(struct flow *f, struct msg *m)
{
	bool v13 = f->kind == TLS13;
	struct rng *r = &f->rng;

	m->len = 0;
	switch (f->step) {
	case 3:
		make_client_hello(m, r, f->host, v13, f->session);
		break;
	case 4:
		make_server_hello(m, r, v13, f->session);
		if (v13)	/* certificate and the rest, in one flight */
			tls_record(m, r, 23, (uint16_t)(900 +
			    rng_below(r, 370)));
		else
			tls_record(m, r, 22, 40);
		break;
	case 5:
		tls_change_cipher(m);
		tls_record(m, r, v13 ? 23 : 22, v13 ? 53 : 40);
		break;
	case 6:
		tls_record(m, r, 23, (uint16_t)(300 + rng_below(r, 800)));
		break;
	case 7:
		tls_record(m, r, 23, (uint16_t)(800 + rng_below(r, 600)));
		break;
	}
}

/* No protocol's, and not to be told from anything. */
static void
make_noise(struct msg *m, struct rng *r)
{
	m->len = 0;
	while (m->len < 160)
		m_u8(m, (uint8_t)rng_u64(r));
}

static void
tcp_message(struct flow *f, struct msg *m)
{
	if (f->kind == UNKNOWN)
		make_noise(m, &f->rng);
	else if (f->kind != HTTP)
		tls_message(f, m);
	else if (f->step == 3)
		make_get(m, &f->rng, f->host);
	else
		make_response(m, &f->rng);
}

/* One packet of a TCP flow; false after the last. */
static bool
tcp_step(struct flow *f)
{
	unsigned last = f->kind == HTTP ? 4 : 7;
	struct conv *c = &f->conv;
	static struct msg m;

	if (f->step == 0) {
		send_tcp(c, 0, f->due_us, SYN, NULL, 0);
	} else if (f->step == 1 && f->kind == REFUSED) {
		send_tcp(c, 1, f->due_us, RST | ACK, NULL, 0);
		return false;
	} else if (f->step == 1) {
		send_tcp(c, 1, f->due_us, SYN | ACK, NULL, 0);
	} else if (f->step == 2) {
		send_tcp(c, 0, f->due_us, ACK, NULL, 0);
	} else if (f->step <= last) {
		tcp_message(f, &m);
		segment(f, f->step == 4 || f->step == 7, &m);
	} else if (f->step == last + 1) {
		send_tcp(c, 0, f->due_us, FIN | ACK, NULL, 0);
	} else if (f->step == last + 2) {
		send_tcp(c, 1, f->due_us, FIN | ACK, NULL, 0);
	} else {
		send_tcp(c, 0, f->due_us, ACK, NULL, 0);
		return false;
	}
	f->due_us += 300 + rng_below(&f->rng, 30000);
	if (f->step == last)	/* the user thinks */
		f->due_us += (uint64_t)(-1.5e6 * log(1 - rng_real(&f->rng)));
	f->step++;
	return true;
}

static bool
udp_step(struct flow *f)
{
	static struct msg m;

	if (f->kind == DNS)	/* the answer bears the question's ID */
		make_dns(&m, (uint16_t)f->conv.seq[0], f->host, f->conv.v6,
		    f->step == 1);
	else
		make_ntp(&m, &f->rng, f->due_us, f->step == 1);
	send_udp(&f->conv, (int)f->step, f->due_us, &m);
	f->due_us += 500 + rng_below(&f->rng, 40000);
	return f->step++ == 0;
}

static enum kind
choose_kind(struct rng *r)
{
	uint32_t n = rng_below(r, 100);

	return n < 33 ? DNS : n < 58 ? HTTP : n < 82 ? TLS13 :
	    n < 90 ? TLS12 : n < 96 ? REFUSED : NTP;
}

/* The n-th flow; no two share their addresses and ports. */
static struct flow *
flow_new(uint64_t n, uint64_t due_us)
{
	static const uint16_t ports[] = { 53, 80, 443, 443, 8443, 123, 4711 };
	struct flow *f = calloc(1, sizeof(*f));
	struct conv *c;
	uint32_t client;

	if (!f)
		abort();
	f->rng.s = n * 0x2545f4914f6cdd1dull + 1;
	f->due_us = due_us;
	f->kind = choose_kind(&f->rng);
	f->host = rng_below(&f->rng, HOSTS);
	for (int i = 0; i < 32; i++)
		f->session[i] = (uint8_t)rng_u64(&f->rng);
	c = &f->conv;
	c->v6 = rng_below(&f->rng, 10) == 0;
	client = (uint32_t)(n / 40000);
	if (c->v6)
		memcpy(c->addr[0], "\x20\1\x0d\xb8\0\0\0\1\0\0\0\0\0\0", 14);
	else
		memcpy(c->addr[0], "\x0a\1", 2);
	c->addr[0][c->v6 ? 14 : 2] = (uint8_t)(client >> 8);
	c->addr[0][c->v6 ? 15 : 3] = (uint8_t)(client + 1);
	server_addr(c->addr[1], f->kind == DNS ? 0 : f->host, c->v6);
	c->port[0] = (uint16_t)(20000 + n % 40000);
	c->port[1] = ports[f->kind];
	c->seq[0] = (uint32_t)rng_u64(&f->rng);
	c->seq[1] = (uint32_t)rng_u64(&f->rng);
	c->timestamps = f->kind != REFUSED;
	return f;
}

static void
write_many(double scale)
{
	uint64_t flows = (uint64_t)(MANY_FLOWS * scale), begun = 0, next_us;
	struct flow *f;
	bool more;

	while (begun < flows || heap_len) {
		next_us = START_US + begun * MANY_GAP_US;
		if (begun < flows && (!heap_len || next_us <= heap[0]->due_us)) {
			heap_push(flow_new(begun++, next_us));
			continue;
		}
		f = heap_pop();
		more = f->kind == DNS || f->kind == NTP ? udp_step(f) :
		    tcp_step(f);
		if (more)
			heap_push(f);
		else
			free(f);
	}
}

/* Each connection is led to where it stays open. */
static bool
write_open(const char *what, double scale)
{
	static const struct {
		const char *name;
		enum kind kind;
		unsigned steps;
	} modes[] = {
		{ "open-syn", REFUSED, 1 },
		{ "open-http", HTTP, 5 },
		{ "open-tls", TLS13, 8 },
		{ "open-unknown", UNKNOWN, 5 },
	};
	unsigned m = 0;

	while (m < 4 && strcmp(what, modes[m].name))
		m++;
	for (uint64_t n = 0; m < 4 && n < (uint64_t)(OPEN_FLOWS * scale); n++) {
		struct flow *f = flow_new(n, 0);

		f->kind = modes[m].kind;
		f->conv.port[1] = f->kind == HTTP ? 80 : f->kind == UNKNOWN ?
		    4711 : 443;
		server_addr(f->conv.addr[1], f->host, f->conv.v6);
		while (f->step < modes[m].steps) {
			f->due_us = START_US + n * OPEN_GAP_US + f->step * 15;
			tcp_step(f);
		}
		free(f);
	}
	return m < 4;
}

/* The next data segment of an upload: 16 KiB records one after the other. */
static void
upload_segment(struct flow *f)
{
	static uint8_t noise[1 << 16];
	uint8_t data[MSS];
	size_t len = 0, n;

	if (!noise[0])
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)(rng_u64(&f->rng) | !i);
	while (len < MSS && (f->upload_left || f->record_left)) {
		if (!f->record_left) {
			if (MSS - len < 5)	/* the header in one piece */
				break;
			f->record_left = f->upload_left < RECORD_LEN - 17 ?
			    (uint32_t)f->upload_left + 17 : RECORD_LEN;
			f->upload_left -= f->record_left - 17;
			memcpy(data + len, "\x17\3\3", 3);
			data[len + 3] = (uint8_t)(f->record_left >> 8);
			data[len + 4] = (uint8_t)f->record_left;
			len += 5;
		}
		n = MSS - len < f->record_left ? MSS - len : f->record_left;
		memcpy(data + len, noise + rng_below(&f->rng, 60000), n);
		len += n;
		f->record_left -= (uint32_t)n;
	}
	send_tcp(&f->conv, 0, f->due_us, ACK, data, len);
}

/* One packet of an upload; false after the last. */
static bool
upload_step(struct flow *f)
{
	bool sending = f->step == 7 && (f->upload_left || f->record_left);

	if (!sending) {
		f->due_us += 20;
		return tcp_step(f);
	}
	if (f->unacked == 8) {
		send_tcp(&f->conv, 1, f->due_us, ACK, NULL, 0);
		f->unacked = 0;
		f->due_us += 1;
		return true;
	}
	upload_segment(f);
	f->unacked++;
	f->due_us += 8 + rng_below(&f->rng, 30);
	return true;
}

static void
write_bulk(double scale)
{
	uint64_t uploads = (uint64_t)ceil(BULK_UPLOADS * scale), begun = 0;
	struct rng r = { 42 };
	double sum = 0, *size = calloc(uploads + 1, sizeof(*size));
	uint64_t now_us = START_US;
	struct flow *f;

	if (!size)
		abort();
	for (uint64_t i = 0; i < uploads; i++)
		sum += size[i] = 1e6 * exp(rng_real(&r) * log(50));
	while (begun < uploads || heap_len) {
		if (begun < uploads && heap_len < BULK_AT_ONCE) {
			f = flow_new(begun, now_us + begun % 7);
			f->kind = TLS13;
			f->conv.v6 = false;
			memcpy(f->conv.addr[0], "\x0a\1\0\1", 4);
			server_addr(f->conv.addr[1], f->host, false);
			f->conv.port[1] = 443;
			f->conv.timestamps = true;
			/* the draw scaled to the same total for every run */
			f->upload_left = (uint64_t)(size[begun++] / sum *
			    BULK_MEAN * (double)uploads);
			heap_push(f);
			continue;
		}
		f = heap_pop();
		now_us = f->due_us;
		if (upload_step(f))
			heap_push(f);
		else
			free(f);
	}
	free(size);
}

int
main(int argc, char **argv)
{
	static char buffer[1 << 20];
	double scale = argc > 2 ? atof(argv[2]) : 1;

	if (argc < 2 || argc > 3 || !(scale > 0 && scale <= 100)) {
		fprintf(stderr, "usage: generate bulk|many|open-... [SCALE] "
		    ">FILE\n");
		return 2;
	}
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	write_file_header();
	if (!strcmp(argv[1], "bulk")) {
		write_bulk(scale);
	} else if (!strcmp(argv[1], "many")) {
		write_many(scale);
	} else if (!write_open(argv[1], scale)) {
		fprintf(stderr, "generate: no such workload: %s\n", argv[1]);
		return 2;
	}
	free(heap);
	if (fflush(stdout)) {
		perror("generate");
		return 2;
	}
	fprintf(stderr, "%llu packets, %llu bytes\n",
	    (unsigned long long)packets_written,
	    (unsigned long long)bytes_written);
	return 0;
}
