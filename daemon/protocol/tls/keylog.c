// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/keylog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "protocol/tls/secrets.h"

#define RANDOM_LEN	SECRETS_NAME_LEN
#define LINE_MAX_LEN	512	/* of a line that says something */

struct secret {
	uint8_t random[RANDOM_LEN];
	uint8_t bytes[KEYLOG_SECRET_MAX];
	uint8_t label, len;
};

struct keylog {
	struct secrets secrets;
	bool has_premasters, has_masters;
	struct keylog_stats stats;
};

static const char *const labels[KEYLOG_LABEL_COUNT] = {
	[KEYLOG_MASTER] = "CLIENT_RANDOM",
	[KEYLOG_CLIENT_EARLY] = "CLIENT_EARLY_TRAFFIC_SECRET",
	[KEYLOG_CLIENT_HANDSHAKE] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
	[KEYLOG_SERVER_HANDSHAKE] = "SERVER_HANDSHAKE_TRAFFIC_SECRET",
	[KEYLOG_CLIENT_TRAFFIC_0] = "CLIENT_TRAFFIC_SECRET_0",
	[KEYLOG_SERVER_TRAFFIC_0] = "SERVER_TRAFFIC_SECRET_0",
	[KEYLOG_PREMASTER] = "PMS_CLIENT_RANDOM",
	[KEYLOG_RSA] = "RSA",
};

struct keylog *
keylog_new(void)
{
	return calloc(1, sizeof(struct keylog));
}

void
keylog_free(struct keylog *k)
{
	if (!k)
		return;
	secrets_clear(&k->secrets);
	free(k);
}

static int
add_secret(struct keylog *k, const struct secret *s)
{
	int rc;

	if (k->stats.secrets >= KEYLOG_MAX) {
		k->stats.left_out++;
		return 0;
	}
	rc = secrets_add(&k->secrets, s->label, s->random,
	    (struct span){ s->bytes, s->len });
	k->stats.secrets += rc > 0;
	k->stats.left_out += rc == ERR_LIMIT;
	return rc == -ENOMEM ? rc : 0;
}

static int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False if the word does not begin with hex, or it is longer than max bytes.
 * Logs in the wild have a stray character behind it. */
static bool
read_hex(struct span word, uint8_t *ret, size_t max, uint8_t *ret_len)
{
	size_t digits = 0;

	while (digits < word.len && hex_digit(word.p[digits]) >= 0)
		digits++;
	word.len = digits;
	if (word.len == 0 || word.len % 2 || word.len / 2 > max)
		return false;
	for (size_t i = 0; i < word.len / 2; i++) {
		ret[i] = (uint8_t)(hex_digit(word.p[2 * i]) << 4 |
		    hex_digit(word.p[2 * i + 1]));
	}
	*ret_len = (uint8_t)(word.len / 2);
	return true;
}

static struct span
next_word(struct cursor *c)
{
	struct span word;

	while (cur_left(c) && (*cur_peek(c) == ' ' || *cur_peek(c) == '\t'))
		cur_skip(c, 1);
	word = (struct span){ cur_peek(c), 0 };
	while (cur_left(c) && *cur_peek(c) > ' ') {
		cur_skip(c, 1);
		word.len++;
	}
	return word;
}

static int
add_line(struct keylog *k, struct cursor line)
{
	struct span label = next_word(&line), random = next_word(&line);
	struct span bytes = next_word(&line);
	struct secret s = { 0 };
	unsigned i = 0;
	uint8_t len;

	if (label.len == 0 || label.p[0] == '#')
		return 0;
	while (i < KEYLOG_SESSION && !span_eq(label, span_str(labels[i])))
		i++;
	if (!read_hex(random, s.random, RANDOM_LEN, &len) ||
	    len != (i == KEYLOG_RSA ? KEYLOG_RSA_ID_LEN : RANDOM_LEN) ||
	    !read_hex(bytes, s.bytes, KEYLOG_SECRET_MAX, &s.len)) {
		k->stats.unreadable++;
		return 0;
	}
	if (i == KEYLOG_SESSION)
		return 0;	/* EXPORTER_SECRET and the like */
	s.label = (uint8_t)i;
	k->stats.usable++;
	k->has_premasters |= i == KEYLOG_PREMASTER || i == KEYLOG_RSA;
	k->has_masters |= i == KEYLOG_MASTER || k->has_premasters;
	return add_secret(k, &s);
}

