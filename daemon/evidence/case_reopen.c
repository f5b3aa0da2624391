// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "evidence/case_state.h"

/*
 * A case that was cut short, by a crash or a power failure. What its last
 * checkpoint covers must be there and is; whole lines behind it are kept, the
 * torn rest goes, and a line tells of it, with the checkpoint as it was found:
 * the key that signs from now on may be another.
 */

#define NOTE_KEPT_MAX	4096u

static int
read_salt(struct telltap_case *c)
{
	uint8_t *salt;
	size_t len;
	int err = bag_load(&c->bag, "data/salt", TLOG_SALT_LEN, &salt, &len);

	if (err)
		return err;
	if (len == TLOG_SALT_LEN)
		memcpy(c->salt, salt, len);
	free(salt);
	return len == TLOG_SALT_LEN ? bag_note_again(&c->bag, "data/salt")
				    : -ENOENT;
}

static void
put_text(struct json *j, const char *key, const struct buf *text)
{
	if (text->len && text->len <= NOTE_KEPT_MAX)
		json_text(j, key, (struct span){ text->data, text->len });
}

static void
describe_cut(const struct telltap_case *c, const struct log_cut *cut,
    uint64_t packet_bytes, struct buf *out)
{
	struct timespec now;
	struct json j;

	clock_gettime(CLOCK_REALTIME, &now);
	json_init(&j, out);
	json_object(&j, "cut");
	json_u64(&j, "lines", c->log.tree.size);
	json_u64(&j, "signed_lines", cut->signed_lines);
	json_u64(&j, "bytes", cut->bytes);
	json_u64(&j, "packet_bytes", packet_bytes);
	json_time(&j, "reopened", (uint64_t)now.tv_sec * 1000000000 +
	    (uint64_t)now.tv_nsec);
	put_text(&j, "checkpoint", &cut->checkpoint);
	put_text(&j, "vkey", &cut->vkey);
	json_close_object(&j);
}

static int
say_cut(struct telltap_case *c, const struct log_cut *cut,
    uint64_t packet_bytes)
{
	char detail[320];
	struct buf more;
	int err;

	snprintf(detail, sizeof(detail), "The recording was cut short and "
	    "taken up again: nothing is known of the time between. %llu "
	    "lines were there, %llu of them signed; %llu torn bytes of "
	    "lines and %llu of packets were cut off.",
	    (unsigned long long)c->log.tree.size,
	    (unsigned long long)cut->signed_lines,
	    (unsigned long long)cut->bytes,
	    (unsigned long long)packet_bytes);
	buf_init(&more, 0);
	describe_cut(c, cut, packet_bytes, &more);
	err = more.failed ? -ENOMEM : case_say(c, "log-cut", detail, &more);
	buf_clear(&more);
	return err;
}

/* What lies in data/ itself: the reports. They are of the end, which was not
 * reached, or are part of it. */
static int
take_files(struct telltap_case *c)
{
	int fd = dup(c->bag.data_fd), err = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *d;
	char path[300];

	if (!dir) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	rewinddir(dir);
	while (!err && (d = readdir(dir))) {
		if (d->d_type == DT_DIR || !strcmp(d->d_name, "salt") ||
		    !strcmp(d->d_name, "events.jsonl"))
			continue;
		snprintf(path, sizeof(path), "data/%s", d->d_name);
		if (c->sealed)
			err = bag_note_again(&c->bag, path);
		else
			bag_remove(&c->bag, path);
	}
	closedir(dir);
	return err;
}

/* Nothing was recorded, or it can't be told: as if it had not begun. */
static int
forget(struct telltap_case *c)
{
	c->bag.live = c->bag.made_dir = false;
	case_close_bag(c);
	return -ENOENT;
}

static int
reopen(struct telltap_case *c, struct log_cut *cut)
{
	uint64_t packet_bytes = 0;
	int err = read_salt(c);

	if (err == -ENOENT)
		return forget(c);
	if (!err)
		err = log_reopen(&c->log, &c->bag, c->salt, cut);
	if (!err && !c->log.tree.size)
		return forget(c);
	c->log.renumber = true;
	c->sealed = cut->sealed;
	if (!err)
		err = take_files(c);
	if (!err)
		err = case_take_objects(c);
	if (!err)
		err = packets_init(&c->packets, &c->bag,
		    c->options.capture_max);
	if (!err)
		err = packets_reopen(&c->packets, &packet_bytes);
	if (!err && !c->sealed)
		err = say_cut(c, cut, packet_bytes);
	c->open = !err;
	if (err == -EBADMSG)
		snprintf(c->error, sizeof(c->error), "%s: was cut short, and "
		    "its lines are not those that its checkpoint signs",
		    c->dir);
	return err;
}

int
case_reopen_bag(struct telltap_case *c)
{
	struct log_cut cut = { 0 };
	int err = bag_reopen(&c->bag, c->dir);

	if (err) {
		case_close_bag(c);
		return err;
	}
	buf_init(&cut.checkpoint, 0);
	buf_init(&cut.vkey, 0);
	err = reopen(c, &cut);
	buf_clear(&cut.checkpoint);
	buf_clear(&cut.vkey);
	return err && err != -ENOENT && !c->error[0] ? case_fail(c, err, "")
						      : err;
}

uint64_t
telltap_case_last_packet(const struct telltap_case *c)
{
	return c->packets.last_packet;
}

bool
telltap_case_is_sealed(const struct telltap_case *c)
{
	return c->sealed;
}
