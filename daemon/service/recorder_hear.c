// SPDX-License-Identifier: Apache-2.0
#include "service/recorder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "telltap/packet.h"
#include "telltap/telltap.h"

static void
take_line(struct recorder *r, const struct message *m)
{
	if (r->json) {
		recorder_write_out(r, m->tail, m->tail_len);
		if (!r->failed)
			recorder_write_out(r, "\n", 1);
	}
	if (!r->failed && r->kept)
		recorder_fail_case(r, telltap_case_event(r->kept,
		    (const char *)m->tail, m->tail_len));
	if (!r->kept) {
		buf_append(&r->lines, m->tail, m->tail_len);
		buf_u8(&r->lines, '\n');
	}
	r->at.lines += !r->failed;
}

static void
take_packet(struct recorder *r, const struct message *m)
{
	const struct message_packet *from = m->body;
	struct telltap_packet p = {
		.ts_ns = from->ts_ns,
		.number = from->number,
		.data = m->tail,
		.cap_len = from->cap_len,
		.wire_len = from->wire_len,
		.interface = from->interface,
		.link_type = from->link_type,
		.owner = from->owner,
		.flags = from->flags,
	};

	if (r->kept)
		recorder_fail_case(r, telltap_case_packets(r->kept, &p, 1, NULL, 0,
		    true));
	r->at.packet = p.number;
}

static void
take_packet_owner(struct recorder *r, const struct message *m)
{
	const struct message_packet_owner *o = m->body;
	char *executable = strndup((const char *)m->tail, m->tail_len);

	if (r->kept && telltap_case_owner(r->kept, o->owner, o->pid,
	    executable, o->ambiguous))
		recorder_fail(r, telltap_strerror(-ENOMEM));
	free(executable);
}

static void
take_secrets(struct recorder *r, const struct message *m)
{
	if (r->kept)
		recorder_fail_case(r, telltap_case_secrets(r->kept, m->tail,
		    m->tail_len));
}

static void
take_file(struct recorder *r, const struct message *m)
{
	static const char *const names[FILE_KIND_COUNT] = {
		[FILE_REPORT_HTML] = "report.html",
		[FILE_REPORT_JSON] = "report.json",
		[FILE_KNOWN_LIST] = "known.jsonl",
		[FILE_KNOWN_PARTS] = "known.parts",
		[FILE_IDENTITY] = "identity.jsonl",
	};
	const struct message_file *f = m->body;

	if (r->kept && f->file == FILE_OBJECT)
		recorder_fail_case(r, telltap_case_object(r->kept, m->tail,
		    m->tail_len));
	else if (r->kept)
		recorder_fail_case(r, telltap_case_add(r->kept, names[f->file], m->tail,
		    m->tail_len));
}

static int
say_root(struct recorder *r)
{
	struct message_root_is m = { 0 };
	int err;

	if (r->kept)
		m.lines = telltap_case_root(r->kept, m.root);
	err = channel_send(&r->engine, MESSAGE_ROOT_IS, &m, NULL, 0);
	return err ? err : channel_flush(&r->engine);
}

int
recorder_hear_engine(struct recorder *r, const struct message *m)
{
	switch (m->kind) {
	case MESSAGE_LINE:
		take_line(r, m);
		break;
	case MESSAGE_PACKET:
		take_packet(r, m);
		break;
	case MESSAGE_PACKET_OWNER:
		take_packet_owner(r, m);
		break;
	case MESSAGE_SECRETS:
		take_secrets(r, m);
		break;
	case MESSAGE_TEXT:
		recorder_write_out(r, m->tail, m->tail_len);
		break;
	case MESSAGE_FILE:
		take_file(r, m);
		break;
	case MESSAGE_ROOT:
		return say_root(r);
	case MESSAGE_HISTORY_NEXT:
		return recorder_tell_next(r);
	case MESSAGE_CLOSE:
		r->closed = true;
		break;
	default:
		return ERR_MALFORMED;
	}
	return r->failed ? ERR_END : 0;
}
