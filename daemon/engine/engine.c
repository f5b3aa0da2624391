// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include "content/identity/identity.h"
#include "engine/sessions.h"
#include "engine/socket_pairs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#define DEFAULT_FLOWS		(UINT64_C(2) << 20)
#define DEFAULT_STREAM_LEN	(UINT64_C(256) << 20)
#define MAX_FRAGMENT_LEN	(16u << 20)
#define MAX_THREADS		64
#define DEFAULT_ALPHA		0.001

/* "10.0.0.0/8", "2001:db8::1"; IPv4 lies in ::ffff:0:0/96. */
static int
parse_net(const char *text, struct shard_net *ret)
{
	char addr[64], *slash, *end;
	struct shard_net net;
	unsigned long prefix, max;

	if (strlen(text) >= sizeof(addr))
		return -EINVAL;
	strcpy(addr, text);
	slash = strchr(addr, '/');
	if (slash)
		*slash++ = '\0';
	memset(&net, 0, sizeof(net));
	if (inet_pton(AF_INET, addr, net.addr.b + 12) == 1) {
		memset(net.addr.b + 10, 0xff, 2);
		max = 32;
	} else if (inet_pton(AF_INET6, addr, net.addr.b) == 1) {
		max = 128;
	} else {
		return -EINVAL;
	}
	prefix = max;
	if (slash) {
		if (*slash < '0' || *slash > '9')
			return -EINVAL;
		prefix = strtoul(slash, &end, 10);
		if (*end || prefix > max)
			return -EINVAL;
	}
	net.prefix = (unsigned)(prefix + 128 - max);
	*ret = net;
	return 0;
}

static int
add_text(struct telltap_engine *e, const char *name, const char *value)
{
	char *text;

	if (e->text_count == ENGINE_MAX_TEXTS)
		return -E2BIG;
	if (asprintf(&text, value ? "%s=%s" : "%s", name, value) < 0)
		return -ENOMEM;
	e->texts[e->text_count++] = text;
	return 0;
}

static int
take_endpoints(struct telltap_engine *e, const char *const *list)
{
	struct shard_options *o = &e->shard_options;
	int r = 0;

	o->nets = e->nets;
	for (; !r && list && *list; list++) {
		if (o->net_count == ENGINE_MAX_NETS)
			return -E2BIG;
		r = parse_net(*list, &e->nets[o->net_count]);
		if (!r)
			r = add_text(e, "endpoint", *list);
		o->net_count += !r;
	}
	return r;
}

static int
take_options(struct telltap_engine *e, const struct telltap_options *in)
{
	struct shard_options *o = &e->shard_options;
	uint64_t flows = in->max_flows ? in->max_flows : DEFAULT_FLOWS;
	uint64_t stream =
	    in->max_stream_bytes ? in->max_stream_bytes : DEFAULT_STREAM_LEN;
	int r;

	e->alpha = DEFAULT_ALPHA;
	o->known = (const struct known *)in->known;
	o->digests = in->digests;
	o->no_dpi = in->no_dpi;
	o->keep_objects = in->keep_objects;
	o->keep_prints = in->keep_prints;
	o->max_flows = flows / SHARD_COUNT ? flows / SHARD_COUNT : 1;
	o->max_stream_len = (size_t)(stream / SHARD_COUNT);
	o->passwords = in->archive_passwords;
	r = take_endpoints(e, in->endpoints);
	for (const char *const *pw = o->passwords; !r && pw && *pw; pw++)
		r = add_text(e, "archive-password", *pw);
	if (!r && in->digests)
		r = add_text(e, "digests", NULL);
	if (!r && in->no_dpi)
		r = add_text(e, "no-dpi", NULL);
	if (!r && in->keep_objects)
		r = add_text(e, "keep-objects", NULL);
	if (!r && in->infer_files)
		r = add_text(e, "infer-files", NULL);
	if (!r && in->alpha != 0) {
		char n[32];

		if (!(in->alpha > 0 && in->alpha < 1))
			return -EINVAL;
		e->alpha = in->alpha;
		snprintf(n, sizeof(n), "%g", in->alpha);
		r = add_text(e, "alpha", n);
	}
	if (!r && in->max_flows) {
		char n[24];

		snprintf(n, sizeof(n), "%llu",
		    (unsigned long long)in->max_flows);
		r = add_text(e, "max-flows", n);
	}
	return r;
}

