// SPDX-License-Identifier: Apache-2.0
#include "source/unpack.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>
#include <zstd.h>

#define PACKED_LEN	(128u << 10)
#define WINDOW_LOG_MAX	27	/* what zstd --long makes: 128 MiB */

struct unpack {
	enum unpack_kind kind;
	unpack_read_fn read;
	void *arg;
	z_stream gz;
	ZSTD_DCtx *zstd;
	bool inside;		/* a member or frame has begun */
	bool eof;		/* nothing more from the callback */
	bool done;
	int failed;		/* met behind bytes that were good */
	size_t pos, len;	/* of packed */
	uint8_t packed[PACKED_LEN];
};

enum unpack_kind
unpack_sniff(const uint8_t *head, size_t len)
{
	static const struct {
		uint8_t magic[UNPACK_MAGIC_LEN];
		uint8_t len, kind;
	} known[] = {
		{ { 0x1f, 0x8b, 8 }, 3, UNPACK_GZIP },
		{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, UNPACK_ZSTD },
		{ { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, UNPACK_FOREIGN },
		{ { 'B', 'Z', 'h' }, 3, UNPACK_FOREIGN },
		{ { 0x04, 0x22, 0x4d, 0x18 }, 4, UNPACK_FOREIGN },
		{ { 0x1f, 0x9d }, 2, UNPACK_FOREIGN },
		{ { 'P', 'K', 3, 4 }, 4, UNPACK_FOREIGN },
		{ { '7', 'z', 0xbc, 0xaf, 0x27, 0x1c }, 6, UNPACK_FOREIGN },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (len >= known[i].len &&
		    memcmp(head, known[i].magic, known[i].len) == 0)
			return known[i].kind;
	/* a skippable frame, as pzstd puts first */
	if (len >= 4 && (head[0] & 0xf0) == 0x50 && head[1] == 0x2a &&
	    head[2] == 0x4d && head[3] == 0x18)
		return UNPACK_ZSTD;
	return UNPACK_NONE;
}

struct unpack *
unpack_new(enum unpack_kind kind, unpack_read_fn read, void *arg)
{
	struct unpack *u = malloc(sizeof(*u));

	if (!u)
		return NULL;
	memset(u, 0, offsetof(struct unpack, packed));
	u->kind = kind;
	u->read = read;
	u->arg = arg;
	if (kind == UNPACK_GZIP) {
		if (inflateInit2(&u->gz, 15 + 16) != Z_OK) {
			free(u);
			return NULL;
		}
		return u;
	}
	u->zstd = ZSTD_createDCtx();
	if (!u->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(u->zstd,
	    ZSTD_d_windowLogMax, WINDOW_LOG_MAX))) {
		ZSTD_freeDCtx(u->zstd);
		free(u);
		return NULL;
	}
	return u;
}

void
unpack_free(struct unpack *u)
{
	if (!u)
		return;
	if (u->kind == UNPACK_GZIP)
		inflateEnd(&u->gz);
	ZSTD_freeDCtx(u->zstd);
	free(u);
}

/* At least want packed bytes at pos, unless the input ends before. */
static int
unpack_fill(struct unpack *u, size_t want)
{
	size_t n;
	int r;

	while (u->len - u->pos < want && !u->eof) {
		if (u->pos) {
			memmove(u->packed, u->packed + u->pos,
			    u->len - u->pos);
			u->len -= u->pos;
			u->pos = 0;
		}
		r = u->read(u->arg, u->packed + u->len, PACKED_LEN - u->len,
		    &n);
		if (r < 0)
			return r;
		u->len += n;
		u->eof = n == 0;
	}
	return 0;
}

/* Between members: what follows is another member, or padding that ends it. */
static int
gzip_begin(struct unpack *u)
{
	int r = unpack_fill(u, 2);

	if (r < 0)
		return r;
	if (u->len - u->pos < 2 || u->packed[u->pos] != 0x1f ||
	    u->packed[u->pos + 1] != 0x8b) {
		u->done = true;
		return 0;
	}
	inflateReset(&u->gz);
	u->inside = true;
	return 0;
}

static int
gzip_step(struct unpack *u, uint8_t *dst, size_t len, size_t *ret_len)
{
	int z;

	u->gz.next_in = u->packed + u->pos;
	u->gz.avail_in = (uInt)(u->len - u->pos);
	u->gz.next_out = dst;
	u->gz.avail_out = len < (1u << 30) ? (uInt)len : 1u << 30;
	len = u->gz.avail_out;
	z = inflate(&u->gz, Z_NO_FLUSH);
	u->pos = u->len - u->gz.avail_in;
	*ret_len = len - u->gz.avail_out;
	if (z == Z_STREAM_END)
		u->inside = false;
	else if (z == Z_MEM_ERROR)
		return -ENOMEM;
	else if (z != Z_OK && z != Z_BUF_ERROR)
		return ERR_MALFORMED;
	return 0;
}

static int
zstd_step(struct unpack *u, uint8_t *dst, size_t len, size_t *ret_len)
{
	ZSTD_inBuffer in = { u->packed + u->pos, u->len - u->pos, 0 };
	ZSTD_outBuffer out = { dst, len, 0 };
	size_t z = ZSTD_decompressStream(u->zstd, &out, &in);

	u->pos += in.pos;
	*ret_len = out.pos;
	if (ZSTD_isError(z))
		return ERR_MALFORMED;
	u->inside = z != 0;
	return 0;
}

int
unpack_read(struct unpack *u, uint8_t *dst, size_t len, size_t *ret_len,
    const char **ret_error)
{
	bool gzip = u->kind == UNPACK_GZIP;
	size_t n = 0, before;
	int r;

	*ret_error = NULL;
	*ret_len = 0;
	if (!len)
		return 0;
	while (!n && !u->done) {
		r = gzip && !u->inside ? gzip_begin(u) : unpack_fill(u, 1);
		if (r < 0)
			return r;
		if (u->done)
			break;
		before = u->len - u->pos;
		if (!before && !u->inside) {
			u->done = true;
			break;
		}
		r = u->failed ? u->failed : gzip ?
		    gzip_step(u, dst, len, &n) : zstd_step(u, dst, len, &n);
		u->failed = r;
		if (r < 0 && !n) {
			*ret_error = gzip ? "gzip data are damaged" :
			    "zstd data are damaged";
			return r;
		}
		if (!n && !before && u->eof) {
			*ret_error = gzip ? "gzip data end early" :
			    "zstd data end early";
			return ERR_TRUNCATED;
		}
	}
	*ret_len = n;
	return 0;
}
