// SPDX-License-Identifier: Apache-2.0
#include "kernel/place_state.h"

#include <errno.h>
#include <string.h>

#include "bpf/filter.skel.h"

static int
share_map(struct bpf_map *map, const struct place_maps *maps)
{
	const char *name = bpf_map__name(map);

	if (strcmp(name, "tuples") == 0)
		return bpf_map__reuse_fd(map, maps->tuples);
	if (strcmp(name, "ports") == 0)
		return bpf_map__reuse_fd(map, maps->ports);
	if (strcmp(name, "counters") == 0)
		return bpf_map__reuse_fd(map, maps->counters);
	if (strcmp(name, "interfaces") == 0)
		return bpf_map__reuse_fd(map, maps->interfaces);
	if (strcmp(name, "fragments") == 0 || strstr(name, ".bss"))
		return 0;
	return bpf_map__set_autocreate(map, false);
}

int
place_prepare(struct place_maps *maps)
{
	struct filter_bpf *filter;
	struct bpf_map *map;
	int err = 0;

	if (maps->spare)
		return 0;
	filter = filter_bpf__open();
	if (!filter)
		return -errno;
	bpf_object__for_each_map(map, filter->obj) {
		err = share_map(map, maps);
		if (err)
			break;
	}
	if (!err)
		err = filter_bpf__load(filter);
	if (err)
		filter_bpf__destroy(filter);
	else
		maps->spare = filter;
	return err;
}

void
place_maps_clear(struct place_maps *maps)
{
	filter_bpf__destroy(maps->spare);
	maps->spare = NULL;
}

int
place_take_filter(struct place *p, struct place_maps *maps)
{
	int err;

	if (maps->no_filter)
		return 0;
	err = place_prepare(maps);
	if (err)
		return err;
	p->filter = maps->spare;
	maps->spare = NULL;
	p->filter->bss->filter_netns = p->netns;
	return 0;
}
