// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile/set.h"

static int
read_file(struct profiles *set, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *slash = strrchr(path, '/');
	char *data = NULL;
	size_t len = 0;
	ssize_t n = -1;
	struct stat st;
	int r;

	if (fd < 0)
		return profiles_fail(set, -errno, path, 0, "%s",
		    strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return profiles_fail(set, -EINVAL, path, 0, "no regular file");
	}
	/* one byte more than it may have, whatever its size is said to be */
	data = malloc(PROFILE_MAX_FILE_LEN + 1);
	while (data && len <= PROFILE_MAX_FILE_LEN &&
	    (n = read(fd, data + len, PROFILE_MAX_FILE_LEN + 1 - len)) > 0)
		len += (size_t)n;
	r = data ? -errno : -ENOMEM;
	close(fd);
	if (!data || n < 0)
		r = profiles_fail(set, r, path, 0, "%s", strerror(-r));
	else
		r = profiles_load_text(set, slash ? slash + 1 : path, data,
		    len);
	free(data);
	return r;
}

static int
is_profile(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 5 && d->d_name[0] != '.' &&
	       !strcmp(d->d_name + n - 5, ".yaml");
}

int
profiles_load(struct profiles *set, const char *path)
{
	struct dirent **list;
	char file[PATH_MAX];
	struct stat st;
	int count, r = 0;

	if (stat(path, &st))
		return profiles_fail(set, -errno, path, 0, "%s",
		    strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return read_file(set, path);
	count = scandir(path, &list, is_profile, alphasort);
	if (count < 0)
		return profiles_fail(set, -errno, path, 0, "%s",
		    strerror(errno));
	for (int i = 0; i < count; i++) {
		if (!r && snprintf(file, sizeof(file), "%s/%s", path,
			      list[i]->d_name) >= (int)sizeof(file))
			r = profiles_fail(set, -ENAMETOOLONG, path, 0,
			    "too long a path");
		if (!r)
			r = read_file(set, file);
		free(list[i]);
	}
	free(list);
	if (!r && !count)
		r = profiles_fail(set, -ENOENT, path, 0, "no profile in it");
	return r;
}

char *
profiles_default_dir(void)
{
	static const char *const beside[] = {
		"../share/telltap/profiles",
		"../daemon/profile/profiles",
	};
	const char *given = getenv("TELLTAP_PROFILES");
	char exe[PATH_MAX], *slash, *path;
	ssize_t n;

	if (given && *given)
		return strdup(given);
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (n <= 0)
		return NULL;
	exe[n] = 0;
	slash = strrchr(exe, '/');
	if (!slash)
		return NULL;
	*slash = 0;
	for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++) {
		if (asprintf(&path, "%s/%s", exe, beside[i]) < 0)
			return NULL;
		if (!access(path, R_OK | X_OK))
			return path;
		free(path);
	}
	return NULL;
}