/* UTF-16, in which what some systems write to a file is: every other byte of the
 * ASCII in it is zero. Else, and behind what is no byte of a line, the line is
 * itself. */
static struct cursor
narrow(struct cursor line, uint8_t *room, size_t room_len)
{
	static const struct span marks[] = { SPAN_LITERAL("\xff\xfe"),
		SPAN_LITERAL("\xfe\xff"), SPAN_LITERAL("\xef\xbb\xbf") };
	size_t len = 0;

	for (unsigned i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (cur_left(&line) >= marks[i].len &&
		    !memcmp(cur_peek(&line), marks[i].p, marks[i].len))
			cur_skip(&line, marks[i].len);
	if (!cur_left(&line) || !memchr(cur_peek(&line), 0, cur_left(&line)))
		return line;
	while (cur_left(&line) && len < room_len) {
		uint8_t c = cur_u8(&line);

		if (c)
			room[len++] = c;
	}
	return cur_init(room, len);
}

int
keylog_add(struct keylog *k, const uint8_t *text, size_t len)
{
	uint8_t room[LINE_MAX_LEN];
	struct cursor c = cur_init(text, len);
	int rc = 0;

	while (rc == 0 && cur_left(&c)) {
		const uint8_t *line = cur_peek(&c);
		const uint8_t *lf = memchr(line, '\n', cur_left(&c));
		size_t line_len = lf ? (size_t)(lf - line) : cur_left(&c);

		rc = add_line(k, narrow(cur_sub(&c, line_len), room,
		    sizeof(room)));
		if (lf)
			cur_skip(&c, 1);
	}
	return rc;
}

struct span
keylog_find(const struct keylog *k, enum keylog_label label,
    const uint8_t client_random[static 32])
{
	return keylog_find_other(k, label, client_random, 0);
}

struct span
keylog_find_other(const struct keylog *k, enum keylog_label label,
    const uint8_t client_random[static 32], unsigned n)
{
	return k ? secrets_find(&k->secrets, (uint8_t)label, client_random, n) :
		   (struct span){ NULL, 0 };
}

bool
keylog_opens(const struct keylog *k, const uint8_t client_random[static 32])
{
	return keylog_find(k, KEYLOG_MASTER, client_random).len ||
	       keylog_find(k, KEYLOG_PREMASTER, client_random).len ||
	       (keylog_find(k, KEYLOG_CLIENT_TRAFFIC_0, client_random).len &&
		keylog_find(k, KEYLOG_SERVER_TRAFFIC_0, client_random).len);
}

int
keylog_add_session(struct keylog *k, const uint8_t id[static 32],
    struct span master)
{
	struct secret s = { .label = KEYLOG_SESSION, .len = (uint8_t)master.len };

	if (master.len > KEYLOG_SECRET_MAX)
		return ERR_LIMIT;
	memcpy(s.random, id, sizeof(s.random));
	memcpy(s.bytes, master.p, master.len);
	return add_secret(k, &s);
}

const char *
keylog_label_name(enum keylog_label label)
{
	return labels[label];
}

bool
keylog_has_premasters(const struct keylog *k)
{
	return k && k->has_premasters;
}

bool
keylog_has_masters(const struct keylog *k)
{
	return k && k->has_masters;
}

const struct keylog_stats *
keylog_stats(const struct keylog *k)
{
	return &k->stats;
}
