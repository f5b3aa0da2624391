// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "bpf/process.h"
#include "bpf/socket.h"
#include "kernel/batch.h"
#include "kernel/owners.h"
#include "kernel/process.h"

static void
packets_are_put_in_order_of_time_and_numbered_on(void **state)
{
	struct batch *b = batch_new();
	struct telltap_packet in = { .cap_len = 1 }, *out;
	const uint64_t times[] = { 5, 3, 9, 3 };
	size_t count;

	for (uint8_t i = 0; i < 4; i++) {
		in.ts_ns = times[i];
		in.data = &i;
		assert_int_equal(batch_add(b, &in), 0);
	}
	out = batch_take(b, &count);
	assert_int_equal(count, 4);
	assert_int_equal(out[0].data[0], 1);
	assert_int_equal(out[1].data[0], 3);
	assert_int_equal(out[2].data[0], 0);
	assert_int_equal(out[3].data[0], 2);
	assert_int_equal(out[0].number, 1);
	assert_int_equal(out[3].number, 4);
	in.data = (const uint8_t *)"x";
	assert_int_equal(batch_add(b, &in), 0);
	/* What was taken before is still there. */
	assert_int_equal(out[3].data[0], 2);
	out = batch_take(b, &count);
	assert_int_equal(count, 1);
	assert_int_equal(out[0].number, 5);
	batch_take(b, &count);
	assert_int_equal(count, 0);
	batch_free(b);
	batch_free(NULL);
}

static void
a_full_batch_takes_no_more(void **state)
{
	struct batch *b = batch_new();
	struct telltap_packet in = { .cap_len = 262144 };
	uint8_t *data = calloc(1, 262145);
	int added = 0;

	in.data = data;
	while (!batch_is_full(b)) {
		assert_int_equal(batch_add(b, &in), 0);
		added++;
	}
	assert_int_equal(added, 64);
	assert_int_not_equal(batch_add(b, &in), 0);
	batch_free(b);
	b = batch_new();
	in.cap_len++;
	assert_int_not_equal(batch_add(b, &in), 0);
	batch_free(b);
	free(data);
}

static void
enter(struct processes *ps, uint32_t owner, uint32_t pid)
{
	struct tap_process r = { .what = TAP_FORK, .owner = owner, .pid = pid };
	struct process *p;

	assert_int_equal(processes_record(ps, &r, &p), 0);
	assert_int_equal(p->pid, pid);
}

static const struct tap_owner_info *
info(struct owners *os, uint32_t creator, uint32_t sender, uint32_t flags)
{
	const struct tap_owner_info *new;

	return owners_info(os,
	    owners_number(os, creator, sender, flags, &new));
}

static void
who_owns_a_socket_and_how_surely(void **state)
{
	struct processes *ps = processes_new();
	struct owners *os = owners_new(ps);
	const struct tap_owner_info *i, *new;
	uint32_t id;

	enter(ps, 1, 0x7ffffff1);	/* no such pids */
	enter(ps, 2, 0x7ffffff1);	/* the same process after exec */
	enter(ps, 3, 0x7ffffff3);
	i = info(os, 1, 1, 0);
	assert_int_equal(i->certainty, TAP_EXACT);
	assert_int_equal(i->source, TAP_SOURCE_KERNEL);
	assert_int_equal(i->process->owner, 1);
	assert_null(i->other);
	i = info(os, 1, 2, TAP_SHARED);
	assert_int_equal(i->certainty, TAP_EXACT);
	assert_int_equal(i->process->owner, 2);
	i = info(os, 1, 3, TAP_SHARED);
	assert_int_equal(i->certainty, TAP_AMBIGUOUS);
	assert_int_equal(i->process->owner, 1);
	assert_int_equal(i->other->owner, 3);
	i = info(os, 1, 1, TAP_FOREIGN);
	assert_int_equal(i->certainty, TAP_AMBIGUOUS);
	i = info(os, 3, 0, TAP_OLD);
	assert_int_equal(i->source, TAP_SOURCE_ITERATOR);
	assert_int_equal(i->process->owner, 3);
	i = info(os, 9, 9, 0);
	assert_null(i->process);
	assert_int_equal(i->certainty, TAP_AMBIGUOUS);
	id = owners_number(os, 1, 1, TAP_PLACED, &new);
	assert_null(new);
	assert_int_equal(owners_info(os, id)->certainty, TAP_EXACT);
	assert_int_equal(owners_count(os), 6);
	assert_null(owners_info(os, 0));
	assert_null(owners_info(os, 7));
	owners_free(os);
	processes_free(ps);
}

