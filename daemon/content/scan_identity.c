// SPDX-License-Identifier: Apache-2.0
/* What names this machine, its user and its software, where it is known. */
#include <string.h>

#include "content/identity/identity.h"
#include "content/scan_tree.h"

struct place {
	struct scan_node *n;
	struct span path;
	uint64_t offset;
};

static void
on_hit(void *arg, const struct identity_hit *hit)
{
	const struct place *at = arg;
	struct scan_category c = {
		.category = identity_category(hit->kind),
		.path = at->path,
		.offset = at->offset + hit->offset,
		.why = identity_why(hit->kind),
		.kind = identity_kind_word(hit->kind),
		.form = hit->form,
		.encoding = hit->encoding,
		.value = hit->value,
	};

	scan_add_finding(at->n->s, &c);
	at->n->s->notes[at->n->item].worth = true;
}

static void
on_stream_hit(void *arg, const struct identity_hit *hit)
{
	struct place at = { .n = arg };

	at.path = at.n->from.path;
	on_hit(&at, hit);
}

/* Names of programs are ordinary words: several have to be there, each as a
 * whole value, to be what is installed here. */
static void
count_package(struct scan_node *n, const struct field *f)
{
	struct scan *s = n->s;
	uint32_t package = identity_package(s->identity, f->value);

	if (!package || s->package_count ==
	    sizeof(s->packages) / sizeof(*s->packages))
		return;
	for (size_t i = 0; i < s->package_count; i++)
		if (s->packages[i] == package)
			return;
	s->packages[s->package_count++] = package;
	if (s->package_count == IDENTITY_LEAST_PACKAGES)
		scan_add_finding(s, &(struct scan_category){
		    .category = identity_category(IDENTITY_PACKAGE),
		    .path = f->path, .offset = f->offset,
		    .why = identity_why(IDENTITY_PACKAGE) });
}

void
scan_identify(struct scan_node *n, const struct field *f)
{
	struct place at = { n, f->path, f->offset };

	if (!n->s->identity)
		return;
	identity_find(n->s->identity, f->value, on_hit, &at);
	count_package(n, f);
}

void
scan_identify_begin(struct scan_node *n)
{
	if (n->s->identity)
		n->identity = identity_stream_new(n->s->identity,
		    on_stream_hit, n);
}
