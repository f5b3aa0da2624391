/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_READER_H
#define SOURCE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "source/chunk.h"
#include "source/filter.h"
#include "telltap/source.h"

/*
 * One open capture file: recognises the format, then hands out its packets,
 * up to a given time, into a sink that the files of a capture share. Formats
 * sit behind three functions; a failure ends the file, not the run, and is
 * written into the file's record.
 */

#define BATCH_PACKETS	4096u		/* at most */
#define BATCH_ENOUGH	256u		/* rather hand out than read on */
#define BATCH_LEN	(8u << 20)	/* of chunks held by a batch */
#define BATCH_BLOCKS	4096u		/* a batch ends above it ... */
#define BATCH_BLOCKS_MAX 65536u		/* ... and more are lost */
#define PACKET_LEN_MAX	(64u << 20)	/* a longer record is damage */
#define SOURCE_IFACE_MAX 262144u	/* all later ones share the last */
#define TIME_MAX_NS	INT64_MAX	/* 2262-04-11 */

struct batch {
	struct telltap_packet *packets;	/* BATCH_PACKETS */
	size_t count;
	struct telltap_block *blocks;
	size_t block_count, block_cap;
};

/* Where readers put what they find. */
struct sink {
	struct chunk_pool pool;
	struct batch *batch;
	struct filter *filter;		/* NULL: every packet passes */
	struct telltap_interface *ifaces;
	uint32_t iface_count, iface_cap;
	uint64_t packets;		/* records seen, the last one's number */
	uint64_t filtered, blocks_lost;
};

struct reader;

struct reader_format {
	const char *name;
	/* Hands out records up to until_ns. Returns 0 to be called again with
	 * an empty batch; 1 when the next record is later (r->next_ns); or
	 * ERR_END; or a failure, after reader_fail(). */
	int (*fill)(struct reader *r, struct sink *s, uint64_t until_ns);
	void (*free)(struct reader *r);
};

struct reader {
	const struct reader_format *format;
	struct window window;
	struct telltap_source_file *file;
	uint32_t file_index;
	uint64_t next_ns;	/* time of the next record; 0: not known yet */
	uint64_t last_ns;
	uint64_t packets;
	bool big_endian, regular;
	/* pcap */
	uint32_t tick_ns, iface, snaplen;
	uint16_t link_type;
	void *state;		/* of the other formats */
};

/*
 * Starts to read an input, which is taken over also on failure. The file's
 * format, compression, status and error are filled in. No packet is read.
 */
must_check int reader_open(struct input *in, struct sink *s,
    struct telltap_source_file *file, uint32_t file_index,
    struct reader **ret_reader);
void reader_free(struct reader *r);

static inline int
reader_fill(struct reader *r, struct sink *s, uint64_t until_ns)
{
	return r->format->fill(r, s, until_ns);
}

/* Notes why the file can't be read on, with the offset; returns err. */
int reader_fail(struct reader *r, int err, const char *what);

/* The file ends, or fails, where more bytes were wanted: ERR_END when none of
 * a record was there. */
int reader_fail_short(struct reader *r, int err, const char *what);

/* True when the batch should be handed out before more is read. */
bool sink_wants_out(const struct sink *s, const struct reader *r);

/* A new interface; the index over all files, negative if memory is out. */
int64_t sink_add_interface(struct sink *s, const struct telltap_interface *i,
    const void *name, size_t name_len);

/* A block beside the packets; data must lie in r's chunk. */
void sink_add_block(struct sink *s, struct reader *r,
    const struct telltap_block *block);

static inline bool
sink_is_full(const struct sink *s)
{
	return s->batch->count == BATCH_PACKETS ||
	    s->batch->block_count >= BATCH_BLOCKS;
}

/* One record of r, whose bytes lie in the chunk given. */
static inline void
sink_add_packet(struct sink *s, struct reader *r, struct chunk *chunk,
    const struct telltap_packet *p)
{
	struct telltap_source_file *f = r->file;
	struct telltap_packet *out;

	s->packets++;
	r->packets++;
	f->packets++;
	f->bytes += p->wire_len;
	if (p->cap_len < p->wire_len)
		f->cut++;
	if (p->ts_ns < r->last_ns)
		f->clock_back++;
	r->last_ns = p->ts_ns;
	if (s->filter && !filter_match(s->filter, p)) {
		s->filtered++;
		return;
	}
	chunk->batch = s->pool.batch;
	out = &s->batch->packets[s->batch->count++];
	*out = *p;
	out->number = s->packets;
}

extern const struct reader_format reader_pcap, reader_pcap_lib, reader_pcapng;

/* Called once, with the window at the file's front and 24 bytes in it. */
int pcap_begin(struct reader *r, struct sink *s);
int pcap_lib_begin(struct reader *r, struct sink *s);
int pcapng_begin(struct reader *r);

#endif
