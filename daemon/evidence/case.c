// SPDX-License-Identifier: Apache-2.0
#include "telltap/case.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "evidence/bag_info.h"
#include "evidence/case_state.h"
#include "evidence/key.h"
#include "evidence/seal.h"

#define CAPTURE_MAX	(256ull << 20)

int
case_fail(struct telltap_case *c, int err, const char *name)
{
	const char *why = err < -4095 ? err_text(err) : strerror(-err);

	if (err == -ENOTEMPTY)
		why = "not empty; a case needs a folder of its own";
	if (err == -EBUSY)
		why = "another program is writing this case";
	snprintf(c->error, sizeof(c->error), "%s%s%s: %s", c->dir,
	    *name ? "/data/" : "", name, why);
	return err;
}

static int
fail_file(struct telltap_case *c, int err, const char *path)
{
	snprintf(c->error, sizeof(c->error), "%s: %s", path,
	    err == -EPERM	     ? "others may read this key"
	    : err == ERR_UNSUPPORTED ? "not an Ed25519 key"
	    : err == ERR_MALFORMED   ? "not a private key in PEM"
	    : err < -4095	     ? err_text(err)
				     : strerror(-err));
	return err;
}

static int
take_key(struct telltap_case *c, const char *path)
{
	int err = path ? key_load(path, &c->signer) : key_make(&c->signer);

	c->has_signer = !err;
	return err ? fail_file(c, err, path ? path : "a key") : 0;
}

