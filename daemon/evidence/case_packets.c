// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "evidence/case_state.h"
#include "verdict/event.h"

/* The packets of a case: which are chosen, whose they are, the keys that open
 * them. */

int
telltap_case_interfaces(struct telltap_case *c, const void *blocks, size_t len)
{
	int err = c->broken;

	if (!err && c->parent) {
		buf_append(&c->interfaces, blocks, len);
		err = c->interfaces.failed ? -ENOMEM : 0;
	}
	if (!err && len)
		err = packets_interfaces(&c->packets, blocks, len);
	return err ? case_fail(c, err, "capture") : 0;
}

int
telltap_case_blocks(struct telltap_case *c, const void *blocks, size_t len)
{
	int err = c->broken;

	if (!err && c->sealed)
		err = -EROFS;
	if (!err && len)
		err = packets_append(&c->packets, blocks, len);
	return case_after(c, err, "capture");
}

int
telltap_case_owner(struct telltap_case *c, uint32_t owner, uint64_t pid,
    const char *executable, bool ambiguous)
{
	return telltap_blocks_owner(c->blocks, owner, pid, executable,
	    ambiguous);
}

int
telltap_case_choose(struct telltap_case *c, const struct event *event)
{
	const struct event_flow *f = event->flow;

	/* and those that carry some of another flow's transfers */
	if (!f || (event->action != EVENT_TRANSFER && !f->continues))
		return 0;
	return packets_filter_add(&c->filter, &f->local, f->local_port,
	    &f->remote, f->remote_port, f->proto);
}

int
telltap_case_time(struct telltap_case *c, const struct telltap_packet *packets,
    size_t count)
{
	int err = packets_filter_time(&c->filter, packets, count);

	return err ? case_fail(c, err, "capture") : 0;
}

int
telltap_case_name(struct telltap_case *c, const uint8_t *address,
    const void *name, size_t name_len)
{
	int err = telltap_blocks_name(c->blocks, address, name, name_len);

	return err ? case_fail(c, err, "capture") : 0;
}

int
telltap_case_packets(struct telltap_case *c,
    const struct telltap_packet *packets, size_t count,
    const struct telltap_interface *interfaces, size_t interface_count,
    bool all)
{
	const void *heads, *blocks;
	size_t heads_len, len;
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		if (all || packets_filter_has(&c->filter, &packets[i]))
			err = telltap_blocks_add(c->blocks, &packets[i],
			    interfaces, interface_count);
	if (err)
		return case_fail(c, err, "capture");
	telltap_blocks_take(c->blocks, &heads, &heads_len, &blocks, &len);
	if (heads_len)
		err = telltap_case_interfaces(c, heads, heads_len);
	return err ? err : telltap_case_blocks(c, blocks, len);
}

int
telltap_case_hash_with(struct telltap_case *c, telltap_hash_fn fn, void *arg)
{
	int err = packets_hash_with(&c->packets, fn, arg);

	return err ? case_fail(c, err, "capture") : 0;
}

int
telltap_case_secrets(struct telltap_case *c, const void *text, size_t len)
{
	int err = c->broken ? c->broken :
	    packets_secrets(&c->packets, text, len);

	return err ? case_fail(c, err, "capture") : 0;
}
