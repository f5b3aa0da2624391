// SPDX-License-Identifier: Apache-2.0
#include "source/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#define PROGRAMS_MAX	32	/* link types; those beyond match nothing */
#define SNAPLEN		262144

struct program {
	uint16_t link_type;
	bool usable;
	struct bpf_program code;
};

struct filter {
	char *expression;
	size_t count;
	struct program *last;
	struct program programs[PROGRAMS_MAX];
};

int
filter_dlt(unsigned link_type)
{
	switch (link_type) {
	case 100:
		return DLT_ATM_RFC1483;
	case 101:
		return DLT_RAW;
	case 102:
		return DLT_SLIP_BSDOS;
	case 103:
		return DLT_PPP_BSDOS;
	case 106:
		return DLT_ATM_CLIP;
	default:
		return (int)link_type;
	}
}

static int
program_compile(struct program *p, const char *expression, char *ret_error)
{
	pcap_t *dead = pcap_open_dead(filter_dlt(p->link_type), SNAPLEN);
	int r = 0;

	if (!dead)
		return -ENOMEM;
	if (pcap_compile(dead, &p->code, expression, 1,
	    PCAP_NETMASK_UNKNOWN) < 0) {
		strncpy(ret_error, pcap_geterr(dead), PCAP_ERRBUF_SIZE - 1);
		r = -EINVAL;
	}
	pcap_close(dead);
	p->usable = r == 0;
	return r;
}

int
filter_new(const char *expression, struct filter **ret_filter,
    const char **ret_error)
{
	/* an expression must make sense somewhere: "type mgt" does on
	 * 802.11, "ip" also on raw IP */
	static const uint16_t tried[] = { 1, 101, 127, 113 };
	static __thread char error[PCAP_ERRBUF_SIZE];
	char other[PCAP_ERRBUF_SIZE];
	struct filter *f = calloc(1, sizeof(*f));
	int r = -EINVAL;

	*ret_error = NULL;
	if (!f || !(f->expression = strdup(expression))) {
		free(f);
		return -ENOMEM;
	}
	memset(error, 0, sizeof(error));
	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		struct program p = { .link_type = tried[i] };

		r = program_compile(&p, expression, i ? other : error);
		if (r == 0) {
			pcap_freecode(&p.code);
			*ret_filter = f;
			return 0;
		}
	}
	*ret_error = error;
	filter_free(f);
	return r;
}

void
filter_free(struct filter *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++)
		if (f->programs[i].usable)
			pcap_freecode(&f->programs[i].code);
	free(f->expression);
	free(f);
}

static struct program *
filter_find(struct filter *f, uint16_t link_type)
{
	char error[PCAP_ERRBUF_SIZE];
	struct program *p;

	for (size_t i = 0; i < f->count; i++)
		if (f->programs[i].link_type == link_type)
			return &f->programs[i];
	if (f->count == PROGRAMS_MAX)
		return NULL;
	p = &f->programs[f->count++];
	p->link_type = link_type;
	(void)program_compile(p, f->expression, error);
	return p;
}

bool
filter_match(struct filter *f, const struct telltap_packet *p)
{
	struct pcap_pkthdr h = { .caplen = p->cap_len, .len = p->wire_len };

	if (!f->last || f->last->link_type != p->link_type)
		f->last = filter_find(f, p->link_type);
	return f->last && f->last->usable &&
	    pcap_offline_filter(&f->last->code, &h, p->data) != 0;
}
