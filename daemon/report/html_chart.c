// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "report/format.h"
#include "report/html.h"

#define CHART_WIDTH	960
#define CHART_HEIGHT	200
#define EDGES_WIDTH	300	/* room for two times below a picture */
#define BAR_WIDTH	240
#define VOLUMES_SHOWN	100

static uint64_t
sum_groups(const uint64_t n[GROUP_COUNT])
{
	uint64_t sum = 0;

	for (int g = 0; g < GROUP_COUNT; g++)
		sum += n[g];
	return sum;
}

/* n of max, in units of a picture that is size units large. */
static unsigned
scale(uint64_t n, uint64_t max, unsigned size)
{
	return max ? (unsigned)((unsigned __int128)n * size / max) : 0;
}

static void
put_legend(struct buf *b)
{
	buf_str(b, "<p class=\"soft\">");
	for (int g = 0; g < GROUP_COUNT; g++)
		buf_printf(b, "<span class=\"key k%d\"></span>%s &emsp;", g,
		    render_group((enum model_group)g));
	buf_str(b, "</p>\n");
}

/* What is there is seen, however little: a bar is at least 2 high. */
static void
put_column(struct buf *b, const uint64_t n[GROUP_COUNT], uint64_t max,
    unsigned x, unsigned width)
{
	uint64_t at = 0;

	for (int g = GROUP_COUNT - 1; g >= 0; g--) {
		unsigned low = scale(at, max, CHART_HEIGHT - 20);
		unsigned high = scale(at + n[g], max, CHART_HEIGHT - 20);

		at += n[g];
		if (!n[g])
			continue;
		if (high < low + 2)
			high = low + 2;
		buf_printf(b, "<rect class=\"g%d\" x=\"%u\" y=\"%u\" "
			      "width=\"%u\" height=\"%u\"/>", g, x,
		    CHART_HEIGHT - high, width, high - low);
	}
}

static void
put_groups(struct buf *b, const uint64_t n[GROUP_COUNT])
{
	for (int g = 0; g < GROUP_COUNT; g++)
		html_number(b, n[g]);
}

/* A line where a mark was made, with its number in the table of phases. */
static void
put_marks(struct buf *b, const struct model *m, unsigned step)
{
	const struct model_time *t = &m->time;

	for (size_t i = 1; i < m->phase_count; i++) {
		uint64_t at = m->phases[i].start_ns / 1000000000 / t->width_s;
		unsigned x;

		if (at < t->first || at >= t->first + t->count)
			continue;
		x = (unsigned)(at - t->first) * step;
		buf_printf(b, "<line class=\"mark\" x1=\"%u\" y1=\"0\" "
			      "x2=\"%u\" y2=\"%d\"/><text x=\"%u\" "
			      "y=\"26\">%zu</text>", x, x, CHART_HEIGHT,
		    x + 3, i + 1);
	}
}

static void
put_phases(struct buf *b, const struct model *m)
{
	static const char *const headings[] = {
		"Phase", "From (UTC)", "#Transfers", "#Files (B)",
		"#Look-ups (B)", "#Telemetry (B)", "#Other (B)",
		"#Not readable (B)", NULL
	};

	struct html_rows rows;

	if (!m->phase_count)
		return;
	rows = html_begin_table(b, "Phases, from one mark to the next: marks are what "
			    "somebody said while it was recorded, by telltap "
			    "mark.", headings);
	for (size_t i = 0; i < m->phase_count && html_row(&rows, b); i++) {
		const struct model_phase *p = &m->phases[i];

		buf_printf(b, "<tr><th scope=\"row\" class=\"name\">%zu. ",
		    i + 1);
		format_html(b, p->text);
		buf_str(b, "</th><td>");
		if (p->start_ns)
			format_date_time(b, p->start_ns);
		buf_str(b, "</td>");
		html_number(b, p->transfers);
		put_groups(b, p->out);
		buf_str(b, "</tr>\n");
	}
	html_end_table(b, &rows, m->phase_count + m->marks_more);
}

/* "second", "1,024 seconds (17 min)". */
static void
put_width(struct buf *b, const struct model_time *t)
{
	if (t->width_s == 1)
		buf_str(b, "second");
	else
		format_number_of(b, t->width_s, "second");
	if (t->width_s >= 120) {
		buf_str(b, " (");
		format_length(b, t->width_s * 1000000000);
		buf_u8(b, ')');
	}
}

/* Below the picture: of more than a day the date, too. */
static void
put_edge(struct buf *b, const struct model_time *t, size_t column)
{
	uint64_t ns = (t->first + column) * t->width_s * 1000000000;

	if (t->count * t->width_s > 86400)
		format_date_time(b, ns);
	else
		format_time(b, ns);
}

