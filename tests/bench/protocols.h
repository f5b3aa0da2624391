/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_PROTOCOLS_H
#define BENCH_PROTOCOLS_H

#include "wire.h"

/* Messages of the benchmark's protocols, every field valid. */

#define HOSTS 20000u

static inline void
host_name(char *ret_name, size_t len, uint32_t host)
{
	static const char *const words[] = { "update", "cdn", "api", "mail",
		"img", "static", "login", "news", "data", "files", "www",
		"search" };
	static const char *const tlds[] = { "com", "net", "org" };

	snprintf(ret_name, len, "%s%u.site%u.example.%s", words[host % 12],
	    host / 400, host % 400, tlds[host % 3]);
}

static inline void
server_addr(uint8_t *ret_addr, uint32_t host, bool v6)
{
	static const uint8_t net6[8] = { 0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff };

	memset(ret_addr, 0, 16);
	if (v6) {
		memcpy(ret_addr, net6, 8);
		ret_addr[14] = (uint8_t)(host >> 8);
		ret_addr[15] = (uint8_t)host;
	} else {	/* 198.18.0.0/15 is for benchmarks */
		ret_addr[0] = 198;
		ret_addr[1] = 18;
		ret_addr[2] = (uint8_t)(host >> 8);
		ret_addr[3] = (uint8_t)host;
	}
}

static inline void
make_dns(struct msg *m, uint16_t id, uint32_t host, bool v6, bool answer)
{
	char name[80], *label, *rest = name;

	m->len = 0;
	host_name(name, sizeof(name), host);
	m_u16(m, id);
	m_u16(m, answer ? 0x8180 : 0x0100);
	m_u16(m, 1);
	m_u16(m, answer);
	m_u32(m, 0);
	while ((label = strsep(&rest, "."))) {
		m_u8(m, (uint8_t)strlen(label));
		m_str(m, label);
	}
	m_u8(m, 0);
	m_u16(m, v6 ? 28 : 1);
	m_u16(m, 1);
	if (!answer)
		return;
	m_u16(m, 0xc00c);
	m_u16(m, v6 ? 28 : 1);
	m_u16(m, 1);
	m_u32(m, 300);
	m_u16(m, v6 ? 16 : 4);
	server_addr(m->b + m->len, host, v6);
	m->len += v6 ? 16 : 4;
}

static inline void
make_ntp(struct msg *m, struct rng *r, uint64_t us, bool answer)
{
	uint32_t sec = (uint32_t)(us / 1000000 + 2208988800u);

	m->len = 0;
	m_u8(m, answer ? 0x24 : 0x23);	/* version 4, server or client */
	m_u8(m, answer ? 2 : 0);
	m_u8(m, 6);
	m_u8(m, 0xe9);
	m_u32(m, answer ? 0x400 : 0);
	m_u32(m, answer ? 0x600 : 0);
	m_u32(m, answer ? 0xc6120001 : 0);
	for (int i = 0; i < 4; i++) {
		m_u32(m, answer || i == 3 ? sec : 0);
		m_u32(m, answer || i == 3 ? (uint32_t)rng_u64(r) : 0);
	}
}

static inline void
make_get(struct msg *m, struct rng *r, uint32_t host)
{
	char name[80];

	host_name(name, sizeof(name), host);
	m->len = (size_t)snprintf((char *)m->b, sizeof(m->b),
	    "GET /v2/item/%08x?page=%u HTTP/1.1\r\nHost: %s\r\n"
	    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:109.0) "
	    "Gecko/20100101 Firefox/115.0\r\n"
	    "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
	    "Accept-Language: en-US,en;q=0.5\r\n"
	    "Accept-Encoding: identity\r\nCookie: ", rng_below(r, UINT32_MAX),
	    rng_below(r, 90), name);
	for (unsigned i = 0; i < 16; i++)
		m->len += (size_t)snprintf((char *)m->b + m->len, 32,
		    "k%u=%016llx; ", i, (unsigned long long)rng_u64(r));
	m_str(m, "last=1\r\nConnection: close\r\n\r\n");
}

static inline void
make_response(struct msg *m, struct rng *r)
{
	static const char words[] = "the of and measured traffic to in is "
	    "that it for was on are as with his they at be this from have ";
	uint32_t body = 800 + rng_below(r, 440);

	m->len = (size_t)snprintf((char *)m->b, sizeof(m->b),
	    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n"
	    "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Length: %u\r\nConnection: close\r\n\r\n", body);
	for (uint32_t i = rng_below(r, 50); body > 0; i++, body--)
		m_u8(m, (uint8_t)words[i % (sizeof(words) - 1)]);
}

