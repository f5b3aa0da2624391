// SPDX-License-Identifier: Apache-2.0
/* What a request's headers say beside its body: of the machine, and of files by
 * their hashes. */
#include <string.h>

#include "content/known/byte_class.h"
#include "content/scan_tree.h"
#include "content/target.h"
#include "content/vocabulary.h"

#define UUID_LEN	36u

static bool
begins(struct span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && span_caseeq((struct span){ s.p, n },
	    span_str(prefix));
}

static bool
is_uuid(const uint8_t *p)
{
	for (size_t i = 0; i < UUID_LEN; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (p[i] != '-')
				return false;
		} else if (!byte_is(p[i], BYTE_HEX)) {
			return false;
		}
	}
	return true;
}

static void
add(struct scan *s, struct span path, uint64_t offset, const char *why)
{
	scan_add_finding(s, &(struct scan_category){ .category = "host.id",
	    .path = path, .offset = offset, .why = why });
}

/* "ClamAV/1.0.3 (OS: Linux, ARCH: x86_64, CPU: x86_64, UUID: 01234567-...)" */
static void
read_agent(struct scan *s, struct span value, struct span path)
{
	static const char name[] = "UUID: ";
	const uint8_t *at;

	if (!begins(value, "ClamAV/"))
		return;
	at = memmem(value.p, value.len, name, sizeof(name) - 1);
	if (at && (size_t)(value.p + value.len - at) >= 6 + UUID_LEN &&
	    is_uuid(at + 6))
		add(s, path, (uint64_t)(at + 6 - value.p),
		    "ClamAV's id of this installation");
}

/* Headers whose hashes are of the message itself, of the copy that a cache
 * holds, or of nothing but chance. */
static bool
is_no_question(struct span name)
{
	static const char *const names[] = {
		"if-", "etag", "content-", "digest", "repr-digest",
		"want-", "x-amz-content-", "x-amz-checksum-", "x-goog-hash",
		"x-ms-content-", "authorization", "proxy-authorization",
		"sec-websocket-", "host",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if ((name.p[0] | 0x20) == names[i][0] &&
		    begins(name, names[i]))
			return true;
	return false;
}

/* Headers of one program or another. */
static void
read_own(struct scan *s, const struct field *f)
{
	if (begins(f->key, "x-"))
		scan_pattern_field(s, f);
	if (begins(f->key, "x-avast-client-id"))
		add(s, f->path, 0, "Avast's id of this installation");
	else if (begins(f->key, "x-eset-updateid"))
		add(s, f->path, 0, "ESET's id of this installation");
}

/* "a=1; b=2": most are of sessions, so only known hashes count. */
static void
read_cookies(struct scan *s, const struct field *header)
{
	struct span rest = header->value;

	while (rest.len) {
		const uint8_t *end = memchr(rest.p, ';', rest.len), *is;
		size_t len = end ? (size_t)(end - rest.p) : rest.len;
		struct field f = *header;

		is = memchr(rest.p, '=', len);
		if (is) {
			f.key = text_trim((struct span){ rest.p,
			    (size_t)(is - rest.p) });
			f.value = (struct span){ is + 1,
				len - (size_t)(is + 1 - rest.p) };
			f.offset = (uint64_t)(is + 1 - header->value.p);
			scan_field_hashes(s->root, &f);
		}
		len += len < rest.len;
		rest = (struct span){ rest.p + len, rest.len - len };
	}
}

void
scan_header(struct scan *s, struct span name, struct span value)
{
	uint8_t path[64] = "header:";
	struct field f = { .path = { path, 7 }, .key = name, .value = value };

	if (!s->outbound || !s->root || !value.len || !name.len)
		return;
	f.path.len += name.len < sizeof(path) - 7 ? name.len :
						    sizeof(path) - 7;
	memcpy(path + 7, name.p, f.path.len - 7);
	scan_identify(s->root, &f);
	if (begins(name, "cookie"))
		read_cookies(s, &f);
	else if (!is_no_question(name))
		scan_field_hashes(s->root, &f);
	if ((name.p[0] | 0x20) == 'x')
		read_own(s, &f);
	else if ((name.p[0] | 0x20) == 'u' && begins(name, "user-agent"))
		read_agent(s, value, f.path);
}
