// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/json.h"
#include "evidence/bag.h"
#include "evidence/log/log_lines.h"
#include "evidence/packets.h"
#include "evidence/verify/verify.h"

/*
 * A copy to be published. A withheld line is replaced by its leaf's hash, so
 * that the root stays the signed one; of a withheld file the seal gives the
 * SHA-256. The salt is always withheld: with it hidden lines could be guessed.
 * So are the reports, which say what the lines say.
 */
#define EVENTS_PATH	"data/events.jsonl"

struct redact {
	struct verify v;
	struct bag bag;
	const struct telltap_redact_options *options;
	uint64_t lines, files;		/* withheld */
	bool first;			/* the first line is, too */
	struct tlog_hasher hasher;
	struct buf *escaped;		/* the texts as JSON writes them */
};

/* A file that is being written, and what it comes to. */
struct copy {
	struct redact *r;
	const char *path;
	int fd;
	uint64_t size;
};

static int
copy_begin(struct copy *c, struct redact *r, const char *path)
{
	*c = (struct copy){ .r = r, .path = path };
	c->fd = bag_create(&r->bag, path);
	tlog_hash_begin(&r->hasher);
	return c->fd < 0 ? c->fd : 0;
}

static int
copy_add(struct copy *c, const void *data, size_t len)
{
	tlog_hash_add(&c->r->hasher, data, len);
	c->size += len;
	return bag_write(&c->r->bag, c->fd, data, len);
}

static int
copy_end(struct copy *c, int err)
{
	uint8_t sha256[32];

	if (c->fd >= 0 && close(c->fd) && !err)
		err = -errno;
	tlog_hash_end(&c->r->hasher, sha256);
	return err ? err : bag_note(&c->r->bag, c->path, c->size, sha256);
}

static int
copy_file(struct redact *r, const char *path)
{
	char *data = malloc(1 << 16);
	int fd = verify_open(&r->v, path), err;
	struct copy c;
	ssize_t n = 1;

	err = !data ? -ENOMEM : fd < 0 ? fd : 0;
	if (!err) {
		err = copy_begin(&c, r, path);
		while (!err && n) {
			n = read(fd, data, 1 << 16);
			if (n < 0 && errno == EINTR)
				continue;
			err = n < 0 ? -errno : copy_add(&c, data, (size_t)n);
		}
		err = copy_end(&c, err);
	}
	if (fd >= 0)
		close(fd);
	free(data);
	return err;
}

/* A quote, a backslash or a control character stands in a line by its escape. */
static int
escape_texts(struct redact *r)
{
	const struct telltap_redact_options *o = r->options;

	r->escaped = calloc(o->text_count ? o->text_count : 1,
	    sizeof(*r->escaped));
	if (!r->escaped)
		return -ENOMEM;
	for (size_t i = 0; i < o->text_count; i++) {
		struct json j;

		buf_init(&r->escaped[i], 0);
		json_init(&j, &r->escaped[i]);
		json_str(&j, NULL, o->texts[i]);
		if (r->escaped[i].failed)
			return -ENOMEM;
	}
	return 0;
}

static bool
has_text(const struct redact *r, size_t i, struct span line)
{
	const char *text = r->options->texts[i];
	const struct buf *json = &r->escaped[i];

	return memmem(line.p, line.len, text, strlen(text)) ||
	       memmem(line.p, line.len, json->data + 1, json->len - 2);
}

static bool
hides(struct redact *r, uint64_t sequence, struct span line)
{
	const struct telltap_redact_options *o = r->options;
	bool found = false;

	for (size_t i = 0; i < o->line_count; i++)
		found |= o->lines[i] == sequence;
	for (size_t i = 0; i < o->text_count; i++) {
		if (!has_text(r, i, line))
			continue;
		found = true;
		if (o->ret_found)
			o->ret_found[i]++;
		if (sequence + 1 == r->v.lines)
			verify_bad(&r->v, "the seal, without which nothing could be "
			    "checked, has the text %s and is not withheld",
			    o->texts[i]);
	}
	return found && sequence + 1 < r->v.lines;
}

/* Who asks for a line that can't be withheld expects that it is. */
static int
check_lines(const struct redact *r)
{
	for (size_t i = 0; i < r->options->line_count; i++)
		if (r->options->lines[i] + 1 >= r->v.lines)
			return -ERANGE;
	return 0;
}

static int
put_stub(struct redact *r, struct copy *c, struct span line)
{
	char stub[sizeof(VERIFY_STUB_OPEN) + 64 + sizeof(VERIFY_STUB_CLOSE)] = VERIFY_STUB_OPEN;
	size_t at = strlen(stub);
	uint8_t leaf[32];

	/* What an earlier redaction withheld stays as it is. */
	if (line.len > at && !memcmp(line.p, VERIFY_STUB_OPEN, at))
		return copy_add(c, line.p, line.len);
	tlog_hash_leaf(&r->v.hasher, line.p, line.len, leaf);
	for (size_t i = 0; i < sizeof(leaf); i++, at += 2)
		snprintf(stub + at, 3, "%02x", leaf[i]);
	strcpy(stub + at, VERIFY_STUB_CLOSE);
	r->lines++;
	return copy_add(c, stub, strlen(stub));
}

