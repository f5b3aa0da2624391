// SPDX-License-Identifier: Apache-2.0
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "content/known/known.h"
#include "content/known/known_manifest.h"
#include "telltap/index.h"
#include "telltap/telltap.h"

/* Indexes of known files: made of lists, looked at, asked. */

static int
print_index(const struct telltap_index *x, const char *path)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "%llu files, %llu hashes (%s), "
	    "%llu bytes, sha256 ", (unsigned long long)x->files,
	    (unsigned long long)x->hashes, x->algorithms,
	    (unsigned long long)x->bytes);

	for (int i = 0; i < 32; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%02x",
		    x->sha256[i]);
	cli_write(text, (size_t)n);
	cli_write(": ", 2);
	cli_write(path, strlen(path));
	cli_write("\n", 1);
	return CLI_OK;
}

static int
build(int argc, char **argv)
{
	const char *output = NULL;
	struct telltap_index x;
	char error[512];
	const struct cli_option options[] = {
		{ "output", .text = &output },
		{ .name = NULL },
	};

	if (cli_options(argc, argv, options))
		return CLI_ERROR;
	if (!output || optind >= argc)
		return cli_fail("known build: give --output FILE and lists; "
		    "see telltap help");
	if (telltap_index_build(output, (const char *const *)argv + optind, &x,
	    error, sizeof(error)))
		return cli_fail("%s", error);
	return print_index(&x, output);
}

static int
show(int argc, char **argv)
{
	struct telltap_index x;
	bool check = false;
	const struct cli_option options[] = {
		{ "check", .set = &check },
		{ .name = NULL },
	};
	int err;

	if (cli_options(argc, argv, options))
		return CLI_ERROR;
	if (argc - optind != 1)
		return cli_fail("known show: give one index; see telltap help");
	err = telltap_index_look(argv[optind], check, &x);
	if (err)
		return cli_fail("%s: index of known files: %s", argv[optind],
		    telltap_strerror(err));
	return print_index(&x, argv[optind]);
}

/* One hash: the first file that has it. False: none has. */
static bool
find_one(const struct known *k, const struct manifest_line *m, const char *text)
{
	const struct known_file *f;
	size_t same;
	long file = known_find_hash(k, m->alg, m->hash, &same);
	char more[64] = "";

	if (file < 0)
		return false;
	f = known_get(k, (size_t)file);
	if (same > 1)
		snprintf(more, sizeof(more), " and %zu more", same - 1);
	cli_write(text, strlen(text));
	cli_write("  ", 2);
	cli_write(f->name, strlen(f->name));
	cli_write(more, strlen(more));
	cli_write("\n", 1);
	return true;
}

static int
find(int argc, char **argv)
{
	struct known *k = known_new();
	struct manifest_line m;
	int code = CLI_OK;

	if (argc < 3) {
		known_free(k);
		return cli_fail("known find: give an index and hashes; see "
		    "telltap help");
	}
	if (!k || known_add_path(k, argv[1]) || known_seal(k)) {
		code = cli_fail("%s", k ? known_error(k) : "out of memory");
		known_free(k);
		return code;
	}
	for (int i = 2; i < argc && code != CLI_ERROR; i++) {
		if (!argv[i][0] || manifest_hash(span_str(argv[i]), &m) !=
		    strlen(argv[i]))
			code = cli_fail("known find: not a hash: %s", argv[i]);
		else if (!find_one(k, &m, argv[i]))
			code = CLI_FOUND;
	}
	known_free(k);
	return code;
}

int
cli_known(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} verbs[] = { { "build", build }, { "show", show }, { "find", find } };

	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	return cli_fail("known: give build, show or find; see telltap help");
}
