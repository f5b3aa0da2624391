/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Packets for the benchmark's captures: Ethernet, IP, TCP or UDP with valid
 * lengths and checksums, written as pcap. Random numbers come from a seed, so
 * that every run writes the same bytes.
 */

#define MSS 1448u	/* MTU 1500 less IPv4, TCP and its time stamps */

struct rng {
	uint64_t s;
};

static inline uint64_t
rng_u64(struct rng *r)
{
	uint64_t z = r->s += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* 0 to n - 1 */
static inline uint32_t
rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)((rng_u64(r) >> 32) * n >> 32);
}

static inline double
rng_real(struct rng *r)
{
	return (double)(rng_u64(r) >> 11) / 9007199254740992.0;
}

/* Bytes in the making. */
struct msg {
	size_t len;
	uint8_t b[65536];
};

static inline void
m_put(struct msg *m, const void *p, size_t len)
{
	memcpy(m->b + m->len, p, len);
	m->len += len;
}

static inline void
m_u8(struct msg *m, uint8_t v)
{
	m->b[m->len++] = v;
}

static inline void
m_u16(struct msg *m, uint32_t v)
{
	m_u8(m, (uint8_t)(v >> 8));
	m_u8(m, (uint8_t)v);
}

static inline void
m_u32(struct msg *m, uint32_t v)
{
	m_u16(m, v >> 16);
	m_u16(m, v & 0xffff);
}

static inline void
m_str(struct msg *m, const char *s)
{
	m_put(m, s, strlen(s));
}

static inline void
m_random(struct msg *m, struct rng *r, size_t len)
{
	while (len-- > 0)
		m_u8(m, (uint8_t)rng_u64(r));
}

/* A length of 2 bytes to be known later: returns where it goes. */
static inline size_t
m_open(struct msg *m)
{
	m_u16(m, 0);
	return m->len;
}

static inline void
m_close(struct msg *m, size_t at)
{
	size_t len = m->len - at;

	m->b[at - 2] = (uint8_t)(len >> 8);
	m->b[at - 1] = (uint8_t)len;
}

/* One conversation. Side 0 is the client. */
struct conv {
	bool v6;
	uint8_t addr[2][16];	/* IPv4 in the first 4 */
	uint16_t port[2];
	uint32_t seq[2];
	uint16_t ip_id[2];
	bool timestamps;
};

static uint64_t packets_written, bytes_written;

static inline uint32_t
sum16(const uint8_t *p, size_t len, uint32_t sum)
{
	uint64_t s = sum;

	for (; len >= 2; p += 2, len -= 2)
		s += (uint32_t)(p[0] << 8 | p[1]);
	if (len)
		s += (uint32_t)p[0] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint32_t)s;
}

static inline void
put_le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static inline void
write_all(const void *p, size_t len)
{
	if (fwrite(p, 1, len, stdout) != len) {
		perror("generate");
		exit(2);
	}
	bytes_written += len;
}

static inline void
write_file_header(void)
{
	static const uint8_t h[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0 };

	write_all(h, sizeof(h));
}

/* l4: header and payload; its checksum field is at sum_at, zero so far. */
static inline void
write_packet(struct conv *c, int side, uint64_t us, uint8_t proto, uint8_t *l4,
    size_t len, size_t sum_at)
{
	static struct msg m;
	size_t addr_len = c->v6 ? 16 : 4;
	uint32_t sum;

	sum = sum16(c->addr[0], addr_len, 0);
	sum = sum16(c->addr[1], addr_len, sum);
	sum = sum16(l4, len, sum + proto + (uint32_t)len);
	sum = ~sum & 0xffff;
	if (!sum && proto == 17)
		sum = 0xffff;
	l4[sum_at] = (uint8_t)(sum >> 8);
	l4[sum_at + 1] = (uint8_t)sum;
	m.len = 16;
	m_put(&m, side ? "\2\0\0\0\0\1\2\0\0\0\0\2" :
	    "\2\0\0\0\0\2\2\0\0\0\0\1", 12);
	m_u16(&m, c->v6 ? 0x86dd : 0x0800);
	if (c->v6) {
		m_u32(&m, 0x60000000);
		m_u16(&m, (uint32_t)len);
		m_u8(&m, proto);
		m_u8(&m, 64);
		m_put(&m, c->addr[side], 16);
		m_put(&m, c->addr[!side], 16);
	} else {
		m_u16(&m, 0x4500);
		m_u16(&m, (uint32_t)len + 20);
		m_u16(&m, c->ip_id[side]++);
		m_u16(&m, 0x4000);
		m_u8(&m, 64);
		m_u8(&m, proto);
		m_u16(&m, 0);
		m_put(&m, c->addr[side], 4);
		m_put(&m, c->addr[!side], 4);
		sum = ~sum16(m.b + 30, 20, 0) & 0xffff;
		m.b[40] = (uint8_t)(sum >> 8);
		m.b[41] = (uint8_t)sum;
	}
	m_put(&m, l4, len);
	put_le32(m.b, (uint32_t)(us / 1000000));
	put_le32(m.b + 4, (uint32_t)(us % 1000000));
	put_le32(m.b + 8, (uint32_t)m.len - 16);
	put_le32(m.b + 12, (uint32_t)m.len - 16);
	write_all(m.b, m.len);
	packets_written++;
}

static inline void
send_udp(struct conv *c, int side, uint64_t us, const struct msg *payload)
{
	static struct msg m;

	m.len = 0;
	m_u16(&m, c->port[side]);
	m_u16(&m, c->port[!side]);
	m_u16(&m, (uint32_t)payload->len + 8);
	m_u16(&m, 0);
	m_put(&m, payload->b, payload->len);
	write_packet(c, side, us, 17, m.b, m.len, 6);
}

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

/* One segment; at most MSS bytes (1428 over IPv6). */
static inline void
send_tcp(struct conv *c, int side, uint64_t us, uint8_t flags,
    const uint8_t *data, size_t len)
{
	size_t options = flags & SYN ? 20 : c->timestamps ? 12 : 0;
	static struct msg m;

	m.len = 0;
	m_u16(&m, c->port[side]);
	m_u16(&m, c->port[!side]);
	m_u32(&m, c->seq[side]);
	m_u32(&m, flags & ACK ? c->seq[!side] : 0);
	m_u8(&m, (uint8_t)((20 + options) / 4 << 4));
	m_u8(&m, flags);
	m_u16(&m, flags & RST ? 0 : flags & SYN ? 64240 : 501);
	m_u32(&m, 0);
	if (flags & SYN) {
		m_u32(&m, 0x02040000 | (c->v6 ? 1440 : 1460));
		m_u16(&m, 0x0402);
	} else if (options) {
		m_u16(&m, 0x0101);
	}
	if (options) {
		m_u16(&m, 0x080a);
		m_u32(&m, (uint32_t)(us / 1000) + 77 + (uint32_t)side);
		m_u32(&m, flags & ACK ? (uint32_t)(us / 1000) + 77 +
		    (uint32_t)!side : 0);
	}
	if (flags & SYN)
		m_u32(&m, 0x01030307);
	if (len)
		m_put(&m, data, len);
	write_packet(c, side, us, 6, m.b, m.len, 16);
	c->seq[side] += (uint32_t)len + !!(flags & (SYN | FIN));
}

#endif
