// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "evidence/log/log.h"
#include "evidence/log/log_lines.h"
#include "evidence/verify/verify.h"

static const char events_path[] = "data/events.jsonl";

/* The first hash in which a tile differs from what the lines give. */
static void
name_difference(struct verify *v, const char *path, unsigned level,
    uint64_t index, const uint8_t *ours, const char *theirs, unsigned width)
{
	unsigned i = 0;

	while (i + 1 < width && !memcmp(ours + i * 32, theirs + i * 32, 32))
		i++;
	if (level == 0)
		verify_bad(v, "%s: line %llu of events.jsonl is not the one "
			      "that was logged", path,
		    (unsigned long long)(index * TLOG_TILE_WIDTH + i + 1));
	else
		verify_bad(v, "%s: hash %u does not follow from the lines",
		    path, i);
}

static int
check_tile(void *arg, unsigned level, uint64_t index, unsigned width,
    const uint8_t *hashes)
{
	struct verify *v = arg;
	char path[16 + TLOG_PATH_MAX] = "data/log/", *data;
	size_t len;
	int err;

	tlog_tile_path(level, index, width, path + strlen(path));
	v->tiles++;
	err = verify_load(v, path, TLOG_TILE_WIDTH * TLOG_HASH_LEN, &data,
	    &len);
	if (err == -ENOMEM)
		return err;
	if (err) {
		verify_bad(v, "%s: %s", path, strerror(-err));
		v->bad_tiles++;
		return 0;
	}
	if (len != (size_t)width * TLOG_HASH_LEN) {
		verify_bad(v, "%s: %zu bytes long", path, len);
		v->bad_tiles++;
	} else if (memcmp(data, hashes, len)) {
		name_difference(v, path, level, index, hashes, data, width);
		v->bad_tiles++;
	}
	free(data);
	return 0;
}

static void
check_nonce(struct verify *v, json_t *telltap)
{
	const char *hex = json_string_value(json_object_get(telltap, "nonce"));
	uint8_t theirs[TLOG_NONCE_LEN], ours[TLOG_NONCE_LEN];

	if (!hex || !verify_read_hex(hex, strlen(hex), theirs,
			sizeof(theirs))) {
		verify_bad(v, "%s: line %llu has no nonce", events_path,
		    (unsigned long long)v->lines);
		return;
	}
	if (!v->has_salt)
		return;
	tlog_nonce(&v->hasher, v->salt, v->lines - 1, ours);
	if (memcmp(ours, theirs, sizeof(ours)))
		verify_bad(v, "%s: line %llu: its nonce does not follow from "
			      "data/salt", events_path,
		    (unsigned long long)v->lines);
	else
		v->nonces++;
}

/* Of what follows from the packets the program's build and the salt are no part:
 * such lines have a tree of their own, without their nonces. */
static int
add_finding(struct verify *v, struct span line, const char *action,
    json_t *telltap)
{
	const char *origin = json_string_value(json_object_get(telltap,
	    "origin"));
	struct tlog_hasher *h = &v->findings.hasher;
	uint8_t leaf[TLOG_HASH_LEN];

	if (!origin || strcmp(origin, "derived") ||
	    (action && !strcmp(action, "seal")) ||
	    line.len <= LOG_NONCE_ADDED + 2)
		return 0;
	tlog_hash_begin(h);
	tlog_hash_add(h, "\0", 1);
	tlog_hash_add(h, line.p, line.len - LOG_NONCE_ADDED - 2);
	tlog_hash_add(h, "}}", 2);
	tlog_hash_end(h, leaf);
	return tlog_append(&v->findings, leaf);
}

/* The hash of a line that a redacted copy leaves out; nothing else may stand in
 * its place, which somebody would read. */
static bool
is_withheld(struct verify *v, struct span line, uint8_t *ret_leaf)
{
	const size_t open = strlen(VERIFY_STUB_OPEN), hex = 2 * TLOG_HASH_LEN;

	return v->redacted &&
	       line.len == open + hex + strlen(VERIFY_STUB_CLOSE) &&
	       !memcmp(line.p, VERIFY_STUB_OPEN, open) &&
	       !memcmp(line.p + open + hex, VERIFY_STUB_CLOSE,
		   strlen(VERIFY_STUB_CLOSE)) &&
	       verify_read_hex((const char *)line.p + open, hex, ret_leaf,
		   TLOG_HASH_LEN);
}

