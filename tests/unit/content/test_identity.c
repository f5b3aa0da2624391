// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <openssl/evp.h>

#include "content/identity/identity.h"
#include "tests/unit/content/world.h"

static void
add(struct identity *id, enum identity_kind kind, const char *value)
{
	assert_int_equal(identity_add(id, kind, span_str(value)), 0);
}

static struct identity *
machine(void)
{
	struct identity *id = identity_new();

	add(id, IDENTITY_HOSTNAME, "Lab-PC-07");
	add(id, IDENTITY_MACHINE_ID, "4c4c45440050301080374b3c04f85031");
	add(id, IDENTITY_MAC, "52:54:00:Ab:34:56");
	add(id, IDENTITY_IP, "192.168.7.20");
	add(id, IDENTITY_USER, "maria");
	add(id, IDENTITY_USER, "jo");
	add(id, IDENTITY_USER, "root");
	add(id, IDENTITY_HOME, "/home/maria");
	add(id, IDENTITY_LICENCE, "ABCD-EFGH-1234");
	add(id, IDENTITY_PACKAGE, "curl");
	add(id, IDENTITY_PACKAGE, "bash");
	add(id, IDENTITY_PACKAGE, "vim");
	add(id, IDENTITY_PACKAGE, "git");
	add(id, IDENTITY_PACKAGE, "openssl");
	assert_int_equal(identity_seal(id), 0);
	return id;
}

struct last {
	int count;
	struct identity_hit hit;
};

static void
on_hit(void *arg, const struct identity_hit *hit)
{
	struct last *l = arg;

	l->count++;
	l->hit = *hit;
}

static struct last
find(const struct identity *id, const void *p, size_t len)
{
	struct last l = { 0 };
	uint8_t *exact = malloc(len ? len : 1);

	memcpy(exact, p, len);
	identity_find(id, (struct span){ exact, len }, on_hit, &l);
	free(exact);
	return l;
}

static void
is(const struct identity *id, const char *text, const char *kind,
    const char *form, const char *encoding, uint64_t offset)
{
	struct last l = find(id, text, strlen(text));

	if (!l.count)
		fail_msg("nothing in \"%s\"", text);
	assert_string_equal(identity_kind_word(l.hit.kind), kind);
	assert_string_equal(l.hit.form, form);
	if (encoding)
		assert_string_equal(l.hit.encoding, encoding);
	else
		assert_null(l.hit.encoding);
	assert_int_equal(l.hit.offset, offset);
}

static void
none(const struct identity *id, const char *text)
{
	struct last l = find(id, text, strlen(text));

	if (l.count)
		fail_msg("%s in \"%s\"", identity_kind_word(l.hit.kind), text);
}

static void
a_value_is_found_in_every_spelling(void **state)
{
	struct identity *id = machine();

	is(id, "Lab-PC-07", "hostname", "plain", NULL, 0);
	is(id, "x=lab-pc-07;", "hostname", "plain", NULL, 2);
	is(id, "on 192.168.7.20:80", "ip", "plain", NULL, 3);
	is(id, "52-54-00-AB-34-56", "mac", "plain", NULL, 0);
	is(id, "525400ab3456", "mac", "plain", NULL, 0);
	is(id, "5254.00ab.3456", "mac", "plain", NULL, 0);
	is(id, "{4C4C4544-0050-3010-8037-4B3C04F85031}", "machine-id",
	    "plain", NULL, 1);
	is(id, "4c61622d50432d3037", "hostname", "plain", "hex", 0);
	is(id, "abcd-efgh-1234", "licence", "plain", NULL, 0);
	identity_free(id);
}

static void
text_that_only_looks_alike_is_not_it(void **state)
{
	static const char *const texts[] = {
		"", "mar", "marian", "hosannamaria", "maria_x", "jo", "banjo",
		"root", "192.168.7.201", "1192.168.7.20", "lab-pc-071",
		"curl", "bash and curl and git and vim and openssl",
		"4c4c45440050301080374b3c04f8503", "a root of evil",
		"525400ab34567",
	};
	struct identity *id = machine();

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		none(id, texts[i]);
	identity_free(id);
}

