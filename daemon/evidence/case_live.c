// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "evidence/case_state.h"

/*
 * A case that grows: when a checkpoint is due (checkpoint.h says how it is made),
 * and what becomes of a disk that is full. Tiles follow from the lines and are made
 * again where a case is taken up.
 */

#define CHECKPOINT_LINES	1000u
#define CHECKPOINT_NS		60000000000ll
/* Where lines come by the ten thousand a second the disk has so many times as long
 * for them as for checkpoints. */
#define CHECKPOINT_REST		10
/* For the last lines and the manifests, which name every tile. */
#define RESERVE_MIN		(4ull << 20)
#define RESERVE_PER_FILE	512u

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* One that was made, or why not. */
static int
settle(struct telltap_case *c, int err)
{
	uint64_t reserve = RESERVE_MIN + RESERVE_PER_FILE * c->bag.count;

	if (!err) {
		c->checkpoint_ns = now_ns();
		err = bag_keep_reserve(&c->bag, reserve);
	}
	if (err == -ENOSPC || err == -EDQUOT) {
		c->bag.full = true;
		err = 0;
	}
	return err;
}

int
case_end_checkpoint(struct telltap_case *c)
{
	int err;

	if (!c->checkpoint.under_way)
		return 0;
	err = settle(c, checkpoint_wait(&c->checkpoint));
	if (err)
		c->broken = err;
	return err;
}

static int
make_checkpoint(struct telltap_case *c)
{
	int err = case_end_checkpoint(c);

	if (err || c->bag.full)
		return err;
	c->begun_ns = now_ns();
	return settle(c, checkpoint_make(&c->checkpoint));
}

static int
begin_checkpoint(struct telltap_case *c)
{
	int err;

	c->begun_ns = now_ns();
	err = checkpoint_begin(&c->checkpoint);
	return c->checkpoint.under_way ? 0 : settle(c, err);
}

int
case_say(struct telltap_case *c, const char *what, const char *detail,
    const struct buf *more)
{
	struct buf line;
	struct json j;
	int err;

	buf_init(&line, 0);
	json_init(&j, &line);
	json_object(&j, NULL);
	json_str(&j, "@timestamp", c->log.last_time);
	json_object(&j, "ecs");
	json_str(&j, "version", "8.17.0");
	json_close_object(&j);
	json_object(&j, "event");
	json_str(&j, "kind", "event");
	json_array(&j, "category");
	json_str(&j, NULL, "host");
	json_close_array(&j);
	json_array(&j, "type");
	json_str(&j, NULL, "info");
	json_close_array(&j);
	json_str(&j, "action", "anomaly");
	json_u64(&j, "sequence", c->log.tree.size);
	json_close_object(&j);
	json_object(&j, "telltap");
	json_str(&j, "origin", "input");
	json_object(&j, "anomaly");
	json_str(&j, "what", what);
	json_str(&j, "detail", detail);
	json_u64(&j, "packet", 0);
	json_u64(&j, "offset", 0);
	json_u64(&j, "length", 0);
	json_close_object(&j);
	if (more) {
		buf_u8(&line, ',');
		buf_append(&line, more->data, more->len);
	}
	json_close_object(&j);
	json_close_object(&j);
	err = line.failed ? -ENOMEM
			  : log_append(&c->log, (const char *)line.data,
				line.len);
	buf_clear(&line);
	return err;
}

/* The reserve is free now: enough for a last line and the end. */
static int
end_full(struct telltap_case *c)
{
	int err = 0;

	if (!c->sealed)
		err = case_say(c, "disk-full", "The disk was full: nothing "
		    "was recorded from here on.", NULL);
	if (!err)
		err = case_end_bag(c);
	c->broken = err ? err : -ENOSPC;
	if (!err)
		snprintf(c->error, sizeof(c->error), "%s: the disk is full; "
		    "the case says so and is finished", c->dir);
	else if (!c->error[0])
		case_fail(c, err, "");
	return c->broken;
}

/* What the caller did wrong leaves the case as it was. */
static bool
is_harmless(int err)
{
	return err == -EINVAL || err == -EMSGSIZE || err == -EROFS ||
	       err == -ENAMETOOLONG || err == -EEXIST;
}

static bool
checkpoint_is_due(const struct telltap_case *c)
{
	uint64_t unsigned_lines = c->log.tree.size - c->log.signed_lines;
	int64_t since = now_ns() - c->checkpoint_ns;
	int64_t rest = CHECKPOINT_REST * (c->checkpoint_ns - c->begun_ns);

	/* The first line at once: what it says is signed from the start. */
	if (!c->log.signed_lines && unsigned_lines)
		return true;
	return since >= CHECKPOINT_NS ||
	       (unsigned_lines >= CHECKPOINT_LINES && since >= rest);
}

static int
work(struct telltap_case *c, bool at_once)
{
	int err = 0;

	if (c->bag.full)
		return 0;
	if (at_once)
		err = make_checkpoint(c);
	else if (c->checkpoint.under_way)
		err = checkpoint_is_done(&c->checkpoint) ?
		    case_end_checkpoint(c) : 0;
	else if (checkpoint_is_due(c))
		err = begin_checkpoint(c);
	if (!err && c->parent && !c->bag.full)
		err = case_roll(c);
	return err;
}

int
case_after(struct telltap_case *c, int err, const char *name)
{
	if (err) {
		if (!is_harmless(err))
			c->broken = err;
		return case_fail(c, err, name);
	}
	if (!c->options.live)
		return 0;
	if (!c->sealed && c->log.tree.size)
		err = work(c, false);
	if (!err && c->bag.full)
		return end_full(c);
	c->broken = err;
	return err && !c->error[0] ? case_fail(c, err, "") : err;
}

int
telltap_case_tick(struct telltap_case *c)
{
	int err = c->broken;

	if (!c->options.live || c->sealed)
		return err;
	if (!err)
		err = packets_flush(&c->packets);
	if (!err)
		err = log_flush(&c->log);
	return case_after(c, err, "events.jsonl");
}

int
telltap_case_checkpoint(struct telltap_case *c)
{
	int err = c->broken;

	if (!c->options.live || c->sealed || !c->log.tree.size)
		return err;
	if (!err)
		err = work(c, true);
	return case_after(c, err, "log/checkpoint");
}
