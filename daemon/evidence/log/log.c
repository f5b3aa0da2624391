// SPDX-License-Identifier: Apache-2.0
#include "evidence/log/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "evidence/event/event_json.h"

#define LOG_FOLDER	"data/log/"
#define PENDING_MAX	(1u << 18)
#define SEQUENCE	"\"sequence\":"
#define TIME_OPEN	"{\"@timestamp\":\""

static int
put_tile(void *arg, unsigned level, uint64_t index, unsigned width,
    const uint8_t *hashes)
{
	struct log *l = arg;
	char path[sizeof(LOG_FOLDER) + TLOG_PATH_MAX] = LOG_FOLDER;

	tlog_tile_path(level, index, width, path + strlen(LOG_FOLDER));
	return bag_put_derived(l->bag, path, hashes,
	    (size_t)width * TLOG_HASH_LEN);
}

/* All but events.jsonl itself. */
static int
set_up(struct log *l, struct bag *bag, const uint8_t *salt)
{
	int err;

	l->bag = bag;
	l->fd = -1;
	memcpy(l->salt, salt, TLOG_SALT_LEN);
	buf_init(&l->pending, 0);
	buf_init(&l->first, 0);
	err = tlog_init(&l->tree, put_tile, l);
	if (!err)
		err = tlog_hasher_init(&l->file);
	if (!err)
		tlog_hash_begin(&l->file);
	return err;
}

int
log_begin(struct log *l, struct bag *bag,
    const uint8_t salt[static TLOG_SALT_LEN])
{
	int err = set_up(l, bag, salt);

	if (err)
		return err;
	l->fd = bag_create(bag, LOG_EVENTS_PATH);
	return l->fd < 0 ? l->fd : 0;
}

int
log_take_up(struct log *l, struct bag *bag,
    const uint8_t salt[static TLOG_SALT_LEN])
{
	int err = set_up(l, bag, salt);

	if (err)
		return err;
	l->fd = openat(bag->data_fd, &LOG_EVENTS_PATH[strlen("data/")],
	    O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	return l->fd < 0 ? -errno : 0;
}

int
log_flush(struct log *l)
{
	int err;

	if (l->pending.failed)
		return -ENOMEM;
	if (!l->pending.len)
		return 0;
	err = bag_write(l->bag, l->fd, l->pending.data, l->pending.len);
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

/* Where the digits of a line's event.sequence begin and end. In a string the
 * key's quotes would be escaped. */
static bool
find_sequence(const char *line, size_t len, size_t *ret_start, size_t *ret_end)
{
	const char *at = memmem(line, len, SEQUENCE, strlen(SEQUENCE));
	size_t start, end;

	if (!at)
		return false;
	start = end = (size_t)(at - line) + strlen(SEQUENCE);
	while (end < len && line[end] >= '0' && line[end] <= '9')
		end++;
	*ret_start = start;
	*ret_end = end;
	return end > start;
}

/* The line up to its nonce, with the number that it has here, behind what
 * waits. */
static int
put_line(struct log *l, const char *line, size_t len)
{
	size_t start, end;

	if (!l->renumber) {
		buf_append(&l->pending, line, len);
		return 0;
	}
	if (!find_sequence(line, len, &start, &end))
		return -EINVAL;
	buf_append(&l->pending, line, start);
	buf_printf(&l->pending, "%llu", (unsigned long long)l->tree.size);
	buf_append(&l->pending, line + end, len - end);
	return 0;
}

/* The leaf of a line with its newline, which goes into the file's hash, too. */
static int
add_leaf(struct log *l, const uint8_t *line, size_t len)
{
	struct tlog_hasher *h = &l->tree.hasher;
	uint8_t leaf[TLOG_HASH_LEN];

	tlog_hash_begin(h);
	tlog_hash_add(h, "\0", 1);
	tlog_hash_pair(h, line, len - 1, &l->file, line, len);
	tlog_hash_end(h, leaf);
	return tlog_append(&l->tree, leaf);
}

void
log_write_nonce(struct log *l, char ret_text[static LOG_NONCE_ADDED + 2])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t nonce[TLOG_NONCE_LEN];
	char *p = ret_text + strlen(LOG_NONCE_OPEN);

	tlog_nonce(&l->tree.hasher, l->salt, l->tree.size, nonce);
	memcpy(ret_text, LOG_NONCE_OPEN, strlen(LOG_NONCE_OPEN));
	for (size_t i = 0; i < sizeof(nonce); i++) {
		*p++ = digits[nonce[i] >> 4];
		*p++ = digits[nonce[i] & 15];
	}
	memcpy(p, LOG_NONCE_CLOSE, strlen(LOG_NONCE_CLOSE));
}

bool
log_takes(const char *line, size_t len)
{
	return len >= 4 && !memcmp(line + len - 2, "}}", 2) &&
	       line[len - 3] != '{' && !memchr(line, '\n', len);
}

int
log_append(struct log *l, const char *line, size_t len)
{
	char nonce[LOG_NONCE_ADDED + 2];
	size_t before = l->pending.len;
	int err;

	if (!log_takes(line, len))
		return -EINVAL;
	err = put_line(l, line, len - 2);
	log_write_nonce(l, nonce);
	buf_append(&l->pending, nonce, sizeof(nonce));
	if (!err && l->pending.len - before > EVENT_LINE_MAX)
		err = -EMSGSIZE;
	buf_u8(&l->pending, '\n');
	if (!l->tree.size && !err)
		buf_append(&l->first, line, len);
	if (l->pending.failed || l->first.failed)
		return -ENOMEM;
	if (err) {
		l->pending.len = before;
		return err;
	}
	keep_time(l, line, len);
	err = add_leaf(l, l->pending.data + before, l->pending.len - before);
	if (err)
		return err;
	return l->pending.len < PENDING_MAX ? 0 : log_flush(l);
}

int
log_take(struct log *l, const char *line, size_t len)
{
	uint8_t leaf[TLOG_HASH_LEN];

	if (!l->tree.size && len > LOG_NONCE_ADDED + 2) {
		buf_append(&l->first, line, len - LOG_NONCE_ADDED - 2);
		buf_str(&l->first, "}}");
	}
	if (l->first.failed)
		return -ENOMEM;
	keep_time(l, line, len);
	tlog_hash_add(&l->file, line, len);
	tlog_hash_add(&l->file, "\n", 1);
	l->written += len + 1;
	tlog_hash_leaf(&l->tree.hasher, line, len, leaf);
	return tlog_append(&l->tree, leaf);
}

void
log_root(struct log *l, uint8_t ret_root[static 32])
{
	tlog_root(&l->tree, ret_root);
}

void
log_clear(struct log *l)
{
	if (l->fd >= 0)
		close(l->fd);
	tlog_clear(&l->tree);
	tlog_hasher_clear(&l->file);
	buf_clear(&l->pending);
	buf_clear(&l->first);
}
