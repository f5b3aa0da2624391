// SPDX-License-Identifier: Apache-2.0
#include "evidence/event/event_json.h"

#include <string.h>

#include "base/utf8.h"
#include "evidence/event/event_writer.h"

#define ECS_VERSION "8.17.0"

static const char *const left_names[LEFT_COUNT] = {
	[LEFT_TEXT_BYTES] = "text_bytes",
	[LEFT_REASONS] = "reasons",
	[LEFT_CATEGORIES] = "categories",
	[LEFT_FILES] = "files",
	[LEFT_RANGES] = "ranges",
	[LEFT_ENCODINGS] = "encodings",
	[LEFT_ALSO] = "also",
	[LEFT_HASHES] = "hashes",
	[LEFT_URLS] = "urls",
	[LEFT_ANSWERS] = "answers",
	[LEFT_LIMITS] = "limits",
	[LEFT_CANDIDATES] = "candidates",
	[LEFT_TRANSFERS] = "transfers",
	[LEFT_INPUTS] = "inputs",
	[LEFT_OPTIONS] = "options",
	[LEFT_ARGS] = "args",
	[LEFT_VENDORS] = "vendors",
	[LEFT_SAYS] = "says",
};

/* How an event of each kind begins, in ECS's own words for what it is; written
 * in one piece since every line has it. */
#define BEGINS(kind, category, type, action) \
	SPAN_LITERAL("\"kind\":\"" kind "\",\"category\":[" category \
	    "],\"type\":[" type "],\"action\":\"" action "\"")

static const struct span beginnings[EVENT_ACTION_COUNT] = {
	[EVENT_INPUT] = BEGINS("event", "\"host\"", "\"info\"", "input"),
	[EVENT_TRANSFER] = BEGINS("event", "\"network\"", "\"protocol\"",
	    "transfer"),
	[EVENT_FLOW] = BEGINS("event", "\"network\"",
	    "\"connection\",\"end\"", "flow"),
	[EVENT_FILE] = BEGINS("event", "\"file\",\"network\"", "\"info\"",
	    "file"),
	[EVENT_ANOMALY] = BEGINS("event", "\"network\"", "\"info\"",
	    "anomaly"),
	[EVENT_COVERAGE] = BEGINS("metric", "\"host\"", "\"info\"",
	    "coverage"),
	[EVENT_PROCESS] = BEGINS("event", "\"process\"", "\"info\"",
	    "process"),
	[EVENT_FILE_READ] = BEGINS("event", "\"file\"", "\"access\"",
	    "file-read"),
	[EVENT_MARK] = BEGINS("event", "\"host\"", "\"info\"", "mark"),
	[EVENT_SUMMARY] = BEGINS("metric", "\"host\"", "\"info\"",
	    "summary"),
};

size_t
event_list(struct event_writer *w, enum event_left what, size_t count)
{
	if (count <= w->list_max)
		return count;
	w->left[what] += count - w->list_max;
	return w->list_max;
}

bool
event_writer_full(const struct event_writer *w)
{
	return w->j.out->len - w->start > EVENT_WRITE_MAX || w->j.out->failed;
}

/* The most bytes up to max that don't cut a character in two. */
static size_t
cut_len(struct span text, size_t max)
{
	size_t n = max;

	while (n > max - 3 && (text.p[n] & 0xc0) == 0x80)
		n--;
	return (text.p[n] & 0xc0) == 0x80 ? max : n;
}

struct span
event_cut(struct event_writer *w, struct span text)
{
	size_t n = cut_len(text, w->text_max);

	w->left[LEFT_TEXT_BYTES] += text.len - n;
	return (struct span){ text.p, n };
}

void
event_digest(struct event_writer *w, const char *key,
    const uint8_t sha256[static 32])
{
	json_hex(&w->j, key, (struct span){ sha256, 32 });
}

void
event_texts(struct event_writer *w, const char *key, enum event_left what,
    const struct span *texts, size_t count)
{
	size_t n = event_list(w, what, count);

	if (!count)
		return;
	json_array(&w->j, key);
	for (size_t i = 0; i < n && !event_writer_full(w); i++)
		event_text(w, NULL, texts[i]);
	json_close_array(&w->j);
}

void
event_words(struct event_writer *w, const char *key, enum event_left what,
    const char *const *words, size_t count)
{
	size_t n = event_list(w, what, count);

	if (!count)
		return;
	json_array(&w->j, key);
	for (size_t i = 0; i < n && !event_writer_full(w); i++)
		event_text(w, NULL, span_str(words[i]));
	json_close_array(&w->j);
}

static void
write_period(struct json *j, uint64_t start_ns, uint64_t end_ns)
{
	json_time(j, "start", start_ns);
	json_time(j, "end", end_ns);
	/* Readers of JSON have signed integers. */
	if (end_ns >= start_ns && end_ns - start_ns <= INT64_MAX)
		json_u64(j, "duration", end_ns - start_ns);
}

