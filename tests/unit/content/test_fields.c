// SPDX-License-Identifier: Apache-2.0
#include "world.h"

static void
scan(struct world *w, const char *text)
{
	world_scan_text(w, text);
}

static void
telemetry_has_its_kinds_and_places(void **state)
{
	struct world w;

	world_open(&w);
	world_seal(&w);
	scan(&w, "{\"host\":{\"hostname\":\"DESK-1\",\"os\":\"Windows 10\"},"
	    "\"user\":\"ann\",\"file_path\":\"C:\\\\Users\\\\ann\\\\x.exe\","
	    "\"license_key\":\"ABCD\",\"pid\":412,\"net\":[\"10.1.2.3\"],"
	    "\"threat_name\":\"EICAR\",\"m\":\"ann@example.org\"}");
	assert_true(world_has_category(&w, "host.id", "/host/hostname"));
	assert_true(world_has_category(&w, "system", "/host/os"));
	assert_true(world_has_category(&w, "user", "/user"));
	assert_true(world_has_category(&w, "file.path", "/file_path"));
	assert_true(world_has_category(&w, "product.licence", "/license_key"));
	assert_true(world_has_category(&w, "process", "/pid"));
	assert_true(world_has_category(&w, "network.local", "/net/0"));
	assert_true(world_has_category(&w, "detection", "/threat_name"));
	assert_true(world_has_category(&w, "user", "/m"));
	assert_int_equal(w.f->url_count, 0);
	assert_int_equal(w.f->undeciphered_bytes, 0);
	world_close(&w);
}

static void
lines_of_names_and_values_are_read(void **state)
{
	struct world w;

	world_open(&w);
	world_seal(&w);
	scan(&w, "[stats]\r\nhostname=PC\r\nLan_IP=192.168.0.4\r\n"
	    "serial=12-34\r\nguid=0a1b2c3d-0000-1111-2222-333344445555\r\n"
	    "OS=WinNT 5.1\r\n");
	assert_true(world_has_category(&w, "host.id", "/hostname"));
	assert_true(world_has_category(&w, "network.local", "/Lan_IP"));
	assert_true(world_has_category(&w, "product.licence", "/serial"));
	assert_true(world_has_category(&w, "host.id", "/guid"));
	assert_true(world_has_category(&w, "system", "/OS"));
	world_close(&w);
}

static void
ordinary_messages_have_none(void **state)
{
	static const char *const plain[] = {
		"{\"status\":\"ok\",\"count\":3,\"items\":[1,2,3]}",
		"{\"user\":null,\"hostname\":\"\",\"os\":true}",
		"action=ping&n=1", "hello, world", "{}", "[]",
	};
	struct world w;

	world_open(&w);
	world_seal(&w);
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		scan(&w, plain[i]);
		assert_int_equal(w.f->category_count, 0);
		assert_int_equal(w.f->hash_count, 0);
		assert_int_equal(w.f->url_count, 0);
	}
	world_close(&w);
}

static void
addresses_asked_about_are_urls(void **state)
{
	struct world w;

	world_open(&w);
	world_seal(&w);
	scan(&w, "{\"url\":\"http://bad.example/x?y=1\",\"$schema\":"
	    "\"http://json-schema.org/x\",\"icon\":\"https://e.org/i.png\"}");
	assert_int_equal(w.f->url_count, 1);
	assert_true(span_eq(w.f->urls[0],
	    span_str("http://bad.example/x?y=1")));
	w.hint.target = span_str("/check?url=http%3A%2F%2Fbad.example%2Fq&v=2");
	world_scan(&w, "", 0);
	assert_int_equal(w.f->url_count, 1);
	assert_true(span_eq(w.f->urls[0], span_str("http://bad.example/q")));
	w.hint.target = span_str("/check?url=bad.example/page");
	world_scan(&w, "", 0);
	assert_int_equal(w.f->url_count, 1);
	w.hint.target = span_str("/check?url=yes");
	world_scan(&w, "", 0);
	assert_int_equal(w.f->url_count, 0);
	world_close(&w);
}

static void
broken_json_keeps_what_came_before(void **state)
{
	static const char text[] = "{\"a\":\"\\u00e9\\ud83d\\ude00\",\"user\":"
	    "\"ann\",\"x\":}";
	struct world w;

	world_open(&w);
	world_seal(&w);
	scan(&w, text);
	assert_true(world_has_category(&w, "user", "/user"));
	for (size_t n = 0; n <= sizeof(text) - 1; n++)
		world_scan(&w, text, n);
	world_close(&w);
}

static void
deep_json_ends_and_says_nothing_wrong(void **state)
{
	static char deep[4000];
	struct world w;

	world_open(&w);
	world_seal(&w);
	memset(deep, '[', sizeof(deep) - 1);
	scan(&w, deep);
	assert_int_equal(w.f->category_count, 0);
	memcpy(deep, "{\"user\":\"x\",\"y\":", 16);
	scan(&w, deep);
	assert_int_equal(w.f->category_count, 1);
	world_close(&w);
}

static void
what_a_short_value_wraps_is_read(void **state)
{
	static const char *const wrapped[] = {
		/* {"hostname":"DESK-1","os":"Windows"} as it is, in base64, in
		 * hex, in gzip and base64 */
		"{\"p\":\"{\\\"hostname\\\":\\\"DESK-1\\\",\\\"os\\\":"
		"\\\"Windows\\\"}\"}",
		"{\"p\":\"eyJob3N0bmFtZSI6IkRFU0stMSIsIm9zIjoiV2luZG93cyJ9\"}",
		"{\"p\":\"7b22686f73746e616d65223a224445534b2d31222c226f73223a"
		"2257696e646f7773227d\"}",
		"{\"p\":\"H4sIAAAAAAACA6tWysgvLslLzE1VslJycQ321jVU0lHKLwbywj"
		"PzUvLLi5VqAWf9ptYkAAAA\"}",
	};
	struct world w;

	world_open(&w);
	world_seal(&w);
	for (size_t i = 0; i < 4; i++) {
		scan(&w, wrapped[i]);
		assert_true(world_has_category(&w, "host.id", "/hostname"));
		assert_true(world_has_category(&w, "system", "/os"));
	}
	/* the address of a page, in base64, where one is asked about */
	scan(&w, "{\"url\":\"aHR0cDovL2V2aWwuZXhhbXBsZS9wYXRoL3guZXhl\"}");
	assert_int_equal(w.f->url_count, 1);
	assert_true(span_eq(w.f->urls[0],
	    span_str("http://evil.example/path/x.exe")));
	scan(&w, "{\"next\":\"aHR0cDovL2V2aWwuZXhhbXBsZS9wYXRoL3guZXhl\"}");
	assert_int_equal(w.f->url_count, 0);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(telemetry_has_its_kinds_and_places),
		cmocka_unit_test(lines_of_names_and_values_are_read),
		cmocka_unit_test(ordinary_messages_have_none),
		cmocka_unit_test(addresses_asked_about_are_urls),
		cmocka_unit_test(broken_json_keeps_what_came_before),
		cmocka_unit_test(deep_json_ends_and_says_nothing_wrong),
		cmocka_unit_test(what_a_short_value_wraps_is_read),
	};

	return cmocka_run_group_tests_name("content/fields", tests, NULL, NULL);
}
