// SPDX-License-Identifier: Apache-2.0
/*
 * Reads every capture of ../shared/captures (or of $TELLTAP_CAPTURES) and
 * compares the number of packets with the one in its INDEX.tsv, which is
 * tshark's. Where the two differ on purpose, the list below says why.
 */
#include "capture.h"

#include <stdio.h>
#include <unistd.h>

#include "telltap/source.h"

/* tshark counts other blocks than packets as packets: custom, journal. */
#define CUSTOM	"custom and journal blocks are no packets"
/* A link type that tshark refuses to open; the packets are there. */
#define LINK	"tshark does not know the link type"

static const struct {
	const char *path;
	long packets;
	const char *why;
} differing[] = {
	{ "encap/tcpdump__brcm-tag.pcap", 23, LINK },
	{ "encap/tcpdump__dsa-high-vid.pcap", 4, LINK },
	{ "encap/tcpdump__kday6.pcap", 1, LINK },
	{ "malformed/tcpdump__frf16_magic_ie-oobr.pcap", 1, LINK },
	{ "malformed/tcpdump__vtp_asan-2.pcap", 1, LINK },
	{ "malformed/tcpdump__vtp_asan-3.pcap", 1, LINK },
	{ "format/gopacket__tests__be__test018.pcapng", 4, CUSTOM },
	{ "format/gopacket__tests__be__test102.pcapng", 5, CUSTOM },
	{ "format/gopacket__tests__be__test202.pcapng", 8, CUSTOM },
	{ "format/gopacket__tests__le__test017.pcapng", 0, CUSTOM },
	{ "format/gopacket__tests__le__test018.pcapng", 4, CUSTOM },
	{ "format/gopacket__tests__le__test202.pcapng", 8, CUSTOM },
};

static const char *root;

/* Its packets, or -1 when it can't be opened. */
static long
count_packets(const char *file)
{
	const struct telltap_packet *p;
	struct telltap_source *src;
	char path[512];
	const char *paths[] = { path };
	long count = 0;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", root, file);
	if (telltap_source_open(paths, 1, NULL, &src) < 0)
		return -1;
	while (telltap_source_next(src, &p, &n) == 0)
		count += (long)n;
	telltap_source_close(src);
	return count;
}

static long
wanted(const char *file, long tshark)
{
	for (size_t i = 0; i < sizeof(differing) / sizeof(differing[0]); i++)
		if (strcmp(differing[i].path, file) == 0)
			return differing[i].packets;
	return tshark;
}

static void
packet_counts_are_those_of_tshark(void **state)
{
	char *line = NULL, *file, *set, *packets;
	size_t cap = 0, files = 0, wrong = 0;
	char index[512];
	long got, want;
	FILE *f;

	snprintf(index, sizeof(index), "%s/INDEX.tsv", root);
	f = fopen(index, "r");
	if (!f) {
		print_message("skipped: no captures at %s\n", root);
		skip();
	}
	while (getline(&line, &cap, f) > 0) {
		char *rest = line;

		file = strsep(&rest, "\t");
		set = strsep(&rest, "\t");
		packets = strsep(&rest, "\t");
		if (!set || !packets || strcmp(file, "path") == 0)
			continue;
		got = count_packets(file);
		files++;
		if (!*packets)		/* not known: readable, at least */
			want = got > 0 ? got : 1;
		else
			want = wanted(file, atol(packets));
		if (got != want) {
			print_error("%s: %ld packets, not %ld\n", file, got,
			    want);
			wrong++;
		}
	}
	fclose(f);
	free(line);
	print_message("%zu captures compared\n", files);
	assert_true(files > 1000);
	assert_int_equal(wrong, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet_counts_are_those_of_tshark),
	};

	root = getenv("TELLTAP_CAPTURES");
	if (!root)
		root = "../shared/captures";
	return cmocka_run_group_tests_name("captures", tests, NULL, NULL);
}