static int
take_profiles(struct telltap_engine *e, const struct profiles *profiles)
{
	uint8_t digest[32];
	char text[24 + 64 + 1];
	int n;

	if (!profiles)
		return 0;
	e->clouds.profiles = profiles;
	e->owners.profiles = profiles;
	e->shard_options.profiles = profiles;
	profiles_digest(profiles, digest);
	n = snprintf(text, sizeof(text), "%zu sha256:",
	    profiles_count(profiles));
	for (size_t i = 0; i < sizeof(digest); i++, n += 2)
		snprintf(text + n, sizeof(text) - (size_t)n, "%02x",
		    digest[i]);
	return add_text(e, "profiles", text);
}

/* Named by part of a digest, which tells whether it is another identity and is
 * too short to confirm a guess of what is in it. */
static int
take_identity(struct telltap_engine *e, const struct identity *id,
    bool show_values)
{
	uint8_t digest[32];
	char text[64];
	size_t count;

	e->shard_options.identity = id;
	e->shard_options.show_values = show_values;
	if (show_values && id) {
		int r = add_text(e, "show-values", NULL);

		if (r)
			return r;
	}
	if (!id)
		return 0;
	count = identity_digest(id, digest);
	snprintf(text, sizeof(text), "%zu check:%02x%02x%02x", count,
	    digest[0], digest[1], digest[2]);
	return add_text(e, "identity", text);
}

static int
build(struct telltap_engine *e, const struct telltap_options *options)
{
	unsigned threads = options->threads ? options->threads : 1;
	int r = take_options(e, options);

	if (!r)
		r = take_profiles(e,
		    (const struct profiles *)options->profiles);
	if (!r)
		r = take_identity(e, (const struct identity *)options->identity,
		    options->show_values);
	if (r)
		return r;
	if (threads > MAX_THREADS)
		return -EINVAL;
	e->decoder = packet_decoder_new(MAX_FRAGMENT_LEN);
	e->names = names_new(ENGINE_MAX_NAMES);
	e->files = files_new();
	e->slivers = slivers_new();
	e->ties = ties_new();
	e->fetched = fetched_new();
	e->ends = ends_new();
	e->socket_pairs = socket_pairs_new();
	e->carried = carried_new();
	e->shard_options.owners = &e->owners;
	if (!e->decoder || !e->names || !e->files || !e->slivers ||
	    !e->ties || !e->fetched || !e->ends || !e->socket_pairs ||
	    !e->carried)
		return -ENOMEM;
	r = held_new(e->shard_options.known, e->alpha, options->infer_files,
	    &e->held);
	if (r)
		return r;
	for (unsigned i = 0; !r && i < SHARD_COUNT; i++)
		r = shard_init(&e->shards[i], &e->shard_options);
	if (!r)
		r = engine_take_keys(e, options->keys);
	if (!r && threads > 1)
		r = pool_new(threads - 1, &e->pool);
	return r;
}

int
telltap_engine_new(const struct telltap_options *options,
    telltap_event_fn on_event, void *arg, struct telltap_engine **ret_engine)
{
	struct telltap_options all = { 0 };
	struct telltap_engine *e;
	int r;

	/* a caller built against an older header knows fewer options */
	memcpy(&all, options,
	    options->size < sizeof(all) ? options->size : sizeof(all));
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->on_event = on_event;
	e->arg = arg;
	r = build(e, &all);
	if (r) {
		telltap_engine_free(e);
		return r;
	}
	*ret_engine = e;
	return 0;
}

