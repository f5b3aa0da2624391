// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "cli/cli.h"
#include "experiment/lead.h"
#include "experiment/mend.h"
#include "experiment/review.h"
#include "experiment/tally.h"

/* A seed that nobody can have known before. */
static int
take_seed(const struct plan *p, char ret_seed[static SET_SEED_MAX + 1])
{
	uint8_t bytes[32];

	if (p->seed) {
		snprintf(ret_seed, SET_SEED_MAX + 1, "%s", p->seed);
		return CLI_OK;
	}
	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return cli_fail("experiment: no random numbers: %s",
		    strerror(errno));
	for (int i = 0; i < 32; i++)
		snprintf(ret_seed + 2 * i, 3, "%02x", bytes[i]);
	return CLI_OK;
}

static void
say(const struct outcomes *o, const char *seed)
{
	struct buf b;

	buf_init(&b, 0);
	buf_printf(&b, "%s: %u session%s of %u canaries; seed %s\n\n",
	    o->plan->experiment, o->plan->sessions,
	    o->plan->sessions == 1 ? "" : "s", o->plan->canaries->count, seed);
	tally_write(o, &b);
	if (!b.failed)
		cli_write(b.data, b.len);
	buf_clear(&b);
}

/* One that was killed left what only its plan knows of. */
static int
mend(const struct plan *p, const char *path)
{
	char error[MEND_ERROR_MAX];
	struct mended did;

	if (mend_lab(p, path, &did, error))
		return cli_fail("experiment: %s", error);
	if (did.any)
		fprintf(stderr, "telltap: experiment: %s: one that was cut off "
		    "was put right: %zu canaries removed%s\n", p->out,
		    did.canaries, did.network ? ", the network restored" : "");
	return CLI_OK;
}

static int
run(const struct plan *p, const char *path)
{
	char seed[SET_SEED_MAX + 1], error[LEAD_ERROR_MAX];
	struct outcomes o;
	int code = mend(p, path);

	if (!code)
		code = take_seed(p, seed);
	if (code)
		return code;
	if (lead_run(p, path, seed, error))
		return cli_fail("experiment: %s", error);
	outcomes_init(&o, p);
	if (review(&o, seed, error))
		code = cli_fail("experiment: %s", error);
	else
		say(&o, seed);
	outcomes_clear(&o);
	return code;
}

int
cli_experiment(int argc, char **argv)
{
	char error[YAMLFILE_ERROR_MAX];
	struct plan *p = NULL;
	int code;

	if (argc != 3 || strcmp(argv[1], "run"))
		return cli_fail("experiment: give run, and a plan; see "
				"telltap help");
	if (plan_load(argv[2], &p, error))
		return cli_fail("experiment: %s", error);
	code = run(p, argv[2]);
	plan_free(p);
	return code;
}
