// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "engine/held.h"

/* The first event: what the events are derived from. */
int
engine_with_input(const struct telltap_engine *e, engine_event_fn fn, void *arg)
{
	const struct known *known = e->shard_options.known;
	struct event_input_list list = { .version = TELLTAP_VERSION };
	struct event ev = {
		.action = EVENT_INPUT,
		.ts_ns = e->begun_ns,
		.input = true,
	};
	struct event_input *files;
	struct span options[ENGINE_MAX_TEXTS];
	int r;

	files = calloc(e->input_count + 1, sizeof(*files));
	if (!files)
		return -ENOMEM;
	for (size_t i = 0; i < e->input_count; i++) {
		const struct engine_input *in = &e->inputs[i];

		files[i].name = span_str(in->name);
		files[i].size = in->size;
		files[i].has_sha256 = in->has_sha256;
		memcpy(files[i].sha256, in->sha256, 32);
	}
	for (size_t i = 0; i < e->text_count; i++)
		options[i] = span_str(e->texts[i]);
	list.files = files;
	list.file_count = e->input_count;
	list.options = options;
	list.option_count = e->text_count;
	if (known) {
		list.known_files = known_total(known);
		known_digest(known, list.known_sha256);
	}
	ev.inputs = &list;
	r = fn(arg, &ev);
	free(files);
	return r;
}

static int
emit_input(void *arg, struct event *ev)
{
	return engine_emit(arg, ev);
}

int
engine_begin(struct telltap_engine *e)
{
	if (e->begun)
		return e->err;
	e->begun = true;
	e->begun_ns = e->last_ts_ns;
	claims_seal(&e->owner_claims);
	return engine_with_input(e, emit_input, e);
}

static void
set_known(struct telltap_engine *e, const struct known *known)
{
	known_share(known);
	known_free((struct known *)e->held_known);
	e->held_known = known;
	e->shard_options.known = known;
	for (unsigned i = 0; i < SHARD_COUNT; i++)
		e->shards[i].sink.known = known;
}

int
telltap_engine_known(struct telltap_engine *e, const struct telltap_known *new)
{
	const struct known *known = (const struct known *)new;
	size_t before = e->shard_options.known ?
			    known_count(e->shard_options.known) :
			    0;
	struct event_input_list list = { .version = TELLTAP_VERSION };
	struct event ev = { .action = EVENT_INPUT, .input = true,
		.inputs = &list };
	struct event_input *joined;
	int r = engine_begin(e);

	if (!r)
		r = engine_settle(e);
	if (r || e->finished || known_count(known) < before)
		return r ? r : -EINVAL;
	joined = calloc(known_count(known) - before + 1, sizeof(*joined));
	if (!joined)
		return -ENOMEM;
	for (size_t i = before; i < known_count(known); i++) {
		const struct known_file *f = known_get(known, i);
		struct event_input *in = &joined[list.joined_count++];

		in->name = span_str(f->name);
		in->size = f->size;
		in->has_sha256 = f->has_hash >> KNOWN_SHA256 & 1;
		memcpy(in->sha256, f->hash[KNOWN_SHA256], 32);
	}
	prints_grow(&e->prints, before, e->last_packet);
	set_known(e, known);
	list.joined = joined;
	list.known_files = known_total(known);
	known_digest(known, list.known_sha256);
	ev.ts_ns = e->last_ts_ns;
	r = list.joined_count ? engine_emit(e, &ev) : 0;
	free(joined);
	return r;
}

static int
emit_file(void *arg, struct event *e)
{
	return engine_emit(arg, e);
}

static void
count_losses(struct telltap_engine *e)
{
	const struct packet_stats *p = packet_decoder_stats(e->decoder);
	struct event_totals *t = &e->totals;

	t->not_ip = p->not_ip;
	t->unsupported = p->unsupported;
	t->malformed = p->malformed;
	t->truncated = p->truncated;
	t->cut_by_snaplen = p->cut_by_snaplen;
	t->fragments = p->fragments;
	t->fragments_expired = p->fragments_expired;
	t->fragments_overlapping = p->fragments_overlapping;
	t->clock_backwards = e->clock.backwards;
	if (t->kernel_out > e->tcp_out + t->missing_out)
		t->kernel_unseen_out =
		    t->kernel_out - e->tcp_out - t->missing_out;
	if (t->kernel_in > e->tcp_in + t->missing_in)
		t->kernel_unseen_in =
		    t->kernel_in - e->tcp_in - t->missing_in;
	t->events_lost += files_refused(e->files) +
	    slivers_refused(e->slivers);
	if (e->held)
		t->sizes_unjudged = held_refused(e->held);
	for (unsigned i = 0; i < SHARD_COUNT; i++) {
		const struct shard *s = &e->shards[i];
		const struct flow_table_stats *f =
		    flow_table_get_stats(s->table);

		t->flows_evicted += f->evicted;
		t->streams_limited += flow_table_limited(s->table);
		t->keys_not_awaited += s->wait.early;
		t->moves_not_awaited += s->wait.early_moves;
		t->events_lost += s->lost + s->sink.refused + f->refused;
	}
}

static const struct span *
spans_of(struct arena *a, char *const *texts, unsigned count)
{
	struct span *s = arena_alloc(a, (count + 1) * sizeof(*s));

	for (unsigned i = 0; s && i < count; i++)
		s[i] = span_str(texts[i]);
	return s;
}

/* What the vendors whose clouds were met say that is sent to them. */
static int
lay_vendors(const struct clouds *c, struct arena *a, struct event *e)
{
	struct event_vendor *list = arena_alloc(a,
	    (c->met_count + 1) * sizeof(*list));
	size_t n = c->met_count ? profiles_count(c->profiles) : 0;

	if (!list)
		return -ENOMEM;
	e->vendors = list;
	for (size_t i = 0; i < n; i++) {
		const struct profile *p = profiles_at(c->profiles, i);
		struct event_vendor *v = &list[e->vendor_count];

		if (!cloud_has_met(c, p))
			continue;
		*v = (struct event_vendor){
			.vendor = span_str(p->vendor),
			.profile = span_str(p->id),
			.says = spans_of(a, p->sends, p->sends_count),
			.says_count = p->sends_count,
			.mentions = spans_of(a, p->mentions,
			    p->mentions_count),
			.mention_count = p->mentions_count,
		};
		if (!v->says || !v->mentions)
			return -ENOMEM;
		e->vendor_count++;
	}
	return 0;
}

int
engine_conclude(struct telltap_engine *e)
{
	struct event ev = { .action = EVENT_SUMMARY, .totals = &e->totals };
	struct arena arena;
	int r;

	r = e->held ? held_release(e->held, e->shard_options.known,
	    engine_release, e) : 0;
	if (r)
		return r;
	slivers_judge(e->slivers, &(struct sliver_told){ e->files,
	    engine_prints(e) });
	count_losses(e);
	arena_init(&arena);
	r = files_each(e->files, &arena, emit_file, e);
	if (!r)
		r = lay_vendors(&e->clouds, &arena, &ev);
	ev.ts_ns = e->totals.last_ns;
	if (!r)
		r = engine_emit(e, &ev);
	arena_clear(&arena);
	return r;
}
