// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evidence/log/prove.h"
#include "evidence/verify/verify.h"

/* A proof has no key in it: who signed has to be known from elsewhere. */

static void
check_place(struct verify *v, const struct prove_parts *p,
    const struct note_checkpoint *c)
{
	uint8_t leaf[32], root[32];

	tlog_hash_leaf(&v->hasher, p->line, p->line_len, leaf);
	if (tlog_follow(&v->hasher, leaf, p->index, c->size,
		(const uint8_t(*)[TLOG_HASH_LEN])p->hashes, p->count, root) ||
	    memcmp(root, c->root, sizeof(root)))
		verify_bad(v, "proof: the hashes do not lead from the line to "
			      "the root");
	else
		verify_ok(v, "proof: line %llu of %llu is the one in it",
		    (unsigned long long)p->index + 1,
		    (unsigned long long)c->size);
}

static int
check(struct verify *v, char *text, size_t len)
{
	struct note_checkpoint c;
	struct prove_parts p;
	int err = prove_read((struct span){ (uint8_t *)text, len }, &p);

	if (err == -ENOMEM)
		return err;
	if (err) {
		verify_bad(v, "proof: not a tlog-proof with a line in it");
		return 0;
	}
	err = verify_read_checkpoint(v, "proof", p.checkpoint, &c);
	if (!err) {
		verify_ok(v, "checkpoint: %llu lines, signed by %s",
		    (unsigned long long)c.size, v->key.name);
		check_place(v, &p, &c);
	}
	free(p.line);
	return err < 0 ? err : 0;
}

int
telltap_verify_proof(const char *path,
    const struct telltap_verify_options *options, telltap_check_fn say,
    void *arg)
{
	struct verify *v = calloc(1, sizeof(*v));
	char *text = NULL;
	size_t len;
	int err;

	if (!v)
		return -ENOMEM;
	v->options = options;
	v->say = say;
	v->arg = arg;
	v->dir_fd = -1;
	err = tlog_hasher_init(&v->hasher);
	if (!err && !options->vkey_path) {
		verify_unknown(v, "a proof alone does not say who signed it: "
				  "give the log's key with --vkey");
		err = -ENOKEY;
	}
	if (!err)
		err = verify_take_key(v, options->vkey_path);
	if (!err)
		err = verify_load_outside(v, path, &text, &len);
	if (!err)
		err = check(v, text, len);
	if (!err)
		err = v->hasher.failed ? -EIO : v->bad ? 1 : 0;
	tlog_hasher_clear(&v->hasher);
	free(text);
	free(v);
	return err;
}
