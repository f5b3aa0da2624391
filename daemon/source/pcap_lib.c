// SPDX-License-Identifier: Apache-2.0
/*
 * The rarer relatives of pcap, through libpcap: older versions, Kuznetzov's
 * modified format, Navtel's, IXIA's. libpcap reads from the window through a
 * stdio cookie and has a buffer of its own, so packets are copied once.
 */
#include "source/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "base/cursor.h"

#define STDIO_LEN (256u << 10)

struct lib {
	pcap_t *pcap;
	struct chunk *out;
	size_t out_len;
	struct pcap_pkthdr *header;	/* a packet not handed out yet */
	const uint8_t *data;
	bool swap;
};

static ssize_t
cookie_read(void *arg, char *dst, size_t len)
{
	struct window *w = arg;
	size_t n = window_left(w);

	if (!n) {
		if (window_fill(w, 1) < 0)
			return w->err && w->err != ERR_TRUNCATED ? -1 : 0;
		n = window_left(w);
	}
	n = n < len ? n : len;
	memcpy(dst, window_peek(w), n);
	window_consume(w, n);
	return (ssize_t)n;
}

static void
lib_free(struct reader *r)
{
	struct lib *l = r->state;

	if (!l)
		return;
	if (l->pcap)
		pcap_close(l->pcap);
	chunk_retire(r->window.pool, l->out);
	free(l);
}

/* A copy of the packet that lives as the batch. */
static const uint8_t *
lib_keep(struct reader *r, const uint8_t *data, size_t len)
{
	struct lib *l = r->state;
	uint8_t *copy;

	if (!l->out || l->out->cap - l->out_len < len) {
		chunk_retire(r->window.pool, l->out);
		l->out = chunk_take(r->window.pool, len);
		l->out_len = 0;
		if (!l->out)
			return NULL;
	}
	copy = l->out->data + l->out_len;
	if (len)
		memcpy(copy, data, len);
	l->out_len += len;
	return copy;
}

/* The next packet into l->header, unless it is there. */
static int
lib_peek(struct reader *r)
{
	struct lib *l = r->state;
	int n;

	if (l->header)
		return 0;
	n = pcap_next_ex(l->pcap, &l->header, &l->data);
	if (n == 1 && l->header->caplen <= PACKET_LEN_MAX)
		return 0;
	l->header = NULL;
	if (n == PCAP_ERROR_BREAK)
		return ERR_END;
	if (n == 1)
		return reader_fail(r, ERR_MALFORMED,
		    "packet of impossible length");
	if (r->window.err)
		return reader_fail(r, r->window.err, NULL);
	return r->window.eof ? reader_fail(r, ERR_TRUNCATED,
	    "cut in mid-packet") : reader_fail(r, ERR_MALFORMED,
	    pcap_geterr(l->pcap));
}

static int
lib_fill(struct reader *r, struct sink *s, uint64_t until_ns)
{
	struct lib *l = r->state;
	struct telltap_packet p = { .interface = r->iface,
		.link_type = r->link_type };
	int err;

	while (!sink_is_full(s) && s->pool.pinned_len < BATCH_LEN) {
		err = lib_peek(r);
		if (err < 0)
			return err;
		/* precision "nano": tv_usec holds nanoseconds */
		p.ts_ns = (uint64_t)(uint32_t)l->header->ts.tv_sec *
		    1000000000ull + (uint32_t)l->header->ts.tv_usec;
		if (p.ts_ns > until_ns) {
			r->next_ns = p.ts_ns;
			return 1;
		}
		p.cap_len = l->header->caplen;
		p.wire_len = l->header->len < p.cap_len ? p.cap_len :
		    l->header->len;
		p.data = lib_keep(r, l->data, p.cap_len);
		if (!p.data)
			return reader_fail(r, -ENOMEM, NULL);
		l->header = NULL;
		sink_add_packet(s, r, l->out, &p);
	}
	return 0;
}

static int
lib_open(struct reader *r, char *ret_error)
{
	static const cookie_io_functions_t io = { .read = cookie_read };
	struct lib *l = r->state;
	FILE *f = fopencookie(&r->window, "r", io);

	if (!f)
		return -errno;
	(void)setvbuf(f, NULL, _IOFBF, STDIO_LEN);
	l->pcap = pcap_fopen_offline_with_tstamp_precision(f,
	    PCAP_TSTAMP_PRECISION_NANO, ret_error);
	if (l->pcap)
		return 0;
	fclose(f);
	return ERR_UNSUPPORTED;
}

int
pcap_lib_begin(struct reader *r, struct sink *s)
{
	struct telltap_interface iface = { .file = r->file_index,
		.tsresol = 6 };
	char error[PCAP_ERRBUF_SIZE] = "";
	struct cursor c;
	bool big_endian;
	uint32_t link;
	int64_t index;
	int err;

	err = window_fill(&r->window, 24);
	if (err < 0)
		return reader_fail(r, err, input_error(r->window.in) ? NULL :
		    "cut in the file header");
	c = cur_init(window_peek(&r->window), 24);
	big_endian = cur_u8(&c) == 0xa1 || *window_peek(&r->window) == 0x1c;
	cur_skip(&c, 15);
	iface.snaplen = big_endian ? cur_be32(&c) : cur_le32(&c);
	link = (big_endian ? cur_be32(&c) : cur_le32(&c)) & 0x03ffffff;
	if (link > UINT16_MAX)
		return reader_fail(r, ERR_UNSUPPORTED, "unknown link type");
	r->link_type = iface.link_type = (uint16_t)link;
	r->state = calloc(1, sizeof(struct lib));
	r->format = &reader_pcap_lib;
	if (!r->state)
		return reader_fail(r, -ENOMEM, NULL);
	err = lib_open(r, error);
	if (err < 0) {
		r->window.pos = 0;
		r->window.base = 0;
		return reader_fail(r, err, *error ? error : NULL);
	}
	index = sink_add_interface(s, &iface, NULL, 0);
	if (index < 0)
		return reader_fail(r, (int)index, NULL);
	r->iface = (uint32_t)index;
	return 0;
}

const struct reader_format reader_pcap_lib = { "pcap", lib_fill, lib_free };
