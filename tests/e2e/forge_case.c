// SPDX-License-Identifier: Apache-2.0
/*
 * forge_case OUT PACKETS [FILE...] < LINES: a case that a recorder who lies could
 * make: whatever lines it is given, without nonces, a folder's packets as they
 * are, and other files for data/, well signed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "telltap/case.h"

static int
add_file(struct telltap_case *c, const char *path, const char *name)
{
	static char data[8 << 20];
	FILE *f = fopen(path, "r");
	size_t len = f ? fread(data, 1, sizeof(data), f) : 0;

	if (!f || fclose(f) || len == sizeof(data))
		return -1;
	return telltap_case_add(c, name, data, len);
}

int
main(int argc, char **argv)
{
	struct telltap_case *c = NULL;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;
	int err = argc >= 3 ? telltap_case_create(argv[1], &c) : -1;

	while (!err && (len = getline(&line, &cap, stdin)) > 1)
		err = telltap_case_event(c, line, (size_t)len - 1);
	if (!err)
		err = add_file(c, argv[2], "capture/packets.pcapng");
	for (int i = 3; i < argc && !err; i++) {
		const char *slash = strrchr(argv[i], '/');

		err = add_file(c, argv[i], slash ? slash + 1 : argv[i]);
	}
	if (!err)
		err = telltap_case_finish(c);
	if (err)
		fprintf(stderr, "forge_case: %s\n",
		    c ? telltap_case_error(c) : "OUT PACKETS [FILE...] < LINES");
	telltap_case_free(c);
	free(line);
	return err ? 1 : 0;
}
