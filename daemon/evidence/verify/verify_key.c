// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evidence/verify/verify.h"

static const char vkey_path[] = "data/log/vkey";
static const char checkpoint_path[] = "data/log/checkpoint";

int
verify_load_outside(struct verify *v, const char *path, char **ret_text,
    size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno
			 : verify_read(fd, VERIFY_TEXT_MAX, ret_text, ret_len);

	if (fd >= 0)
		close(fd);
	if (err)
		verify_unknown(v, "%s: %s", path, strerror(-err));
	return err;
}

/* One line with one key. */
static int
read_key(const char *text, size_t len, struct note_key *ret_key)
{
	if (!len || text[len - 1] != '\n')
		return ERR_MALFORMED;
	return note_read_vkey((struct span){ (const uint8_t *)text, len - 1 },
	    ret_key);
}

static int
take_inner_key(struct verify *v)
{
	char *text;
	size_t len;
	int err = verify_load(v, vkey_path, VERIFY_TEXT_MAX, &text, &len);

	if (err == -ENOMEM)
		return err;
	if (err) {
		verify_bad(v, "%s: %s", vkey_path, strerror(-err));
		return 0;
	}
	err = read_key(text, len, &v->key);
	free(text);
	if (err == ERR_MALFORMED || err == ERR_UNSUPPORTED)
		verify_bad(v, "%s: not an Ed25519 key of a log", vkey_path);
	else if (err)
		return err;
	v->has_key = !err;
	return 0;
}

int
verify_take_key(struct verify *v, const char *path)
{
	struct note_key outer;
	char *text;
	size_t len;
	int err = verify_load_outside(v, path, &text, &len);

	if (err)
		return err;
	err = read_key(text, len, &outer);
	free(text);
	if (err) {
		verify_unknown(v, "%s: not an Ed25519 key of a log", path);
		return -EINVAL;
	}
	if (v->has_key && strcmp(v->key.name, outer.name))
		verify_bad(v, "%s: another key than the one given", vkey_path);
	v->key = outer;
	v->has_key = true;
	return 0;
}

int
verify_read_checkpoint(struct verify *v, const char *path, struct span note,
    struct note_checkpoint *ret_c)
{
	struct span body;
	int err = note_open(note, &v->key, &body);

	if (err == -ENOMEM)
		return err;
	if (err) {
		verify_bad(v, "%s: %s", path,
		    err == -ENOKEY    ? "not signed by the log's key"
		    : err == -EBADMSG ? "its signature does not hold"
				      : "not a signed note");
		return 1;
	}
	if (note_read_checkpoint(body, ret_c) ||
	    !span_eq(ret_c->origin, span_str(v->key.name))) {
		verify_bad(v, "%s: not a checkpoint of this log", path);
		return 1;
	}
	ret_c->origin = (struct span){ NULL, 0 };
	return 0;
}

/* Who else may have signed it, as witnesses do, is for others to check. */
static void
tell_others(struct verify *v, const char *note)
{
	const char *at = strstr(note, "\n\n");
	unsigned count = 0;

	for (at = at ? at + 2 : ""; (at = strchr(at, '\n')); at++)
		count++;
	if (count > 1)
		verify_unknown(v, "%s: %u signatures by others, not checked",
		    checkpoint_path, count - 1);
}

static int
take_checkpoint(struct verify *v)
{
	char *text;
	size_t len;
	int err = verify_load(v, checkpoint_path, VERIFY_TEXT_MAX, &text,
	    &len);

	if (err == -ENOMEM)
		return err;
	if (err) {
		verify_bad(v, "%s: %s", checkpoint_path, strerror(-err));
		return 0;
	}
	err = v->has_key ? verify_read_checkpoint(v, checkpoint_path,
			       (struct span){ (uint8_t *)text, len },
			       &v->checkpoint)
			 : 1;
	if (!err)
		tell_others(v, text);
	free(text);
	v->has_checkpoint = !err;
	if (!err)
		verify_ok(v, "checkpoint: %llu lines, signed by %s",
		    (unsigned long long)v->checkpoint.size, v->key.name);
	return err < 0 ? err : 0;
}

static int
take_since(struct verify *v)
{
	const char *path = v->options->since_path;
	char *text;
	size_t len;
	int err;

	if (!path || !v->has_key)
		return 0;
	err = verify_load_outside(v, path, &text, &len);
	if (err)
		return err;
	err = verify_read_checkpoint(v, path,
	    (struct span){ (uint8_t *)text, len }, &v->since);
	free(text);
	v->has_since = !err;
	return err < 0 ? err : 0;
}

int
verify_check_key(struct verify *v)
{
	int err = take_inner_key(v);

	if (!err && v->options->vkey_path)
		err = verify_take_key(v, v->options->vkey_path);
	if (!err)
		err = take_checkpoint(v);
	if (!err)
		err = take_since(v);
	if (err || !v->has_checkpoint)
		return err;
	if (v->options->vkey_path)
		verify_ok(v, "author: the key is the one given");
	else
		verify_unknown(v, "author unproven: the key comes from inside "
				  "the case; give it with --vkey");
	return 0;
}
