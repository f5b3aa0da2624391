// SPDX-License-Identifier: Apache-2.0
#include "content/walk/expand.h"

#include <stdlib.h>
#include <string.h>

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "content/walk/inflate64.h"

#define MEMORY_MAX	(128ull << 20)
#define WINDOW_LOG_MAX	27
#define ZIP_LZMA_HEAD	9	/* version, 5, and five bytes of properties */
#define ALONE_HEAD	13	/* properties and the length */

struct expand {
	unsigned method;
	enum expand_result result;
	uint64_t plain_len;
	uint8_t head[ZIP_LZMA_HEAD];
	size_t head_len;
	union {
		z_stream z;
		bz_stream bz;
		lzma_stream lz;
		ZSTD_DStream *zstd;
		struct inflate64 *wide;
	} as;
};

struct io {
	const uint8_t *p;
	size_t len, used;
	uint8_t *out;
	size_t room, made;
};

bool
expand_knows(unsigned method)
{
	return method == EXPAND_DEFLATE || method == EXPAND_DEFLATE64 ||
	    method == EXPAND_BZIP2 ||
	    method == EXPAND_LZMA || method == EXPAND_ZSTD ||
	    method == EXPAND_XZ || method == EXPAND_LZMA_ALONE;
}

static bool
start(struct expand *u)
{
	switch (u->method) {
	case EXPAND_DEFLATE:
		return inflateInit2(&u->as.z, -15) == Z_OK;
	case EXPAND_DEFLATE64:
		u->as.wide = inflate64_new();
		return u->as.wide != NULL;
	case EXPAND_BZIP2:
		return BZ2_bzDecompressInit(&u->as.bz, 0, 0) == BZ_OK;
	case EXPAND_LZMA:
	case EXPAND_LZMA_ALONE:
		u->as.lz = (lzma_stream)LZMA_STREAM_INIT;
		return lzma_alone_decoder(&u->as.lz, MEMORY_MAX) == LZMA_OK;
	case EXPAND_XZ:
		u->as.lz = (lzma_stream)LZMA_STREAM_INIT;
		return lzma_stream_decoder(&u->as.lz, MEMORY_MAX, 0) == LZMA_OK;
	case EXPAND_ZSTD:
		u->as.zstd = ZSTD_createDStream();
		return u->as.zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(
		    u->as.zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX));
	}
	return false;
}

struct expand *
expand_new(unsigned method, uint64_t plain_len)
{
	struct expand *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->method = method;
	u->plain_len = plain_len;
	if (start(u))
		return u;
	free(u);
	return NULL;
}

void
expand_free(struct expand *u)
{
	if (!u)
		return;
	switch (u->method) {
	case EXPAND_DEFLATE:
		inflateEnd(&u->as.z);
		break;
	case EXPAND_DEFLATE64:
		inflate64_free(u->as.wide);
		break;
	case EXPAND_BZIP2:
		BZ2_bzDecompressEnd(&u->as.bz);
		break;
	case EXPAND_ZSTD:
		ZSTD_freeDStream(u->as.zstd);
		break;
	default:
		lzma_end(&u->as.lz);
	}
	free(u);
}

static enum expand_result
inflate_some(struct expand *u, struct io *io)
{
	int r;

	u->as.z.next_in = (Bytef *)io->p;
	u->as.z.avail_in = (uInt)io->len;
	u->as.z.next_out = io->out;
	u->as.z.avail_out = (uInt)io->room;
	r = inflate(&u->as.z, Z_NO_FLUSH);
	io->used = io->len - u->as.z.avail_in;
	io->made = io->room - u->as.z.avail_out;
	if (r == Z_STREAM_END)
		return EXPAND_END;
	return r == Z_OK || r == Z_BUF_ERROR ? EXPAND_MORE : EXPAND_BAD;
}

static enum expand_result
wide_some(struct expand *u, struct io *io)
{
	switch (inflate64_some(u->as.wide, io->p, io->len, &io->used, io->out,
	    io->room, &io->made)) {
	case INFLATE64_MORE:
		return EXPAND_MORE;
	case INFLATE64_END:
		return EXPAND_END;
	case INFLATE64_BAD:
		break;
	}
	return EXPAND_BAD;
}