void
telltap_engine_free(struct telltap_engine *e)
{
	if (!e)
		return;
	if (e->running)
		pool_join(e->pool);
	pool_free(e->pool);
	for (unsigned i = 0; i < SHARD_COUNT; i++)
		shard_clear(&e->shards[i]);
	for (unsigned i = 0; i < 2; i++) {
		struct engine_batch *b = &e->batches[i];

		free(b->packets);
		free(b->clocks);
		for (unsigned k = 0; k < SHARD_COUNT; k++)
			free(b->order[k]);
		arena_clear(&b->arena);
	}
	for (size_t i = 0; i < e->input_count; i++)
		free(e->inputs[i].name);
	free(e->inputs);
	for (size_t i = 0; i < e->text_count; i++)
		free(e->texts[i]);
	packet_decoder_free(e->decoder);
	names_free(e->names);
	files_free(e->files);
	prints_clear(&e->prints);
	slivers_free(e->slivers);
	ties_free(e->ties);
	fetched_free(e->fetched);
	ends_free(e->ends);
	socket_pairs_free(e->socket_pairs);
	carried_free(e->carried);
	held_free(e->held);
	hold_clear(&e->hold);
	sessions_free(e->sessions);
	telltap_keys_free(e->own_keys);
	known_free((struct known *)e->held_known);
	engine_owners_clear(&e->owners);
	claims_clear(&e->owner_claims);
	buf_clear(&e->line);
	free(e);
}

int
telltap_engine_option(struct telltap_engine *e, const char *name,
    const char *value)
{
	return e->begun ? -EINVAL : add_text(e, name, value);
}

int
telltap_engine_input(struct telltap_engine *e, const char *name, uint64_t size,
    const uint8_t *sha256)
{
	struct engine_input *inputs, *in;

	if (e->begun)
		return -EINVAL;
	if (e->input_count == ENGINE_MAX_INPUTS)
		return -E2BIG;
	inputs = realloc(e->inputs, (e->input_count + 1) * sizeof(*inputs));
	if (!inputs)
		return -ENOMEM;
	e->inputs = inputs;
	in = &inputs[e->input_count];
	memset(in, 0, sizeof(*in));
	in->name = strdup(name);
	if (!in->name)
		return -ENOMEM;
	in->size = size;
	in->has_sha256 = sha256 != NULL;
	if (sha256)
		memcpy(in->sha256, sha256, 32);
	e->input_count++;
	return 0;
}

void
telltap_engine_input_hash(struct telltap_engine *e, size_t index,
    const uint8_t sha256[32])
{
	if (index >= e->input_count)
		return;
	e->inputs[index].has_sha256 = true;
	memcpy(e->inputs[index].sha256, sha256, 32);
}

int
telltap_engine_file_error(struct telltap_engine *e, const char *name,
    const char *why)
{
	char text[512];
	struct event_anomaly a = { .what = "file-error" };
	struct event ev = {
		.action = EVENT_ANOMALY,
		.ts_ns = e->last_ts_ns,
		.input = true,
		.anomaly = &a,
	};
	int r = engine_begin(e);

	if (!r)
		r = engine_settle(e);
	if (r)
		return r;
	snprintf(text, sizeof(text), "%s: %s", name, why);
	a.detail = span_str(text);
	a.packet = e->last_packet;
	e->totals.file_errors++;
	return engine_emit(e, &ev);
}

int
telltap_engine_name(struct telltap_engine *e, const uint8_t *address,
    const char *name)
{
	struct packet_addr addr;
	int r = engine_settle(e);	/* it is no name of what came before */

	memcpy(addr.b, address, sizeof(addr.b));
	names_add(e->names, &addr, span_str(name), NAMES_CAPTURE);
	return r;
}

int
telltap_engine_drops(struct telltap_engine *e, uint64_t kernel, uint64_t ring)
{
	e->totals.dropped_kernel += kernel;
	e->totals.dropped_ring += ring;
	return 0;
}

const char *
telltap_strerror(int err)
{
	return err_text(err);
}

const char *
telltap_version(void)
{
	return TELLTAP_VERSION;
}
