// SPDX-License-Identifier: Apache-2.0
#include "source/owner_note.h"

#include "base/cursor.h"

#define PKTAP_LEN	108u
#define PKTAP_NAME	17u	/* with its NUL */
#define PID_MAX		UINT32_MAX

static bool
take_line(struct span *rest, struct span *ret)
{
	const uint8_t *nl;

	if (!rest->len)
		return false;
	nl = memchr(rest->p, '\n', rest->len);
	*ret = *rest;
	if (nl)
		ret->len = (size_t)(nl - rest->p);
	rest->p += nl ? ret->len + 1 : ret->len;
	rest->len -= nl ? ret->len + 1 : ret->len;
	if (ret->len && ret->p[ret->len - 1] == '\r')
		ret->len--;
	return true;
}

static bool
after(struct span line, struct span prefix, struct span *ret)
{
	if (line.len < prefix.len ||
	    memcmp(line.p, prefix.p, prefix.len))
		return false;
	*ret = (struct span){ line.p + prefix.len, line.len - prefix.len };
	return true;
}

static bool
read_pid(struct span s, uint64_t *ret)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if ((uint8_t)(s.p[i] - '0') > 9)
			return false;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
		if (n > PID_MAX)
			return false;
	}
	*ret = n;
	return s.len > 0;
}

/* "PID: 7", "Cmd: /usr/bin/x", "Args: x -y", "ParentPID: 1" ... by line. */
static bool
read_ptcpdump(struct span text, struct owner_note *n)
{
	struct span line, v;
	bool has_pid = false, has_cmd = false;

	while (take_line(&text, &line)) {
		if (after(line, SPAN_LITERAL("PID: "), &v) && !has_pid)
			has_pid = read_pid(v, &n->pid);
		else if (after(line, SPAN_LITERAL("Cmd: "), &v) && !has_cmd)
			has_cmd = (n->executable = v).len > 0;
		else if (after(line, SPAN_LITERAL("Args: "), &v))
			n->args = v;
		else if (after(line, SPAN_LITERAL("ParentPID: "), &v) &&
		    !read_pid(v, &n->parent_pid))
			return false;
	}
	n->source = "import:ptcpdump";
	n->trusted = true;
	return has_pid && has_cmd && n->pid;
}

/* "PID=7": the process that was running when the packet was logged, which is
 * often another one than its sender. */
static bool
read_etl2pcapng(struct span text, struct owner_note *n)
{
	struct span v;

	n->source = "import:etl2pcapng";
	return after(text, SPAN_LITERAL("PID="), &v) &&
	       read_pid(v, &n->pid) && n->pid;
}

/* "PID:7 Process:firefox": RustNet's, by address, port and time. */
static bool
read_rustnet(struct span text, struct owner_note *n)
{
	struct span v, pid;
	const uint8_t *space;

	n->source = "import:rustnet";
	n->trusted = true;
	if (!after(text, SPAN_LITERAL("PID:"), &pid))
		return false;
	space = pid.len ? memchr(pid.p, ' ', pid.len) : NULL;
	v = pid;
	if (space) {
		pid.len = (size_t)(space - pid.p);
		v = (struct span){ space + 1, v.len - pid.len - 1 };
		if (!after(v, SPAN_LITERAL("Process:"), &n->name))
			return false;
	}
	return read_pid(pid, &n->pid) && n->pid;
}

/* "telltap packet 7, process 12 /usr/bin/x": of a case of ours, where
 * " (ambiguous)" behind the number says that another one had the socket. */
static bool
read_telltap(struct span text, struct owner_note *n)
{
	static const struct span unsure = SPAN_LITERAL(" (ambiguous)");
	const uint8_t *comma = memchr(text.p, ',', text.len), *space;
	struct span v;

	n->source = "import:telltap";
	if (!after(text, SPAN_LITERAL("telltap packet "), &v) || !comma)
		return false;
	v = (struct span){ comma, (size_t)(text.p + text.len - comma) };
	if (!after(v, SPAN_LITERAL(", process "), &v))
		return false;
	space = v.len ? memchr(v.p, ' ', v.len) : NULL;
	text = v;
	if (space)
		v.len = (size_t)(space - v.p);
	n->trusted = true;
	text = (struct span){ v.p + v.len, text.len - v.len };
	if (after(text, unsure, &text))
		n->trusted = false;
	if (text.len > 1)
		n->executable = (struct span){ text.p + 1, text.len - 1 };
	return read_pid(v, &n->pid) && n->pid;
}

bool
owner_note_comment(struct span text, struct owner_note *ret)
{
	static bool (*const readers[])(struct span, struct owner_note *) = {
		read_ptcpdump, read_etl2pcapng, read_rustnet, read_telltap,
	};

	if (!text.len || (text.p[0] != 'P' && text.p[0] != 't'))
		return false;
	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++) {
		struct owner_note n = { .pid = 0 };

		if (readers[i](text, &n)) {
			*ret = n;
			return true;
		}
	}
	return false;
}

/* ptcpdump writes of the parent in a comment of its own. */
void
owner_note_more(struct span text, struct owner_note *n)
{
	struct span line, v;
	uint64_t pid;

	while (!n->parent_pid && take_line(&text, &line))
		if (after(line, SPAN_LITERAL("ParentPID: "), &v) &&
		    read_pid(v, &pid))
			n->parent_pid = pid;
}

static struct span
fixed_name(struct cursor *c)
{
	const uint8_t *p = cur_bytes(c, PKTAP_NAME);

	return (struct span){ p,
		p ? strnlen((const char *)p, PKTAP_NAME) : 0 };
}

bool
owner_note_pktap(struct span frame, struct owner_note *ret)
{
	struct cursor c = cur_init(frame.p, frame.len);
	uint32_t len = cur_le32(&c), pid, other;
	struct owner_note n = { .source = "import:pktap", .trusted = true };

	cur_skip(&c, 48);
	pid = cur_le32(&c);
	n.name = fixed_name(&c);
	cur_skip(&c, 3 + 4 + 2 + 2);
	other = cur_le32(&c);
	n.other_name = fixed_name(&c);
	cur_skip(&c, 3);
	/* no process is 0 or -1 */
	if (cur_failed(&c) || len < PKTAP_LEN || !pid || pid > INT32_MAX)
		return false;
	n.pid = pid;
	if (other && other <= INT32_MAX && other != pid)
		n.other_pid = other;
	else
		n.other_name = (struct span){ NULL, 0 };
	*ret = n;
	return true;
}