static int
check_line(struct verify *v, struct span line)
{
	json_t *root = json_loadb((const char *)line.p, line.len,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	json_t *event = json_object_get(root, "event");
	json_t *telltap = json_object_get(root, "telltap");
	json_t *sequence = json_object_get(event, "sequence");
	const char *action = json_string_value(json_object_get(event,
	    "action"));
	uint8_t leaf[TLOG_HASH_LEN];
	int err = 0;

	v->lines++;
	if (v->sealed)
		verify_bad(v, "%s: line %llu comes after the seal",
		    events_path, (unsigned long long)v->lines);
	tlog_hash_leaf(&v->tree.hasher, line.p, line.len, leaf);
	if (is_withheld(v, line, leaf)) {
		v->withheld++;
		verify_skip_place(v);
	} else if (!json_is_integer(sequence) ||
		   json_integer_value(sequence) < 0 ||
		   (uint64_t)json_integer_value(sequence) != v->lines - 1) {
		verify_bad(v, "%s: line %llu is not the event of that number",
		    events_path, (unsigned long long)v->lines);
	} else {
		check_nonce(v, telltap);
		verify_check_full(v, root);
		verify_check_place(v, action ? action : "", root);
		err = add_finding(v, line, action, telltap);
		if (action && !strcmp(action, "seal"))
			verify_check_seal(v, root);
		if (action && !strcmp(action, "transfer")) {
			verify_note_packets(v, telltap);
			verify_note_objects(v, telltap);
		}
		if (action && !strcmp(action, "anomaly"))
			verify_note_anomaly(v, root);
		if (v->lines == 1) {
			verify_note_previous(v, root);
			buf_append(&v->first, line.p, line.len);
		}
	}
	json_decref(root);
	if (!err)
		err = tlog_append(&v->tree, leaf);
	if (!err && v->has_since && v->tree.size == v->since.size) {
		tlog_root(&v->tree, v->since_root);
		v->since_met = true;
	}
	return err;
}

static int
read_lines(struct verify *v)
{
	int fd = verify_open(v, events_path), err = 0;
	struct log_lines *l;
	struct span line = { NULL, 0 };

	if (fd < 0) {
		verify_bad(v, "%s: %s", events_path, strerror(-fd));
		return 0;
	}
	l = log_lines_new(fd);
	if (!l)
		err = -ENOMEM;
	while (!err) {
		err = log_lines_next(l, &line);
		if (!err)
			err = check_line(v, line);
	}
	close(fd);
	free(l);
	if (err == ERR_LIMIT || err == ERR_TRUNCATED) {
		verify_bad(v, "%s: line %llu is %s", events_path,
		    (unsigned long long)v->lines + 1,
		    err == ERR_LIMIT ? "longer than 65535 bytes"
				     : "cut short");
		err = ERR_END;
	}
	return err == ERR_END ? tlog_flush(&v->tree) : err;
}

static void
check_root(struct verify *v)
{
	uint8_t root[TLOG_HASH_LEN];

	tlog_root(&v->tree, root);
	if (!v->has_checkpoint)
		return;
	if (v->checkpoint.size != v->lines)
		verify_bad(v, "%s: %llu lines, but the checkpoint is of %llu",
		    events_path, (unsigned long long)v->lines,
		    (unsigned long long)v->checkpoint.size);
	else if (memcmp(root, v->checkpoint.root, sizeof(root)))
		verify_bad(v, "%s: the root of its lines is not the "
			      "checkpoint's", events_path);
	else
		verify_ok(v, "log: the root of %llu lines is the one that is "
			     "signed", (unsigned long long)v->lines);
}

static void
tell_findings(struct verify *v)
{
	uint8_t root[TLOG_HASH_LEN];
	char hex[2 * TLOG_HASH_LEN + 1];

	if (v->withheld || v->bad)
		return;
	tlog_root(&v->findings, root);
	for (size_t i = 0; i < sizeof(root); i++)
		snprintf(hex + 2 * i, 3, "%02x", root[i]);
	verify_ok(v, "derived events: %llu, whose own root, the same by another "
		     "build and with another salt, is %s",
	    (unsigned long long)v->findings.size, hex);
}

static void
check_tile_count(struct verify *v)
{
	uint64_t count = 0;

	for (size_t i = 0; i < v->file_count; i++)
		count += !strncmp(v->files[i].path, "data/log/tile/", 14);
	if (count > v->tiles)
		verify_bad(v, "data/log/tile: %llu files too many",
		    (unsigned long long)(count - v->tiles));
	else if (!v->bad_tiles)
		verify_ok(v, "tiles: %llu, all as the lines give them",
		    (unsigned long long)v->tiles);
}

static void
check_since(struct verify *v)
{
	if (!v->has_since)
		return;
	if (!v->since.size) {
		tlog_hash_begin(&v->hasher);
		tlog_hash_end(&v->hasher, v->since_root);
		v->since_met = true;
	}
	if (!v->since_met)
		verify_bad(v, "the earlier checkpoint is of %llu lines; this "
			      "log has fewer",
		    (unsigned long long)v->since.size);
	else if (memcmp(v->since_root, v->since.root, 32))
		verify_bad(v, "this log does not continue the one of the "
			      "earlier checkpoint: its first %llu lines "
			      "differ", (unsigned long long)v->since.size);
	else
		verify_ok(v, "history: the first %llu lines are those of the "
			     "earlier checkpoint",
		    (unsigned long long)v->since.size);
}

static int
take_salt(struct verify *v)
{
	size_t len = 0;
	char *salt;
	int err = verify_load(v, "data/salt", TLOG_SALT_LEN, &salt, &len);

	if (err == -ENOMEM || err == -ENOENT)
		return err == -ENOENT ? 0 : err;
	v->has_salt = !err && len == TLOG_SALT_LEN;
	if (v->has_salt)
		memcpy(v->salt, salt, TLOG_SALT_LEN);
	else
		verify_bad(v, "data/salt: not 32 bytes");
	if (!err)
		free(salt);
	return 0;
}

int
verify_check_log(struct verify *v)
{
	int err = tlog_init(&v->tree, check_tile, v);

	if (!err)
		err = tlog_init(&v->findings, NULL, NULL);
	if (!err)
		err = take_salt(v);
	if (!err)
		err = read_lines(v);
	if (err)
		return err;
	check_root(v);
	check_tile_count(v);
	check_since(v);
	err = verify_check_cuts(v);
	if (err)
		return err;
	if (v->withheld)
		verify_unknown(v, "%llu lines are withheld: known to have "
				  "been logged, not what they say",
		    (unsigned long long)v->withheld);
	if (v->has_salt && v->nonces + v->withheld == v->lines)
		verify_ok(v, "nonces: all follow from the salt");
	else if (!v->has_salt)
		verify_unknown(v, "nonces: not checked, the salt is withheld");
	if (!v->sealed)
		verify_bad(v, "%s: the last line is no seal", events_path);
	tell_findings(v);
	return 0;
}
