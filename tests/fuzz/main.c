// SPDX-License-Identifier: Apache-2.0
/*
 * Replays a corpus through a fuzz target without libFuzzer: every file given,
 * every file of every folder given, and the empty input. Each input is copied
 * to a heap block of exactly its size, so that a sanitizer sees an over-read.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int ran;

static int
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	struct stat st;
	int r = -1;

	if (!f || fstat(fileno(f), &st) < 0)
		goto out;
	data = malloc(st.st_size ? (size_t)st.st_size : 1);
	if (!data || fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
		goto out;
	LLVMFuzzerTestOneInput(data, (size_t)st.st_size);
	ran++;
	r = 0;
out:
	if (r)
		fprintf(stderr, "%s: can't be replayed\n", path);
	free(data);
	if (f)
		fclose(f);
	return r;
}

static int
replay_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	char file[4096];
	int r = 0;

	if (!dir) {
		fprintf(stderr, "%s: no corpus\n", path);
		return -1;
	}
	while (!r && (e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		r = replay_file(file);
	}
	closedir(dir);
	return r;
}

int
main(int argc, char **argv)
{
	struct stat st;
	uint8_t *none = calloc(1, 1);
	int r = 0;

	if (!none)
		return 1;
	LLVMFuzzerTestOneInput(none, 0);
	free(none);
	for (int i = 1; i < argc && !r; i++) {
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			r = replay_dir(argv[i]);
		else
			r = replay_file(argv[i]);
	}
	if (!r && !ran) {
		fprintf(stderr, "%s: empty corpus\n", argv[0]);
		r = -1;
	}
	printf("%s: %d inputs replayed\n", argv[0], ran);
	return r ? 1 : 0;
}
