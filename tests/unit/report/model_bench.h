/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MODEL_BENCH_H
#define TESTS_MODEL_BENCH_H

/* A model that is fed with events. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/model.h"
#include "report/render.h"
#include "unit/sample_events.h"

static struct model *model;

static inline int
begin(void **state)
{
	model = model_new();
	return model ? 0 : -1;
}

static inline int
end(void **state)
{
	model_free(model);
	return 0;
}

static inline void
add(struct event e)
{
	assert_int_equal(model_add(model, &e), 0);
}

/* All of a file of the user's leaves; the three are the caller's to change. */
static inline struct event
whole_upload(struct event_transfer *ret_transfer, struct event_file *ret_file)
{
	struct event e = sample_event(EVENT_TRANSFER);

	*ret_file = sample_files[0];
	ret_file->sent_bytes = ret_file->size;
	ret_file->ambiguous = false;
	ret_file->origin = "user";
	*ret_transfer = sample_transfer;
	ret_transfer->kind = KIND_FILE_UPLOAD;
	ret_transfer->files = ret_file;
	ret_transfer->file_count = 1;
	e.transfer = ret_transfer;
	return e;
}

static inline const struct model_file *
only_file(void)
{
	assert_int_equal(model->files.count, 1);
	return (const struct model_file *)model->files.rows[0];
}

static inline bool
verdict_has(const char *text)
{
	struct buf b;
	bool has;

	buf_init(&b, 0);
	render_verdict(model, &b);
	buf_u8(&b, 0);
	has = !b.failed && strstr((char *)b.data, text);
	buf_clear(&b);
	return has;
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
