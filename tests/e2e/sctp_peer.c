// SPDX-License-Identifier: Apache-2.0
/*
 * sctp_peer PORT [listen]: sends three messages to that port of this machine by a
 * socket of SCTP's that has many peers, or takes in what comes there until it is
 * killed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

int
main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(argc > 1 ? argv[1] : "")),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const struct sockaddr *at = (const struct sockaddr *)&to;
	int fd = socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP);
	char bytes[1000] = { 0 };

	if (fd < 0 || (argc > 2 && (bind(fd, at, sizeof(to)) || listen(fd, 1)))) {
		perror("sctp_peer");
		return 1;
	}
	while (argc > 2)
		if (recv(fd, bytes, sizeof(bytes), 0) < 0)
			return 1;
	for (int i = 0; i < 3; i++)
		if (sendto(fd, bytes, sizeof(bytes), 0, at, sizeof(to)) < 0) {
			perror("sctp_peer");
			return 1;
		}
	/* It is closed in order, which takes a moment. */
	close(fd);
	return 0;
}
