// SPDX-License-Identifier: Apache-2.0
#include "evidence/event/event_fields.h"

#include <stdio.h>
#include <string.h>

void
field_bad(struct event_fields *f, const char *key)
{
	if (f->failed)
		return;
	f->failed = true;
	snprintf(f->error, sizeof(f->error), "field %s is not as it should be",
	    key);
}

static const struct json_node *
get(struct event_fields *f, const struct json_node *o, const char *key,
    enum json_type type)
{
	const struct json_node *v = json_member(o, key);

	if (v && v->type != type) {
		field_bad(f, key);
		return NULL;
	}
	return v;
}

const struct json_node *
field_object(struct event_fields *f, const struct json_node *o, const char *key)
{
	return get(f, o, key, JSON_OBJECT);
}

const struct json_node *
field_array(struct event_fields *f, const struct json_node *o, const char *key)
{
	return get(f, o, key, JSON_ARRAY);
}

uint64_t
field_u64(struct event_fields *f, const struct json_node *o, const char *key)
{
	const struct json_node *v = get(f, o, key, JSON_INTEGER);

	uint64_t n = 0;

	if (v && !json_node_u64(v, &n))
		field_bad(f, key);
	return n;
}

double
field_real(struct event_fields *f, const struct json_node *o, const char *key)
{
	const struct json_node *v = json_member(o, key);
	double d = 0;

	if (v && !json_node_real(v, &d))
		field_bad(f, key);
	return d;
}

bool
field_bool(struct event_fields *f, const struct json_node *o, const char *key)
{
	const struct json_node *v = json_member(o, key);

	if (v && v->type != JSON_TRUE && v->type != JSON_FALSE)
		field_bad(f, key);
	return v && v->type == JSON_TRUE;
}

struct span
field_text(struct event_fields *f, const struct json_node *o, const char *key)
{
	return json_node_text(get(f, o, key, JSON_STRING));
}

const char *
field_word(struct event_fields *f, const struct json_node *o, const char *key)
{
	const struct json_node *v = get(f, o, key, JSON_STRING);

	return v ? v->text : NULL;
}

static int
hex_value(uint8_t c)
{
	if ((uint8_t)(c - '0') < 10)
		return c - '0';
	if ((uint8_t)(c - 'a') < 6)
		return c - 'a' + 10;
	return -1;
}

bool
field_sha256(struct event_fields *f, const struct json_node *o, const char *key,
    uint8_t ret_out[static 32])
{
	struct span s = field_text(f, o, key);
	uint8_t out[32];

	if (!s.p)
		return false;
	if (s.len != 64) {
		field_bad(f, key);
		return false;
	}
	for (int i = 0; i < 32; i++) {
		int hi = hex_value(s.p[2 * i]), lo = hex_value(s.p[2 * i + 1]);

		if (hi < 0 || lo < 0) {
			field_bad(f, key);
			return false;
		}
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	memcpy(ret_out, out, 32);
	return true;
}

/* n digits at s, or latched. */
static uint64_t
digits(struct event_fields *f, const char *key, const uint8_t *s, int n)
{
	uint64_t v = 0;

	for (int i = 0; i < n; i++) {
		if ((uint8_t)(s[i] - '0') > 9)
			field_bad(f, key);
		v = v * 10 + (uint64_t)(uint8_t)(s[i] - '0');
	}
	return v;
}

/* Days from 1970-01-01 to a civil date; Howard Hinnant's algorithm. */
static uint64_t
days_of(uint64_t y, uint64_t m, uint64_t d)
{
	uint64_t yoe, doy;

	y -= m <= 2;
	yoe = y % 400;
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return y / 400 * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy -
	       719468;
}

uint64_t
field_time(struct event_fields *f, const struct json_node *o, const char *key)
{
	static const char form[] = "0000-00-00T00:00:00.000000000Z";
	struct span s = field_text(f, o, key);
	uint64_t y, mo, d, sec;

	if (!s.p)
		return 0;
	if (s.len != sizeof(form) - 1)
		goto bad;
	for (size_t i = 0; i < s.len; i++)
		if (form[i] != '0' && form[i] != s.p[i])
			goto bad;
	y = digits(f, key, s.p, 4);
	mo = digits(f, key, s.p + 5, 2);
	d = digits(f, key, s.p + 8, 2);
	if (y < 1970 || y > 2553 || mo < 1 || mo > 12 || d < 1 || d > 31)
		goto bad;
	sec = days_of(y, mo, d) * 86400 + digits(f, key, s.p + 11, 2) * 3600 +
	      digits(f, key, s.p + 14, 2) * 60 + digits(f, key, s.p + 17, 2);
	return sec * 1000000000 + digits(f, key, s.p + 20, 9);
bad:
	field_bad(f, key);
	return 0;
}

void *
field_room(struct event_fields *f, size_t count, size_t size)
{
	void *p = NULL;

	if (!count)
		return NULL;
	if (count <= SIZE_MAX / size)
		p = arena_zalloc(&f->arena, count * size);
	if (!p) {
		f->no_memory = true;
		f->failed = true;
	}
	return p;
}

const struct span *
field_texts(struct event_fields *f, const struct json_node *o, const char *key,
    size_t *ret_count)
{
	const struct json_node *a = field_array(f, o, key);
	size_t n = json_count(a), i = 0;
	struct span *texts = field_room(f, n, sizeof(*texts));

	*ret_count = texts ? n : 0;
	if (!texts)
		return NULL;
	for (const struct json_node *v = a->child; v; v = v->next) {
		if (v->type != JSON_STRING)
			field_bad(f, key);
		texts[i++] = json_node_text(v);
	}
	return texts;
}

const char *const *
field_words(struct event_fields *f, const struct json_node *o, const char *key,
    size_t *ret_count)
{
	const struct json_node *a = field_array(f, o, key);
	size_t n = json_count(a), i = 0;
	const char **words = field_room(f, n, sizeof(*words));

	*ret_count = words ? n : 0;
	if (!words)
		return NULL;
	for (const struct json_node *v = a->child; v; v = v->next) {
		words[i++] = v->type == JSON_STRING ? v->text : "";
		if (v->type != JSON_STRING)
			field_bad(f, key);
	}
	return words;
}