static void
base64_is_found_wherever_it_begins(void **state)
{
	struct identity *id = machine();

	for (size_t before = 0; before < 7; before++) {
		uint8_t text[64], out[128];
		int len = snprintf((char *)text, sizeof(text),
		    "%.*sLab-PC-07%s", (int)before, "#!.;/,:", ";more");
		struct last l;

		EVP_EncodeBlock(out, text, len);
		l = find(id, out, strlen((char *)out));
		assert_true(l.count > 0);
		assert_string_equal(l.hit.encoding, "base64");
	}
	identity_free(id);
}

static void
wide_text_is_found_where_no_letter_adjoins(void **state)
{
	static const uint8_t user[] = "m\0a\0r\0i\0a\0";
	static const uint8_t before[] = "x\0 \0m\0a\0r\0i\0a\0.\0";
	static const uint8_t longer[] = "m\0a\0r\0i\0a\0n\0";
	static const uint8_t inside[] = "x\0m\0a\0r\0i\0a\0";
	struct identity *id = machine();
	struct last l = find(id, user, 10);

	assert_int_equal(l.count, 1);
	assert_string_equal(l.hit.form, "utf-16");
	assert_int_equal(l.hit.offset, 0);
	l = find(id, before, 16);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.hit.offset, 4);
	assert_int_equal(find(id, longer, 12).count, 0);
	assert_int_equal(find(id, inside, 12).count, 0);
	identity_free(id);
}

static void
wide_text_is_found_in_base64(void **state)
{
	struct identity *id = machine();

	for (size_t before = 0; before < 7; before++) {
		uint8_t wide[64] = { 0 }, out[128];
		const char *name = before % 2 ? "LAB-PC-07" : "Lab-PC-07";
		struct last l;

		for (size_t i = 0; i < 9; i++)
			wide[before + 2 * i] = (uint8_t)name[i];
		EVP_EncodeBlock(out, wide, 30);
		l = find(id, out, strlen((char *)out));
		assert_int_equal(l.count, 1);
		assert_string_equal(l.hit.form, "utf-16");
		assert_string_equal(l.hit.encoding, "base64");
	}
	identity_free(id);
}

static void
the_hash_of_an_address_bytes_is_found(void **state)
{
	static const uint8_t mac[] = { 0x52, 0x54, 0, 0xab, 0x34, 0x56 };
	struct identity *id = machine();
	uint8_t hash[32];
	struct last l;

	assert_true(EVP_Digest(mac, 6, hash, NULL, EVP_sha256(), NULL));
	l = find(id, hash, 32);
	assert_int_equal(l.count, 1);
	assert_string_equal(identity_kind_word(l.hit.kind), "mac");
	assert_string_equal(l.hit.form, "sha256");
	identity_free(id);
}

static void
hashes_of_spellings_are_found(void **state)
{
	static const struct {
		const char *text, *name, *kind;
	} cases[] = {
		{ "Lab-PC-07", "md5", "hostname" },
		{ "lab-pc-07", "sha1", "hostname" },
		{ "LAB-PC-07", "sha256", "hostname" },
		{ "525400AB3456", "sha256", "mac" },
		{ "52:54:00:ab:34:56", "md5", "mac" },
		{ "4c4c45440050301080374b3c04f85031\n", "sha256",
		    "machine-id" },
		{ "jo", "sha1", "user" },
		{ "root", "md5", "user" },
	};
	struct identity *id = machine();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t hash[64], text[160];
		unsigned len;
		size_t n = 0;
		struct last l;

		assert_true(EVP_Digest(cases[i].text, strlen(cases[i].text),
		    hash, &len, EVP_get_digestbyname(cases[i].name), NULL));
		l = find(id, hash, len);
		assert_int_equal(l.count, 1);
		assert_string_equal(l.hit.encoding, "raw");
		assert_string_equal(l.hit.form, cases[i].name);
		assert_int_equal(find(id, hash, len - 1).count, 0);
		for (unsigned k = 0; k < len; k++)
			n += (size_t)snprintf((char *)text + n,
			    sizeof(text) - n, "%02X", hash[k]);
		l = find(id, text, n);
		assert_true(l.count >= 1);
		assert_string_equal(l.hit.encoding, "hex");
		assert_string_equal(identity_kind_word(l.hit.kind),
		    cases[i].kind);
		EVP_EncodeBlock(text, hash, (int)len);
		l = find(id, text, strlen((char *)text));
		assert_true(l.count >= 1);
		assert_string_equal(l.hit.encoding, "base64");
	}
	identity_free(id);
}

