// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <hs.h>

#include "content/known/byte_class.h"
#include "content/identity/identity_set.h"

/* Each thread's scratch space, which grows to what the databases need. */
static __thread hs_scratch_t *scratch;
static __thread const struct identity *scratch_for;
static pthread_key_t scratch_key;
static pthread_once_t scratch_once = PTHREAD_ONCE_INIT;

static void
scratch_end(void *arg)
{
	hs_free_scratch(arg);
}

static void
scratch_make_key(void)
{
	(void)pthread_key_create(&scratch_key, scratch_end);
}

static bool
have_scratch(const struct identity *id)
{
	if (scratch_for == id)
		return true;
	if (!id->block || hs_alloc_scratch(id->block, &scratch) ||
	    hs_alloc_scratch(id->stream, &scratch))
		return false;
	pthread_once(&scratch_once, scratch_make_key);
	(void)pthread_setspecific(scratch_key, scratch);
	scratch_for = id;
	return true;
}

static void
put_bytes(struct buf *b, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char x[5];

		snprintf(x, sizeof(x), "\\x%02x", p[i]);
		buf_append(b, x, 4);
	}
}

/* Where a word must not go on: figures, letters and '_' adjoin no word; what
 * begins or ends with something else may stand anywhere. */
static void
put_pattern(struct buf *b, const struct identity_form *f)
{
	buf_reset(b);
	if (f->word && byte_is(f->bytes[0], BYTE_ALPHA | BYTE_DIGIT))
		buf_append(b, "\\b", 2);
	if (f->wide)
		buf_str(b, "(?:^|[^0-9A-Za-z]\\x00|[^\\x00])");
	put_bytes(b, f->bytes, f->len);
	if (f->word && byte_is(f->bytes[f->len - 1], BYTE_ALPHA | BYTE_DIGIT))
		buf_append(b, "\\b", 2);
	if (f->wide)
		buf_str(b, "(?:[^0-9A-Za-z]|$)");
	buf_append(b, "", 1);
}

struct patterns {
	char **text;
	unsigned *flags, *ids;
	size_t count;
};

static void
patterns_clear(struct patterns *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->text[i]);
	free(p->text);
	free(p->flags);
	free(p->ids);
}

static int
patterns_make(const struct identity *id, struct patterns *p)
{
	struct buf b;
	int r = 0;

	buf_init(&b, 0);
	p->text = calloc(id->form_count, sizeof(*p->text));
	p->flags = calloc(id->form_count, sizeof(*p->flags));
	p->ids = calloc(id->form_count, sizeof(*p->ids));
	if (!p->text || !p->flags || !p->ids)
		r = -ENOMEM;
	for (size_t i = 0; !r && i < id->form_count; i++) {
		const struct identity_form *f = &id->forms[i];

		put_pattern(&b, f);
		p->text[i] = b.failed ? NULL : strdup((char *)b.data);
		p->flags[i] = HS_FLAG_SINGLEMATCH | HS_FLAG_DOTALL |
			      (f->caseless ? HS_FLAG_CASELESS : 0);
		p->ids[i] = (unsigned)i;
		p->count = i + 1;
		if (!p->text[i])
			r = -ENOMEM;
	}
	buf_clear(&b);
	return r;
}

static int
compile(struct identity *id, const struct patterns *p, unsigned mode,
    hs_database_t **ret)
{
	hs_compile_error_t *error = NULL;
	int r = 0;

	if (hs_compile_multi((const char *const *)p->text, p->flags, p->ids,
		(unsigned)p->count, mode, NULL, ret, &error)) {
		r = identity_fail(id, ERR_LIMIT, "can't be compiled: %s",
		    error ? error->message : "");
		hs_free_compile_error(error);
	}
	return r;
}

int
identity_compile(struct identity *id)
{
	struct patterns p = { 0 };
	int r;

	if (!id->form_count)
		return 0;
	r = patterns_make(id, &p);
	if (!r)
		r = compile(id, &p, HS_MODE_BLOCK, &id->block);
	if (!r)
		r = compile(id, &p, HS_MODE_STREAM, &id->stream);
	patterns_clear(&p);
	return r;
}

void
identity_drop_databases(struct identity *id)
{
	if (scratch_for == id)
		scratch_for = NULL;
	hs_free_database(id->block);
	hs_free_database(id->stream);
	id->block = id->stream = NULL;
}

struct finding {
	const struct identity *id;
	identity_fn on_hit;
	void *arg;
	uint64_t base, size;	/* bytes before this run, and of it */
	bool ended;
};

/* A wide one ends with what adjoins it, but for the last. */
static int
on_match(unsigned n, unsigned long long from, unsigned long long to,
    unsigned flags, void *arg)
{
	const struct finding *f = arg;
	const struct identity_form *form = &f->id->forms[n];
	const struct identity_entry *e = &f->id->entries[form->entry];
	bool last = f->ended && to == f->size;
	uint64_t len = form->len + (form->wide && !last);
	struct identity_hit hit = {
		.kind = e->kind,
		.entry = form->entry,
		.value = e->value,
		.form = form->form,
		.encoding = form->encoding,
		.offset = f->base + (to >= len ? to - len : 0),
	};

	f->on_hit(f->arg, &hit);
	return 0;
}

void
identity_find(const struct identity *id, struct span s, identity_fn on_hit,
    void *arg)
{
	struct finding f = { id, on_hit, arg, 0, s.len, true };

	if (s.len < 4 || s.len > UINT32_MAX || !have_scratch(id))
		return;
	hs_scan(id->block, (const char *)s.p, (unsigned)s.len, 0, scratch,
	    on_match, &f);
}

struct identity_stream {
	struct finding f;
	hs_stream_t *stream;
};

struct identity_stream *
identity_stream_new(const struct identity *id, identity_fn on_hit, void *arg)
{
	struct identity_stream *s;

	if (!have_scratch(id))
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->f = (struct finding){ id, on_hit, arg, 0, 0, false };
	if (hs_open_stream(id->stream, 0, &s->stream)) {
		free(s);
		return NULL;
	}
	return s;
}

void
identity_stream_data(struct identity_stream *s, const uint8_t *p, size_t len)
{
	while (len) {
		unsigned n = len < 1u << 30 ? (unsigned)len : 1u << 30;

		if (!have_scratch(s->f.id))
			return;
		hs_scan_stream(s->stream, (const char *)p, n, 0, scratch,
		    on_match, &s->f);
		s->f.size += n;
		p += n;
		len -= n;
	}
}

void
identity_stream_gap(struct identity_stream *s, uint64_t len)
{
	if (!have_scratch(s->f.id))
		return;
	s->f.ended = true;
	hs_reset_stream(s->stream, 0, scratch, on_match, &s->f);
	s->f.ended = false;
	s->f.base += s->f.size + len;
	s->f.size = 0;
}

void
identity_stream_end(struct identity_stream *s)
{
	if (!s)
		return;
	s->f.ended = true;
	if (have_scratch(s->f.id))
		hs_close_stream(s->stream, scratch, on_match, &s->f);
	else
		hs_close_stream(s->stream, NULL, NULL, NULL);
	free(s);
}
