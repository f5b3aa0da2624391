// SPDX-License-Identifier: Apache-2.0
/*
 * What signing and hashing alone cost a case that is there: sealing CASE.
 *
 * The lines' nonces, leaves, tree, tiles and the file's own hash, one signature,
 * and the hash of the captured packets are made once more from memory, as the
 * recorder makes them. Prints two numbers, in seconds of the processor: for the
 * lines and for the packets.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "evidence/key.h"
#include "evidence/log/log.h"
#include "evidence/packets.h"
#include "evidence/log/tlog_pair.h"

static double
cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A file of a case, with its pages there; len 0 if it is not. */
static struct span
load(const char *dir, const char *name)
{
	char path[4096];
	struct stat st;
	void *p;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) || !st.st_size)
		return (struct span){ NULL, 0 };
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE,
	    fd, 0);
	close(fd);
	return p == MAP_FAILED ? (struct span){ NULL, 0 }
			       : (struct span){ p, (size_t)st.st_size };
}

static struct tlog_hasher file, tile;

static int
hash_tile(void *arg, unsigned level, uint64_t index, unsigned width,
    const uint8_t *hashes)
{
	uint8_t sha256[32];

	tlog_hash_begin(&tile);
	tlog_hash_add(&tile, hashes, (size_t)width * TLOG_HASH_LEN);
	tlog_hash_end(&tile, sha256);
	return 0;
}

static int
hash_lines(struct span text, struct span salt, struct tlog *tree)
{
	const uint8_t *p = text.p, *end = text.p + text.len, *newline;
	uint8_t leaf[32], nonce[TLOG_NONCE_LEN];
	struct tlog_hasher *h = &tree->hasher;
	int err = 0;

	for (; !err && (newline = memchr(p, '\n', (size_t)(end - p)));
	     p = newline + 1) {
		size_t len = (size_t)(newline - p);

		tlog_nonce(h, salt.p, tree->size, nonce);
		tlog_hash_begin(h);
		tlog_hash_add(h, "\0", 1);
		tlog_pair_add(h, p, len, &file, p, len + 1);
		tlog_hash_end(h, leaf);
		err = tlog_append(tree, leaf);
	}
	tlog_hash_end(&file, leaf);
	return err ? err : tlog_flush(tree);
}

static int
sign(struct tlog *tree)
{
	struct note_checkpoint c = { .origin = SPAN_LITERAL("bench") };
	struct note_signer signer;
	struct buf text, note;
	int err = key_make(&signer);

	buf_init(&text, 0);
	buf_init(&note, 0);
	c.size = tree->size;
	tlog_root(tree, c.root);
	note_write_checkpoint(&c, &text);
	if (!err)
		err = note_sign(&signer, (struct span){ text.data, text.len },
		    &note);
	buf_clear(&text);
	buf_clear(&note);
	return err;
}

int
main(int argc, char **argv)
{
	struct span text, salt, packets;
	static struct tlog tree;
	double start, lines_s;
	uint8_t sha256[32];

	if (argc != 2)
		return 2;
	text = load(argv[1], LOG_EVENTS_PATH);
	salt = load(argv[1], "data/salt");
	packets = load(argv[1], PACKETS_FOLDER "packets.pcapng");
	if (!text.len || salt.len != TLOG_SALT_LEN ||
	    tlog_init(&tree, hash_tile, NULL) || tlog_hasher_init(&file) ||
	    tlog_hasher_init(&tile))
		return 2;
	start = cpu_s();
	if (hash_lines(text, salt, &tree) || sign(&tree))
		return 2;
	lines_s = cpu_s() - start;
	start = cpu_s();
	tlog_hash_begin(&file);
	tlog_hash_add(&file, packets.p, packets.len);
	tlog_hash_end(&file, sha256);
	printf("%.3f %.3f\n", lines_s, cpu_s() - start);
	return 0;
}