static void
a_stream_cut_anywhere_gives_the_same(void **state)
{
	static const char text[] = "aaaa Lab-PC-07 bbbb 192.168.7.20";
	struct identity *id = machine();

	for (size_t cut = 0; cut < sizeof(text); cut++) {
		struct last l = { 0 };
		struct identity_stream *s = identity_stream_new(id, on_hit,
		    &l);

		identity_stream_data(s, (const uint8_t *)text, cut);
		identity_stream_data(s, (const uint8_t *)text + cut,
		    sizeof(text) - 1 - (cut < sizeof(text) - 1 ? cut :
			sizeof(text) - 1));
		identity_stream_end(s);
		assert_int_equal(l.count, 2);
		assert_int_equal(l.hit.offset, 20);
	}
	for (size_t cut = 6; cut < 14; cut++) {
		struct last l = { 0 };
		struct identity_stream *s = identity_stream_new(id, on_hit,
		    &l);

		identity_stream_data(s, (const uint8_t *)text, cut);
		identity_stream_gap(s, 3);
		identity_stream_data(s, (const uint8_t *)text + cut,
		    sizeof(text) - 1 - cut);
		identity_stream_end(s);
		assert_int_equal(l.count, 1);
		assert_int_equal(l.hit.offset, 23);
	}
	identity_stream_end(NULL);
	identity_free(id);
}

static const struct scan_category *
finding(const struct world *w, const char *kind)
{
	for (size_t i = 0; i < w->f->category_count; i++)
		if (w->f->categories[i].kind &&
		    !strcmp(w->f->categories[i].kind, kind))
			return &w->f->categories[i];
	return NULL;
}

static void
a_body_tells_where_it_was_found(void **state)
{
	static const char json[] = "{\"a\":1,\"n\":{\"id\":\"lab-pc-07\"}}";
	struct identity *id = machine();
	const struct scan_category *c;
	struct world w;

	world_open(&w);
	world_seal(&w);
	world_type(&w, "application/json");
	w.hint.identity = id;
	world_scan_cut(&w, json, sizeof(json) - 1, 1);
	c = finding(&w, "hostname");
	assert_non_null(c);
	assert_string_equal(c->category, "host.id");
	assert_true(span_eq(c->path, span_str("/n/id")));
	assert_int_equal(c->offset, 18);
	assert_true(span_eq(c->value, span_str("Lab-PC-07")));
	assert_null(finding(&w, "user"));
	world_close(&w);
	identity_free(id);
}

static void
five_programs_are_an_inventory_and_four_are_not(void **state)
{
	static const char five[] =
	    "{\"l\":[\"curl\",\"bash\",\"vim\",\"git\",\"openssl\"]}";
	static const char four[] =
	    "{\"l\":[\"curl\",\"bash\",\"curl\",\"vim\",\"git\",\"x\"]}";
	struct identity *id = machine();

	for (int i = 0; i < 2; i++) {
		bool found = false;
		struct world w;

		world_open(&w);
		world_seal(&w);
		world_type(&w, "application/json");
		w.hint.identity = id;
		world_scan_cut(&w, i ? four : five,
		    i ? sizeof(four) - 1 : sizeof(five) - 1, 64);
		for (size_t k = 0; k < w.f->category_count; k++)
			found |= !strcmp(w.f->categories[k].category,
			    "software.inventory");
		assert_int_equal(found, !i);
		world_close(&w);
	}
	identity_free(id);
}

