// SPDX-License-Identifier: Apache-2.0
/*
 * Process Monitor's table. Its times are of the day and in the machine's zone,
 * which the table does not name; its addresses may be names. The path of a
 * network operation is "here:port -> there:port", whichever way bytes went.
 */
#include "source/import_fields.h"

bool
import_is_procmon(const struct import_row *heads)
{
	return import_cell(heads, "PID").len &&
	       import_cell(heads, "Operation").len &&
	       import_cell(heads, "Path").len &&
	       import_cell(heads, "Time of Day").len;
}

static bool
begins(struct span s, const char *text)
{
	return s.len >= strlen(text) && !memcmp(s.p, text, strlen(text));
}

/* What services are called where names are shown. */
static bool
read_port(struct span s, uint16_t *ret)
{
	static const struct {
		const char *name;
		uint16_t port;
	} services[] = { { "https", 443 }, { "http", 80 }, { "domain", 53 },
		{ "ntp", 123 }, { "smtp", 25 }, { "imaps", 993 },
		{ "pop3s", 995 }, { "ftp", 21 }, { "ssh", 22 },
		{ "microsoft-ds", 445 }, { "epmap", 135 },
		{ "netbios-ns", 137 }, { "netbios-ssn", 139 } };
	uint64_t n;

	if (import_number(s, 65535, &n)) {
		*ret = (uint16_t)n;
		return true;
	}
	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++) {
		if (span_eq(s, span_str(services[i].name))) {
			*ret = services[i].port;
			return true;
		}
	}
	return false;
}

/* "192.168.1.5:50000", "host:https", "fe80::1:50000" */
static bool
read_end(struct span s, struct import_end *ret)
{
	s = import_trim(s);
	for (size_t i = s.len; i-- > 0;) {
		if (s.p[i] != ':')
			continue;
		ret->known = import_address((struct span){ s.p, i },
		    ret->address);
		return read_port((struct span){ s.p + i + 1, s.len - i - 1 },
		    &ret->port);
	}
	return false;
}

static bool
read_path(struct span path, struct import_event *e)
{
	const uint8_t *arrow = path.len ? memmem(path.p, path.len, " -> ", 4) :
					  NULL;
	size_t at;

	if (!arrow)
		return false;
	at = (size_t)(arrow - path.p);
	return read_end((struct span){ path.p, at }, &e->local) &&
	       read_end((struct span){ arrow + 4, path.len - at - 4 },
		   &e->remote);
}

/* "Parent PID: 12, Command line: ..., Current directory: ..." */
static void
read_start(struct span detail, struct import_event *e)
{
	static const char args[] = "Command line: ", next[] = ", Current dir";
	const uint8_t *at;
	size_t n = 0;

	if (begins(detail, "Parent PID: ")) {
		detail = (struct span){ detail.p + 12, detail.len - 12 };
		while (n < detail.len && (uint8_t)(detail.p[n] - '0') <= 9)
			n++;
		(void)import_number((struct span){ detail.p, n }, UINT32_MAX,
		    &e->parent_pid);
	}
	at = detail.len ? memmem(detail.p, detail.len, args, 14) : NULL;
	if (!at)
		return;
	e->args.p = at + 14;
	e->args.len = (size_t)(detail.p + detail.len - e->args.p);
	at = e->args.len ? memmem(e->args.p, e->args.len, next, 13) : NULL;
	if (at)
		e->args.len = (size_t)(at - e->args.p);
}

void
import_procmon(struct import_run *r, const struct import_row *row)
{
	struct span operation = import_cell(row, "Operation");
	struct import_event e = {
		.source = "import:procmon",
		.clock = IMPORT_DAY_TIME,
		.kind = IMPORT_CONNECTION,
		.name = import_cell(row, "Process Name"),
		.executable = import_cell(row, "Image Path"),
		.args = import_cell(row, "Command Line"),
	};
	bool readable;

	if (begins(operation, "TCP "))
		e.proto = 6;
	else if (begins(operation, "UDP "))
		e.proto = 17;
	else if (span_eq(operation, SPAN_LITERAL("Process Start")))
		e.kind = IMPORT_START;
	else if (span_eq(operation, SPAN_LITERAL("Process Exit")))
		e.kind = IMPORT_END;
	else {
		r->stats.others++;
		return;
	}
	readable = import_day_time(import_cell(row, "Time of Day"),
		       &e.ts_ns) &&
		   import_number(import_cell(row, "PID"), UINT32_MAX,
		       &e.pid) && e.pid;
	if (e.kind == IMPORT_CONNECTION)
		readable = readable && read_path(import_cell(row, "Path"), &e);
	if (!readable) {
		r->stats.unreadable++;
		return;
	}
	if (e.kind == IMPORT_START && !e.args.len)
		read_start(import_cell(row, "Detail"), &e);
	e.opens = span_eq(operation, SPAN_LITERAL("TCP Connect")) ||
		  span_eq(operation, SPAN_LITERAL("TCP Accept"));
	e.last_ns = e.ts_ns;
	import_hand_on(r, &e);
}
