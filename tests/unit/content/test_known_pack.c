// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "content/known/known_pack.h"
#include "content/known/known_set.h"

#define LEN	90000

static uint8_t bytes[LEN];

static void
pack(struct buf *b, const char *name, const uint8_t *data, size_t len)
{
	struct known *k = known_new();

	assert_non_null(k);
	assert_int_equal(known_add_bytes(k, name, data, len), 0);
	buf_init(b, 0);
	assert_int_equal(known_pack(k, b), 0);
	known_free(k);
}

static struct span
span_of(const struct buf *b)
{
	return (struct span){ b->data, b->len };
}

/* What was unpacked is what known_add_bytes() makes of the same bytes. */
static void
what_is_unpacked_is_known_as_if_read_here(void **state)
{
	struct world here, there;
	uint8_t digests[2][32];
	const struct scan_match *m;
	struct buf b;

	noise(bytes, LEN, 7);
	world_open(&here);
	world_add(&here, "a", bytes, LEN);
	world_open(&there);
	pack(&b, "a", bytes, LEN);
	assert_int_equal(known_unpack(there.known, span_of(&b)), 0);
	buf_clear(&b);
	assert_int_equal(here.known->marks.count, there.known->marks.count);
	assert_int_equal(known_index_anchors(here.known->index),
	    known_index_anchors(there.known->index));
	for (int i = 0; i < KNOWN_LAGS; i++)
		assert_int_equal(known_index_anchors(here.known->xored[i]),
		    known_index_anchors(there.known->xored[i]));
	assert_memory_equal(here.known->contents[0].block_hash,
	    there.known->contents[0].block_hash,
	    (LEN + KNOWN_BLOCK - 1) / KNOWN_BLOCK * 8);
	assert_true(there.known->files[0].has_tlsh);
	assert_memory_equal(here.known->files[0].tlsh,
	    there.known->files[0].tlsh, TLSH_LEN);
	world_seal(&here);
	world_seal(&there);
	known_digest(here.known, digests[0]);
	known_digest(there.known, digests[1]);
	assert_memory_equal(digests[0], digests[1], 32);
	world_scan(&there, bytes + 40000, 3000);
	m = world_match(&there, NULL);
	assert_non_null(m);
	assert_int_equal(m->sent_bytes, 3000);
	assert_int_equal(m->ranges[0].start, 40000);
	for (size_t i = 0; i < 3000; i++)
		bytes[i] ^= 0x5a;
	world_scan(&there, bytes, 3000);
	assert_non_null(world_match(&there, NULL));
	world_close(&here);
	world_close(&there);
}

static void
several_go_into_one_set(void **state)
{
	struct world w;
	struct buf b;

	world_open(&w);
	for (int i = 0; i < 3; i++) {
		noise(bytes, LEN, (uint64_t)i + 1);
		pack(&b, "x", bytes, LEN);
		assert_int_equal(known_unpack(w.known, span_of(&b)), 0);
		assert_int_equal(known_unpack(w.known, span_of(&b)), 1);
		buf_clear(&b);
	}
	assert_int_equal(known_count(w.known), 3);
	world_seal(&w);
	for (int i = 0; i < 3; i++) {
		noise(bytes, LEN, (uint64_t)i + 1);
		world_scan(&w, bytes + 500, 1000);
		assert_non_null(world_match(&w, NULL));
		assert_int_equal(world_match(&w, NULL)->file, i);
	}
	world_close(&w);
}

static void
refused(struct known *k, const struct buf *b, size_t len)
{
	uint8_t *exact = malloc(len + 1);

	assert_non_null(exact);
	memcpy(exact, b->data, len);
	assert_int_equal(known_unpack(k, (struct span){ exact, len }),
	    ERR_MALFORMED);
	assert_int_equal(known_count(k), 0);
	assert_int_equal(known_index_anchors(k->index), 0);
	assert_int_equal(k->marks.count, 0);
	free(exact);
}