static void
put_picture(struct buf *b, const struct model *m)
{
	const struct model_time *t = &m->time;
	unsigned step = CHART_WIDTH / (unsigned)t->count;
	uint64_t max = 0;

	if (step > 48)
		step = 48;
	for (size_t i = 0; i < t->count; i++)
		if (sum_groups(t->out[i]) > max)
			max = sum_groups(t->out[i]);
	buf_printf(b, "<svg class=\"chart\" role=\"img\" "
		      "aria-labelledby=\"tt td\" viewBox=\"0 0 %d %d\">"
		      "<title id=\"tt\">Bytes out over time</title>"
		      "<desc id=\"td\">One column for each ", CHART_WIDTH,
	    CHART_HEIGHT + 20);
	put_width(b, t);
	buf_str(b, "; the numbers are in the table below.</desc>"
		   "<text x=\"0\" y=\"12\">");
	format_exact_bytes(b, max);
	buf_str(b, "</text>");
	for (size_t i = 0; i < t->count; i++)
		put_column(b, t->out[i], max, (unsigned)i * step,
		    step > 2 ? step - 1 : step);
	put_marks(b, m, step);
	buf_printf(b, "<text x=\"0\" y=\"%d\">", CHART_HEIGHT + 16);
	put_edge(b, t, 0);
	buf_printf(b, "</text><text x=\"%u\" y=\"%d\" text-anchor=\"end\">",
	    step * (unsigned)t->count < EDGES_WIDTH ? EDGES_WIDTH
		: step * (unsigned)t->count, CHART_HEIGHT + 16);
	put_edge(b, t, t->count);
	buf_str(b, "</text></svg>\n");
}

void
html_timeline(const struct model *m, struct buf *b)
{
	static const char *const headings[] = {
		"From (UTC)", "#Files (B)", "#Look-ups (B)", "#Telemetry (B)",
		"#Other (B)", "#Not readable (B)", NULL
	};
	const struct model_time *t = &m->time;

	if (!t->count)
		return;
	buf_str(b, "<section>\n<h2>When it went</h2>\n<p>Outbound bytes by the "
		   "time their transfer began, one column for each ");
	put_width(b, t);
	buf_str(b, ".</p>\n");
	put_legend(b);
	put_picture(b, m);
	put_phases(b, m);
	buf_str(b, "<details><summary>The numbers</summary>\n");
	(void)html_begin_table(b, "Outbound bytes by time and kind; times without "
			    "any are left out.", headings);
	for (size_t i = 0; i < t->count; i++) {
		if (!sum_groups(t->out[i]))
			continue;
		buf_str(b, "<tr><th scope=\"row\">");
		format_date_time(b, (t->first + i) * t->width_s * 1000000000);
		buf_str(b, "</th>");
		put_groups(b, t->out[i]);
		buf_str(b, "</tr>\n");
	}
	buf_str(b, "</tbody></table></div>\n</details>\n</section>\n");
}

static int
compare_volumes(const void *pa, const void *pb)
{
	const struct model_volume *a = *(const struct model_volume *const *)pa;
	const struct model_volume *b = *(const struct model_volume *const *)pb;
	uint64_t x = sum_groups(a->out), y = sum_groups(b->out);

	if (x != y)
		return x > y ? -1 : 1;
	return table_row_compare(&a->row, &b->row);
}

static void
put_volume(struct buf *b, const struct model_volume *v, uint64_t max)
{
	unsigned from = 0, to;
	uint64_t at = 0;

	buf_str(b, "<tr><th scope=\"row\" class=\"name\">");
	html_host(b, v->dest->name);
	buf_str(b, "</th>");
	html_cell(b, v->purpose.len ? v->purpose : SPAN_LITERAL("not known"));
	buf_printf(b, "<td><svg class=\"row\" aria-hidden=\"true\" "
		      "viewBox=\"0 0 %d 14\">", BAR_WIDTH);
	for (int g = 0; g < GROUP_COUNT; g++) {
		at += v->out[g];
		to = scale(at, max, BAR_WIDTH - 10);
		if (!v->out[g])
			continue;
		if (to < from + 2)
			to = from + 2;
		buf_printf(b, "<rect class=\"g%d\" x=\"%u\" y=\"0\" "
			      "width=\"%u\" height=\"14\"/>", g, from,
		    to - from);
		from = to;
	}
	buf_str(b, "</svg></td>");
	put_groups(b, v->out);
	html_number(b, v->transfers);
	buf_str(b, "</tr>\n");
}

void
html_volumes(const struct model *m, struct buf *b)
{
	static const char *const headings[] = {
		"Destination", "Purpose", "Bytes out", "#Files (B)",
		"#Look-ups (B)", "#Telemetry (B)", "#Other (B)",
		"#Not readable (B)", "#Transfers", NULL
	};
	size_t n = m->volumes.count;
	const struct model_volume **list = n ? malloc(n * sizeof(*list)) : NULL;
	struct html_rows rows;

	b->failed |= n && !list;
	if (!list)
		return;
	for (size_t i = 0; i < n; i++)
		list[i] = (const struct model_volume *)m->volumes.rows[i];
	qsort(list, n, sizeof(*list), compare_volumes);
	buf_str(b, "<section>\n<h2>How much, and what for</h2>\n");
	put_legend(b);
	rows = html_begin_table(b, "Bytes of transfers by destination and purpose; a "
			    "purpose is what a profile says the host is for.",
	    headings);
	for (size_t i = 0; i < n && i < VOLUMES_SHOWN && html_row(&rows, b);
	     i++)
		put_volume(b, list[i], sum_groups(list[0]->out));
	html_end_table(b, &rows, n + m->volumes.more);
	buf_str(b, "</section>\n");
	free(list);
}
