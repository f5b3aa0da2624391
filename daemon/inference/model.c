// SPDX-License-Identifier: Apache-2.0
#include "inference/model.h"

#include <errno.h>

#include <zlib.h>

#include "base/buf.h"

#define BLOCK		16383	/* zlib stores what it can't pack in these */
#define BLOCK_LONG	32767	/* gzip and zip do */
#define BLOCK_ZSTD	131072	/* zstd does, with three bytes for each */
#define ZSTD_LEN	9	/* magic, a frame's header with its size */
#define CHUNK_XZ	59500	/* xz stores, with three bytes for each, what it
				 * takes to fill 64 KiB packed */
#define XZ_LEN		58	/* headers, index, footer */
#define LZMA_LEN	13	/* header */
#define LZMA_MORE	741	/* noise takes 1 byte more in 74.1 at least */
#define GZIP_LEN	18	/* header without a name, trailer */
#define SAMPLE_LEN	(64 * 1024)
#define HTTP2_FRAME	16384
#define HTTP2_HEAD	9	/* of a frame */
/* Type, stream id and an offset of four bytes, no length, and no more than one
 * byte of packet number. */
#define QUIC_LEAST	6
#define QUIC_PART	16	/* of a byte, for acknowledgements in some packets */
#define CHUNK_LEAST	4096
#define CHUNK_END	5	/* "0", twice CR and LF */

/* What packers gain whose ways are not those of gzip, by type, in the order of
 * form_types. That of a file is up to some hundred bytes off: it hangs on where
 * its headers fall within blocks. */
static const int16_t xz_gains[FORM_TYPE_COUNT] = {
	0, 0, 15, 115, 598, 15, 0, 20, 0,
};
static const int16_t lzma_gains[FORM_TYPE_COUNT] = {
	370, 0, 350, 1005, 1660, 5, 0, 180, 250,
};
static const int16_t zstd_gains[FORM_TYPE_COUNT] = {
	0, 0, 0, 802, 1340, 0, 0, 0, 0,
};

static uint64_t
blocks(uint64_t size, uint64_t block)
{
	return (size + block - 1) / block;
}

static int
deflated_len(const struct buf *in, uint64_t *ret_len)
{
	z_stream z = { 0 };
	uint64_t len = 0;
	uint8_t out[4096];
	int r;

	if (deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	z.next_in = in->data;
	z.avail_in = (uInt)in->len;
	do {
		z.next_out = out;
		z.avail_out = sizeof(out);
		r = deflate(&z, Z_FINISH);
		len += sizeof(out) - z.avail_out;
	} while (r == Z_OK);
	deflateEnd(&z);
	if (r != Z_STREAM_END)
		return -EIO;
	*ret_len = len;
	return 0;
}

static int
measure(int type, int32_t *ret_gain)
{
	struct stream noise;
	struct buf b;
	struct form f = {
		.out = &b,
		.size = SAMPLE_LEN,
		.mark = "telltap canary 0123456789abcdef",
		.noise = &noise,
	};
	uint64_t len = 0;
	int r;

	buf_init(&b, 0);
	r = stream_init(&noise, span_str("sample"), "model", (uint64_t)type);
	if (!r)
		r = form_write(&form_types[type], &f);
	if (!r)
		r = deflated_len(&b, &len);
	if (!r)
		*ret_gain = (int32_t)(SAMPLE_LEN + 5 * blocks(SAMPLE_LEN,
		    BLOCK)) - (int32_t)len;
	stream_clear(&noise);
	buf_clear(&b);
	return r;
}

int
model_init(struct model *m)
{
	struct model made;
	int r = 0;

	for (int t = 0; t < FORM_TYPE_COUNT && !r; t++)
		r = measure(t, &made.gain[t]);
	if (!r)
		*m = made;
	return r;
}

const char *
model_wrap_name(enum model_wrap w)
{
	static const char *const names[MODEL_WRAP_COUNT] = {
		"raw", "base64", "hex", "gzip", "gzip", "gzip+base64",
		"gzip+base64", "zstd", "zstd", "xz", "lzma",
	};

	return names[w];
}

double
model_wrap_weight(enum model_wrap w)
{
	static const double weights[MODEL_WRAP_COUNT] = {
		1, 0.3, 0.1, 0.3, 0.3, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05,
	};

	return weights[w];
}

double
model_frame_weight(enum model_frame f)
{
	static const double quic[] = { 1, 1, 1, 0.5, 0.2, 0.1 };

	if (f >= MODEL_QUIC)
		return quic[(f - MODEL_QUIC) / MODEL_QUIC_STEPS];
	return f >= MODEL_CHUNKED ? 0.1 : f == MODEL_HTTP2_WRITES ? 0.2 : 1;
}

static uint64_t
base64(uint64_t len)
{
	return (len + 2) / 3 * 4;
}

uint64_t
model_body(const struct model *m, uint64_t size, int type, enum model_wrap w)
{
	bool is_long = w == MODEL_GZIP_LONG || w == MODEL_GZIP_LONG_BASE64;
	uint64_t packed = size + GZIP_LEN - (uint64_t)(int64_t)m->gain[type] +
	    5 * blocks(size, is_long ? BLOCK_LONG : BLOCK);

	switch (w) {
	case MODEL_BASE64:
		return base64(size);
	case MODEL_HEX:
		return 2 * size;
	case MODEL_GZIP:
	case MODEL_GZIP_LONG:
		return packed;
	case MODEL_GZIP_BASE64:
	case MODEL_GZIP_LONG_BASE64:
		return base64(packed);
	case MODEL_ZSTD:
		return size + 3 * blocks(size, BLOCK_ZSTD) + ZSTD_LEN;
	case MODEL_ZSTD_HIGH:
		return size + 3 * blocks(size, BLOCK_ZSTD) + ZSTD_LEN -
		    (uint64_t)zstd_gains[type];
	case MODEL_XZ:
		return size + 3 * blocks(size, CHUNK_XZ) + XZ_LEN -
		    (uint64_t)xz_gains[type];
	case MODEL_LZMA:
		return size + 10 * size / LZMA_MORE + LZMA_LEN -
		    (uint64_t)lzma_gains[type];
	default:
		return size;
	}
}

uint64_t
model_shorter(enum model_wrap w)
{
	static const uint16_t bytes[MODEL_WRAP_COUNT] = {
		0, 0, 0, 64, 64, 86, 86, 4, 256, 256, 256,
	};

	return bytes[w];
}

/* Its length in hex, twice CR and LF. */
static uint64_t
chunk_head(uint64_t len)
{
	uint64_t n = 5;

	while (len >>= 4)
		n++;
	return n;
}

static uint64_t
chunked(uint64_t len, uint64_t chunk)
{
	return len / chunk * chunk_head(chunk) + CHUNK_END +
	    (len % chunk ? chunk_head(len % chunk) : 0);
}

uint64_t
model_frames(enum model_frame f, uint64_t len, uint64_t packets)
{
	uint64_t n;

	if (f == MODEL_PLAIN)
		return 0;
	if (f == MODEL_HTTP2)
		return HTTP2_HEAD * blocks(len, HTTP2_FRAME);
	if (f == MODEL_HTTP2_WRITES)
		return HTTP2_HEAD * packets;
	if (f < MODEL_QUIC)
		return chunked(len, CHUNK_LEAST << (f - MODEL_CHUNKED));
	n = (uint64_t)(f - MODEL_QUIC);
	return packets * (QUIC_LEAST + n / MODEL_QUIC_STEPS) +
	    packets * (n % MODEL_QUIC_STEPS) / QUIC_PART;
}
