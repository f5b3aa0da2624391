// SPDX-License-Identifier: Apache-2.0
#include "inference/model.h"

#include <errno.h>

#include <zlib.h>

#include "base/buf.h"

#define BLOCK		16383	/* zlib stores what it can't pack in these */
#define BLOCK_LONG	32767	/* gzip and zip do */
#define BLOCK_ZSTD	131072	/* zstd does, with three bytes for each */
#define ZSTD_LEN	9	/* magic, a frame's header with its size */
#define GZIP_LEN	18	/* header without a name, trailer */
#define SAMPLE_LEN	(64 * 1024)
#define HTTP2_FRAME	16384
/* Type, stream id and an offset of four bytes, no length, and no more than one
 * byte of packet number. */
#define QUIC_LEAST	6

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
		"gzip+base64", "zstd",
	};

	return names[w];
}

double
model_wrap_weight(enum model_wrap w)
{
	static const double weights[MODEL_WRAP_COUNT] = {
		1, 0.3, 0.1, 0.3, 0.3, 0.1, 0.1, 0.1,
	};

	return weights[w];
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
	default:
		return size;
	}
}

uint64_t
model_frames(enum model_frame f, uint64_t len, uint64_t packets)
{
	if (f == MODEL_PLAIN)
		return 0;
	if (f == MODEL_HTTP2)
		return 9 * blocks(len, HTTP2_FRAME);
	return packets * (QUIC_LEAST + (uint64_t)(f - MODEL_QUIC));
}
