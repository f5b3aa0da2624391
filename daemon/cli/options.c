// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>

#include "cli/cli.h"

/* Above every character, which getopt's answers are otherwise. */
#define FIRST	0x100

static bool
has_value(const struct cli_option *o)
{
	return o->text || o->list || o->take;
}

static void
fill(struct option *how, const struct cli_option *options)
{
	int n = 0;

	for (; n < CLI_OPTIONS_MAX && options[n].name; n++)
		how[n] = (struct option){ options[n].name,
			has_value(&options[n]) ? required_argument : no_argument,
			NULL, FIRST + n };
	how[n] = (struct option){ 0 };
}

static int
take(const char *command, const struct cli_option *o)
{
	if (o->take)
		return o->take(o->arg, optarg);
	if (o->list && *o->count == o->max)
		return cli_fail("%s: more than %u times --%s", command, o->max,
		    o->name);
	if (o->list)
		o->list[(*o->count)++] = optarg;
	else if (o->text)
		*o->text = optarg;
	else if (o->set)
		*o->set = true;
	else
		*o->clear = false;
	return 0;
}

/* What getopt_long() could not take: c is its answer. */
static int
refuse(char **argv, int c)
{
	const char *last = argv[optind - 1];

	if (c == ':')
		return cli_fail("%s: %s needs a value; see telltap help", argv[0],
		    last);
	return cli_fail("%s: no such option: %s; see telltap help", argv[0],
	    optopt && optopt < FIRST && last[1] != '-'
		? (char[]){ '-', (char)optopt, 0 }
		: last);
}

static int
take_all(int argc, char **argv, const char *mode,
    const struct cli_option *options)
{
	struct option how[CLI_OPTIONS_MAX + 1];
	int c, err = 0;

	fill(how, options);
	opterr = 0;
	while (!err && (c = getopt_long(argc, argv, mode, how, NULL)) != -1)
		err = c < FIRST ? refuse(argv, c)
				: take(argv[0], &options[c - FIRST]);
	return err;
}

int
cli_options(int argc, char **argv, const struct cli_option *options)
{
	return take_all(argc, argv, ":", options);
}

int
cli_options_before(int argc, char **argv, const struct cli_option *options)
{
	return take_all(argc, argv, "+:", options);
}