static void
sharing_by_itself_is_ambiguous(void **state)
{
	struct processes *ps = processes_new();
	struct owners *os = owners_new(ps);

	enter(ps, 1, 0x7ffffff1);
	/* Another one holds it, though it is not known to have sent. */
	assert_int_equal(info(os, 1, 1, TAP_SHARED)->certainty, TAP_AMBIGUOUS);
	assert_int_equal(info(os, 1, 0, TAP_SHARED)->certainty, TAP_AMBIGUOUS);
	owners_free(os);
	processes_free(ps);
}

static void
processes_come_and_end_once(void **state)
{
	struct processes *ps = processes_new();
	struct tap_process end = { .what = TAP_EXIT, .owner = 7,
		.exit_code = 0x300 };
	struct process *p;

	for (uint32_t i = 1; i <= 5000; i++)
		enter(ps, i, 0x7ffff000);
	assert_int_equal(processes_count(ps), 5000);
	assert_int_equal(processes_running(ps), 5000);
	assert_int_equal(processes_record(ps, &end, &p), 0);
	assert_int_equal(processes_record(ps, &end, &p), 0);
	assert_int_equal(p->exit_status, 0x300);
	assert_int_equal(processes_running(ps), 4999);
	assert_int_equal(processes_find(ps, 5000)->owner, 5000);
	assert_null(processes_find(ps, 5001));
	assert_null(processes_find(ps, 0));
	processes_free(ps);
	processes_free(NULL);
}

static void
a_bystander_is_not_counted_as_running(void **state)
{
	struct processes *ps = processes_new();

	enter(ps, 1, 0x7ffff000);
	enter(ps, 2, 0x7ffff000);
	processes_stand_by(ps, processes_find(ps, 2));
	processes_stand_by(ps, processes_find(ps, 2));
	assert_int_equal(processes_running(ps), 1);
	processes_end(ps, processes_find(ps, 2), 5);
	assert_int_equal(processes_running(ps), 1);
	processes_end(ps, processes_find(ps, 1), 5);
	assert_int_equal(processes_running(ps), 0);
	processes_free(ps);
}

static void
a_resolver_and_who_asked_it_share_nothing(void **state)
{
	struct processes *ps = processes_new();
	struct owners *os = owners_new(ps);
	const struct tap_owner_info *info;

	enter(ps, 1, 0x7ffff000);
	enter(ps, 2, 0x7ffff001);
	owners_number(os, 1, 2, TAP_JOINED, &info);
	assert_true(info->resolver);
	assert_int_equal(info->process->owner, 1);
	assert_int_equal(info->other->owner, 2);
	assert_int_equal(info->certainty, TAP_EXACT);
	owners_number(os, 1, 3, TAP_JOINED, &info);
	assert_int_equal(info->certainty, TAP_AMBIGUOUS);
	owners_number(os, 1, 2, 0, &info);
	assert_false(info->resolver);
	owners_free(os);
	processes_free(ps);
}

static void
end(struct processes *ps, uint32_t owner, uint64_t end_ns)
{
	processes_end(ps, processes_find(ps, owner), end_ns);
}

static void
what_ended_goes_unless_packets_bear_its_number(void **state)
{
	struct processes *ps = processes_new();

	for (uint32_t i = 1; i <= 3000; i++)
		enter(ps, i, 0x7ffff000);
	for (uint32_t i = 1; i <= 3000; i += 2)
		end(ps, i, i);
	processes_find(ps, 1)->owns = true;
	assert_int_equal(processes_sweep(ps, 1001), 499);
	assert_int_equal(processes_count(ps), 2501);
	assert_int_equal(processes_find(ps, 1)->owner, 1);
	assert_string_equal(processes_find(ps, 1)->executable, "");
	assert_null(processes_find(ps, 3));
	assert_null(processes_find(ps, 999));
	assert_int_equal(processes_find(ps, 1001)->owner, 1001);
	for (uint32_t i = 2; i <= 3000; i += 2)
		assert_int_equal(processes_find(ps, i)->owner, i);
	assert_int_equal(processes_running(ps), 1500);
	assert_int_equal(processes_sweep(ps, 1001), 0);
	processes_free(ps);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    packets_are_put_in_order_of_time_and_numbered_on),
		cmocka_unit_test(a_full_batch_takes_no_more),
		cmocka_unit_test(who_owns_a_socket_and_how_surely),
		cmocka_unit_test(sharing_by_itself_is_ambiguous),
		cmocka_unit_test(processes_come_and_end_once),
		cmocka_unit_test(a_bystander_is_not_counted_as_running),
		cmocka_unit_test(a_resolver_and_who_asked_it_share_nothing),
		cmocka_unit_test(what_ended_goes_unless_packets_bear_its_number),
	};

	return cmocka_run_group_tests_name("kernel/owners", tests, NULL, NULL);
}
