// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "evidence/verify/verify.h"

static struct span
text_of(json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);

	return json_is_string(v) ? (struct span){
		(const uint8_t *)json_string_value(v), json_string_length(v)
	} : (struct span){ NULL, 0 };
}

/* The checkpoint that was found when the case was taken up again. */
static bool
read_cut(json_t *cut, struct verify_cut *ret_cut)
{
	struct span vkey = text_of(cut, "vkey"), line, body;
	struct note_checkpoint c;

	if (note_read_line(&vkey, &line) ||
	    note_read_vkey(line, &ret_cut->key) ||
	    note_open(text_of(cut, "checkpoint"), &ret_cut->key, &body) ||
	    note_read_checkpoint(body, &c))
		return false;
	ret_cut->size = c.size;
	memcpy(ret_cut->root, c.root, sizeof(c.root));
	return true;
}

static void
note_cut(struct verify *v, json_t *cut)
{
	unsigned long long number = v->lines;
	struct verify_cut c = { .line = v->lines };

	v->cut_short = true;
	verify_unknown(v, "line %llu: the recording was cut short here and "
	    "taken up again; nothing is known of the time between", number);
	if (!json_object_get(cut, "checkpoint"))
		return;
	if (!read_cut(cut, &c))
		verify_bad(v, "data/events.jsonl: line %llu: no checkpoint of "
		    "an earlier log", number);
	else if (c.size > v->tree.size)
		verify_bad(v, "data/events.jsonl: line %llu: %llu lines were "
		    "signed before it", number, (unsigned long long)c.size);
	else if (v->cut_count == VERIFY_CUTS_MAX)
		verify_unknown(v, "line %llu: not checked, the log was cut "
		    "too often", number);
	else
		v->cuts[v->cut_count++] = c;
}

static const char *
anomaly_of(const void *line)
{
	json_t *telltap = json_object_get(line, "telltap");
	const char *what = json_string_value(json_object_get(
	    json_object_get(telltap, "anomaly"), "what"));

	return what ? what : "";
}

void
verify_check_full(struct verify *v, const void *line)
{
	const char *action = json_string_value(json_object_get(
	    json_object_get(line, "event"), "action"));

	if (v->full && action && strcmp(action, "seal") &&
	    strcmp(anomaly_of(line), "log-cut"))
		verify_bad(v, "data/events.jsonl: line %llu was recorded on a disk "
		    "that was full", (unsigned long long)v->lines);
	v->full = false;
}

void
verify_note_anomaly(struct verify *v, const void *line)
{
	json_t *telltap = json_object_get(line, "telltap");
	const char *what = anomaly_of(line);

	if (!strcmp(what, "log-cut"))
		note_cut(v, json_object_get(telltap, "cut"));
	v->full = !strcmp(what, "disk-full");
	if (v->full)
		verify_unknown(v, "line %llu: the disk was full; nothing was "
		    "recorded from here on", (unsigned long long)v->lines);
}

static int
check_cut(struct verify *v, struct verify_tiles *tiles,
    const struct verify_cut *cut)
{
	uint8_t root[TLOG_HASH_LEN];
	int err = cut->size ? tlog_root_at(&v->hasher, verify_read_hash, tiles,
				  cut->size, root)
			    : 0;

	if (err)
		return err == -ENOMEM ? err : 0;
	if (cut->size && memcmp(root, cut->root, sizeof(root)))
		verify_bad(v, "data/events.jsonl: its first %llu lines are not "
		    "those that were signed before line %llu",
		    (unsigned long long)cut->size,
		    (unsigned long long)cut->line);
	else
		verify_ok(v, "cut: the first %llu lines are those that were "
		    "signed before it", (unsigned long long)cut->size);
	if (v->has_key && strcmp(v->key.name, cut->key.name))
		verify_unknown(v, "cut: lines before it were signed by "
		    "another key, %s", cut->key.name);
	return 0;
}

int
verify_check_cuts(struct verify *v)
{
	struct verify_tiles tiles = { .v = v, .size = v->lines };
	int err = 0;

	if (v->bad_tiles && v->cut_count)
		verify_unknown(v, "cuts: not checked, for the tiles are not "
		    "right");
	for (unsigned i = 0; !v->bad_tiles && i < v->cut_count && !err; i++)
		err = check_cut(v, &tiles, &v->cuts[i]);
	free(tiles.tile);
	return err;
}
