// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "telltap/telltap.h"
#include "telltap/verify.h"

int
cli_prove(int argc, char **argv)
{
	unsigned long long n;
	char *proof, *end;
	size_t len;
	int err;

	if (argc != 3)
		return cli_fail("prove: give a case and the sequence number "
				"of an event; see telltap help");
	errno = 0;
	n = strtoull(argv[2], &end, 10);
	if (*argv[2] < '0' || *argv[2] > '9' || *end || errno)
		return cli_fail("prove: not a number: %s", argv[2]);
	err = telltap_prove(argv[1], n, &proof, &len);
	if (err == -ERANGE)
		return cli_fail("prove: %s has no event %llu", argv[1], n);
	if (err == -EBADMSG)
		return cli_fail("prove: %s does not verify", argv[1]);
	if (err)
		return cli_fail("prove: %s: %s", argv[1],
		    telltap_strerror(err));
	cli_write(proof, len);
	free(proof);
	return CLI_OK;
}
