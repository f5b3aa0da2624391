// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "content/known/known_tlsh.h"

#define LEN	5000

/* What the reference implementation says of make()'s bytes. */
static const struct {
	size_t len;
	unsigned kind;
	const char *value;
} said[] = {
	{ 256, 1, "04d095c56c5c2510583d6d8159cd66453ceff94b43e70251434c26c13e01"
	    "4615f8cf5d" },
	{ 3000, 2, "c3514d644112d9ec9cf0bac290f47f180493aeac48da81163bbdd65b959"
	    "b053857fc1b" },
	{ LEN, 3, "87a16eb2615823ec9e91ca5584fc333cad228602857459d93e490f5fb689f"
	    "d13352d3d" },
	{ 400000, 7, "03842313b9d5064ec438fbf5d5f23da081bc95ae15214b521331a3fa33"
	    "982fa8b92f65" },
};
static uint8_t data[400000], value[TLSH_LEN], near[TLSH_LEN];

static void
make(size_t len, unsigned kind)
{
	uint32_t x = kind;

	for (size_t i = 0; i < len; i++) {
		x = x * 1103515245u + 12345u;
		data[i] = (uint8_t)((x >> 16) % (17 + kind * 30) + i / 64 % 3);
	}
}

static bool
of(const uint8_t *p, size_t len, uint8_t *ret)
{
	struct tlsh t;

	tlsh_init(&t);
	tlsh_data(&t, p, len / 3);
	tlsh_data(&t, p + len / 3, len - len / 3);
	return tlsh_end(&t, ret);
}

static const char *
spelt(const uint8_t *v)
{
	static char out[2 * TLSH_LEN + 1];

	for (size_t i = 0; i < TLSH_LEN; i++)
		sprintf(out + 2 * i, "%02x", v[i]);
	return out;
}

static void
is_what_others_compute(void **state)
{
	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++) {
		make(said[i].len, said[i].kind);
		assert_true(of(data, said[i].len, value));
		assert_string_equal(spelt(value), said[i].value);
	}
}

static void
short_and_uniform_files_have_none(void **state)
{
	make(LEN, 3);
	memcpy(near, data, 3);
	for (size_t len = 0; len < 50; len++)
		assert_false(of(data, len, value));
	assert_true(of(data, 50, value));
	memset(data, 'x', LEN);
	assert_false(of(data, LEN, value));
}

/* 33 and 247 are what the reference implementation says. */
static void
distances_are_those_of_others(void **state)
{
	make(3000, 2);
	assert_true(of(data, 3000, near));
	make(LEN, 3);
	assert_true(of(data, LEN, value));
	assert_int_equal(tlsh_distance(value, value), 0);
	assert_int_equal(tlsh_distance(value, near), 247);
	for (size_t i = 0; i < LEN; i += 97)
		data[i] ^= 1;
	assert_true(of(data, LEN, near));
	assert_int_equal(tlsh_distance(value, near), 33);
	assert_int_equal(tlsh_distance(near, value), 33);
}

/* The second of two, and none where that bound is passed. */
static void
the_nearest_file_is_found(void **state)
{
	struct known *k = known_new(), *grown;
	unsigned distance = 99;

	make(3000, 2);
	assert_int_equal(known_add_bytes(k, "other", data, 3000), 0);
	make(LEN, 3);
	assert_int_equal(known_add_bytes(k, "it", data, LEN), 0);
	assert_int_equal(known_seal(k), 0);
	assert_true(of(data, LEN, value));
	assert_int_equal(known_tlsh_find(k, value, &distance), 1);
	assert_int_equal(distance, 0);
	value[34] ^= 0x55;		/* four quarters, by one each */
	assert_int_equal(known_tlsh_find(k, value, &distance), 1);
	assert_int_equal(distance, 4);
	memcpy(near, value, TLSH_LEN);
	for (size_t i = 3; i < 34 && tlsh_distance(value, known_get(k, 1)->tlsh)
	    < KNOWN_TLSH_NEAR; i++)
		value[i] ^= 1;
	assert_int_equal(tlsh_distance(value, known_get(k, 1)->tlsh),
	    KNOWN_TLSH_NEAR);
	assert_int_equal(known_tlsh_find(k, value, &distance), 1);
	value[0] ^= 1;			/* the checksum */
	distance = 99;
	assert_int_equal(known_tlsh_find(k, value, &distance), -1);
	assert_int_equal(distance, 99);
	/* a file that came later is nearer */
	grown = known_grow(k);
	data[LEN / 2] ^= 1;
	assert_int_equal(known_add_bytes(grown, "later", data, LEN), 0);
	assert_int_equal(known_seal(grown), 0);
	assert_true(of(data, LEN, value));
	assert_int_equal(known_tlsh_find(grown, value, &distance), 2);
	assert_int_equal(distance, 0);
	assert_int_equal(known_tlsh_find(grown, near, &distance), 1);
	known_free(grown);
	known_free(k);
}

/* What one value in a field of that name is told as; NULL: nothing. */
static const struct scan_hash *
one(struct world *w, const char *key, const char *form, const char *digits)
{
	static char text[256];
	size_t n = (size_t)sprintf(text, "{\"%s\":\"", key);

	n += (size_t)sprintf(text + n, form, digits);
	strcpy(text + n, "\"}");
	scan_free(w->scan);
	w->scan = scan_new(w->known, &w->hint);
	scan_data(w->scan, (const uint8_t *)text, strlen(text));
	scan_finish(w->scan, true, &w->f);
	assert_true(w->f->hash_count <= 1);
	return w->f->hash_count ? w->f->hashes : NULL;
}

static void
values_in_content_are_hints_with_their_distance(void **state)
{
	const struct scan_hash *h;
	struct world w;

	world_open(&w);
	make(LEN, 3);
	world_add(&w, "it", data, LEN);
	world_seal(&w);
	assert_true(of(data, LEN, value));
	for (int how = 0; how < 3; how++) {
		h = one(&w, "value", how == 2 ? "see %s." : how ? "T1%s" : "%s",
		    spelt(value));
		assert_non_null(h);
		assert_true(h->hint);
		assert_int_equal(h->algorithm, KNOWN_TLSH);
		assert_int_equal(h->file, 0);
		assert_int_equal(h->distance, 0);
		assert_true(span_eq(h->value, span_str(said[2].value)));
	}
	value[20] ^= 1;
	h = one(&w, "value", "T1%s", spelt(value));
	assert_non_null(h);
	assert_int_equal(h->distance, 1);
	for (size_t i = 3; i < TLSH_LEN; i++)
		value[i] ^= 0x33;
	assert_null(one(&w, "value", "T1%s", spelt(value)));
	h = one(&w, "tlsh", "T1%s", spelt(value));	/* says what it is */
	assert_non_null(h);
	assert_int_equal(h->file, -1);
	assert_null(one(&w, "value", "1%s", spelt(value)));
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_what_others_compute),
		cmocka_unit_test(short_and_uniform_files_have_none),
		cmocka_unit_test(distances_are_those_of_others),
		cmocka_unit_test(the_nearest_file_is_found),
		cmocka_unit_test(values_in_content_are_hints_with_their_distance),
	};

	return cmocka_run_group_tests_name("tlsh", tests, NULL, NULL);
}