static void
what_is_no_pack_to_the_byte_adds_nothing(void **state)
{
	struct known *k = known_new();
	struct buf b;

	noise(bytes, 3000, 3);
	pack(&b, "name", bytes, 3000);
	for (size_t len = 0; len < b.len; len += len < 600 ? 1 : 37)
		refused(k, &b, len);
	refused(k, &b, b.len - 1);
	buf_u8(&b, 0);
	refused(k, &b, b.len);
	known_free(k);
	buf_clear(&b);
}

/* Of the head: size, six hashes of 64 bytes, CRC, length of the name, marks,
 * anchors of seven indexes, TLSH and whether there is one. */
#define AT_SIZE		0
#define AT_NAME_LEN	(8 + 6 * 64 + 4)
#define AT_ANCHORS	(AT_NAME_LEN + 8)
#define AT_HAS_TLSH	(AT_ANCHORS + 7 * 4 + TLSH_LEN)
#define AT_NAME		(AT_HAS_TLSH + 5)

static void
changed(size_t at, size_t len, uint64_t to)
{
	struct known *k = known_new();
	struct buf b;

	noise(bytes, 3000, 3);
	pack(&b, "name", bytes, 3000);
	memcpy(b.data + at, &to, len);
	refused(k, &b, b.len);
	known_free(k);
	buf_clear(&b);
}

static void
values_that_cannot_be_add_nothing(void **state)
{
	changed(AT_SIZE, 8, UINT64_MAX);
	changed(AT_SIZE, 8, 2999);
	changed(AT_NAME_LEN, 4, UINT32_MAX);
	changed(AT_NAME_LEN, 4, 0);
	changed(AT_NAME_LEN + 4, 4, UINT32_MAX);
	changed(AT_ANCHORS, 4, UINT32_MAX);
	changed(AT_HAS_TLSH, 1, 2);
	changed(AT_NAME + 1, 1, 0);		/* a NUL in the name */
	changed(AT_NAME + 4 + 8, 4, 0);		/* a mark of a whole hash */
	changed(AT_NAME + 4 + 8, 4, derive_kinds());
}

static void
anchors_lie_in_the_file(void **state)
{
	struct known *k = known_new();
	uint32_t marks;
	uint64_t size = 3000;
	struct buf b;

	noise(bytes, 3000, 3);
	pack(&b, "name", bytes, 3000);
	memcpy(&marks, b.data + AT_NAME_LEN + 4, 4);
	memcpy(b.data + AT_NAME + 4 + 16 * marks + 8, &size, 8);
	refused(k, &b, b.len);
	size--;
	memcpy(b.data + AT_NAME + 4 + 16 * marks + 8, &size, 8);
	assert_int_equal(known_unpack(k, span_of(&b)), 0);
	known_free(k);
	buf_clear(&b);
}

static void
a_ceiling_is_kept(void **state)
{
	struct known *k = known_new();
	struct buf b;

	assert_int_equal(known_add_bytes(k, "x", bytes, 3000), 0);
	buf_init(&b, 3000);
	assert_int_equal(known_pack(k, &b), ERR_LIMIT);
	buf_clear(&b);
	assert_int_equal(known_add_bytes(k, "y", bytes, 2000), 0);
	buf_init(&b, 0);
	assert_int_not_equal(known_pack(k, &b), 0);	/* two files */
	buf_clear(&b);
	known_free(k);
}

static void
an_empty_file(void **state)
{
	struct known *k = known_new();
	struct buf b;

	pack(&b, "none", bytes, 0);
	assert_int_equal(known_unpack(k, span_of(&b)), 0);
	assert_int_equal(known_get(k, 0)->size, 0);
	assert_int_equal(known_seal(k), 0);
	known_free(k);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_unpacked_is_known_as_if_read_here),
		cmocka_unit_test(several_go_into_one_set),
		cmocka_unit_test(what_is_no_pack_to_the_byte_adds_nothing),
		cmocka_unit_test(values_that_cannot_be_add_nothing),
		cmocka_unit_test(anchors_lie_in_the_file),
		cmocka_unit_test(a_ceiling_is_kept),
		cmocka_unit_test(an_empty_file),
	};

	return cmocka_run_group_tests_name("content/known_pack", tests, NULL,
	    NULL);
}
