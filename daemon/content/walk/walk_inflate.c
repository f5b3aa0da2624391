// SPDX-License-Identifier: Apache-2.0
/* gzip (several members too), zlib and raw deflate. */
#include <string.h>
#include <zlib.h>

#include "content/walk/walkers.h"

#define OUT_LEN	(16 * 1024)
#define SHOW_MIN	64

struct inflate_state {
	z_stream z;
	bool ready, done, gzip;
};

static bool
open_bits(struct scan_node *n, int bits)
{
	struct inflate_state *st = n->state;

	st->gzip = bits > 15;
	st->ready = inflateInit2(&st->z, bits) == Z_OK;
	return st->ready;
}

static bool
gzip_open(struct scan_node *n)
{
	return open_bits(n, 15 + 16);
}

static bool
zlib_open(struct scan_node *n)
{
	return open_bits(n, 15);
}

static bool
deflate_open(struct scan_node *n)
{
	return open_bits(n, -15);
}

static void
fail(struct scan_node *n)
{
	struct inflate_state *st = n->state;

	st->done = true;
	n->parsed = false;
}

static void
inflate_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct inflate_state *st = n->state;
	uint8_t out[OUT_LEN];
	int r;

	st->z.next_in = (Bytef *)p;
	st->z.avail_in = (uInt)len;
	while (!st->done && (st->z.avail_in || !st->z.avail_out)) {
		if (n->parsed) {
			/* another gzip member, or bytes that are none */
			if (!st->gzip || *st->z.next_in != 0x1f) {
				fail(n);
				break;
			}
			n->parsed = false;
			inflateReset(&st->z);
		}
		st->z.next_out = out;
		st->z.avail_out = sizeof(out);
		r = inflate(&st->z, Z_NO_FLUSH);
		if (st->z.avail_out < sizeof(out) && !node_emit(n, out,
		    sizeof(out) - st->z.avail_out))
			fail(n);
		if (r == Z_STREAM_END)
			n->parsed = true;
		else if (r != Z_OK && r != Z_BUF_ERROR)
			fail(n);
		else if (r == Z_BUF_ERROR)
			break;
		if (n->parsed && !st->z.avail_in)
			break;
	}
}

static void
inflate_close(struct scan_node *n)
{
	struct inflate_state *st = n->state;

	if (st->ready)
		inflateEnd(&st->z);
	st->ready = false;
}

/* True if the first bytes inflate to something. */
static bool
inflates(const uint8_t *p, size_t len, int bits)
{
	uint8_t out[256];
	z_stream z = { 0 };
	int r;

	if (inflateInit2(&z, bits) != Z_OK)
		return false;
	z.next_in = (Bytef *)p;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = sizeof(out);
	r = inflate(&z, Z_SYNC_FLUSH);
	inflateEnd(&z);
	return (r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR) &&
	    z.avail_out < sizeof(out);
}

bool
zlib_fits(const uint8_t *p, size_t len)
{
	return len >= 8 && (p[0] & 0x0f) == 8 && p[0] >> 4 <= 7 &&
	    !(p[1] & 0x20) && (p[0] << 8 | p[1]) % 31 == 0 &&
	    inflates(p, len, 15);
}

bool
deflate_fits(const uint8_t *p, size_t len)
{
	return len >= 2 && inflates(p, len, -15);
}

/* Without an error, to a sensible end, and shorter than what comes out: noise
 * does not look so. */
bool
deflate_shows(const uint8_t *p, size_t len, bool whole)
{
	uint8_t out[OUT_LEN];
	z_stream z = { 0 };
	size_t made = 0;
	int r;

	/* a stored block of noise shows its content anyway */
	if (len < SHOW_MIN || (p[0] & 6) == 6 || !(p[0] & 6) ||
	    inflateInit2(&z, -15) != Z_OK)
		return false;
	z.next_in = (Bytef *)p;
	z.avail_in = (uInt)len;
	do {
		z.next_out = out;
		z.avail_out = sizeof(out);
		r = inflate(&z, Z_SYNC_FLUSH);
		made += sizeof(out) - z.avail_out;
	} while (r == Z_OK && z.avail_in);
	inflateEnd(&z);
	if (z.avail_in || made <= len)
		return false;
	return r == Z_STREAM_END || (!whole && (r == Z_OK || r == Z_BUF_ERROR));
}

const struct walker walker_gzip = {
	.name = "gzip",
	.state_len = sizeof(struct inflate_state),
	.open = gzip_open,
	.data = inflate_data,
	.close = inflate_close,
};

const struct walker walker_zlib = {
	.name = "zlib",
	.state_len = sizeof(struct inflate_state),
	.open = zlib_open,
	.data = inflate_data,
	.close = inflate_close,
};

const struct walker walker_deflate = {
	.name = "deflate",
	.state_len = sizeof(struct inflate_state),
	.open = deflate_open,
	.data = inflate_data,
	.close = inflate_close,
};
