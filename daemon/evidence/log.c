// SPDX-License-Identifier: Apache-2.0
#include "evidence/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "evidence/event_json.h"

#define EVENTS_PATH	"data/events.jsonl"
#define LOG_FOLDER	"data/log/"
#define PENDING_MAX	(1u << 18)
#define TIME_OPEN	"{\"@timestamp\":\""

static int
put_tile(void *arg, unsigned level, uint64_t index, unsigned width,
    const uint8_t *hashes)
{
	struct log *l = arg;
	char path[sizeof(LOG_FOLDER) + TLOG_PATH_MAX] = LOG_FOLDER;

	tlog_tile_path(level, index, width, path + strlen(LOG_FOLDER));
	return bag_put(l->bag, path, hashes, (size_t)width * TLOG_HASH_LEN);
}

int
log_begin(struct log *l, struct bag *bag,
    const uint8_t salt[static TLOG_SALT_LEN])
{
	int err;

	l->bag = bag;
	memcpy(l->salt, salt, TLOG_SALT_LEN);
	buf_init(&l->line, 0);
	buf_init(&l->pending, 0);
	buf_init(&l->first, 0);
	err = tlog_init(&l->tree, put_tile, l);
	if (!err)
		err = tlog_hasher_init(&l->file);
	if (err)
		return err;
	tlog_hash_begin(&l->file);
	l->fd = bag_create(bag, EVENTS_PATH);
	return l->fd < 0 ? l->fd : 0;
}

static int
write_pending(struct log *l)
{
	int err = bag_write_all(l->fd, l->pending.data, l->pending.len);

	tlog_hash_add(&l->file, l->pending.data, l->pending.len);
	l->written += l->pending.len;
	buf_reset(&l->pending);
	return err;
}

static void
keep_time(struct log *l, const char *line, size_t len)
{
	const char *start = line + strlen(TIME_OPEN), *end;

	if (len <= strlen(TIME_OPEN) || memcmp(line, TIME_OPEN,
					    strlen(TIME_OPEN)))
		return;
	end = memchr(start, '"', len - strlen(TIME_OPEN));
	if (!end || (size_t)(end - start) >= sizeof(l->last_time))
		return;
	memcpy(l->last_time, start, (size_t)(end - start));
	l->last_time[end - start] = 0;
}

static void
put_nonce(struct log *l)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t nonce[TLOG_NONCE_LEN];
	char hex[2 * TLOG_NONCE_LEN];

	tlog_nonce(&l->tree.hasher, l->salt, l->tree.size, nonce);
	for (size_t i = 0; i < sizeof(nonce); i++) {
		hex[2 * i] = digits[nonce[i] >> 4];
		hex[2 * i + 1] = digits[nonce[i] & 15];
	}
	buf_str(&l->line, LOG_NONCE_OPEN);
	buf_append(&l->line, hex, sizeof(hex));
	buf_str(&l->line, LOG_NONCE_CLOSE);
}

int
log_append(struct log *l, const char *line, size_t len)
{
	uint8_t leaf[TLOG_HASH_LEN];
	int err;

	if (len < 4 || memcmp(line + len - 2, "}}", 2) ||
	    line[len - 3] == '{' || memchr(line, '\n', len))
		return -EINVAL;
	if (len + LOG_NONCE_ADDED > EVENT_LINE_MAX)
		return -EMSGSIZE;
	buf_reset(&l->line);
	buf_append(&l->line, line, len - 2);
	put_nonce(l);
	buf_u8(&l->line, '\n');
	if (!l->tree.size)
		buf_append(&l->first, line, len);
	if (l->line.failed || l->first.failed)
		return -ENOMEM;
	keep_time(l, line, len);
	tlog_hash_leaf(&l->tree.hasher, l->line.data, l->line.len - 1, leaf);
	err = tlog_append(&l->tree, leaf);
	if (err)
		return err;
	buf_append(&l->pending, l->line.data, l->line.len);
	if (l->pending.failed)
		return -ENOMEM;
	return l->pending.len < PENDING_MAX ? 0 : write_pending(l);
}

void
log_root(struct log *l, uint8_t ret_root[static 32])
{
	tlog_root(&l->tree, ret_root);
}

static int
put_checkpoint(struct log *l, const struct note_signer *signer)
{
	struct note_checkpoint c = {
		.origin = span_str(signer->key.name),
		.size = l->tree.size,
	};
	struct buf text, note;
	int err;

	tlog_root(&l->tree, c.root);
	buf_init(&text, 0);
	buf_init(&note, 0);
	note_write_checkpoint(&c, &text);
	err = text.failed ? -ENOMEM
			  : note_sign(signer,
				(struct span){ text.data, text.len }, &note);
	if (!err)
		err = bag_put(l->bag, LOG_FOLDER "checkpoint", note.data,
		    note.len);
	buf_reset(&text);
	note_write_vkey(&signer->key, &text);
	buf_u8(&text, '\n');
	if (!err)
		err = text.failed ? -ENOMEM
				  : bag_put(l->bag, LOG_FOLDER "vkey",
					text.data, text.len);
	buf_clear(&text);
	buf_clear(&note);
	return err;
}

int
log_finish(struct log *l, const struct note_signer *signer)
{
	uint8_t sha256[32];
	int err = write_pending(l);

	if (close(l->fd) && !err)
		err = -errno;
	l->fd = -1;
	tlog_hash_end(&l->file, sha256);
	if (!err)
		err = bag_note(l->bag, EVENTS_PATH, l->written, sha256);
	if (!err)
		err = tlog_flush(&l->tree);
	if (!err)
		err = put_checkpoint(l, signer);
	if (!err && (l->file.failed || l->tree.hasher.failed))
		err = -EIO;
	return err;
}

void
log_clear(struct log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	tlog_clear(&l->tree);
	tlog_hasher_clear(&l->file);
	buf_clear(&l->line);
	buf_clear(&l->pending);
	buf_clear(&l->first);
}
