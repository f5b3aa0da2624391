// SPDX-License-Identifier: Apache-2.0
#include "evidence/checkpoint.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>

#include "live_case.h"

/* A checkpoint whose syncs are a thread's: in which order, what goes on meanwhile,
 * and what becomes of one that fails. Every sync of this program comes by here. */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t writer;
	bool held;		/* those of other threads wait */
	unsigned waiting;
	int fail;		/* what those of other threads give; 0: nothing */
	char order[1024];	/* of those of other threads */
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static int
come_by(int fd, long call)
{
	char link[40], path[256];
	const char *name;
	ssize_t n;
	int fail;

	if (pthread_equal(pthread_self(), disk.writer))
		return (int)syscall(call, fd);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = 0;
	name = strrchr(path, '/');
	pthread_mutex_lock(&disk.lock);
	disk.waiting++;
	pthread_cond_broadcast(&disk.changed);
	while (disk.held)
		pthread_cond_wait(&disk.changed, &disk.lock);
	disk.waiting--;
	snprintf(disk.order + strlen(disk.order),
	    sizeof(disk.order) - strlen(disk.order), "%s ", name ? name : "?");
	fail = disk.fail;
	pthread_mutex_unlock(&disk.lock);
	if (!fail)
		return (int)syscall(call, fd);
	errno = fail;
	return -1;
}

int
fsync(int fd)
{
	return come_by(fd, SYS_fsync);
}

int
fdatasync(int fd)
{
	return come_by(fd, SYS_fdatasync);
}

static void
hold(bool held)
{
	pthread_mutex_lock(&disk.lock);
	disk.held = held;
	pthread_cond_broadcast(&disk.changed);
	pthread_mutex_unlock(&disk.lock);
}

static bool
is_waiting(void)
{
	bool waits;

	pthread_mutex_lock(&disk.lock);
	waits = disk.waiting > 0;
	pthread_mutex_unlock(&disk.lock);
	return waits;
}

/* A checkpoint of 1,001 lines, whose thread is held at its first sync. */
static struct telltap_case *
begin_one(int fail)
{
	struct telltap_case_options o = live();
	struct telltap_case *c;

	disk.writer = pthread_self();
	disk.order[0] = 0;
	disk.fail = fail;
	assert_int_equal(telltap_case_create_with(dir, &o, &c), 0);
	put_line(c, "first");
	put_packet(c, 1);
	hold(true);
	for (unsigned i = 1; i < 1001; i++)
		put_line(c, "x");
	/* The first one's rest passes. */
	for (unsigned i = 0; i < 30000 && !is_waiting(); i++) {
		assert_int_equal(telltap_case_tick(c), 0);
		usleep(1000);
	}
	assert_true(is_waiting());
	return c;
}

static void
await_end(struct telltap_case *c, int want)
{
	int err = 0;

	hold(false);
	for (unsigned i = 0; i < 30000 && !err && !(want == 0 &&
	     holds(dir, "data.part/log/checkpoint", "\n1001\n")); i++) {
		err = telltap_case_tick(c);
		usleep(1000);
	}
	assert_int_equal(err, want);
}

static void
lines_go_on_while_a_checkpoint_is_synced(void **state)
{
	struct telltap_case *c = begin_one(0);

	put_line(c, "meanwhile");
	put_packet(c, 2);
	assert_int_equal(telltap_case_tick(c), 0);
	assert_true(holds(dir, "data.part/events.jsonl", "meanwhile"));
	assert_int_equal(size_of(dir, "data.part/capture/packets.pcapng"),
	    28 + 32 + 2 * 64);
	assert_true(holds(dir, "data.part/log/checkpoint", "\n1\n"));
	await_end(c, 0);
	put_line(c, "after");
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	assert_int_equal(verify(dir), 0);
}

static void
what_it_covers_is_synced_before_it_is_written(void **state)
{
	struct telltap_case *c = begin_one(0);

	await_end(c, 0);
	telltap_case_free(c);
	assert_string_equal(disk.order, "/packets.pcapng /events.jsonl "
	    "/checkpoint.new /log /data.part ");
}

static void
a_case_that_ends_waits_for_the_one_under_way(void **state)
{
	struct telltap_case *c = begin_one(0);

	hold(false);
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	assert_int_equal(verify(dir), 0);
	assert_true(holds(dir, "data/log/checkpoint", "\n1002\n"));
}

static void
one_that_is_not_on_the_disk_ends_the_case(void **state)
{
	struct telltap_case *c = begin_one(EIO);

	await_end(c, -EIO);
	assert_int_equal(telltap_case_finish(c), -EIO);
	telltap_case_free(c);
	assert_true(holds(dir, "data.part/log/checkpoint", "\n1\n"));
}

static void
nor_is_a_case_finished_after_it(void **state)
{
	struct telltap_case *c = begin_one(EIO);

	hold(false);
	assert_int_equal(telltap_case_finish(c), -EIO);
	assert_int_equal(telltap_case_finish(c), -EIO);
	telltap_case_free(c);
	assert_true(holds(dir, "data.part/log/checkpoint", "\n1\n"));
}

static void
a_full_disk_finishes_the_case(void **state)
{
	struct telltap_case *c = begin_one(ENOSPC);

	await_end(c, -ENOSPC);
	telltap_case_free(c);
	assert_int_equal(verify(dir), 0);
	assert_true(holds(dir, "data/events.jsonl", "\"what\":\"disk-full\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(lines_go_on_while_a_checkpoint_is_synced),
		T(what_it_covers_is_synced_before_it_is_written),
		T(a_case_that_ends_waits_for_the_one_under_way),
		T(one_that_is_not_on_the_disk_ends_the_case),
		T(nor_is_a_case_finished_after_it),
		T(a_full_disk_finishes_the_case),
	};

	return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
