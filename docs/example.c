// SPDX-License-Identifier: Apache-2.0
/*
 * The library in one page: prints every event of a capture as a line of JSON.
 *
 *	cc -o example example.c $(pkg-config --cflags --libs telltap)
 *	./example capture.pcap
 */
#include <stdio.h>
#include <telltap/source.h>
#include <telltap/telltap.h>

/* The event, and all behind it, lives for this call. */
static int
print_event(void *arg, const struct event *event)
{
	struct telltap_engine **engine = arg;
	size_t len;
	const char *line = telltap_event_json(*engine, event, &len);

	return line && printf("%.*s\n", (int)len, line) > 0 ? 0 : -1;
}

static int
replay(struct telltap_source *source, struct telltap_engine *engine)
{
	const struct telltap_packet *packets;
	size_t count;
	int err;

	for (;;) {
		err = telltap_source_next(source, &packets, &count);
		if (err == TELLTAP_SOURCE_END)
			return telltap_engine_finish(engine);
		if (!err)
			err = telltap_engine_feed(engine, packets, count);
		if (err)
			return err;
	}
}

int
main(int argc, char **argv)
{
	struct telltap_source_options in = { .size = sizeof(in) };
	struct telltap_options options = { .size = sizeof(options) };
	struct telltap_source *source = NULL;
	struct telltap_engine *engine = NULL;
	const char *const *paths = (const char *const *)argv + 1;
	int err;

	err = telltap_source_open(paths, (size_t)argc - 1, &in, &source);
	if (err) {
		fprintf(stderr, "%s\n", telltap_source_error(NULL));
		return 1;
	}
	err = telltap_engine_new(&options, print_event, &engine, &engine);
	if (!err)
		err = replay(source, engine);
	if (err)
		fprintf(stderr, "%s\n", telltap_strerror(err));
	telltap_engine_free(engine);
	telltap_source_close(source);
	return err != 0;
}
