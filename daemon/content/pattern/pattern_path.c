// SPDX-License-Identifier: Apache-2.0
/* Folders and files by their paths. */
#include "content/pattern/pattern_text.h"

/* Folders that are nobody's. */
static bool
is_shared(struct span name)
{
	static const char *const names[] = { "public", "default", "all users",
		"shared", "guest", "user", "username", "default user", ".", ".." };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (span_caseeq(name, span_str(names[i])))
			return true;
	return !name.len;
}

/* What a name in a path may have in it, whatever the character set. */
static size_t
name_len(struct span text, size_t at)
{
	size_t n = 0;

	while (at + n < text.len && n <= PATTERN_MAX_LEN &&
	    text.p[at + n] >= 0x20 && text.p[at + n] != 0x7f &&
	    !is_one_of(text.p[at + n], "/\\:*?\"<>|;,"))
		n++;
	return n;
}

static bool
is_drive(struct span text, size_t letter)
{
	return byte_is(text.p[letter], BYTE_ALPHA) &&
	    !(letter && is_word_at(text, letter - 1));
}

/* c:\users\NAME\: from the colon on. */
bool
pattern_is_windows_home(struct span text, size_t at, struct pattern_value *ret)
{
	size_t name = at + 1, len;

	if (!at || !is_drive(text, at - 1))
		return false;
	name += span_of(text, name, 0, "\\") + sizeof("users") - 1;
	name += span_of(text, name, 0, "\\");
	len = name_len(text, name);
	/* a name that nothing follows ends at the first space */
	if (!is_at(text, name + len, '\\'))
		len = span_of(text, name, BYTE_ALPHA | BYTE_DIGIT, "._-");
	return !is_shared((struct span){ text.p + name, len }) && len <= 64 &&
	    pattern_take(text, at - 1, name + len, ret);
}

/* May a path begin here? Not within a longer one, nor in an address. */
static bool
begins_path(struct span text, size_t at)
{
	return !at || !(is_word(text.p[at - 1]) || text.p[at - 1] >= 0x80 ||
	    is_one_of(text.p[at - 1], "/.-~%+*?&$}])"));
}

/* /home/NAME/..., /Users/NAME/..., C:/Users/NAME */
bool
pattern_is_home(struct span text, size_t at, struct pattern_value *ret)
{
	size_t name = at + 1, len, from = at;

	if (at > 1 && text.p[at - 1] == ':' && is_drive(text, at - 2))
		from = at - 2;
	else if (!begins_path(text, at))
		return false;
	name += span_of(text, name, BYTE_ALPHA, "") + 1;
	len = span_of(text, name, BYTE_ALPHA | BYTE_DIGIT, "._-");
	return !is_shared((struct span){ text.p + name, len }) && len <= 64 &&
	    (from < at || is_at(text, name + len, '/')) &&
	    pattern_take(text, from, name + len, ret);
}

bool
pattern_is_drive(struct span text, size_t colon, struct pattern_value *ret)
{
	size_t at = colon - 1, i = colon + 1, parts = 0, letters = 0;

	if (!colon || !is_drive(text, at))
		return false;
	while (i - at < PATTERN_MAX_LEN && is_at(text, i, '\\')) {
		size_t marks = span_of(text, i, 0, "\\");
		size_t len = name_len(text, i + marks);

		if (marks > 2 || !len || i + marks + len - at >
		    PATTERN_MAX_LEN)
			break;
		letters += count((struct span){ text.p + i + marks, len },
		    BYTE_ALPHA);
		i += marks + len;
		parts++;
	}
	return parts && letters >= 3 && pattern_take(text, at, i, ret);
}

/* \\\\host\\share\\name, or each mark twice, as it is where they are escaped. */
bool
pattern_is_unc(struct span text, size_t at, struct pattern_value *ret)
{
	size_t marks = span_of(text, at, 0, "\\"), step = marks / 2, i, len;

	if ((marks != 2 && marks != 4) || (at && (text.p[at - 1] == '\\' ||
	    is_word(text.p[at - 1]))))
		return false;
	i = at + marks;
	len = span_of(text, i, BYTE_ALPHA | BYTE_DIGIT, "._-");
	if (len < 2 || len > 255 ||
	    span_of(text, i + len, 0, "\\") != step)
		return false;
	i += len + step;
	len = span_of(text, i, BYTE_ALPHA | BYTE_DIGIT, "._-$");
	if (len < 2 || !count((struct span){ text.p + i, len }, BYTE_ALPHA))
		return false;
	for (i += len; i - at < PATTERN_MAX_LEN &&
	    span_of(text, i, 0, "\\") == step; i += step + len) {
		len = name_len(text, i + step);
		if (!len || i + step + len - at > PATTERN_MAX_LEN)
			break;
	}
	return pattern_take(text, at, i, ret);
}

bool
pattern_is_path(struct span text, size_t at, struct pattern_value *ret)
{
	size_t root = span_of(text, at + 1, BYTE_ALPHA, "") + 2;
	size_t len = span_of(text, at, BYTE_ALPHA | BYTE_DIGIT, "._-+/@");

	if (len > PATTERN_MAX_LEN)
		len = PATTERN_MAX_LEN;
	return begins_path(text, at) && len >= root + 2 &&
	    byte_is(text.p[at + root], BYTE_ALPHA | BYTE_DIGIT | BYTE_WORD) &&
	    pattern_take(text, at, at + len, ret);
}