static int
copy_lines(struct redact *r)
{
	int fd = verify_open(&r->v, EVENTS_PATH), err;
	struct log_lines *lines = fd < 0 ? NULL : log_lines_new(fd);
	struct span line = { NULL, 0 };
	struct copy c;
	bool hidden;

	err = lines ? copy_begin(&c, r, EVENTS_PATH) : fd < 0 ? fd : -ENOMEM;
	for (uint64_t i = 0; !err && i < r->v.lines; i++) {
		err = log_lines_next(lines, &line);
		hidden = !err && hides(r, i, line);
		r->first |= hidden && !i;
		if (!err)
			err = hidden ? put_stub(r, &c, line)
				     : copy_add(&c, line.p, line.len);
		if (!err)
			err = copy_add(&c, "\n", 1);
	}
	if (lines)
		err = copy_end(&c, err);
	free(lines);
	if (fd >= 0)
		close(fd);
	return err;
}

/* Keys open the whole session, what was withheld too: a capture that begins
 * with them goes only where they were asked for. */
static bool
keeps_capture(struct redact *r, const char *path)
{
	uint8_t head[PACKETS_SECTION_LEN + 4];
	int fd;
	bool keyed;

	if (!r->options->keep_packets || strncmp(path, PACKETS_FOLDER,
	    strlen(PACKETS_FOLDER)))
		return false;
	fd = verify_open(&r->v, path);
	if (fd < 0)
		return true;	/* copying it will say what is wrong */
	keyed = pread(fd, head, sizeof(head), 0) == sizeof(head) &&
	    head[PACKETS_SECTION_LEN] == PACKETS_SECRETS;
	close(fd);
	return !keyed || r->options->keep_keys;
}

static int
copy_files(struct redact *r)
{
	int err = 0;

	for (size_t i = 0; i < r->v.file_count && !err; i++) {
		const char *path = r->v.files[i].path;

		if (!strcmp(path, EVENTS_PATH))
			err = copy_lines(r);
		else if (!strncmp(path, "data/log/", 9) ||
			 keeps_capture(r, path))
			err = copy_file(r, path);
		else
			r->files++;
	}
	return err;
}

/* Packets show as it is what went out so; where they are kept, a text in them
 * would only seem to be withheld. */
static int
check_packets(struct redact *r)
{
	const struct telltap_redact_options *o = r->options;
	int err = 0;

	for (size_t i = 0; i < r->v.file_count && !err && o->text_count; i++) {
		const char *path = r->v.files[i].path;
		int fd = keeps_capture(r, path) ? verify_open(&r->v, path) : -1;
		off_t len = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
		void *p = len > 0 ? mmap(NULL, (size_t)len, PROT_READ,
		    MAP_PRIVATE, fd, 0) : MAP_FAILED;

		for (size_t t = 0; p != MAP_FAILED && t < o->text_count; t++) {
			if (!memmem(p, (size_t)len, o->texts[t],
				strlen(o->texts[t])))
				continue;
			verify_bad(&r->v, "%s has the text %s: such packets can't "
			    "be kept", path, o->texts[t]);
			err = -EPERM;
		}
		if (p != MAP_FAILED)
			munmap(p, (size_t)len);
		if (fd >= 0)
			close(fd);
	}
	return err;
}

/* Most of it is said by the first line. */
static bool
keeps_info(const struct redact *r, const char *line)
{
	static const char *const own[] = { "Bagging-Date:", "Telltap-Redacted:" };

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (!strncmp(line, own[i], strlen(own[i])))
			return true;
	return !r->first && strncmp(line, "Payload-Oxum:", 13) != 0;
}

/* The lines of the case's own bag-info.txt, but for the counts, and ours. */
static int
make_info(struct redact *r, struct buf *info)
{
	char *text, *save = NULL;
	size_t len;
	int err = verify_load(&r->v, "bag-info.txt", VERIFY_TEXT_MAX, &text,
	    &len);

	if (err)
		return err;
	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		if (keeps_info(r, line))
			buf_printf(info, "%s\n", line);
	free(text);
	buf_printf(info, "Telltap-Redacted: %llu lines, %llu files\n",
	    (unsigned long long)r->lines, (unsigned long long)r->files);
	return 0;
}

static int
make_copy(struct redact *r, const char *out)
{
	struct buf info;
	int err = bag_begin(&r->bag, out);

	buf_init(&info, 0);
	if (!err)
		err = copy_files(r);
	if (!err)
		err = make_info(r, &info);
	if (!err && r->hasher.failed)
		err = -EIO;
	if (!err)
		err = bag_finish(&r->bag, &info);
	if (err && r->bag.made_dir) {
		bag_clear(&r->bag);
		rmdir(out);
	} else {
		bag_clear(&r->bag);
	}
	buf_clear(&info);
	if (err)
		verify_unknown(&r->v, "%s: %s", out, err == -ENOTEMPTY
							 ? "not empty"
							 : strerror(-err));
	return err;
}

int
telltap_redact(const char *dir, const char *out,
    const struct telltap_redact_options *options, telltap_check_fn say,
    void *arg)
{
	struct telltap_verify_options none = { .size = sizeof(none) };
	struct redact *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->options = options;
	err = verify_begin(&r->v, dir, &none, say, arg);
	if (!err)
		err = verify_run(&r->v);
	if (!err)
		err = check_lines(r);
	if (!err)
		err = check_packets(r);
	r->first = !r->v.first.len;
	if (!err)
		err = escape_texts(r);
	if (!err)
		err = tlog_hasher_init(&r->hasher);
	if (!err)
		err = make_copy(r, out);
	for (size_t i = 0; r->escaped && i < options->text_count; i++)
		buf_clear(&r->escaped[i]);
	free(r->escaped);
	verify_clear(&r->v);
	tlog_hasher_clear(&r->hasher);
	free(r);
	return err;
}