static void
write_event(struct event_writer *w, const struct event *e)
{
	const struct span *begins = &beginnings[e->action];
	struct json *j = &w->j;

	json_object(j, "event");
	json_raw(j, (const char *)begins->p, begins->len);
	json_u64(j, "sequence", e->sequence);
	if (e->transfer)
		write_period(j, e->transfer->start_ns, e->transfer->end_ns);
	else if (e->action == EVENT_FLOW && e->flow)
		write_period(j, e->flow->start_ns, e->flow->end_ns);
	else if (e->read)
		write_period(j, e->read->first_ns, e->read->last_ns);
	else if (e->totals && e->totals->packets)
		write_period(j, e->totals->first_ns, e->totals->last_ns);
	json_close_object(j);
}

static void
write_cloud(struct event_writer *w, const struct event_cloud *c)
{
	json_object(&w->j, "cloud");
	event_text(w, "vendor", c->vendor);
	event_text(w, "network", c->network);
	event_text(w, "purpose", c->purpose);
	event_text(w, "source", c->source);
	event_text(w, "key", c->key);
	json_close_object(&w->j);
}

static void
write_anomaly(struct event_writer *w, const struct event_anomaly *a)
{
	json_object(&w->j, "anomaly");
	event_word(w, "what", a->what);
	event_text(w, "detail", a->detail);
	event_word(w, "direction", a->direction);
	json_u64(&w->j, "packet", a->packet);
	json_u64(&w->j, "offset", a->offset);
	json_u64(&w->j, "length", a->len);
	json_close_object(&w->j);
}

static void
write_mark(struct event_writer *w, const struct event_mark *m)
{
	json_object(&w->j, "mark");
	event_text(w, "text", m->text);
	json_u64(&w->j, "pid", m->pid);
	json_u64(&w->j, "user", m->user);
	json_close_object(&w->j);
}

static void
write_left_out(struct event_writer *w)
{
	bool any = false;

	for (int i = 0; i < LEFT_COUNT; i++) {
		if (!w->left[i])
			continue;
		if (!any)
			json_object(&w->j, "left_out");
		any = true;
		json_u64(&w->j, left_names[i], w->left[i]);
	}
	if (any)
		json_close_object(&w->j);
}

/* Of a process alone, too: where it runs. */
static bool
has_attribution(const struct event *e)
{
	const struct event_process *p = e->process;

	return e->on_behalf_of || (p && (p->certainty || p->cgroup.len ||
					    p->unit.len));
}

static void
write_telltap(struct event_writer *w, const struct event *e)
{
	json_object(&w->j, "telltap");
	json_str(&w->j, "origin", e->input ? "input" : "derived");
	if (e->flow && !e->kernel)
		event_write_flow(w, e);
	if (has_attribution(e))
		event_write_attribution(w, e);
	if (e->read)
		event_write_read_counts(w, e->read);
	if (e->kernel)
		event_write_kernel_count(w, e->kernel);
	if (e->gap)
		event_write_gap(w, e->gap);
	if (e->unwatched)
		event_write_unwatched(w, e->unwatched);
	if (e->transfer || e->file) {
		event_write_transfer(w, e);
		event_write_data(w, e);
	}
	if (e->transfer)
		event_write_types(w, e->transfer->http);
	if (e->cloud)
		write_cloud(w, e->cloud);
	if (e->anomaly)
		write_anomaly(w, e->anomaly);
	if (e->mark)
		write_mark(w, e->mark);
	if (e->inputs)
		event_write_inputs(w, e->inputs);
	event_write_totals(w, e);
	write_left_out(w);
	json_close_object(&w->j);
}

static void
write_line(struct event_writer *w, const struct event *e)
{
	static const struct span ecs =
	    SPAN_LITERAL("\"ecs\":{\"version\":\"" ECS_VERSION "\"}");
	struct json *j = &w->j;

	json_object(j, NULL);
	json_time(j, "@timestamp", e->ts_ns);
	json_raw(j, (const char *)ecs.p, ecs.len);
	write_event(w, e);
	if (e->flow)
		event_write_network(w, e);
	if (e->process)
		event_write_process(w, e->process);
	if (e->read)
		event_write_read(w, e->read);
	if (e->transfer)
		event_write_application(w, e->transfer);
	write_telltap(w, e);
	json_close_object(j);
}

/* The last of these can't be too long: some thirty texts of 32 bytes, each
 * byte at most six in JSON, and fixed fields of a few KB. */
static const struct {
	size_t list_max, text_max;
} ceilings[] = {
	{ 16384, 16384 }, { 512, 4096 }, { 128, 1024 },
	{ 32, 256 },	  { 8, 128 },	 { 1, 32 },
};

void
event_write_json(const struct event *event, struct buf *out)
{
	size_t start = out->len;

	if ((unsigned)event->action >= EVENT_ACTION_COUNT) {
		out->failed = true;
		return;
	}
	for (size_t i = 0; i < sizeof(ceilings) / sizeof(*ceilings); i++) {
		struct event_writer w = { .start = start,
					  .list_max = ceilings[i].list_max,
					  .text_max = ceilings[i].text_max };

		out->len = start;
		json_init(&w.j, out);
		write_line(&w, event);
		if (out->failed || !event_writer_full(&w))
			return;
	}
	out->failed = true;
}
