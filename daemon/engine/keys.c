// SPDX-License-Identifier: Apache-2.0
#include "engine/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/keys_read.h"
#include "engine/wait.h"

#define MAX_FILES	64
#define PEM_MAX		(256u << 10)

struct telltap_keys *
telltap_keys_new(void)
{
	struct telltap_keys *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->log = keylog_new();
	if (!k->log) {
		free(k);
		return NULL;
	}
	return k;
}

void
telltap_keys_free(struct telltap_keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < k->file_count; i++)
		free(k->files[i].name);
	free(k->files);
	keylog_free(k->log);
	tls_rsa_free(k->rsa);
	free(k);
}

const char *
telltap_keys_error(const struct telltap_keys *k)
{
	return k->error;
}

void
telltap_keys_count(const struct telltap_keys *k, struct telltap_keys_count *ret)
{
	const struct keylog_stats *s = keylog_stats(k->log);
	struct telltap_keys_count all = {
		.size = ret->size,
		.secrets = s->secrets,
		.usable = s->usable,
		.unreadable = s->unreadable,
		.left_out = s->left_out,
	};

	memcpy(ret, &all, all.size < sizeof(all) ? all.size : sizeof(all));
}

int
telltap_keys_add_bytes(struct telltap_keys *k, const uint8_t *text, size_t len)
{
	return keylog_add(k->log, text, len);
}

static int
note_file(struct telltap_keys *k, const char *path, const uint8_t *sha256,
    uint64_t usable, bool is_private)
{
	const char *slash = strrchr(path, '/');
	struct keys_file *f, *files;

	files = realloc(k->files, (k->file_count + 1) * sizeof(*files));
	if (!files)
		return -ENOMEM;
	k->files = files;
	f = &files[k->file_count];
	f->name = strdup(slash ? slash + 1 : path);
	if (!f->name)
		return -ENOMEM;
	memcpy(f->sha256, sha256, sizeof(f->sha256));
	f->usable = usable;
	f->is_private = is_private;
	k->file_count++;
	return 0;
}

int
telltap_keys_add_file(struct telltap_keys *k, const char *path)
{
	uint64_t before = keylog_stats(k->log)->usable;
	const char *why = NULL;
	uint8_t sha256[32];
	int fd = -1, r = -E2BIG;

	if (k->file_count < MAX_FILES) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		r = fd < 0 ? -errno :
		    keys_read_file(k->log, fd, sha256, &why);
	}
	if (fd >= 0)
		close(fd);
	if (r == 0)
		r = note_file(k, path, sha256,
		    keylog_stats(k->log)->usable - before, false);
	if (r)
		snprintf(k->error, sizeof(k->error), "%s: %s", path,
		    why ? why : err_text(r));
	return r;
}

/* A PEM file, whole, in storage that is wiped. */
static int
read_pem(struct telltap_keys *k, int fd, uint8_t *ret_sha256)
{
	uint8_t *room = calloc(1, PEM_MAX);
	size_t len = 0;
	ssize_t n = 1;
	int r;

	if (!room)
		return -ENOMEM;
	while (n > 0 && len < PEM_MAX) {
		n = read(fd, room + len, PEM_MAX - len);
		if (n > 0)
			len += (size_t)n;
	}
	r = n < 0 ? -errno : len == PEM_MAX ? -EFBIG :
	    tls_rsa_add(k->rsa, (struct span){ room, len }, ret_sha256);
	OPENSSL_cleanse(room, PEM_MAX);
	free(room);
	return r;
}

static const char *
private_error(int r)
{
	switch (r) {
	case ERR_MALFORMED:
		return "no private key in PEM without a password";
	case ERR_UNSUPPORTED:
		return "no RSA key, and only that opens a recorded session";
	}
	return err_text(r);
}

int
telltap_keys_add_private(struct telltap_keys *k, const char *path)
{
	uint8_t sha256[32];
	int fd = -1, r = -E2BIG;

	if (!k->rsa)
		k->rsa = tls_rsa_new();
	if (!k->rsa)
		r = -ENOMEM;
	else if (k->file_count < MAX_FILES) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		r = fd < 0 ? -errno : read_pem(k, fd, sha256);
	}
	if (fd >= 0)
		close(fd);
	if (r == 0)
		r = note_file(k, path, sha256, 0, true);
	if (r)
		snprintf(k->error, sizeof(k->error), "%s: %s", path,
		    private_error(r));
	return r;
}

static void
use(struct telltap_engine *e, struct telltap_keys *k)
{
	e->keys = k;
	for (unsigned i = 0; i < SHARD_COUNT; i++) {
		e->shards[i].env.keys = k->log;
		e->shards[i].env.private_keys = k->rsa;
		e->shards[i].env.uses = &e->shards[i].uses;
	}
	engine_wait_set(e);
}

/* The first event says which keys opened what it is followed by; of a private
 * one only what the certificate shows anyway. */
static int
tell_file(struct telltap_engine *e, const struct keys_file *f)
{
	char hex[65], *text;
	int r;

	for (size_t i = 0; i < sizeof(f->sha256); i++)
		sprintf(hex + 2 * i, "%02x", f->sha256[i]);
	if (f->is_private)
		r = asprintf(&text, "%s public sha256:%s", f->name, hex);
	else
		r = asprintf(&text, "%s sha256:%s %llu lines", f->name, hex,
		    (unsigned long long)f->usable);
	if (r < 0)
		return -ENOMEM;
	r = telltap_engine_option(e, f->is_private ? "tls-key" : "keylog",
	    text);
	free(text);
	return r;
}

int
engine_take_keys(struct telltap_engine *e, struct telltap_keys *k)
{
	int r = 0;

	for (size_t i = 0; k && i < k->file_count && !r; i++)
		r = tell_file(e, &k->files[i]);
	if (k && !r)
		use(e, k);
	return r;
}

int
telltap_engine_used_keys(struct telltap_engine *e, telltap_keys_fn give,
    void *arg)
{
	struct buf lines;
	int r = engine_settle(e);

	buf_init(&lines, 0);
	for (unsigned i = 0; i < SHARD_COUNT && e->keys; i++)
		key_uses_tell(&e->shards[i].uses, e->keys->log, &lines);
	if (!r && lines.failed)
		r = -ENOMEM;
	if (!r && lines.len)
		r = give(arg, (const char *)lines.data, lines.len);
	if (lines.data)
		OPENSSL_cleanse(lines.data, lines.len);
	buf_clear(&lines);
	return r;
}

int
telltap_engine_keys(struct telltap_engine *e, const uint8_t *text, size_t len)
{
	int r = engine_settle(e);

	if (r)
		return r;
	if (!e->keys) {
		e->own_keys = telltap_keys_new();
		if (!e->own_keys)
			return -ENOMEM;
		use(e, e->own_keys);
	}
	r = telltap_keys_add_bytes(e->keys, text, len);
	engine_wait_set(e);
	if (!r)
		r = engine_wait_over(e, e->last_ts_ns);
	engine_take(e);
	return r ? r : engine_merge(e);
}
