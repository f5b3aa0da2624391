// SPDX-License-Identifier: Apache-2.0
/* A page that reads as the mark, with a file attached that is noise. */
#include "canary/form.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OBJECT_COUNT	8

/* Numbers of fixed width, so that lengths don't depend on their values. */
#define WIDE		"%010" PRIu64

struct pdf {
	struct form *f;
	uint64_t at[OBJECT_COUNT];	/* object 1 is at[1] */
	int count;
};

static void
object(struct pdf *p, const char *text)
{
	p->at[++p->count] = p->f->out->len;
	buf_printf(p->f->out, "%d 0 obj\n%s\nendobj\n", p->count, text);
}

static void
page_text(struct pdf *p)
{
	char text[128];
	int n = snprintf(text, sizeof(text), "BT /F1 18 Tf 72 720 Td (%s) Tj ET",
	    p->f->mark);

	p->at[++p->count] = p->f->out->len;
	buf_printf(p->f->out, "%d 0 obj\n<< /Length %d >>\nstream\n%s\n"
	    "endstream\nendobj\n", p->count, n, text);
}

/* Table of offsets and trailer. */
static void
end(struct pdf *p)
{
	struct buf *out = p->f->out;
	uint64_t table = out->len;

	buf_printf(out, "xref\n0 %d\n0000000000 65535 f \n", p->count + 1);
	for (int i = 1; i <= p->count; i++)
		buf_printf(out, WIDE " 00000 n \n", p->at[i]);
	buf_printf(out, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n"
	    WIDE "\n%%%%EOF\n", p->count + 1, table);
}

static const char after_noise[] = "\nendstream\nendobj\n";

/* Length of what end() writes. */
static size_t
end_len(int count)
{
	return strlen("xref\n0 8\n0000000000 65535 f \n") + 20 * (size_t)count +
	    strlen("trailer\n<< /Size 8 /Root 1 0 R >>\nstartxref\n") +
	    strlen("0123456789\n%%EOF\n");
}

int
form_pdf(struct form *f)
{
	static const char head[] = "\n<< /Type /EmbeddedFile /Length ";
	static const char tail[] = " >>\nstream\n";
	struct pdf p = { .f = f };
	uint64_t rest, noise;

	buf_str(f->out, "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n");
	object(&p, "<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles "
	    "<< /Names [(data.bin) 6 0 R] >> >> >>");
	object(&p, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
	object(&p, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
	    "/Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>");
	page_text(&p);
	object(&p, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
	object(&p, "<< /Type /Filespec /F (data.bin) /EF << /F 7 0 R >> >>");
	p.at[++p.count] = f->out->len;
	rest = f->out->len + strlen("7 0 obj") + strlen(head) + 10 +
	    strlen(tail) + strlen(after_noise) + end_len(p.count);
	if (rest > f->size)
		return ERR_LIMIT;
	noise = f->size - rest;
	buf_printf(f->out, "%d 0 obj%s" WIDE "%s", p.count, head, noise, tail);
	form_noise(f, noise);
	buf_str(f->out, after_noise);
	end(&p);
	return 0;
}
