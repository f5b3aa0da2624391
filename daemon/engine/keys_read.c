// SPDX-License-Identifier: Apache-2.0
#include "engine/keys_read.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/tls/keylog.h"
#include "source/unpack.h"

#define READ_LEN	(256u << 10)	/* no line of a key log is as long */

struct key_file {
	int fd;
	EVP_MD_CTX *md;
	uint8_t head[UNPACK_MAGIC_LEN];	/* read to know what it is */
	size_t head_len, head_used;
	struct unpack *unpack;		/* NULL: it is text */
	const char *why;
};

/* As unpack_read_fn: the file as it is. */
static int
read_raw(void *arg, uint8_t *dst, size_t len, size_t *ret_len)
{
	struct key_file *f = arg;
	size_t held = f->head_len - f->head_used;
	ssize_t n;

	if (held && len) {
		held = held < len ? held : len;
		memcpy(dst, f->head + f->head_used, held);
		f->head_used += held;
		*ret_len = held;
		return 0;
	}
	do
		n = read(f->fd, dst, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (EVP_DigestUpdate(f->md, dst, (size_t)n) != 1)
		return -EIO;
	*ret_len = (size_t)n;
	return 0;
}

static int
begin(struct key_file *f)
{
	enum unpack_kind kind;
	size_t len = 0, n = 1;
	int r;

	while (len < sizeof(f->head) && n) {
		r = read_raw(f, f->head + len, sizeof(f->head) - len, &n);
		if (r)
			return r;
		len += n;
	}
	f->head_len = len;
	kind = unpack_sniff(f->head, len);
	if (kind == UNPACK_NONE)
		return 0;
	if (kind == UNPACK_FOREIGN) {
		f->why = "packed, and neither by gzip nor by zstd: unpack it first";
		return ERR_UNSUPPORTED;
	}
	f->unpack = unpack_new(kind, read_raw, f);
	return f->unpack ? 0 : -ENOMEM;
}

static int
read_text(struct key_file *f, uint8_t *dst, size_t len, size_t *ret_len)
{
	return f->unpack ? unpack_read(f->unpack, dst, len, ret_len, &f->why) :
	    read_raw(f, dst, len, ret_len);
}

/* Lines are taken as they are whole; one that fills the room is passed over,
 * and counts as one that is no key. */
static int
read_lines(struct key_file *f, struct keylog *log, uint8_t *room)
{
	static const uint8_t no_key[] = { '-' };
	bool passing = false;
	size_t held = 0, n;
	int r = 0;

	while (r == 0) {
		uint8_t *lf;
		size_t whole, skipped = 0;

		r = read_text(f, room + held, READ_LEN - held, &n);
		if (r)
			return r;
		if (n == 0)
			return keylog_add(log, room, passing ? 0 : held);
		held += n;
		lf = memrchr(room, '\n', held);
		whole = lf ? (size_t)(lf - room) + 1 : 0;
		if (passing && whole) {
			lf = memchr(room, '\n', whole);
			skipped = (size_t)(lf - room) + 1;
			passing = false;
		}
		r = keylog_add(log, room + skipped, whole - skipped);
		held -= whole;
		memmove(room, room + whole, held);
		if (held == READ_LEN && !passing && r == 0)
			r = keylog_add(log, no_key, sizeof(no_key));
		if (passing || held == READ_LEN) {
			passing = true;
			held = 0;
		}
	}
	return r;
}

int
keys_read_file(struct keylog *log, int fd, uint8_t *ret_sha256,
    const char **ret_why)
{
	struct key_file f = { .fd = fd, .md = EVP_MD_CTX_new() };
	uint8_t *room = malloc(READ_LEN);
	int r = -ENOMEM;

	if (f.md && room)
		r = EVP_DigestInit_ex(f.md, EVP_sha256(), NULL) == 1 ?
		    begin(&f) : -EIO;
	if (r == 0)
		r = read_lines(&f, log, room);
	if (r == 0 && EVP_DigestFinal_ex(f.md, ret_sha256, NULL) != 1)
		r = -EIO;
	if (r && f.why)
		*ret_why = f.why;
	unpack_free(f.unpack);
	EVP_MD_CTX_free(f.md);
	free(room);
	return r;
}
