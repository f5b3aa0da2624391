// SPDX-License-Identifier: Apache-2.0
/* Names and numbers that are given: ids, keys, labelled values, packages. */
#include "content/pattern/pattern_text.h"
#include "content/vocabulary.h"

#define LABEL_MAX	32	/* bytes, spaces and dashes too */

/* S-1-5-21-, three numbers of the machine's or the domain's, the user's. */
bool
pattern_is_sid(struct span text, size_t at, struct pattern_value *ret)
{
	size_t i = at + 9;

	if (at && is_word_at(text, at - 1))
		return false;
	for (int part = 0; part < 4; part++) {
		size_t n = span_of(text, i, BYTE_DIGIT, "");

		if (n > 10 || n < (part < 3 ? 4 : 3) ||
		    (part < 3 && !is_at(text, i + n, '-')))
			return false;
		i += n + (part < 3);
	}
	return !is_word_at(text, i) && pattern_take(text, at, i, ret);
}

/* Groups of five, four or more of them, or of four, five or more; capitals and
 * figures, some of each, and no letters but those. */
bool
pattern_is_licence(struct span text, size_t at, struct pattern_value *ret)
{
	size_t group = byte_is(text.p[at + 5], BYTE_ALPHA | BYTE_DIGIT) ? 5 : 4;
	size_t before = span_before(text, at, BYTE_ALPHA | BYTE_DIGIT, "-_");
	size_t len = before + span_of(text, at, BYTE_ALPHA | BYTE_DIGIT, "-_");
	struct span v = { text.p + at - before, len };
	size_t figures = count(v, BYTE_DIGIT), letters = 0;

	if ((len + 1) % (group + 1) || len + 1 > 8 * (group + 1) ||
	    len + 1 < (group == 5 ? 4 : 5) * (group + 1))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (i % (group + 1) == group ? v.p[i] != '-' :
		    !byte_is(v.p[i], BYTE_DIGIT) && (uint8_t)(v.p[i] - 'A') > 25)
			return false;
		letters += byte_is(v.p[i], BYTE_ALPHA) != 0;
	}
	return figures >= 2 && letters >= 4 &&
	    pattern_take(text, at - before, at - before + len, ret);
}

/* DESKTOP-, LAPTOP- and seven, WIN- and eleven characters. */
bool
pattern_is_given_name(struct span text, size_t at, struct pattern_value *ret)
{
	size_t head = span_of(text, at, BYTE_ALPHA, "") + 1;
	size_t len = span_of(text, at + head, BYTE_ALPHA | BYTE_DIGIT, "-_");
	struct span v = { text.p + at + head, len };

	if ((at && (is_word_at(text, at - 1) || text.p[at - 1] == '-')) ||
	    len != (head == sizeof("WIN-") - 1 ? 11 : 7) || !count(v,
	    BYTE_DIGIT))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!byte_is(v.p[i], BYTE_DIGIT) && (uint8_t)(v.p[i] - 'A') > 25)
			return false;
	return pattern_take(text, at, at + head + len, ret);
}

/* Words that say too little in running text. */
static bool
is_plain_word(const char *key)
{
	static const char *const words[] = { "host", "user", "computer",
		"serial", "license", "licence" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(key, words[i]))
			return true;
	return false;
}

/* What a label says of its value, if the value may be such a one. */
static bool
read_label(const char *key, struct pattern_value *v)
{
	bool name = strstr(key, "name") != NULL;
	bool user = !strncmp(key, "user", 4);
	const char *why;

	v->category = is_plain_word(key) ? NULL :
	    vocabulary_category(key, v->text, &why);
	if (!v->category)
		return false;
	v->why = "a label and what stands behind it in running text";
	if (!strcmp(v->category, "product.licence"))
		v->kind = "licence";
	else if (!strcmp(v->category, "user"))
		v->kind = "user";
	else if (strcmp(v->category, "host.id"))
		return false;
	else
		v->kind = name ? "hostname" : strstr(key, "serial") ? "serial" :
		    "machine-id";
	if (name || user)
		return v->text.len >= 2 && count(v->text, BYTE_ALPHA);
	return v->text.len >= (strstr(key, "serial") ? 6 : 8) &&
	    count(v->text, BYTE_DIGIT);
}

/* Machine ID: 0123..., "serial_number"="...": the label begins at the anchor. */
bool
pattern_is_labelled(struct span text, size_t at, struct pattern_value *ret)
{
	char key[VOCABULARY_KEY_MAX];
	size_t len = span_of(text, at, BYTE_ALPHA, " _-."), i = at + len, n;
	struct pattern_value v;

	/* "serial" and the like end longer words, too */
	if (len > LABEL_MAX || (at && byte_is(text.p[at - 1], BYTE_ALPHA) &&
	    (text.p[at] | 0x20) != 's'))
		return false;
	vocabulary_normalize((struct span){ text.p + at, len }, key);
	n = span_of(text, i, 0, "\"' ");
	i += n;
	if (n > 2 || !(is_at(text, i, ':') || is_at(text, i, '=')))
		return false;
	i++;
	n = span_of(text, i, 0, "\"' {[");
	i += n;
	n = span_of(text, i, BYTE_ALPHA | BYTE_DIGIT, "._-");
	if (n > PATTERN_MAX_LEN / 2 || !n)
		return false;
	v.text = (struct span){ text.p + i, n };
	if (!read_label(key, &v))
		return false;
	*ret = v;
	return true;
}

/* name_1.2-3_amd64, name-1.2-3.x86_64 */
bool
pattern_is_package(struct span text, size_t at, struct pattern_value *ret)
{
	size_t len = span_before(text, at, BYTE_ALPHA | BYTE_DIGIT, ".+~:-_");
	size_t from = at - len;
	struct span v = { text.p + from, len };
	bool versioned = false;

	if (len < 5 || len > 128 || !byte_is(v.p[0], BYTE_ALPHA))
		return false;
	for (size_t i = 1; i + 1 < len; i++)
		versioned |= is_one_of(v.p[i], "_-") &&
		    byte_is(v.p[i + 1], BYTE_DIGIT);
	return versioned && pattern_take(text, from, at, ret);
}
