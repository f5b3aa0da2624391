// SPDX-License-Identifier: Apache-2.0
/* The floor for everything that reads through libpcap: pcap_loop() with an
 * empty callback. */
#include <pcap/pcap.h>
#include <stdio.h>

static void
on_packet(u_char *arg, const struct pcap_pkthdr *h, const u_char *data)
{
	++*(unsigned long *)arg;
}

int
main(int argc, char **argv)
{
	char err[PCAP_ERRBUF_SIZE];
	unsigned long packets = 0;
	pcap_t *p;

	if (argc != 2)
		return 2;
	p = pcap_open_offline(argv[1], err);
	if (!p) {
		fprintf(stderr, "%s\n", err);
		return 2;
	}
	if (pcap_loop(p, 0, on_packet, (u_char *)&packets) < 0)
		return 2;
	pcap_close(p);
	printf("%lu packets\n", packets);
	return 0;
}
