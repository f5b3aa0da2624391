// SPDX-License-Identifier: Apache-2.0
/* Addresses: of network cards, of hosts, of people. */
#include <arpa/inet.h>

#include "content/pattern/pattern_text.h"

/* Six pairs and no more: fingerprints of certificates go on. None of no card:
 * all of one figure, or a group address. */
bool
pattern_is_mac(struct span text, size_t at, struct pattern_value *ret)
{
	uint8_t mark = text.p[at + 2];
	bool same = true;

	if (at + 17 > text.len || (at && (is_word_at(text, at - 1) ||
	    text.p[at - 1] == mark)) || is_word_at(text, at + 17) ||
	    is_at(text, at + 17, mark) || !byte_is(text.p[at + 15], BYTE_HEX) ||
	    !byte_is(text.p[at + 16], BYTE_HEX) ||
	    (hex_digit(text.p[at + 1]) & 1))
		return false;
	for (size_t i = 0; i < 17; i++) {
		if (i % 3 == 2 && text.p[at + i] != mark)
			return false;
		same &= i % 3 == 2 || text.p[at + i] == text.p[at];
	}
	return !same && pattern_take(text, at, at + 17, ret);
}

/* Three groups of four, as routers write it; figures alone are anything. */
bool
pattern_is_dotted_mac(struct span text, size_t at, struct pattern_value *ret)
{
	size_t len = span_of(text, at, BYTE_HEX, ".");
	struct span v = { text.p + at, 14 };

	/* of a sentence */
	if (len == 15 && text.p[at + 14] == '.')
		len--;
	if (len != 14 || is_word_at(text, at + 14) || (at &&
	    (is_word_at(text, at - 1) || text.p[at - 1] == '.')) ||
	    (hex_digit(v.p[1]) & 1) || !count(v, BYTE_ALPHA) ||
	    count(v, BYTE_HEX) != 12 || v.p[4] != '.' || v.p[9] != '.')
		return false;
	for (size_t i = 1; i < 14; i++)
		if (v.p[i] != v.p[0] && v.p[i] != '.')
			return pattern_take(text, at, at + 14, ret);
	return false;
}

/* A number of four parts that is no version: nothing says so before it. */
static bool
is_version(struct span text, size_t at)
{
	static const char *const words[] = { "version", "ver", "build", "v",
		"release" };
	size_t marks = span_before(text, at, 0, " =:\"'/-_");
	size_t n = span_before(text, at - marks, BYTE_ALPHA, "");

	if (marks && is_one_of(text.p[at - 1], "/-_"))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t len = strlen(words[i]);

		if (n >= len && span_caseeq((struct span){ text.p + at - marks -
		    len, len }, span_str(words[i])))
			return true;
	}
	return false;
}

bool
pattern_is_ip(struct span text, size_t at, struct pattern_value *ret)
{
	size_t len = span_of(text, at, BYTE_DIGIT, ".");
	uint8_t part[4];
	char copy[16];

	if (len && text.p[at + len - 1] == '.')
		len--;		/* of a sentence */
	if (len >= sizeof(copy) || (at && (is_word_at(text, at - 1) ||
	    text.p[at - 1] == '.')) || is_word_at(text, at + len) ||
	    is_version(text, at))
		return false;
	memcpy(copy, text.p + at, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET, copy, part) != 1 ||
	    !(part[0] == 10 || (part[0] == 172 && part[1] >> 4 == 1) ||
	    (part[0] == 192 && part[1] == 168)) ||
	    !(part[1] | part[2] | part[3]))
		return false;
	return pattern_take(text, at, at + len, ret);
}

bool
pattern_is_ip6(struct span text, size_t at, struct pattern_value *ret)
{
	size_t len = span_of(text, at, BYTE_HEX, ":");
	uint8_t address[16];
	char copy[40];

	if (len < 8 || len >= sizeof(copy) || (at && (is_word_at(text, at - 1) ||
	    text.p[at - 1] == ':')) || is_word_at(text, at + len))
		return false;
	memcpy(copy, text.p + at, len);
	copy[len] = '\0';
	return inet_pton(AF_INET6, copy, address) == 1 &&
	    pattern_take(text, at, at + len, ret);
}

bool
pattern_is_own_ip6(struct span text, size_t at, struct pattern_value *ret)
{
	const uint8_t *p = text.p + at;

	return text.len - at > 4 && p[2] != ':' && p[3] != ':' && p[4] == ':' &&
	       pattern_is_ip6(text, at, ret);
}

/* Names that look like one: image@2x.png, git@host, package@1.0.tgz */
static bool
is_no_mailbox(struct span user, struct span ending)
{
	static const char *const endings[] = { "png", "jpg", "jpeg", "gif",
		"svg", "webp", "js", "mjs", "css", "ts", "json", "html", "so",
		"tgz", "zip", "service", "socket", "local", "invalid" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++)
		if (span_caseeq(ending, span_str(endings[i])))
			return true;
	return span_caseeq(user, SPAN_LITERAL("git"));
}

static bool
is_between_alnum(struct span text, size_t at)
{
	return at && at + 1 < text.len &&
	    byte_is(text.p[at - 1], BYTE_ALPHA | BYTE_DIGIT) &&
	    byte_is(text.p[at + 1], BYTE_ALPHA | BYTE_DIGIT);
}

bool
pattern_is_email(struct span text, size_t mark, struct pattern_value *ret)
{
	size_t left = span_before(text, mark, BYTE_ALPHA | BYTE_DIGIT, "._%+-");
	size_t right = span_of(text, mark + 1, BYTE_ALPHA | BYTE_DIGIT, ".-");
	size_t ending = 0, from = mark - left;
	struct span host;

	while (right && is_one_of(text.p[mark + right], ".-"))
		right--;	/* of a sentence */
	host = (struct span){ text.p + mark + 1, right };
	while (ending < right && byte_is(host.p[right - ending - 1],
	    BYTE_ALPHA))
		ending++;
	if (!is_between_alnum(text, mark) || left > 64 || ending < 2 ||
	    ending > 24 || right < ending + 3 ||
	    host.p[right - ending - 1] != '.' ||
	    memmem(host.p, host.len, "..", 2) || left + right < 8 ||
	    is_at(text, mark + 1 + right, '@') ||
	    is_at(text, mark + 1 + right, '_') ||
	    (from && is_one_of(text.p[from - 1], "/@:")) ||
	    is_no_mailbox((struct span){ text.p + from, left },
	    (struct span){ host.p + right - ending, ending }))
		return false;
	return pattern_take(text, from, mark + 1 + right, ret);
}
