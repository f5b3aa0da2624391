// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/log/note.h"
#include "evidence/log/prove.h"

/* What is read as a key, a checkpoint or a proof is written as it was: there is
 * one way to write each. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same(struct buf *b, struct span text)
{
	if (b->failed || b->len != text.len || memcmp(b->data, text.p, b->len))
		abort();
	buf_clear(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = { data, size }, text;
	struct note_checkpoint c;
	struct prove_parts p;
	struct note_key key = { .name = "a", .id = { 1, 2, 3, 4 } };
	struct buf b;

	buf_init(&b, 0);
	if (!note_read_vkey(in, &key)) {
		note_write_vkey(&key, &b);
		same(&b, in);
	}
	if (!note_text(in, &text) && !note_read_checkpoint(text, &c)) {
		note_write_checkpoint(&c, &b);
		same(&b, text);
	}
	/* The signature would have to be guessed. */
	if (!note_open(in, &key, &text) && key.name[0] == 'a' && !key.name[1])
		abort();
	if (!prove_read(in, &p)) {
		prove_write(&p, &b);
		same(&b, in);
		free(p.line);
	}
	return 0;
}
