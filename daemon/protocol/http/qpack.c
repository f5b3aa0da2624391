// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/qpack.h"

#include <errno.h>

#include <nghttp3/nghttp3.h>

#include "base/cursor.h"

#define BLOCKED_MAX	1024

void
qpack_clear(struct qpack *q)
{
	if (q->decoder)
		nghttp3_qpack_decoder_del(q->decoder);
	q->decoder = NULL;
}

/* Until then the table was empty, and a new decoder knows as much. */
void
qpack_allow(struct qpack *q, uint64_t table_len)
{
	if (q->table_len)
		return;
	qpack_clear(q);
	q->table_len = table_len;
}

static int
start(struct qpack *q)
{
	size_t len = q->table_len < QPACK_TABLE_MAX ? (size_t)q->table_len :
	    QPACK_TABLE_MAX;

	if (q->lost)
		return ERR_MALFORMED;
	if (q->decoder)
		return 0;
	return nghttp3_qpack_decoder_new(&q->decoder, len, BLOCKED_MAX,
	    nghttp3_mem_default()) ? -ENOMEM : 0;
}

static int
lose(struct qpack *q)
{
	q->lost = true;
	qpack_clear(q);
	return ERR_MALFORMED;
}

int
qpack_read_encoder(struct qpack *q, const uint8_t *data, size_t len)
{
	int rc = start(q);

	if (rc)
		return rc;
	if (nghttp3_qpack_decoder_read_encoder(q->decoder, data, len) < 0)
		return lose(q);
	return 0;
}

static struct span
span_of(const nghttp3_rcbuf *b)
{
	nghttp3_vec v = nghttp3_rcbuf_get_buf(b);

	return (struct span){ v.base, v.len };
}

int
qpack_read_block(struct qpack *q, int64_t stream, const uint8_t *block,
    size_t len, struct http2_fields *fields)
{
	struct cursor c = cur_init(block, len);
	nghttp3_qpack_stream_context *context;
	nghttp3_ssize used;
	nghttp3_qpack_nv nv;
	uint8_t flags;
	int rc = start(q);

	if (rc)
		return rc;
	if (nghttp3_qpack_stream_context_new(&context, stream,
	    nghttp3_mem_default()))
		return -ENOMEM;
	do {
		flags = 0;
		used = nghttp3_qpack_decoder_read_request(q->decoder, context,
		    &nv, &flags, cur_peek(&c), cur_left(&c), 1);
		if (used < 0) {
			rc = ERR_MALFORMED;
			break;
		}
		cur_skip(&c, (size_t)used);
		if (flags & NGHTTP3_QPACK_DECODE_FLAG_BLOCKED) {
			rc = 1;
			break;
		}
		if (flags & NGHTTP3_QPACK_DECODE_FLAG_EMIT) {
			http2_fields_add(fields, span_of(nv.name),
			    span_of(nv.value));
			nghttp3_rcbuf_decref(nv.name);
			nghttp3_rcbuf_decref(nv.value);
		}
	} while (!(flags & NGHTTP3_QPACK_DECODE_FLAG_FINAL) &&
	    (used || flags));
	nghttp3_qpack_stream_context_del(context);
	return rc < 0 ? lose(q) : rc;
}
