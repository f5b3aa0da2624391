// SPDX-License-Identifier: Apache-2.0
#include "engine/sliver_ends.h"

#include <string.h>

#include "content/known/known_set.h"
#include "content/known/match.h"

static const char *
origin_name(uint8_t origin)
{
	return origin == KNOWN_PRODUCT ? "product" :
	    origin == KNOWN_CANARY ? "canary" : "user";
}

void
sliver_tell(const struct sliver_told *told, const struct known *known,
    const struct sliver_part *part, const struct event *e)
{
	const struct known_file *k = known_get(known, part->file);
	struct event_file f = {
		.name = span_str(k->name),
		.has_sha256 = k->has_hash >> KNOWN_SHA256 & 1,
		.size = k->size,
		.sent_bytes = part->range.end - part->range.start,
		.ranges = &part->range,
		.range_count = 1,
		.encodings = part->wraps->name,
		.encoding_count = part->wraps->count,
		.known = true,
		.known_index = part->file,
		.origin = origin_name(k->origin),
		.also = part->also,
		.also_count = part->also_count,
		.ambiguous = part->also_count > 0,
	};
	struct event_transfer t = { .file_count = 1, .files = &f,
		.grade = GRADE_PROVEN, .number = e->transfer->number,
		.packet_first = e->transfer->packet_first,
		.packet_last = e->transfer->packet_last };
	struct event ev = *e;
	struct event_use use = { part->file, part->range.start,
		part->range.end };

	memcpy(f.sha256, k->hash[KNOWN_SHA256], 32);
	ev.transfer = &t;
	files_add(told->files, &ev);
	if (told->prints)
		prints_add(told->prints, &use, 1);
}

/* True if these are the file's bytes from offset on. */
static bool
goes_on(const struct known *known, const struct sliver_end *end, struct span bytes)
{
	uint32_t content;

	return end->file < known_count(known) &&
	    known_content_of(known, end->file, &content) &&
	    known_holds(known, content, end->offset, bytes);
}

/* What goes on where a part ended; the end moves along. A few bytes say enough
 * only where they are all that is left of the file. */
bool
sliver_follow(struct sliver_ends *s, const struct known *known,
    const struct sliver_told *told, const struct event *e,
    const struct event_sliver *sliver)
{
	struct sliver_part part = { .wraps = &sliver->wraps };
	struct files_party party;
	bool followed = false;

	files_party_of(e, &party);
	for (unsigned i = 0; i < SLIVER_ENDS; i++) {
		struct sliver_end *end = &s->end[i];

		if (!end->offset || memcmp(&end->party, &party,
		    sizeof(party)) || !goes_on(known, end, sliver->bytes))
			continue;
		if (sliver->bytes.len < MATCH_MIN_RESUMED &&
		    end->offset + sliver->bytes.len !=
		    known_get(known, end->file)->size)
			continue;
		part.file = end->file;
		part.range.start = end->offset;
		part.range.end = end->offset += sliver->bytes.len;
		sliver_tell(told, known, &part, e);
		followed = true;
	}
	return followed;
}

static void
keep_end(struct sliver_ends *s, const struct event *e, const struct event_file *f)
{
	struct sliver_end end = { .file = (uint32_t)f->known_index };

	files_party_of(e, &end.party);
	end.offset = f->ranges[f->range_count - 1].end;
	if (end.offset >= f->size)
		return;
	for (unsigned i = 0; i < SLIVER_ENDS; i++) {
		struct sliver_end *o = &s->end[i];

		if (o->offset && o->file == end.file &&
		    !memcmp(&o->party, &end.party, sizeof(end.party))) {
			o->offset = end.offset;
			return;
		}
	}
	s->end[s->next++ % SLIVER_ENDS] = end;
}

void
sliver_keep_ends(struct sliver_ends *s, const struct event *e)
{
	const struct event_transfer *t = e->transfer;

	for (size_t i = 0; i < t->file_count; i++) {
		const struct event_file *f = &t->files[i];

		if (f->known && !f->ambiguous && f->range_count &&
		    f->known_index >= 0 && t->grade == GRADE_PROVEN)
			keep_end(s, e, f);
	}
}
