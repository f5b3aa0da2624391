// SPDX-License-Identifier: Apache-2.0
#include "base/yamlplace.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <yaml.h>

static unsigned
line_of(yaml_mark_t mark)
{
	return (unsigned)mark.line + 1;
}

static bool
is_letter(uint8_t c)
{
	return (uint8_t)((c | 0x20) - 'a') < 26;
}

/* keyed: a key came before it. */
static bool
may_begin_so(const uint8_t *line, size_t len, bool keyed)
{
	if (!len || *line == '\n' || *line == '#' || is_letter(*line))
		return true;
	return keyed && (*line == ' ' ||
	    (*line == '-' && len > 1 && line[1] == ' '));
}

bool
yamlplace_is_one(const void *text, size_t len)
{
	const uint8_t *line = text, *end = line + len, *at;
	bool keyed = false;

	/* other characters may end lines, too */
	for (at = line; at < end; at++)
		if (*at >= 0x80 || *at == '\r')
			return false;
	for (; line < end; line = at ? at + 1 : end) {
		size_t left = (size_t)(end - line);

		if (!may_begin_so(line, left, keyed))
			return false;
		keyed |= is_letter(*line);
		at = memchr(line, '\n', left);
	}
	return keyed;
}

int
yamlplace_check(const void *text, size_t len, unsigned *ret_line,
    const char **ret_why)
{
	unsigned documents = 0;
	yaml_parser_t p;
	yaml_event_t e;
	bool end = false;
	int err = 0;

	if (!yaml_parser_initialize(&p))
		return -ENOMEM;
	yaml_parser_set_input_string(&p, text, len);
	while (!err && !end) {
		if (!yaml_parser_parse(&p, &e)) {
			*ret_line = line_of(p.problem_mark);
			*ret_why = p.error == YAML_MEMORY_ERROR ?
			    "out of memory" : "this is no YAML";
			err = ERR_MALFORMED;
			break;
		}
		end = e.type == YAML_STREAM_END_EVENT;
		if (e.type == YAML_DOCUMENT_START_EVENT && documents++) {
			*ret_line = line_of(e.start_mark);
			*ret_why = "a second document begins here; one is read";
			err = ERR_MALFORMED;
		}
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
	return err;
}

#define WANT_MAX 2

/* As far as the events have come: depth counts mappings and lists that are open. */
struct search {
	const char *outer, *key, *value;
	unsigned depth, want;		/* want: where the key stands */
	bool mapping[WANT_MAX + 1], key_next[WANT_MAX + 1];	/* by depth */
	bool in_outer, in_key;
	unsigned key_line, value_line;
};

static bool
is(const yaml_event_t *e, const char *text)
{
	return text && strcmp((const char *)e->data.scalar.value, text) == 0;
}

static void
take_key(struct search *s, const yaml_event_t *e)
{
	if (s->depth < s->want)
		s->in_outer = is(e, s->outer);
	s->in_key = s->depth == s->want && (s->want == 1 || s->in_outer) &&
		    is(e, s->key);
	if (s->in_key && !s->key_line)
		s->key_line = line_of(e->start_mark);
}

/* What ends is a key or a value of what it stands in. */
static void
pass_one(struct search *s)
{
	if (s->depth <= s->want)
		s->key_next[s->depth] = !s->key_next[s->depth];
}

static void
take(struct search *s, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		if (s->depth <= s->want && s->mapping[s->depth] &&
		    s->key_next[s->depth])
			take_key(s, e);
		else if (s->in_key && !s->value_line && is(e, s->value))
			s->value_line = line_of(e->start_mark);
		pass_one(s);
		break;
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		if (++s->depth > s->want)
			break;
		s->mapping[s->depth] = e->type == YAML_MAPPING_START_EVENT;
		s->key_next[s->depth] = true;
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		s->depth--;
		pass_one(s);
		break;
	default:
		break;
	}
}

unsigned
yamlplace_find(const void *text, size_t len, const char *outer, const char *key,
    const char *value)
{
	struct search s = { .outer = outer, .key = key, .value = value,
		.want = outer ? WANT_MAX : 1 };
	yaml_parser_t p;
	yaml_event_t e;
	bool end = false;

	if (!yaml_parser_initialize(&p))
		return 0;
	yaml_parser_set_input_string(&p, text, len);
	while (!end && yaml_parser_parse(&p, &e)) {
		end = e.type == YAML_STREAM_END_EVENT;
		take(&s, &e);
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
	return s.value_line ? s.value_line : s.key_line;
}
