// SPDX-License-Identifier: Apache-2.0
#include "content/pattern/pattern.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <hs.h>

#include "content/known/byte_class.h"
#include "content/pattern/pattern_check.h"

/*
 * A stream is looked at in windows, each of which begins with the last
 * WINDOW_KEPT bytes of the one before: a value ends in the first window that has
 * WINDOW_AHEAD more bytes behind it, and is whole there. Windows lie at fixed
 * places, so that how the bytes were cut changes nothing.
 */
#define WINDOW_LEN	4096u
#define WINDOW_KEPT	1024u
#define WINDOW_AHEAD	512u

/* In what lies behind, noise is passed over. */
#define NOISE_FROM	(1u << 20)
#define NOISE_SAMPLES	64u
#define NOISE_DIFFERENT	48u

_Static_assert(WINDOW_KEPT - WINDOW_AHEAD > 2 * (PATTERN_MAX_LEN + 48),
    "a value in UTF-16, its label and what adjoins it fit");

/* Each anchor is of one length. To compile a class of characters takes ten times
 * what a word takes: a check looks at it, where that is not too late. */
static const struct {
	const char *regex;
	uint8_t len;
	bool caseless;
	pattern_check_fn check;
	const char *category, *kind, *why;
} anchors[] = {
	{ "(?:[0-9a-f]{2}[-:]){5}", 15, true, pattern_is_mac, "host.id", "mac",
	    "text of the form of a network card's address; whose is not known" },
	{ "(?:[0-9a-f]{4}\\.){2}", 10, true, pattern_is_dotted_mac, "host.id",
	    "mac",
	    "text of the form of a network card's address; whose is not known" },
#define IP "network.local", "ip", \
	"text of the form of an address of a private network"
	{ "10\\.", 3, false, pattern_is_ip, IP },
	{ "192\\.168\\.", 8, false, pattern_is_ip, IP },
	{ "172\\.[123]", 5, false, pattern_is_ip, IP },
	{ "fe80::", 6, true, pattern_is_ip6, IP },
	{ "fd", 2, true, pattern_is_own_ip6, IP },
#undef IP
#define HOME "user", "home", \
	"text of the form of a user's folder; whose is not known"
	{ ":\\\\users\\\\", 8, true, pattern_is_windows_home, HOME },
	{ ":\\\\\\\\users\\\\", 9, true, pattern_is_windows_home, HOME },
	{ "/home/", 6, false, pattern_is_home, HOME },
	{ "/Users/", 7, false, pattern_is_home, HOME },
#undef HOME
#define PATH "file.path", NULL, "text of the form of a path"
	{ ":\\\\", 2, false, pattern_is_drive, PATH },
	{ "\\\\\\\\", 2, false, pattern_is_unc, PATH },
	{ "/home/", 6, false, pattern_is_path, PATH },
	{ "/Users/", 7, false, pattern_is_path, PATH },
	{ "/usr/", 5, false, pattern_is_path, PATH },
	{ "/etc/", 5, false, pattern_is_path, PATH },
	{ "/var/", 5, false, pattern_is_path, PATH },
	{ "/opt/", 5, false, pattern_is_path, PATH },
	{ "/tmp/", 5, false, pattern_is_path, PATH },
	{ "/root/", 6, false, pattern_is_path, PATH },
#undef PATH
	{ "@", 1, false, pattern_is_email, "user", "email",
	    "text of the form of an e-mail address; whose is not known" },
	{ "S-1-5-21-", 9, false, pattern_is_sid, "user", "user",
	    "text of the form of a Windows user's security id" },
	{ "-[0-9A-Z]{4}-", 6, false, pattern_is_licence, "product.licence",
	    "licence", "text of the form of a licence key" },
	{ "-[0-9A-Z]{5}-", 7, false, pattern_is_licence, "product.licence",
	    "licence", "text of the form of a licence key" },
#define NAME "host.id", "hostname", \
	"text of the form of a name that Windows gives a computer"
	{ "DESKTOP-", 8, false, pattern_is_given_name, NAME },
	{ "LAPTOP-", 7, false, pattern_is_given_name, NAME },
	{ "WIN-", 4, false, pattern_is_given_name, NAME },
#undef NAME
#define LABEL NULL, NULL, NULL
	{ "machine", 7, true, pattern_is_labelled, LABEL },
	{ "device", 6, true, pattern_is_labelled, LABEL },
	{ "hardware", 8, true, pattern_is_labelled, LABEL },
	{ "install", 7, true, pattern_is_labelled, LABEL },
	{ "computer", 8, true, pattern_is_labelled, LABEL },
	{ "host", 4, true, pattern_is_labelled, LABEL },
	{ "serial", 6, true, pattern_is_labelled, LABEL },
	{ "licen", 5, true, pattern_is_labelled, LABEL },
	{ "activation", 10, true, pattern_is_labelled, LABEL },
	{ "product", 7, true, pattern_is_labelled, LABEL },
	{ "user", 4, true, pattern_is_labelled, LABEL },
#undef LABEL
#define PACKAGE "software.inventory", "package", \
	"text of the form of a list of installed packages"
	{ "_amd64", 6, false, pattern_is_package, PACKAGE },
	{ "_arm64", 6, false, pattern_is_package, PACKAGE },
	{ "_i386", 5, false, pattern_is_package, PACKAGE },
	{ "_all", 4, false, pattern_is_package, PACKAGE },
	{ "\\.x86_64", 7, false, pattern_is_package, PACKAGE },
	{ "\\.noarch", 7, false, pattern_is_package, PACKAGE },
#undef PACKAGE
};

