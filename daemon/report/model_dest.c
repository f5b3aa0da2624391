// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/address.h"
#include "report/model_dest.h"
#include "report/model_open.h"
#include "report/model_part.h"

/* The key of an event's destination, into scratch. */
static void
write_key(struct model *m, const struct event *e)
{
	const struct event_flow *f = e->flow;
	char text[ADDRESS_PORT_TEXT_MAX];
	struct buf *b = &m->scratch;

	buf_reset(b);
	if (e->cloud && e->cloud->key.len) {
		buf_append(b, e->cloud->key.p, e->cloud->key.len);
	} else if (f && f->domain.len) {
		buf_append(b, f->domain.p, f->domain.len);
	} else if (f) {
		buf_append(b, text, address_format_port(&f->remote,
		    f->ip_version, f->remote_port, text));
	}
}

static int
name_dest(struct model *m, struct model_dest *d, const struct event *e,
    struct span key)
{
	const struct event_cloud *c = e->cloud;

	if (c && (model_keep(m, &d->vendor, c->vendor) ||
		     model_keep(m, &d->network, c->network) ||
		     model_keep(m, &d->purpose, c->purpose)))
		return -ENOMEM;
	if (c && c->vendor.len) {
		d->named = true;
		buf_reset(&m->scratch);
		buf_append(&m->scratch, c->vendor.p, c->vendor.len);
		if (c->network.len) {
			buf_u8(&m->scratch, ' ');
			buf_append(&m->scratch, c->network.p, c->network.len);
		}
		return model_keep(m, &d->name, model_scratch(m));
	}
	d->named = e->flow && e->flow->domain.len;
	return model_keep(m, &d->name,
	    e->flow && e->flow->domain.len ? e->flow->domain : key);
}

static int
note_address(struct model *m, struct model_dest *d, const struct event_flow *f)
{
	char text[ADDRESS_TEXT_MAX];
	struct span s = { (uint8_t *)text, 0 };

	if (d->several_addresses)
		return 0;
	if (d->address.len) {
		d->several_addresses = d->ip_version != f->ip_version ||
		    memcmp(&d->remote, &f->remote, sizeof(d->remote));
		return 0;
	}
	s.len = address_format(&f->remote, f->ip_version, text);
	d->remote = f->remote;
	d->ip_version = f->ip_version;
	return model_keep(m, &d->address, s);
}

int
model_find_dest(struct model *m, const struct event *e,
    struct model_dest **ret_dest)
{
	struct model_dest *d;
	struct table_row *r;
	int err;

	write_key(m, e);
	err = table_add(&m->dests, &m->arena, model_scratch(m), sizeof(*d),
	    &r);
	if (err < 0)
		return err;
	d = err ? &m->other : (struct model_dest *)r;
	if (!err && !d->name.len && name_dest(m, d, e, d->row.key))
		return -ENOMEM;
	if (!err && e->flow && note_address(m, d, e->flow))
		return -ENOMEM;
	*ret_dest = d;
	return 0;
}

void
model_dest_time(struct model_dest *d, uint64_t first_ns, uint64_t last_ns)
{
	if (!d->first_ns || first_ns < d->first_ns)
		d->first_ns = first_ns;
	if (last_ns > d->last_ns)
		d->last_ns = last_ns;
}

/* The host of a flow; one without a name stands for itself alone. Mostly it is
 * the destination's last one. */
int
model_add_host(struct model *m, struct model_dest *d,
    const struct event_flow *f)
{
	char text[ADDRESS_TEXT_MAX];
	struct span name = f->domain;
	struct table_row *r;
	int err;

	if (!name.len) {
		name.p = (uint8_t *)text;
		name.len = address_format(&f->remote, f->ip_version, text);
	} else if (d->host_is_key && span_eq(d->row.key, name)) {
		return 0;
	}
	if (!d->host || !span_eq(d->host->row.key, name)) {
		err = table_add(&m->hosts, &m->arena, name,
		    sizeof(struct model_host), &r);
		if (err)
			return err < 0 ? err : 0;
		d->host = (struct model_host *)r;
	}
	d->host->named |= f->domain.len > 0;
	d->host_is_key = d->host->named && span_eq(d->row.key, name);
	return 0;
}

int
model_add_flow(struct model *m, const struct event *e)
{
	const struct event_flow *f = e->flow;
	struct model_process *p;
	struct model_dest *d;

	if (model_find_dest(m, e, &d) || model_find_process(m, e, &p) ||
	    model_add_host(m, d, f))
		return -ENOMEM;
	if (p)
		p->flows++;
	m->joined_flows += f->joined;
	m->ignored_out += f->ignored_out;
	m->ignored_in += f->ignored_in;
	model_dest_time(d, f->start_ns, f->end_ns);
	d->flows++;
	model_open_end(m, f, d);
	d->understood_out += f->understood_out;
	d->undeciphered_out += f->undeciphered_out;
	d->encrypted_out += f->encrypted_out;
	d->missing_out += f->missing_out;
	return 0;
}

uint64_t
model_dest_sent(const struct model_dest *d)
{
	return d->flow_out + d->open_out;
}

uint64_t
model_dest_received(const struct model_dest *d)
{
	return d->flow_in + d->open_in;
}

uint64_t
model_dest_lookups(const struct model_dest *d)
{
	return d->by_kind[KIND_HASH_LOOKUP] + d->by_kind[KIND_URL_LOOKUP] +
	       d->by_kind[KIND_NAME_LOOKUP];
}

static int
compare_dests(const void *pa, const void *pb)
{
	const struct model_dest *a = *(const struct model_dest *const *)pa;
	const struct model_dest *b = *(const struct model_dest *const *)pb;
	uint64_t x = model_dest_sent(a), y = model_dest_sent(b);

	if (a->whole_files != b->whole_files)
		return a->whole_files > b->whole_files ? -1 : 1;
	if (x != y)
		return x > y ? -1 : 1;
	return table_row_compare(&a->row, &b->row);
}

const struct model_dest **
model_sorted_dests(const struct model *m)
{
	const struct model_dest **list;

	if (!m->dests.count)
		return NULL;
	list = malloc(m->dests.count * sizeof(*list));
	if (!list)
		return NULL;
	for (size_t i = 0; i < m->dests.count; i++)
		list[i] = (const struct model_dest *)m->dests.rows[i];
	qsort(list, m->dests.count, sizeof(*list), compare_dests);
	return list;
}