/* A record of random bytes, as encrypted ones look. */
static inline void
tls_record(struct msg *m, struct rng *r, uint8_t type, uint16_t len)
{
	m_u8(m, type);
	m_u16(m, 0x0303);
	m_u16(m, len);
	m_random(m, r, len);
}

static inline void
tls_change_cipher(struct msg *m)
{
	m_put(m, "\x14\3\3\0\1\1", 6);
}

static inline size_t
tls_extension(struct msg *m, uint16_t type)
{
	m_u16(m, type);
	return m_open(m);
}

static inline void
tls_hello_extensions(struct msg *m, struct rng *r, uint32_t host, bool v13)
{
	char name[80];
	size_t at, in;

	host_name(name, sizeof(name), host);
	at = tls_extension(m, 0);	/* server_name */
	m_u16(m, (uint32_t)strlen(name) + 3);
	m_u8(m, 0);
	m_u16(m, (uint32_t)strlen(name));
	m_str(m, name);
	m_close(m, at);
	m_put(m, "\0\x17\0\0\xff\1\0\1\0", 9);	/* secret, renegotiation */
	m_put(m, "\0\x0a\0\x08\0\6\0\x1d\0\x17\0\x18", 12);	/* groups */
	m_put(m, "\0\x0b\0\2\1\0", 6);		/* point formats */
	at = tls_extension(m, 35);		/* session_ticket */
	if (!v13)
		m_random(m, r, 192);
	m_close(m, at);
	m_put(m, "\0\x10\0\x0e\0\x0c\2h2\x08http/1.1", 18);	/* ALPN */
	m_put(m, "\0\5\0\5\1\0\0\0\0", 9);	/* status_request */
	m_put(m, "\0\x0d\0\x12\0\x10\4\3\x08\4\4\1\5\3\x08\5\5\1\x08\6\6\1",
	    22);				/* signature_algorithms */
	if (!v13)
		return;
	at = tls_extension(m, 51);		/* key_share: x25519 */
	in = m_open(m);
	m_u16(m, 29);
	m_u16(m, 32);
	m_random(m, r, 32);
	m_close(m, in);
	m_close(m, at);
	m_put(m, "\0\x2d\0\2\1\1", 6);		/* psk modes */
	m_put(m, "\0\x2b\0\5\4\3\4\3\3", 9);	/* supported_versions */
}

/* session: 32 bytes, sent back by the server. */
static inline void
make_client_hello(struct msg *m, struct rng *r, uint32_t host, bool v13,
    const uint8_t *session)
{
	size_t record, hello, extensions;

	m->len = 0;
	m_put(m, "\x16\3\1", 3);
	record = m_open(m);
	m_put(m, "\1\0", 2);
	hello = m_open(m);
	m_u16(m, 0x0303);
	m_random(m, r, 32);
	m_u8(m, 32);
	m_put(m, session, 32);
	if (v13)
		m_put(m, "\0\x12\x13\1\x13\2\x13\3\xc0\x2b\xc0\x2f\xc0\x2c"
		    "\xc0\x30\xcc\xa9\xcc\xa8", 20);
	else
		m_put(m, "\0\x0c\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9"
		    "\xcc\xa8", 14);
	m_u16(m, 0x0100);
	extensions = m_open(m);
	tls_hello_extensions(m, r, host, v13);
	m_close(m, extensions);
	m_close(m, hello);
	m_close(m, record);
}

static inline void
make_server_hello(struct msg *m, struct rng *r, bool v13,
    const uint8_t *session)
{
	size_t record, hello, extensions;

	m->len = 0;
	m_put(m, "\x16\3\3", 3);
	record = m_open(m);
	m_put(m, "\2\0", 2);
	hello = m_open(m);
	m_u16(m, 0x0303);
	m_random(m, r, 32);
	m_u8(m, 32);
	m_put(m, session, 32);
	m_put(m, v13 ? "\x13\1\0" : "\xc0\x2f\0", 3);
	extensions = m_open(m);
	if (v13) {
		m_put(m, "\0\x33\0\x24\0\x1d\0\x20", 8);
		m_random(m, r, 32);
		m_put(m, "\0\x2b\0\2\3\4", 6);
	} else {
		m_put(m, "\0\x17\0\0\xff\1\0\1\0", 9);
	}
	m_close(m, extensions);
	m_close(m, hello);
	m_close(m, record);
	tls_change_cipher(m);
}

#endif