#define ANCHOR_COUNT	(sizeof(anchors) / sizeof(*anchors))

static hs_database_t *database;
static pthread_key_t scratch_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static __thread hs_scratch_t *scratch;

static void
scratch_end(void *arg)
{
	hs_free_scratch(arg);
}

static void
prepare(void)
{
	const char *text[ANCHOR_COUNT];
	unsigned flags[ANCHOR_COUNT], ids[ANCHOR_COUNT];
	hs_compile_error_t *error = NULL;

	for (unsigned i = 0; i < ANCHOR_COUNT; i++) {
		text[i] = anchors[i].regex;
		flags[i] = anchors[i].caseless ? HS_FLAG_CASELESS : 0;
		ids[i] = i;
	}
	if (pthread_key_create(&scratch_key, scratch_end))
		return;
	(void)hs_compile_multi(text, flags, ids, ANCHOR_COUNT, HS_MODE_BLOCK,
	    NULL, &database, &error);
	hs_free_compile_error(error);
}

static bool
have_scratch(void)
{
	if (scratch)
		return true;
	pthread_once(&once, prepare);
	if (!database || hs_alloc_scratch(database, &scratch))
		return false;
	(void)pthread_setspecific(scratch_key, scratch);
	return true;
}

/* What was found so far, in one value or one stream. */
struct look {
	pattern_fn on_hit;
	pattern_word_fn on_word;
	void *arg;
	uint64_t told;		/* a bit for each anchor */
	uint32_t packages[PATTERN_LEAST_PACKAGES];	/* hashes of them */
	size_t package_count;
};

_Static_assert(ANCHOR_COUNT <= 64, "a bit for each anchor");

/* One run of the database over bytes that lie in one piece. */
struct pass {
	struct look *look;
	struct span text;
	uint64_t base;		/* where it begins, in the stream */
	unsigned step;		/* bytes of the stream for one of the text */
	size_t first, last;	/* only values that end behind first and not
				 * behind last */
};

static uint32_t
hash_of(struct span s)
{
	uint32_t h = 0x811c9dc5;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ s.p[i]) * 0x01000193u;
	return h;
}

/* One package is named in many texts: different ones are counted. */
static bool
is_list_of_packages(struct look *l, struct span package)
{
	uint32_t h = hash_of(package);

	for (size_t i = 0; i < l->package_count; i++)
		if (l->packages[i] == h)
			return false;
	l->packages[l->package_count++] = h;
	return l->package_count == PATTERN_LEAST_PACKAGES;
}

/* Those of one category and kind stand next to each other. */
static void
tell(struct look *l, unsigned n, const struct pattern_hit *hit)
{
	for (unsigned i = 0; i < ANCHOR_COUNT; i++)
		if (anchors[i].why == anchors[n].why && anchors[n].why)
			l->told |= 1ull << i;
	l->on_hit(l->arg, hit);
}

static int
on_anchor(unsigned n, unsigned long long from, unsigned long long to,
    unsigned flags, void *arg)
{
	const struct pass *p = arg;
	struct pattern_value v = { .category = anchors[n].category,
		.kind = anchors[n].kind, .why = anchors[n].why };
	size_t end;

	if (p->look->told >> n & 1 ||
	    !anchors[n].check(p->text, (size_t)to - anchors[n].len, &v) ||
	    v.text.len > PATTERN_MAX_LEN)
		return 0;
	end = (size_t)(v.text.p - p->text.p) + v.text.len;
	if (end <= p->first || end > p->last)
		return 0;
	if (anchors[n].check == pattern_is_package &&
	    !is_list_of_packages(p->look, v.text))
		return 0;
	tell(p->look, n, &(struct pattern_hit){
	    .category = v.category, .kind = v.kind, .why = v.why,
	    .encoding = p->step == 2 ? "utf-16" : NULL, .value = v.text,
	    .offset = p->base + (uint64_t)(v.text.p - p->text.p) * p->step });
	return 0;
}

static void
run(struct pass *p)
{
	if (p->text.len >= PATTERN_LEAST)
		hs_scan(database, (const char *)p->text.p,
		    (unsigned)p->text.len, 0, scratch, on_anchor, p);
}