/* 32 bytes, as data/salt of another case holds them. */
static int
read_salt(struct telltap_case *c, const char *path)
{
	uint8_t salt[TLOG_SALT_LEN + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return fail_file(c, -errno, path);
	n = read(fd, salt, sizeof(salt));
	close(fd);
	if (n != TLOG_SALT_LEN) {
		snprintf(c->error, sizeof(c->error),
		    "%s: a salt has 32 bytes", path);
		return -EINVAL;
	}
	memcpy(c->salt, salt, TLOG_SALT_LEN);
	return 0;
}

static int
make_salt(struct telltap_case *c)
{
	if (c->salt_path)
		return read_salt(c, c->salt_path);
	return RAND_bytes(c->salt, sizeof(c->salt)) == 1 ? 0 : -EIO;
}

int
case_begin_bag(struct telltap_case *c)
{
	const struct telltap_case_options *o = &c->options;
	int err = make_salt(c);

	if (!err)
		err = o->live ? bag_begin_live(&c->bag, c->dir)
			      : bag_begin(&c->bag, c->dir);
	if (!err)
		err = log_begin(&c->log, &c->bag, c->salt);
	if (!err)
		err = bag_put(&c->bag, "data/salt", c->salt, sizeof(c->salt));
	if (!err)
		err = packets_init(&c->packets, &c->bag,
		    o->live ? o->capture_max : 0);
	if (!err && o->live)
		err = bag_sync_folder(&c->bag, LOG_EVENTS_PATH);
	c->log.renumber = o->live;
	if (!err && !o->live) {
		c->queue = log_queue_new(&c->log);
		err = c->queue ? 0 : -ENOMEM;
	}
	c->open = !err;
	return err && !c->error[0] ? case_fail(c, err, "") : err;
}

/* With a case that was cut short; one that had come to its end can't go on. */
static int
go_on(struct telltap_case *c)
{
	int err;

	if (!c->sealed)
		return telltap_case_checkpoint(c);
	err = case_end_bag(c);
	if (!err)
		snprintf(c->error, sizeof(c->error), "%s: was cut short at its "
		    "end and is finished now; another case needs a folder of "
		    "its own", c->dir);
	return err ? err : -ENOTEMPTY;
}

static int
begin(struct telltap_case *c, bool only_reopen)
{
	const struct telltap_case_options *o = &c->options;
	int err = take_key(c, o->key_path);

	if (!err)
		err = packets_filter_init(&c->filter);
	c->blocks = telltap_blocks_new();
	if (!err && !c->blocks)
		err = -ENOMEM;
	if (!err && o->parts && !only_reopen) {
		c->parent = strdup(c->dir);
		err = c->parent ? case_begin_part(c) : -ENOMEM;
	} else if (!err) {
		err = o->live ? case_reopen_bag(c) : -ENOENT;
		if (err == -ENOENT && !only_reopen)
			err = case_begin_bag(c);
		else if (!err && !only_reopen)
			err = go_on(c);
	}
	return err && !c->error[0] ? case_fail(c, err, "") : err;
}

static int
create(const char *dir, const struct telltap_case_options *options,
    bool only_reopen, struct telltap_case **ret_case)
{
	const char *clock = "time stamps of the capture";
	struct telltap_case *c = calloc(1, sizeof(*c));

	*ret_case = NULL;
	if (!c)
		return -ENOMEM;
	c->bag.dir_fd = c->bag.data_fd = c->bag.reserve_fd = -1;
	c->log.fd = c->packets.fd = -1;
	checkpoint_init(&c->checkpoint, &c->bag, &c->log, &c->packets,
	    &c->signer);
	buf_init(&c->first, 0);
	buf_init(&c->previous, 0);
	buf_init(&c->interfaces, 0);
	if (options)
		c->options = *options;
	c->options.live |= only_reopen || c->options.parts;
	if (!c->options.capture_max)
		c->options.capture_max = CAPTURE_MAX;
	if (c->options.clock)
		clock = c->options.clock;
	c->dir = strdup(dir);
	c->clock = strdup(clock);
	if (c->options.salt_path)
		c->salt_path = strdup(c->options.salt_path);
	if (!c->dir || !c->clock || (c->options.salt_path && !c->salt_path)) {
		telltap_case_free(c);
		return -ENOMEM;
	}
	*ret_case = c;
	return begin(c, only_reopen);
}

int
telltap_case_create_with(const char *dir,
    const struct telltap_case_options *options, struct telltap_case **ret_case)
{
	return create(dir, options, false, ret_case);
}

int
telltap_case_create(const char *dir, struct telltap_case **ret_case)
{
	return create(dir, NULL, false, ret_case);
}

int
telltap_case_reopen(const char *dir,
    const struct telltap_case_options *options, struct telltap_case **ret_case)
{
	return create(dir, options, true, ret_case);
}

/* What lines came so far are in the log, and the bag is nobody else's. */
static int
drain(struct telltap_case *c)
{
	return c->queue ? log_queue_drain(c->queue) : 0;
}

int
telltap_case_event(struct telltap_case *c, const char *line, size_t len)
{
	int err = c->broken;

	if (!err && c->sealed)
		err = -EROFS;
	if (!err && !c->begun)
		err = case_add_first(c, line, len);
	else if (!err)
		err = c->queue ? log_queue_add(c->queue, line, len)
			       : log_append(&c->log, line, len);
	return case_after(c, err, "events.jsonl");
}

int
telltap_case_add(struct telltap_case *c, const char *name, const void *data,
    size_t len)
{
	char path[256];
	int err = c->broken;

	if (!err)
		err = drain(c);
	if (!err && snprintf(path, sizeof(path), "data/%s", name) >=
			(int)sizeof(path))
		err = -ENAMETOOLONG;
	if (!err)
		err = bag_put(&c->bag, path, data, len);
	return case_after(c, err, name);
}

uint64_t
telltap_case_root(struct telltap_case *c, uint8_t ret_root[32])
{
	if (drain(c))
		c->broken = -EIO;	/* the end will tell */
	log_root(&c->log, ret_root);
	return c->log.tree.size;
}

int
case_end_bag(struct telltap_case *c)
{
	char date[BAG_INFO_DATE_LEN + 1];
	struct buf info;
	int err = drain(c);

	if (!err)
		err = case_end_checkpoint(c);
	if (err)
		return case_fail(c, err, "events.jsonl");
	err = packets_finish(&c->packets);
	if (err)
		return case_fail(c, err, "capture");
	if (!c->sealed)
		err = c->log.tree.size ? seal_append(&c->log) : -ENODATA;
	c->sealed = true;
	if (!err)
		err = log_finish(&c->log, &c->signer);
	if (err)
		return case_fail(c, err, "events.jsonl");
	buf_init(&info, 0);
	bag_info_today(date);
	bag_info_write((struct span){ c->log.first.data, c->log.first.len },
	    date, &info);
	err = bag_finish(&c->bag, &info);
	buf_clear(&info);
	return err ? case_fail(c, err, "") : 0;
}

int
telltap_case_finish(struct telltap_case *c)
{
	int err = c->broken ? c->broken : case_end_bag(c);

	key_forget(&c->signer);
	return err;
}

const char *
telltap_case_error(const struct telltap_case *c)
{
	return c->error;
}

void
case_close_bag(struct telltap_case *c)
{
	bool gone;

	log_queue_free(c->queue);
	c->queue = NULL;
	/* Nothing was recorded: nothing is to be taken up. */
	if (!c->log.tree.size && !c->bag.finished && c->open)
		c->bag.live = false;
	gone = c->bag.made_dir && !c->bag.finished && !c->bag.live;
	checkpoint_clear(&c->checkpoint);
	log_clear(&c->log);
	packets_clear(&c->packets);
	bag_clear(&c->bag);
	if (gone)
		rmdir(c->dir);
	memset(&c->bag, 0, sizeof(c->bag));
	memset(&c->log, 0, sizeof(c->log));
	memset(&c->packets, 0, sizeof(c->packets));
	c->bag.dir_fd = c->bag.data_fd = c->bag.reserve_fd = -1;
	c->log.fd = c->packets.fd = -1;
	c->open = c->sealed = false;
	c->objects = 0;
}

void
telltap_case_free(struct telltap_case *c)
{
	if (!c)
		return;
	case_close_bag(c);
	packets_filter_clear(&c->filter);
	telltap_blocks_free(c->blocks);
	key_forget(&c->signer);
	buf_clear(&c->first);
	buf_clear(&c->previous);
	buf_clear(&c->interfaces);
	free(c->salt_path);
	free(c->clock);
	free(c->parent);
	free(c->dir);
	free(c);
}