static enum expand_result
bunzip_some(struct expand *u, struct io *io)
{
	int r;

	u->as.bz.next_in = (char *)io->p;
	u->as.bz.avail_in = (unsigned)io->len;
	u->as.bz.next_out = (char *)io->out;
	u->as.bz.avail_out = (unsigned)io->room;
	r = BZ2_bzDecompress(&u->as.bz);
	io->used = io->len - u->as.bz.avail_in;
	io->made = io->room - u->as.bz.avail_out;
	if (r == BZ_STREAM_END)
		return EXPAND_END;
	return r == BZ_OK ? EXPAND_MORE : EXPAND_BAD;
}

static enum expand_result
lzma_some(struct expand *u, struct io *io)
{
	lzma_ret r;

	u->as.lz.next_in = io->p;
	u->as.lz.avail_in = io->len;
	u->as.lz.next_out = io->out;
	u->as.lz.avail_out = io->room;
	r = lzma_code(&u->as.lz, LZMA_RUN);
	io->used = io->len - u->as.lz.avail_in;
	io->made = io->room - u->as.lz.avail_out;
	if (r == LZMA_STREAM_END)
		return EXPAND_END;
	if (r == LZMA_MEMLIMIT_ERROR)
		return EXPAND_HUGE;
	return r == LZMA_OK || r == LZMA_BUF_ERROR ? EXPAND_MORE : EXPAND_BAD;
}

static enum expand_result
unzstd_some(struct expand *u, struct io *io)
{
	ZSTD_inBuffer in = { io->p, io->len, 0 };
	ZSTD_outBuffer out = { io->out, io->room, 0 };
	size_t r = ZSTD_decompressStream(u->as.zstd, &out, &in);

	io->used = in.pos;
	io->made = out.pos;
	if (ZSTD_isError(r))
		return EXPAND_BAD;
	return r ? EXPAND_MORE : EXPAND_END;
}

/* zip's header before LZMA is turned into that of a .lzma file. */
static enum expand_result
zip_lzma_head(struct expand *u, struct io *io)
{
	uint8_t alone[ALONE_HEAD], nowhere[1];
	struct io head = { alone, sizeof(alone), 0, nowhere, 1, 0 };
	size_t take = ZIP_LZMA_HEAD - u->head_len;

	take = take < io->len ? take : io->len;
	memcpy(u->head + u->head_len, io->p, take);
	u->head_len += take;
	io->used = take;
	if (u->head_len < ZIP_LZMA_HEAD)
		return EXPAND_MORE;
	if (u->head[2] != 5 || u->head[3])
		return EXPAND_BAD;
	memcpy(alone, u->head + 4, 5);
	for (int i = 0; i < 8; i++)
		alone[5 + i] = (uint8_t)(u->plain_len >> 8 * i);
	/* without room it would not even read; nothing comes of a header */
	return lzma_some(u, &head);
}

enum expand_result
expand_some(struct expand *u, const uint8_t *p, size_t len, size_t *ret_used,
    uint8_t *out, size_t room, size_t *ret_out)
{
	struct io io = { p, len, 0, out, room, 0 };

	if (u->result == EXPAND_MORE) {
		if (u->method == EXPAND_DEFLATE)
			u->result = inflate_some(u, &io);
		else if (u->method == EXPAND_DEFLATE64)
			u->result = wide_some(u, &io);
		else if (u->method == EXPAND_BZIP2)
			u->result = bunzip_some(u, &io);
		else if (u->method == EXPAND_ZSTD)
			u->result = unzstd_some(u, &io);
		else if (u->method == EXPAND_LZMA &&
		    u->head_len < ZIP_LZMA_HEAD)
			u->result = zip_lzma_head(u, &io);
		else
			u->result = lzma_some(u, &io);
	}
	*ret_used = io.used;
	*ret_out = io.made;
	return u->result;
}