static void
tell_words(const struct pass *p)
{
	size_t i = 0, end;

	while (i < p->text.len) {
		for (end = i; end < p->text.len &&
		    byte_is(p->text.p[end], BYTE_WORD); end++)
			;
		if (end - i >= PATTERN_WORD_MIN && end - i <= PATTERN_MAX_LEN &&
		    end > p->first && end <= p->last)
			p->look->on_word(p->look->arg, (struct span){
			    p->text.p + i, end - i }, p->base + i * p->step);
		i = end + 1;
	}
}

static void
run_wide(const struct pass *p)
{
	uint8_t text[WINDOW_LEN / 2];

	for (size_t odd = 0; odd < 2 && odd < p->text.len; odd++) {
		struct span wide = { p->text.p + odd, p->text.len - odd };
		struct pass half = *p;

		if (pattern_narrow(wide, text) < PATTERN_LEAST)
			continue;
		half.text = (struct span){ text, wide.len / 2 };
		half.base += odd;
		half.step = 2;
		half.first = p->first > odd ? (p->first - odd) / 2 : 0;
		half.last = (p->last - odd) / 2;
		run(&half);
		if (p->look->on_word)
			tell_words(&half);
	}
}

/* As it is, and as UTF-16. */
static void
run_all(struct pass *p)
{
	run(p);
	if (p->text.len && pattern_may_be_wide(p->text))
		run_wide(p);
}

void
pattern_find(struct span s, pattern_fn on_hit, void *arg)
{
	struct look look = { .on_hit = on_hit, .arg = arg };
	struct pass pass = { .look = &look, .text = s, .step = 1,
		.last = s.len };

	if (s.len >= PATTERN_LEAST && s.len <= WINDOW_LEN && have_scratch())
		run_all(&pass);
}

struct pattern_stream {
	struct look look;
	uint64_t base;		/* of the window, in the stream */
	size_t len;		/* of it so far */
	bool goes_on;		/* it begins with what another ended with */
	uint8_t window[WINDOW_LEN];
};

struct pattern_stream *
pattern_stream_new(pattern_fn on_hit, pattern_word_fn on_word, void *arg)
{
	struct pattern_stream *s;

	if (!have_scratch())
		return NULL;
	s = malloc(sizeof(*s));
	if (!s)
		return NULL;
	s->look = (struct look){ .on_hit = on_hit, .on_word = on_word,
		.arg = arg };
	s->base = s->len = 0;
	s->goes_on = false;
	return s;
}

/* Of 64 bytes spread over noise some 57 are different ones; over text, programs
 * and records fewer. */
static bool
is_noise(struct span window)
{
	uint64_t seen[4] = { 0 };
	unsigned different = 0;

	if (window.len < WINDOW_LEN)
		return false;
	for (size_t i = 0; i < NOISE_SAMPLES; i++) {
		uint8_t c = window.p[i * (WINDOW_LEN / NOISE_SAMPLES)];

		different += !(seen[c >> 6] >> (c & 63) & 1);
		seen[c >> 6] |= 1ull << (c & 63);
	}
	return different >= NOISE_DIFFERENT;
}

/* Windows are numbered by where they begin. */
static bool
is_looked_at(const struct pattern_stream *s, bool ends)
{
	struct span window = { s->window, s->len };

	if (s->base >= PATTERN_REACH && !ends &&
	    s->base / (WINDOW_LEN - WINDOW_KEPT) % PATTERN_EVERY)
		return false;
	return s->base < NOISE_FROM || !is_noise(window);
}

static void
look_at(struct pattern_stream *s, bool ends)
{
	struct pass pass = { .look = &s->look,
		.text = { s->window, s->len }, .base = s->base, .step = 1,
		.first = s->goes_on ? WINDOW_KEPT - WINDOW_AHEAD : 0,
		.last = ends ? s->len : s->len - WINDOW_AHEAD };

	if (have_scratch() && is_looked_at(s, ends))
		run_all(&pass);
}

void
pattern_stream_data(struct pattern_stream *s, const uint8_t *p, size_t len)
{
	while (len) {
		size_t take = WINDOW_LEN - s->len;

		take = take < len ? take : len;
		memcpy(s->window + s->len, p, take);
		s->len += take;
		p += take;
		len -= take;
		if (s->len < WINDOW_LEN)
			continue;
		look_at(s, false);
		memmove(s->window, s->window + WINDOW_LEN - WINDOW_KEPT,
		    WINDOW_KEPT);
		s->base += WINDOW_LEN - WINDOW_KEPT;
		s->len = WINDOW_KEPT;
		s->goes_on = true;
	}
}

void
pattern_stream_gap(struct pattern_stream *s, uint64_t len)
{
	look_at(s, true);
	s->base += s->len + len;
	s->len = 0;
	s->goes_on = false;
}

void
pattern_stream_end(struct pattern_stream *s)
{
	if (s)
		look_at(s, true);
	free(s);
}
