/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INFERENCE_MODEL_H
#define INFERENCE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "canary/form.h"

/*
 * How long a canary becomes on its way: the body that a wrapping makes of it,
 * and what the protocol that carries the body adds to it. What is left of a
 * transfer's plaintext is the headers, whose length nobody knows beforehand: an
 * offset of 0 to MODEL_OFFSET_MAX bytes. Multipart forms and stored zips are
 * offsets, too: they add as many bytes to each file. Pure functions of sizes.
 */
#define MODEL_OFFSET_MAX	4096

enum model_wrap {
	MODEL_RAW,
	MODEL_BASE64,
	MODEL_HEX,
	MODEL_GZIP,		/* zlib's way: stored in blocks of 16383 */
	MODEL_GZIP_LONG,	/* gzip's and zip's: 32767 */
	MODEL_GZIP_BASE64,
	MODEL_GZIP_LONG_BASE64,
	MODEL_ZSTD,		/* stored in blocks of 128 KiB, at levels 1 to 9 */
	MODEL_ZSTD_HIGH,	/* at levels above, where headers gain */
	MODEL_XZ,		/* stored in chunks of 64 KiB */
	MODEL_LZMA,		/* never stored: noise becomes longer */
	MODEL_WRAP_COUNT,
};

#define MODEL_QUIC_STEPS	5

/* What carries a body. */
enum model_frame {
	MODEL_PLAIN,		/* HTTP/1 and whatever adds nothing by size */
	MODEL_HTTP2,		/* 9 bytes per DATA frame of 16384 */
	MODEL_HTTP2_WRITES,	/* and where clients write frame by frame: 9 for
				 * each record that is not full */
	MODEL_CHUNKED,		/* HTTP/1 in chunks of 4096 bytes; the next ones:
				 * each of twice as many, up to 32768 */
	MODEL_QUIC = MODEL_CHUNKED + 4,	/* and the next ones: 6 to 11 bytes a
					 * packet, and up to 4/16 on the average
					 * by what rides along */
	MODEL_FRAME_COUNT = MODEL_QUIC + 6 * MODEL_QUIC_STEPS,
};

/* What packing gains on a canary of each type, for it is the same for all
 * sizes: found by packing a small one of each. */
struct model {
	int32_t gain[FORM_TYPE_COUNT];
};

int model_init(struct model *m) must_check;

/* "raw" "base64" "hex" "gzip" "gzip+base64" "zstd" "xz" "lzma". */
const char *model_wrap_name(enum model_wrap w);

/* How likely that wrapping is beside plain, and that frame beside the usual one
 * of its carrier, to rank what fits. */
double model_wrap_weight(enum model_wrap w);
double model_frame_weight(enum model_frame f);

/* The body that the wrapping makes of a canary of that size and type. */
uint64_t model_body(const struct model *m, uint64_t size, int type,
    enum model_wrap w);

/* How much shorter than that it may be: what packing gains varies. */
uint64_t model_shorter(enum model_wrap w);

/* What framing adds to a body of that length; packets are those of the
 * transfer, for QUIC and for writes, where they alone decide. */
uint64_t model_frames(enum model_frame f, uint64_t len, uint64_t packets);

#endif
