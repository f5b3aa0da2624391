// SPDX-License-Identifier: Apache-2.0
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_tree.h"
#include "base/utf8.h"
#include "evidence/event/event_json.h"
#include "evidence/event/event_read.h"
#include "report/diff.h"
#include "report/model.h"
#include "report/render.h"

/*
 * Lines of a log, whatever they hold, make reports that harm nobody: text that a
 * terminal shows as it is, HTML with no element but ours, CSV with as many cells
 * as its heading and no formula, JSON that reads.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(x)                                                         \
	do {                                                            \
		if (!(x)) {                                             \
			fprintf(stderr, "line %d: %s\n", __LINE__, #x); \
			abort();                                        \
		}                                                       \
	} while (0)

/* Characters that are shown, and newlines. */
static void
check_characters(const struct buf *b, const char *also)
{
	uint32_t cp;
	size_t n;

	MUST(!b->failed);
	for (size_t i = 0; i < b->len; i += n) {
		n = utf8_decode(b->data + i, b->len - i, &cp);
		MUST(n);
		MUST(cp == '\n' || (cp < 128 && cp && strchr(also, (int)cp)) ||
		     !utf8_is_trick(cp));
	}
}

static bool
is_ours(const char *tag)
{
	static const char *const tags[] = {
		"!DOCTYPE", "b", "body", "br", "caption", "code", "desc",
		"details", "div", "footer", "h1", "h2", "h3", "head", "header",
		"html", "li", "line", "main", "meta", "p", "rect", "script",
		"section", "span", "style", "summary", "svg", "table", "tbody",
		"td", "text", "th", "thead", "title", "tr", "ul", "wbr",
	};
	size_t n = strspn(tag, "abcdefghijklmnopqrstuvwxyz"
			       "DOCTYPE!123");

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
		if (n == strlen(tags[i]) && !memcmp(tag, tags[i], n))
			return true;
	return false;
}

/* An element ends where its quotes are closed; no attribute of it acts. */
static char *
check_element(char *at)
{
	char *end = at;
	bool quoted = false;

	MUST(is_ours(at + (*at == '/')));
	for (; *end && (quoted || *end != '>'); end++) {
		quoted ^= *end == '"';
		MUST(quoted || *end != '<');
		MUST(quoted || strncmp(end, " on", 3));
	}
	MUST(*end == '>');
	return end + 1;
}

static unsigned
count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void
check_html(struct buf *b)
{
	char *at;

	check_characters(b, "");
	buf_u8(b, 0);
	MUST(!b->failed && strlen((char *)b->data) + 1 == b->len);
	at = (char *)b->data;
	MUST(count(at, "<script") == 1 && count(at, "</script>") == 1);
	MUST(count(at, "<style") == 1 && count(at, "</style>") == 1);
	while ((at = strchr(at, '<'))) {
		bool raw = !strncmp(at, "<script", 7) ||
			   !strncmp(at, "<style", 6);

		at = check_element(at + 1);
		if (raw)
			at = strstr(at, "</s");
		MUST(at);
	}
}

static void
check_csv(const struct buf *b)
{
	size_t cells = 1, columns = 0, i = 0;

	check_characters(b, "\r");
	while (i < b->len) {
		bool quoted = b->data[i] == '"';

		i += quoted;
		MUST(i < b->len);
		MUST(!memchr("=+-@\t|%", b->data[i], 7) || !columns);
		for (; i < b->len; i++) {
			if (quoted && b->data[i] == '"' &&
			    i + 1 < b->len && b->data[i + 1] == '"')
				i++;
			else if (quoted ? b->data[i] == '"'
					: b->data[i] == ',' ||
					      b->data[i] == '\r')
				break;
		}
		i += quoted;
		MUST(i < b->len);
		if (b->data[i] == ',') {
			cells++;
			i++;
			continue;
		}
		MUST(i + 1 < b->len && b->data[i] == '\r' &&
		     b->data[i + 1] == '\n');
		MUST(!columns || cells == columns ||
		     (cells == 1 && i + 2 == b->len));
		columns = columns ? columns : cells;
		cells = 1;
		i += 2;
	}
}

static void
check_json(const struct buf *b)
{
	const struct json_node *root;
	struct json_tree t;

	check_characters(b, "");
	json_tree_init(&t);
	MUST(!json_tree_read(&t, (char *)b->data, b->len, &root));
	json_tree_clear(&t);
}

static void
check_reports(struct model *m)
{
	struct buf b;

	model_settle(m);
	buf_init(&b, 0);
	render_text(m, &b);
	check_characters(&b, "");
	buf_reset(&b);
	render_html(m, &b);
	check_html(&b);
	buf_reset(&b);
	render_json(m, &b);
	check_json(&b);
	for (int t = 0; t < RENDER_TABLE_COUNT; t++) {
		buf_reset(&b);
		render_csv(m, (enum render_table)t, &b);
		check_csv(&b);
	}
	buf_reset(&b);
	diff_text(m, m, "a", "b", &b);
	check_characters(&b, "");
	buf_reset(&b);
	diff_html(m, m, "a", "<b>", &b);
	check_html(&b);
	buf_reset(&b);
	diff_json(m, m, "a", "b", &b);
	check_json(&b);
	buf_clear(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct event_reader *r = event_reader_new();
	struct model *m = model_new();
	struct event e;

	MUST(r && m);
	while (size) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t n = end ? (size_t)(end - data) : size;

		if (!event_read_json(r, (const char *)data, n, &e))
			MUST(!model_add(m, &e));
		data += n + !!end;
		size -= n + !!end;
	}
	check_reports(m);
	model_free(m);
	event_reader_free(r);
	return 0;
}
