// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "evidence/log/log.h"
#include "evidence/log/log_lines.h"

#define SMALL_MAX	(64u << 10)

struct signed_state {
	bool there;
	uint64_t size;
	uint8_t root[TLOG_HASH_LEN];
};

static int
load_text(struct bag *b, const char *path, struct buf *ret_text)
{
	uint8_t *data;
	size_t len;
	int err = bag_load(b, path, SMALL_MAX, &data, &len);

	if (err)
		return err == -ENOENT ? 0 : err;
	buf_append(ret_text, data, len);
	free(data);
	return ret_text->failed ? -ENOMEM : 0;
}

static struct span
whole(const struct buf *b)
{
	return (struct span){ b->data, b->len };
}

static int
read_signed(struct log_cut *cut, struct signed_state *ret_state)
{
	struct span text = whole(&cut->vkey), line, body;
	struct note_checkpoint c;
	struct note_key key;
	int err;

	ret_state->there = cut->checkpoint.len > 0;
	if (!ret_state->there)
		return 0;
	err = note_read_line(&text, &line);
	if (!err)
		err = note_read_vkey(line, &key);
	if (!err)
		err = note_open(whole(&cut->checkpoint), &key, &body);
	if (!err)
		err = note_read_checkpoint(body, &c);
	if (err)
		return err == -ENOMEM ? err : -EBADMSG;
	ret_state->size = c.size;
	memcpy(ret_state->root, c.root, sizeof(c.root));
	return 0;
}

/* JSON whose nonce is that of the next line. */
static bool
is_line(struct log *l, struct span line, bool *ret_seal)
{
	char nonce[LOG_NONCE_ADDED + 2];
	const char *action;
	json_t *root, *event;

	log_write_nonce(l, nonce);
	if (line.len < sizeof(nonce) ||
	    memcmp(line.p + line.len - sizeof(nonce), nonce, sizeof(nonce)))
		return false;
	root = json_loadb((const char *)line.p, line.len,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	event = json_object_get(root, "event");
	action = json_string_value(json_object_get(event, "action"));
	*ret_seal = action && !strcmp(action, "seal");
	json_decref(root);
	return root != NULL;
}

/* 0, ERR_END where the log is to be cut, or a code. */
static int
take_line(struct log *l, const struct signed_state *s, struct log_cut *cut,
    struct span line)
{
	bool covered = l->tree.size < s->size, seal = false;
	bool last = l->tree.size + 1 == s->size;
	uint8_t root[TLOG_HASH_LEN];
	int err;

	if ((!covered || last) && !is_line(l, line, &seal))
		return covered ? -EBADMSG : ERR_END;
	if (!covered && seal)
		return ERR_END;
	err = log_take(l, (const char *)line.p, line.len);
	if (err || !last)
		return err;
	log_root(l, root);
	if (memcmp(root, s->root, sizeof(root)))
		return -EBADMSG;
	cut->sealed = seal;
	return seal ? ERR_END : 0;
}

static int
take_lines(struct log *l, const struct signed_state *s, struct log_cut *cut)
{
	struct log_lines *lines = log_lines_new(l->fd);
	struct span line = { NULL, 0 };
	int err = lines ? 0 : -ENOMEM;

	while (!err) {
		err = log_lines_next(lines, &line);
		if (!err)
			err = take_line(l, s, cut, line);
	}
	free(lines);
	if (err == ERR_LIMIT || err == ERR_TRUNCATED)
		err = ERR_END;
	if (err != ERR_END)
		return err;
	return l->tree.size < s->size ? -EBADMSG : 0;
}

/* What stands behind the last line that was taken. */
static int
cut_off(struct log *l, struct log_cut *cut)
{
	off_t end = lseek(l->fd, 0, SEEK_END);

	if (end < 0 || (uint64_t)end < l->written)
		return end < 0 ? -errno : -EBADMSG;
	cut->bytes = (uint64_t)end - l->written;
	if (cut->bytes && ftruncate(l->fd, (off_t)l->written))
		return -errno;
	if (lseek(l->fd, (off_t)l->written, SEEK_SET) < 0 || fsync(l->fd))
		return -errno;
	return 0;
}

int
log_reopen(struct log *l, struct bag *bag,
    const uint8_t salt[static TLOG_SALT_LEN], struct log_cut *cut)
{
	struct signed_state s = { false, 0, { 0 } };
	int err;

	cut->sealed = false;
	err = load_text(bag, LOG_CHECKPOINT_PATH, &cut->checkpoint);
	if (!err)
		err = load_text(bag, LOG_VKEY_PATH, &cut->vkey);
	if (!err)
		err = read_signed(cut, &s);
	/* Tiles follow from the lines; those that are there may be torn. */
	bag_remove_folder(bag, "data/log/tile");
	bag_remove(bag, LOG_CHECKPOINT_PATH ".new");
	bag_remove(bag, LOG_VKEY_PATH ".new");
	if (!err)
		err = log_take_up(l, bag, salt);
	if (!err)
		err = take_lines(l, &s, cut);
	if (!err)
		err = cut_off(l, cut);
	cut->signed_lines = s.size;
	l->signed_lines = s.size;
	return err;
}
