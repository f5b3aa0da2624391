/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_IMPORT_FIELDS_H
#define SOURCE_IMPORT_FIELDS_H

#include "source/import.h"

/* The insides of the import: each form of file is turned into named fields,
 * and these into an event. */

enum import_field {
	FIELD_ID,		/* of the kind of event: "3" */
	FIELD_TIME,		/* Sysmon's own */
	FIELD_LOGGED,		/* of the log, when it has no other */
	FIELD_PROVIDER,
	FIELD_GUID,
	FIELD_PID,
	FIELD_IMAGE,
	FIELD_ARGS,
	FIELD_PARENT,
	FIELD_HASHES,
	FIELD_PROTOCOL,
	FIELD_INITIATED,
	FIELD_SOURCE_IP,
	FIELD_SOURCE_PORT,
	FIELD_TARGET_IP,
	FIELD_TARGET_PORT,
	FIELD_QUERY,
	FIELD_COUNT,
};

struct import_fields {
	struct span v[FIELD_COUNT];	/* empty: not there */
};

struct import_run {
	import_fn on_event;
	void *arg;
	struct import_stats stats;
	int err;		/* of the callback, or -ENOMEM: ends the run */
};

/* The field of Sysmon's name; FIELD_COUNT if none of ours. */
enum import_field import_field_of(struct span name);

/* "Key: value" lines, as the event log words them for people. */
void import_message(struct span text, struct import_fields *f);

/* Makes an event of Sysmon's fields and hands it on, or counts. */
void import_sysmon(struct import_run *r, const struct import_fields *f);
void import_hand_on(struct import_run *r, const struct import_event *e);

/* Values. False: not such a one, *ret is as it was. */
bool import_number(struct span s, uint64_t max, uint64_t *ret);
bool import_time(struct span s, uint64_t *ret_ns);
bool import_day_time(struct span s, uint64_t *ret_ns);
bool import_address(struct span s, uint8_t *ret);
struct span import_trim(struct span s);

/* import_xml.c, import_json.c, import_csv.c; false: not of that form. */
bool import_xml(struct import_run *r, struct span file);
bool import_json(struct import_run *r, struct span file);
bool import_csv(struct import_run *r, struct span file);

/* One object of JSON that a CSV column holds. */
bool import_json_payload(struct span text, struct import_fields *f,
    void **ret_hold);
void import_json_drop(void *hold);

/* import_procmon.c: a row under Process Monitor's headings. */
struct import_row {
	const struct span *heads, *cells;
	size_t count;
};
bool import_is_procmon(const struct import_row *heads);
void import_procmon(struct import_run *r, const struct import_row *row);
struct span import_cell(const struct import_row *row, const char *head);

#endif
