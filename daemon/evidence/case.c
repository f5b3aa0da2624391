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
#include "evidence/key.h"
#include "evidence/packets.h"
#include "evidence/seal.h"
#include "verdict/event.h"

struct telltap_case {
	char *dir;
	struct bag bag;
	struct log log;
	struct packets packets;
	struct packets_filter filter;
	struct note_signer signer;
	const char *clock;
	char error[512];
};

static int
fail(struct telltap_case *c, int err, const char *name)
{
	const char *why = err < -4095 ? err_text(err) : strerror(-err);

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

	return err ? fail_file(c, err, path ? path : "a key") : 0;
}

/* 32 bytes, as data/salt of another case holds them. */
static int
read_salt(struct telltap_case *c, const char *path,
    uint8_t ret_salt[static TLOG_SALT_LEN])
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
	memcpy(ret_salt, salt, TLOG_SALT_LEN);
	return 0;
}

static int
begin(struct telltap_case *c, const struct telltap_case_options *o)
{
	uint8_t salt[TLOG_SALT_LEN];
	int err;

	if (o && o->salt_path)
		err = read_salt(c, o->salt_path, salt);
	else
		err = RAND_bytes(salt, sizeof(salt)) == 1 ? 0 : -EIO;
	if (!err)
		err = take_key(c, o ? o->key_path : NULL);
	if (err)
		return err;
	c->clock = o && o->clock ? o->clock : "time stamps of the capture";
	err = bag_begin(&c->bag, c->dir);
	if (err == -ENOTEMPTY)
		snprintf(c->error, sizeof(c->error),
		    "%s: not empty; a case needs a folder of its own", c->dir);
	else if (err)
		fail(c, err, "");
	if (!err)
		err = log_begin(&c->log, &c->bag, salt);
	if (!err)
		err = bag_put(&c->bag, "data/salt", salt, sizeof(salt));
	if (!err)
		err = packets_init(&c->packets, &c->bag);
	if (!err)
		err = packets_filter_init(&c->filter);
	if (err && !c->error[0])
		fail(c, err, "");
	return err;
}

int
telltap_case_create_with(const char *dir,
    const struct telltap_case_options *options, struct telltap_case **ret_case)
{
	struct telltap_case *c = calloc(1, sizeof(*c));

	*ret_case = NULL;
	if (!c)
		return -ENOMEM;
	c->bag.dir_fd = c->bag.data_fd = c->log.fd = c->packets.fd = -1;
	c->dir = strdup(dir);
	if (!c->dir) {
		free(c);
		return -ENOMEM;
	}
	*ret_case = c;
	return begin(c, options);
}

int
telltap_case_create(const char *dir, struct telltap_case **ret_case)
{
	return telltap_case_create_with(dir, NULL, ret_case);
}

int
telltap_case_event(struct telltap_case *c, const char *line, size_t len)
{
	int err = log_append(&c->log, line, len);

	return err ? fail(c, err, "events.jsonl") : 0;
}

int
telltap_case_add(struct telltap_case *c, const char *name, const void *data,
    size_t len)
{
	char path[256];
	int err = -ENAMETOOLONG;

	if (snprintf(path, sizeof(path), "data/%s", name) < (int)sizeof(path))
		err = bag_put(&c->bag, path, data, len);
	return err ? fail(c, err, name) : 0;
}

int
telltap_case_owner(struct telltap_case *c, uint32_t owner, uint64_t pid,
    const char *executable, bool ambiguous)
{
	return packets_set_owner(&c->packets, owner, pid, executable,
	    ambiguous);
}

int
telltap_case_choose(struct telltap_case *c, const struct event *event)
{
	const struct event_flow *f = event->flow;

	if (event->action != EVENT_TRANSFER || !f)
		return 0;
	return packets_filter_add(&c->filter, &f->local, f->local_port,
	    &f->remote, f->remote_port, f->proto);
}

int
telltap_case_packets(struct telltap_case *c,
    const struct telltap_packet *packets, size_t count,
    const struct telltap_interface *interfaces, size_t interface_count,
    bool all)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		if (all || packets_filter_has(&c->filter, &packets[i]))
			err = packets_write(&c->packets, &packets[i],
			    interfaces, interface_count);
	return err ? fail(c, err, "capture/packets.pcapng") : 0;
}

uint64_t
telltap_case_root(struct telltap_case *c, uint8_t ret_root[32])
{
	log_root(&c->log, ret_root);
	return c->log.tree.size;
}

int
telltap_case_finish(struct telltap_case *c)
{
	struct buf info;
	int err = packets_finish(&c->packets);

	if (err)
		return fail(c, err, "capture/packets.pcapng");
	err = c->log.tree.size ? seal_append(&c->log) : -ENODATA;
	if (!err)
		err = log_finish(&c->log, &c->signer);
	key_forget(&c->signer);
	if (err)
		return fail(c, err, "events.jsonl");
	buf_init(&info, 0);
	bag_info_write(&c->log.first, c->clock, &info);
	err = bag_finish(&c->bag, &info);
	buf_clear(&info);
	return err ? fail(c, err, "") : 0;
}

const char *
telltap_case_error(const struct telltap_case *c)
{
	return c->error;
}

void
telltap_case_free(struct telltap_case *c)
{
	bool gone;

	if (!c)
		return;
	gone = c->bag.made_dir && !c->bag.finished;
	log_clear(&c->log);
	packets_clear(&c->packets);
	packets_filter_clear(&c->filter);
	bag_clear(&c->bag);
	if (gone)
		rmdir(c->dir);
	key_forget(&c->signer);
	free(c->dir);
	free(c);
}
