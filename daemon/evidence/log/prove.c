// SPDX-License-Identifier: Apache-2.0
#include "evidence/log/prove.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evidence/log/log_lines.h"
#include "evidence/verify/verify.h"

/* The log that is proven from. */
struct prover {
	struct verify v;		/* for its folder alone */
	struct verify_tiles tiles;
};

static int
find_line(struct prover *p, struct prove_parts *parts)
{
	int fd = verify_open(&p->v, "data/events.jsonl"), err = 0;
	struct log_lines *lines = fd < 0 ? NULL : log_lines_new(fd);
	struct span line = { NULL, 0 };

	if (!lines)
		err = fd < 0 ? fd : -ENOMEM;
	for (uint64_t i = 0; !err && i <= parts->index; i++)
		err = log_lines_next(lines, &line);
	if (!err) {
		parts->line = malloc(line.len + 1);
		err = parts->line ? 0 : -ENOMEM;
	}
	if (!err) {
		memcpy(parts->line, line.p, line.len);
		parts->line_len = line.len;
	}
	free(lines);
	if (fd >= 0)
		close(fd);
	return err;
}

/* The proof has to lead from the line to the root that is signed. */
static int
check_parts(struct prover *p, const struct prove_parts *parts,
    const struct note_checkpoint *c)
{
	uint8_t leaf[32], root[32];
	int err;

	tlog_hash_leaf(&p->v.hasher, parts->line, parts->line_len, leaf);
	err = tlog_follow(&p->v.hasher, leaf, parts->index, c->size,
	    (const uint8_t(*)[TLOG_HASH_LEN])parts->hashes, parts->count,
	    root);
	if (!err && memcmp(root, c->root, sizeof(root)))
		err = -EBADMSG;
	return err;
}

static int
make(struct prover *p, uint64_t index, struct buf *out)
{
	struct prove_parts parts = { .index = index };
	struct note_checkpoint c;
	struct span text;
	char *checkpoint;
	size_t len;
	int err = verify_load(&p->v, "data/log/checkpoint", VERIFY_TEXT_MAX,
	    &checkpoint, &len);

	if (err)
		return err;
	parts.checkpoint = (struct span){ (uint8_t *)checkpoint, len };
	err = note_text(parts.checkpoint, &text);
	if (!err)
		err = note_read_checkpoint(text, &c);
	if (!err) {
		p->tiles = (struct verify_tiles){ .v = &p->v,
			.size = c.size };
		err = index < c.size ? find_line(p, &parts) : -ERANGE;
	}
	if (!err)
		err = tlog_prove(&p->v.hasher, verify_read_hash,
		    &p->tiles, index, c.size, parts.hashes);
	if (err >= 0) {
		parts.count = (size_t)err;
		err = check_parts(p, &parts, &c);
	}
	if (!err)
		prove_write(&parts, out);
	free(parts.line);
	free(checkpoint);
	return err ? err : out->failed ? -ENOMEM : 0;
}

int
telltap_prove(const char *dir, uint64_t index, char **ret_proof,
    size_t *ret_len)
{
	struct prover *p = calloc(1, sizeof(*p));
	struct buf out;
	int err;

	if (!p)
		return -ENOMEM;
	buf_init(&out, 0);
	p->v.dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = p->v.dir_fd < 0 ? -errno : tlog_hasher_init(&p->v.hasher);
	if (!err)
		err = make(p, index, &out);
	if (!err) {
		*ret_proof = (char *)out.data;
		*ret_len = out.len;
	} else {
		buf_clear(&out);
	}
	if (p->v.dir_fd >= 0)
		close(p->v.dir_fd);
	tlog_hasher_clear(&p->v.hasher);
	free(p->tiles.tile);
	free(p);
	return err;
}
