// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <unistd.h>

#include "evidence/log/log.h"

static int
write_checkpoint(struct log *l, const struct note_signer *signer,
    struct buf *note)
{
	struct note_checkpoint c = {
		.origin = span_str(signer->key.name),
		.size = l->tree.size,
	};
	struct buf text;
	int err;

	tlog_root(&l->tree, c.root);
	buf_init(&text, 0);
	note_write_checkpoint(&c, &text);
	err = text.failed ? -ENOMEM
			  : note_sign(signer,
				(struct span){ text.data, text.len }, note);
	buf_clear(&text);
	return err;
}

static void
write_vkey(const struct note_signer *signer, struct buf *out)
{
	note_write_vkey(&signer->key, out);
	buf_u8(out, '\n');
}

typedef int (*put_fn)(struct bag *b, const char *path, const void *data,
    size_t len);

/* The checkpoint, and before it the key if it is not there yet. */
static int
put_signed(struct log *l, const struct note_signer *signer, put_fn put)
{
	struct buf note, vkey;
	int err;

	buf_init(&note, 0);
	buf_init(&vkey, 0);
	err = write_checkpoint(l, signer, &note);
	write_vkey(signer, &vkey);
	if (!err && vkey.failed)
		err = -ENOMEM;
	/* Another key than before: no checkpoint rather than one that the key
	 * beside it has not signed. */
	if (!err && !l->has_vkey && l->bag->live)
		bag_remove(l->bag, LOG_CHECKPOINT_PATH);
	if (!err && !l->has_vkey)
		err = put(l->bag, LOG_VKEY_PATH, vkey.data, vkey.len);
	if (!err) {
		l->has_vkey = true;
		err = put(l->bag, LOG_CHECKPOINT_PATH, note.data, note.len);
	}
	if (!err)
		l->signed_lines = l->tree.size;
	buf_clear(&note);
	buf_clear(&vkey);
	return err;
}

int
log_checkpoint(struct log *l, const struct note_signer *signer)
{
	int err = log_flush(l);

	if (!err && fdatasync(l->fd))
		err = -errno;
	if (err || l->signed_lines == l->tree.size)
		return err;
	return put_signed(l, signer, bag_replace);
}

int
log_sign(struct log *l, const struct note_signer *signer, struct buf *ret_note)
{
	int err = log_flush(l);

	return err ? err : write_checkpoint(l, signer, ret_note);
}

void
log_signed(struct log *l, uint64_t lines)
{
	l->signed_lines = lines;
}

/* A log that has grown has its last checkpoint on the disk before anything
 * else is made of it. */
int
log_finish(struct log *l, const struct note_signer *signer)
{
	bool live = l->bag->live;
	uint8_t sha256[32];
	int err = live ? log_checkpoint(l, signer) : log_flush(l);

	if (close(l->fd) && !err)
		err = -errno;
	l->fd = -1;
	tlog_hash_end(&l->file, sha256);
	if (!err)
		err = bag_note(l->bag, LOG_EVENTS_PATH, l->written, sha256);
	if (!err)
		err = tlog_flush(&l->tree);
	if (!err && !live)
		err = put_signed(l, signer, bag_put);
	if (!err && live)
		err = bag_note_again(l->bag, LOG_CHECKPOINT_PATH);
	if (!err && live)
		err = bag_note_again(l->bag, LOG_VKEY_PATH);
	if (!err && (l->file.failed || l->tree.hasher.failed))
		err = -EIO;
	return err;
}
