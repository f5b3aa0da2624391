// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_state.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/cloud.h"
#include "bpf/tap.skel.h"

static bool
is_v4(const uint8_t *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(a, mapped, sizeof(mapped)) == 0;
}

/* This machine, nobody, or many at once: all of it is no cloud's. */
bool
tap_cloud_is_far(const uint8_t address[static 16])
{
	static const uint8_t loopback6[16] = { [15] = 1 }, none[16];

	if (is_v4(address))
		return address[12] && address[12] != 127 &&
		       !(address[12] == 169 && address[13] == 254) &&
		       address[12] < 224;
	return memcmp(address, loopback6, 16) && memcmp(address, none, 16) &&
	       address[0] != 0xff &&
	       !(address[0] == 0xfe && (address[1] & 0xc0) == 0x80);
}

int
tap_cloud_add(struct tap *t, const uint8_t address[static 16])
{
	struct tap_cloud none = { 0 };
	struct tap_cloud_bits bits;
	uint32_t zero = 0, w[4];
	uint16_t bit;

	if (!t->bpf || !tap_cloud_is_far(address))
		return 0;
	if (bpf_map_update_elem(bpf_map__fd(t->bpf->maps.clouds), address,
		&none, BPF_NOEXIST)) {
		if (errno == EEXIST)
			return 0;
		t->stats.clouds_full++;
		return 0;
	}
	if (bpf_map_lookup_elem(bpf_map__fd(t->bpf->maps.cloud_bits), &zero,
		&bits))
		return -errno;
	memcpy(w, address, sizeof(w));
	bit = tap_cloud_bit(w[0], w[1], w[2], w[3]);
	bits.bits[bit >> 6] |= 1ull << (bit & 63);
	bits.count++;
	return bpf_map_update_elem(bpf_map__fd(t->bpf->maps.cloud_bits), &zero,
		   &bits, BPF_ANY) ? -errno : 0;
}

static void
report(struct tap *t, const uint8_t *address, const struct tap_cloud *c)
{
	struct tap_unwatched u = {
		.bytes = c->bytes,
		.packets = c->packets,
		.connections = c->connections,
		.first_ns = c->first_ns + t->monotonic_offset,
		.last_ns = c->last_ns + t->monotonic_offset,
		.pid = c->pid,
	};

	memcpy(u.address, address, 16);
	memcpy(u.name, c->comm, sizeof(u.name));
	u.name[sizeof(u.name) - 1] = '\0';
	tap_fail(t, t->events.on_unwatched(t->arg, &u));
}

void
tap_clouds_report(struct tap *t)
{
	int fd = t->bpf ? bpf_map__fd(t->bpf->maps.clouds) : -1;
	uint8_t key[16], *at = NULL;
	struct tap_cloud c;

	if (fd < 0 || !t->events.on_unwatched)
		return;
	for (unsigned i = 0; i < TAP_CLOUDS_MAX &&
	     !bpf_map_get_next_key(fd, at, key); i++) {
		at = key;
		if (!bpf_map_lookup_elem(fd, key, &c) && c.packets)
			report(t, key, &c);
	}
}