static void
a_value_of_the_wrong_kind_is_refused(void **state)
{
	struct identity *id = identity_new();
	char longer[IDENTITY_MAX_LEN + 2];

	memset(longer, 'a', sizeof(longer));
	assert_int_equal(identity_add(id, IDENTITY_MAC, span_str("x")),
	    ERR_MALFORMED);
	assert_int_equal(identity_add(id, IDENTITY_HOME, span_str("maria")),
	    ERR_MALFORMED);
	assert_int_equal(identity_add(id, IDENTITY_EMAIL, span_str("maria")),
	    ERR_MALFORMED);
	assert_int_equal(identity_add(id, IDENTITY_USER, span_str(" ")),
	    ERR_MALFORMED);
	assert_int_equal(identity_add(id, IDENTITY_USER,
	    (struct span){ (uint8_t *)longer, IDENTITY_MAX_LEN }), 0);
	assert_int_equal(identity_add(id, IDENTITY_USER,
	    (struct span){ (uint8_t *)longer, IDENTITY_MAX_LEN + 1 }),
	    ERR_MALFORMED);
	for (int i = 1; i < IDENTITY_MAX; i++) {
		char name[16];

		snprintf(name, sizeof(name), "user%d", i);
		add(id, IDENTITY_USER, name);
	}
	add(id, IDENTITY_USER, "user1");
	assert_int_equal(identity_add(id, IDENTITY_USER, span_str("more")),
	    ERR_LIMIT);
	add(id, IDENTITY_PACKAGE, "more");
	identity_free(id);
	identity_free(NULL);
}

static int
read_file(const char *text, struct identity **ret)
{
	char path[] = "/tmp/telltap-identity-XXXXXX";
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	*ret = identity_new();
	r = identity_read(*ret, path);
	unlink(path);
	return r;
}

static void
a_file_is_read_in_yaml_and_json(void **state)
{
	static const char *const good[] = {
		"hostname: lab-pc-07\nusers: [maria, jo]\n"
		"licence_keys:\n  - ABCD-EFGH\n",
		"{\"Hostname\": \"lab-pc-07\", \"users\": [\"maria\", \"jo\"],"
		" \"license-key\": \"ABCD-EFGH\"}",
	};
	static const char *const bad[] = {
		"", "hello", "[1, 2]", "hosts: x", "users: {a: b}",
		"macs: [xyz]", "a: [", "users: [[a]]",
	};
	uint8_t digest[32];
	struct identity *id;

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(read_file(good[i], &id), 0);
		assert_int_equal(identity_digest(id, digest), 4);
		identity_free(id);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (!read_file(bad[i], &id))
			fail_msg("\"%s\" is an identity", bad[i]);
		assert_true(strlen(identity_error(id)) > 0);
		identity_free(id);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_found_in_every_spelling),
		cmocka_unit_test(text_that_only_looks_alike_is_not_it),
		cmocka_unit_test(base64_is_found_wherever_it_begins),
		cmocka_unit_test(wide_text_is_found_where_no_letter_adjoins),
		cmocka_unit_test(wide_text_is_found_in_base64),
		cmocka_unit_test(the_hash_of_an_address_bytes_is_found),
		cmocka_unit_test(hashes_of_spellings_are_found),
		cmocka_unit_test(a_stream_cut_anywhere_gives_the_same),
		cmocka_unit_test(a_body_tells_where_it_was_found),
		cmocka_unit_test(
		    five_programs_are_an_inventory_and_four_are_not),
		cmocka_unit_test(a_value_of_the_wrong_kind_is_refused),
		cmocka_unit_test(a_file_is_read_in_yaml_and_json),
	};

	return cmocka_run_group_tests_name("content identity", tests, NULL,
	    NULL);
}
