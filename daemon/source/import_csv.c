// SPDX-License-Identifier: Apache-2.0
/*
 * Tables with a line of headings: Process Monitor's, and Sysmon's events as
 * Export-Csv writes them (a Message), as EvtxECmd does (a Payload in JSON), or
 * with a column for each of Sysmon's own names.
 */
#include <errno.h>
#include <stdlib.h>

#include "source/import_fields.h"

#define COLUMNS_MAX	128
#define ROW_MAX		(1u << 20)

/* One row's cells, unquoted into room. */
struct row {
	struct span cells[COLUMNS_MAX];
	size_t count;
	uint8_t *room;
};

/* Takes a cell; false: it was the row's last one. */
static bool
take_cell(struct span *s, char comma, uint8_t **to, size_t *room,
    struct span *ret)
{
	bool quoted = s->len && s->p[0] == '"';
	uint8_t *begin = *to;
	size_t i = quoted, n = 0;

	for (; i < s->len; i++) {
		if (quoted && s->p[i] == '"') {
			if (i + 1 == s->len || s->p[i + 1] != '"') {
				quoted = false;
				continue;
			}
			i++;
		} else if (!quoted && (s->p[i] == (uint8_t)comma ||
			   s->p[i] == '\n')) {
			break;
		}
		if (n < *room)
			begin[n++] = s->p[i];
	}
	*to += n;
	*room -= n;
	*ret = import_trim((struct span){ begin, n });
	quoted = i < s->len && s->p[i] == (uint8_t)comma;
	i += i < s->len;
	s->p += i;
	s->len -= i;
	return quoted;
}

static void
take_row(struct span *s, char comma, struct row *row)
{
	uint8_t *to = row->room;
	size_t room = ROW_MAX;
	struct span cell;
	bool more = true;

	row->count = 0;
	while (more) {
		more = take_cell(s, comma, &to, &room, &cell);
		if (row->count < COLUMNS_MAX)
			row->cells[row->count++] = cell;
	}
}

struct span
import_cell(const struct import_row *row, const char *head)
{
	for (size_t i = 0; i < row->count; i++)
		if (span_caseeq(row->heads[i], span_str(head)))
			return row->cells[i];
	return (struct span){ NULL, 0 };
}

static void
first_of(const struct import_row *row, const char *const *heads,
    enum import_field field, struct import_fields *f)
{
	for (; *heads && !f->v[field].len; heads++)
		f->v[field] = import_cell(row, *heads);
}

static void
read_sysmon(struct import_run *r, const struct import_row *row)
{
	static const char *const ids[] = { "EventId", "EventID", "Id",
		"event_id", NULL };
	static const char *const providers[] = { "Provider", "ProviderName",
		"Source", NULL };
	static const char *const times[] = { "TimeCreated", "TimeGenerated",
		"@timestamp", NULL };
	struct import_fields f = { 0 };
	struct span message = import_cell(row, "Message");
	struct span payload = import_cell(row, "Payload");
	void *hold = NULL;

	first_of(row, ids, FIELD_ID, &f);
	first_of(row, providers, FIELD_PROVIDER, &f);
	first_of(row, times, FIELD_LOGGED, &f);
	if (payload.len && payload.p[0] == '{') {
		if (!import_json_payload(payload, &f, &hold)) {
			r->stats.unreadable++;
			return;
		}
	} else if (message.len) {
		/* columns beside it are the log's own: its process id is
		 * that of the service */
		import_message(message, &f);
	} else {
		for (size_t i = 0; i < row->count; i++) {
			enum import_field field =
			    import_field_of(row->heads[i]);

			if (field != FIELD_COUNT && !f.v[field].len)
				f.v[field] = row->cells[i];
		}
	}
	import_sysmon(r, &f);
	import_json_drop(hold);
}

/* Which character parts the cells: the one that the headings have most of. */
static char
comma_of(struct span file)
{
	const uint8_t *nl = memchr(file.p, '\n', file.len);
	size_t len = nl ? (size_t)(nl - file.p) : file.len, counts[3] = { 0 };

	for (size_t i = 0; i < len; i++) {
		counts[0] += file.p[i] == ',';
		counts[1] += file.p[i] == ';';
		counts[2] += file.p[i] == '\t';
	}
	if (counts[1] > counts[0])
		return counts[2] > counts[1] ? '\t' : ';';
	return counts[2] > counts[0] ? '\t' : ',';
}

static bool
is_sysmon(const struct import_row *heads)
{
	static const char *const names[] = { "EventId", "Id", "event_id",
		NULL };

	for (size_t i = 0; names[i]; i++)
		if (import_cell(heads, names[i]).len)
			return true;
	return false;
}

static void
read_rows(struct import_run *r, struct span file, char comma,
    const struct row *heads, struct row *cells)
{
	struct import_row row = { .heads = heads->cells, .cells = heads->cells,
		.count = heads->count };
	bool procmon = import_is_procmon(&row);

	while (!r->err && file.len) {
		take_row(&file, comma, cells);
		if (cells->count < 2)
			continue;
		row.cells = cells->cells;
		row.count = cells->count < heads->count ? cells->count :
							  heads->count;
		if (procmon)
			import_procmon(r, &row);
		else
			read_sysmon(r, &row);
	}
}

bool
import_csv(struct import_run *r, struct span file)
{
	struct row *heads = calloc(2, sizeof(*heads)), *cells;
	struct import_row row;
	bool ours = false;
	char comma;

	if (!heads) {
		r->err = -ENOMEM;
		return true;
	}
	cells = &heads[1];
	heads->room = malloc(ROW_MAX);
	cells->room = malloc(ROW_MAX);
	if (!heads->room || !cells->room) {
		r->err = -ENOMEM;
		ours = true;
		goto out;
	}
	/* Export-Csv begins with the type of what it writes */
	while (file.len && file.p[0] == '#')
		take_row(&file, ',', heads);
	if (!file.len)
		goto out;
	comma = comma_of(file);
	take_row(&file, comma, heads);
	row = (struct import_row){ heads->cells, heads->cells, heads->count };
	ours = import_is_procmon(&row) || is_sysmon(&row);
	if (ours)
		read_rows(r, file, comma, heads, cells);
out:
	free(heads->room);
	free(cells->room);
	free(heads);
	return ours;
}
