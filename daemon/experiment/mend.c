// SPDX-License-Identifier: Apache-2.0
#include "experiment/mend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json_tree.h"
#include "canary/canary.h"
#include "experiment/command.h"
#include "experiment/digest.h"
#include "experiment/journal.h"
#include "experiment/order.h"

#define RESTORE_TIMEOUT_S	600

/* What the journal says. */
struct mend {
	const struct plan *plan;
	struct journal journal;
	char seed[SET_SEED_MAX + 1], plan_hex[DIGEST_SIZE];
	unsigned planted;		/* number of the session; 0: of none */
	bool cut, over;
	struct mended did;
	char *error;
};

static int
fail(struct mend *m, int err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int
fail(struct mend *m, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->error, MEND_ERROR_MAX, fmt, ap);
	va_end(ap);
	return err;
}

static bool
is(const struct json_node *line, const char *what)
{
	return span_eq(json_node_text(json_member(line, "what")),
	    span_str(what));
}

static void
keep(const struct json_node *line, const char *key, char *ret_text, size_t size)
{
	struct span text = json_node_text(json_member(line, key));

	if (text.len < size)
		snprintf(ret_text, size, "%.*s", (int)text.len,
		    (const char *)text.p);
}

static void
take_line(struct mend *m, const struct json_node *line)
{
	uint64_t n = 1;

	if (is(line, "experiment")) {
		keep(line, "seed", m->seed, sizeof(m->seed));
		keep(line, "plan_sha256", m->plan_hex, sizeof(m->plan_hex));
	} else if (is(line, "planting")) {
		if (json_node_u64(json_member(line, "session"), &n) && n &&
		    n <= PLAN_SESSIONS_MAX)
			m->planted = (unsigned)n;
	} else if (is(line, "removed")) {
		m->planted = 0;
	} else if (is(line, "cutting")) {
		m->cut = true;
	} else if (is(line, "restore")) {
		if (json_node_u64(json_member(line, "exit"), &n) && !n)
			m->cut = false;
	} else if (is(line, "over")) {
		m->over = true;
	}
}

/* A last line that is not whole says nothing. */
static void
read_journal(struct mend *m)
{
	struct json_tree tree;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	json_tree_init(&tree);
	rewind(m->journal.file);
	while ((len = getline(&line, &cap, m->journal.file)) > 0) {
		const struct json_node *root;

		if (!json_tree_read(&tree, line, (size_t)len, &root))
			take_line(m, root);
	}
	json_tree_clear(&tree);
	free(line);
}

static int
restore_network(struct mend *m)
{
	char path[PLAN_PATH_MAX];
	int status = 0, r, fd;

	snprintf(path, sizeof(path), "%.4000s/commands.log", m->plan->out);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(m, -errno, "%s: %s", path, strerror(errno));
	r = command_run(m->plan->network->restore, NULL, RESTORE_TIMEOUT_S, fd,
	    &status);
	close(fd);
	if (r || status)
		return fail(m, r ? r : -ECHILD, "restore: %s; see commands.log",
		    r ? err_text(r) : "it failed");
	m->did.network = true;
	return 0;
}

static int
take_canaries(struct mend *m)
{
	const struct plan *p = m->plan;
	char seed[65], folder[PLAN_PATH_MAX];
	struct canary_error e = { "" };
	int types[CODE_COUNT_MAX];
	struct set set = { 0 };
	int r = order_seed(m->seed, m->planted - 1, seed);

	if (!r)
		r = set_draw(&set, seed, p->canaries->count, types,
		    plan_types(p, types));
	snprintf(folder, sizeof(folder), "%.4000s/%u", p->canaries->folder,
	    m->planted);
	if (!r && access(folder, F_OK) == 0) {
		r = canary_take_away(folder, &set, &m->did.canaries, &e);
		/* It stays where something is left in it. */
		rmdir(folder);
	}
	set_clear(&set);
	return r ? fail(m, r, "%s", *e.text ? e.text : err_text(r)) : 0;
}

static int
put_right(struct mend *m, const char *plan_path)
{
	char hex[DIGEST_SIZE];
	int r = digest_file(plan_path, hex);

	if (r)
		return fail(m, r, "%s: %s", plan_path, err_text(r));
	if (strcmp(hex, m->plan_hex))
		return fail(m, -EINVAL, "%s: an experiment by another plan was "
		    "cut off; run that once more, which puts the lab right",
		    m->plan->out);
	m->did.any = m->cut || m->planted;
	if (m->cut)
		r = restore_network(m);
	if (!r && m->planted)
		r = take_canaries(m);
	if (r)
		return r;
	json_u64(journal_begin(&m->journal, "mended"), "canaries",
	    m->did.canaries);
	journal_end(&m->journal);
	(void)journal_begin(&m->journal, "over");
	journal_end(&m->journal);
	return 0;
}

int
mend_lab(const struct plan *p, const char *plan_path,
    struct mended *ret_mended, char ret_error[static MEND_ERROR_MAX])
{
	struct mend m = { .plan = p, .error = ret_error };
	char path[PLAN_PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "%.4000s/journal.jsonl", p->out);
	r = journal_go_on(&m.journal, path);
	if (r == -ENOENT || r == -ENOTDIR || r == -EWOULDBLOCK) {
		*ret_mended = m.did;
		return 0;
	}
	if (r)
		return fail(&m, r, "%s: %s", path, err_text(r));
	read_journal(&m);
	/* A file that is no journal has no plan either. */
	if (*m.plan_hex && !m.over)
		r = put_right(&m, plan_path);
	if (journal_close(&m.journal) && !r)
		r = fail(&m, -EIO, "%s: can't be written", path);
	if (!r)
		*ret_mended = m.did;
	return r;
}
