// SPDX-License-Identifier: Apache-2.0
/* telltap profile: what is known of the vendors, for people and scripts. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/profile_show.h"

struct command {
	const char *what, *which, *dir;
	uint16_t port;
	bool json;
};

static int
take_port(void *arg, const char *value)
{
	struct command *c = arg;
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || !n || n > UINT16_MAX)
		return cli_fail("profile: --port takes 1 to 65535, not %s",
		    value);
	c->port = (uint16_t)n;
	return 0;
}

static int
take(struct command *c, int argc, char **argv)
{
	const struct cli_option options[] = {
		{ "json", .set = &c->json },
		{ "port", .take = take_port, .arg = c },
		{ "profile-dir", .text = &c->dir },
		{ .name = NULL },
	};

	if (cli_options(argc, argv, options))
		return CLI_ERROR;
	if (argc - optind > 2)
		return cli_fail("profile: one %s at a time; see telltap help",
		    argv[optind]);
	c->what = optind < argc ? argv[optind] : NULL;
	c->which = argc - optind == 2 ? argv[optind + 1] : NULL;
	return 0;
}

static int
list(const struct profiles *set, bool json)
{
	for (size_t i = 0; i < profiles_count(set); i++)
		profile_show_line(profiles_at(set, i), json);
	return CLI_OK;
}

static int
show(const struct profiles *set, const char *id, bool json)
{
	const struct profile *p = profiles_find(set, id);

	if (!p)
		return cli_fail("profile: no such profile: %s; see telltap "
				"profile list", id);
	profile_show(p, json);
	return CLI_OK;
}

static int
match(const struct profiles *set, const struct command *c)
{
	struct profile_match m;

	if (profile_match_host(set, span_str(c->which), c->port, NULL, &m) ||
	    profile_match_address(set, c->which, c->port, NULL, &m)) {
		profile_show_match(&m, c->json);
		return CLI_OK;
	}
	cli_fail("profile: nobody's cloud that is known here: %s", c->which);
	return CLI_FOUND;
}

static int
run(struct profiles *set, const struct command *c)
{
	char *dir = c->dir ? strdup(c->dir) : profiles_default_dir();
	int err;

	if (!dir)
		return cli_fail("profile: no profiles beside the program; "
				"give --profile-dir");
	err = profiles_load(set, dir);
	free(dir);
	if (!err)
		err = profiles_seal(set);
	if (err)
		return cli_fail("%s", profiles_error(set));
	if (!strcmp(c->what, "list") && !c->which)
		return list(set, c->json);
	if (!strcmp(c->what, "show") && c->which)
		return show(set, c->which, c->json);
	if (!strcmp(c->what, "match") && c->which)
		return match(set, c);
	return cli_fail("profile: give list, show ID or match HOST; see "
			"telltap help");
}

int
cli_profile(int argc, char **argv)
{
	struct command c = { .what = NULL };
	struct profiles *set;
	int code;

	if (take(&c, argc, argv))
		return CLI_ERROR;
	if (!c.what)
		return cli_fail("profile: give list, show ID or match HOST; "
				"see telltap help");
	set = profiles_new();
	if (!set)
		return cli_fail("out of memory");
	code = run(set, &c);
	profiles_free(set);
	return code;
}
