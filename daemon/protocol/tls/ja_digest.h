/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_JA_DIGEST_H
#define PROTOCOL_JA_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Text on its way into a digest, for ja.c only. State per thread is kept, and
 * freed when the thread ends.
 */
#define JA_TEXT_LEN	1024

enum ja_md {
	JA_MD5,
	JA_SHA256,
	JA_MD_COUNT,
};

struct ja_thread;

struct ja_text {
	struct ja_thread *thread;
	enum ja_md md;
	bool flushed, failed;
	size_t len;
	char buf[JA_TEXT_LEN];
};

void ja_text_begin(struct ja_text *t, enum ja_md md);
void ja_text_flush(struct ja_text *t);

static inline void
ja_text_char(struct ja_text *t, char c)
{
	if (t->len == sizeof(t->buf))
		ja_text_flush(t);
	t->buf[t->len++] = c;
}

/* What one ClientHello gave. */
struct ja_kept {
	uint16_t len;		/* of key; 0: free */
	uint8_t key[512];
	char ja3[33], ja4[37];
};

/* The place of this thread for that key; NULL if there is none. Whether the
 * key that it holds is the same is for the caller to see. */
struct ja_kept *ja_kept_slot(const uint8_t *key, size_t len);

/* The digest; false if it can't be had. */
bool ja_text_end(struct ja_text *t, uint8_t ret_digest[static 32]);

/* digits lower-case hex digits of bytes. */
void ja_put_hex(char *out, const uint8_t *bytes, size_t digits);

#endif
