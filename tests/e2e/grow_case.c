// SPDX-License-Identifier: Apache-2.0
/*
 * grow_case DIR [SECONDS [PART_MAX [LINES [end]]]]: a live case that grows as fast
 * as it can, lines and packets, until the time is over (0: for ever), then ends it;
 * or dies after so many lines, or ends it then. A PART_MAX of 0 means no parts. Exit 3
 * when the case says that the disk is full; prints how many lines were handed
 * over and taken.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "telltap/case.h"
#include "telltap/packet.h"

static int
put(struct telltap_case *c, unsigned long i)
{
	static uint8_t data[1000];
	struct telltap_packet p = {
		.number = i + 1,
		.ts_ns = 1700000000000000000 + i,
		.data = data,
		.cap_len = sizeof(data),
		.wire_len = sizeof(data),
		.link_type = 1,
	};
	char line[256];
	int n = snprintf(line, sizeof(line),
	    "{\"@timestamp\":\"2026-01-02T03:04:05.000000006Z\",\"ecs\":{"
	    "\"version\":\"8.17.0\"},\"event\":{\"kind\":\"event\",\"category\":"
	    "[\"process\"],\"type\":[\"info\"],\"action\":\"process\","
	    "\"sequence\":%lu},\"process\":{\"pid\":%lu},\"telltap\":{"
	    "\"origin\":\"input\"}}", i, i);
	int err = telltap_case_event(c, line, (size_t)n);

	if (!err)
		err = telltap_case_packets(c, &p, 1, NULL, 0, true);
	return !err && i % 50 == 0 ? telltap_case_tick(c) : err;
}

int
main(int argc, char **argv)
{
	struct telltap_case_options o = { .size = sizeof(o), .live = true };
	time_t end = argc > 2 && atoi(argv[2]) ? time(NULL) + atoi(argv[2]) : 0;
	struct telltap_case *c = NULL;
	unsigned long i = 0, lines = 0;
	int err;

	if (argc < 2)
		return 2;
	if (argc > 4)
		lines = strtoul(argv[4], NULL, 10);
	if (argc > 3 && strcmp(argv[3], "0")) {
		o.parts = true;
		o.part_max = strtoull(argv[3], NULL, 10);
	}
	err = telltap_case_create_with(argv[1], &o, &c);
	for (; !err && (!end || time(NULL) < end); i++) {
		if (lines && i == lines && argc > 5)
			break;
		if (lines && i == lines)
			_exit(9);
		err = put(c, i);
	}
	if (!err)
		err = telltap_case_finish(c);
	printf("%lu\n", i);
	if (err)
		fprintf(stderr, "grow_case: %s\n", c ? telltap_case_error(c)
						     : strerror(-err));
	telltap_case_free(c);
	return err == -ENOSPC ? 3 : err ? 1 : 0;
}
