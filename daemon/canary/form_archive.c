// SPDX-License-Identifier: Apache-2.0
/* Types that are zip archives of text and noise. */
#include "canary/archive.h"

#include <stdio.h>
#include <string.h>

#define XML		"<?xml version=\"1.0\" encoding=\"UTF-8\" " \
			"standalone=\"yes\"?>\n"
#define SCHEMAS		"http://schemas.openxmlformats.org/"
#define NOISE(n)	{ .name = (n), .text_len = ARCHIVE_NOISE }

static struct archive_member
member(const char *name, const char *text)
{
	return (struct archive_member){ .name = name, .text = text,
		.text_len = (uint32_t)strlen(text) };
}

int
form_zip(struct form *f)
{
	char readme[FORM_MARK_LEN + 2];

	snprintf(readme, sizeof(readme), "%s\n", f->mark);
	return archive_write(f, (struct archive_member[]){
	    member("readme.txt", readme), NOISE("data.bin") }, 2);
}

/* An Open Packaging container with one main part; the noise is a part that the
 * main part refers to, of a type that no program opens by itself. */
static int
office(struct form *f, const char *main_name, const char *main_type,
    const char *rels_name, const char *noise_name, const char *text)
{
	char types[640], rels[384], noise_rels[384];

	snprintf(types, sizeof(types), XML "<Types xmlns=\"" SCHEMAS
	    "package/2006/content-types\"><Default Extension=\"rels\" "
	    "ContentType=\"application/vnd.openxmlformats-package."
	    "relationships+xml\"/><Default Extension=\"bin\" "
	    "ContentType=\"application/octet-stream\"/><Override "
	    "PartName=\"/%s\" ContentType=\"application/vnd."
	    "openxmlformats-officedocument.%s.main+xml\"/></Types>",
	    main_name, main_type);
	snprintf(rels, sizeof(rels), XML "<Relationships xmlns=\"" SCHEMAS
	    "package/2006/relationships\"><Relationship Id=\"rId1\" Type=\""
	    SCHEMAS "officeDocument/2006/relationships/officeDocument\" "
	    "Target=\"%s\"/></Relationships>", main_name);
	snprintf(noise_rels, sizeof(noise_rels), XML "<Relationships xmlns=\""
	    SCHEMAS "package/2006/relationships\"><Relationship Id=\"rId1\" "
	    "Type=\"urn:telltap:canary\" Target=\"/%s\"/></Relationships>",
	    noise_name);
	return archive_write(f, (struct archive_member[]){
	    member("[Content_Types].xml", types), member("_rels/.rels", rels),
	    member(main_name, text), member(rels_name, noise_rels),
	    NOISE(noise_name) }, 5);
}

int
form_docx(struct form *f)
{
	char text[384];

	snprintf(text, sizeof(text), XML "<w:document xmlns:w=\"" SCHEMAS
	    "wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>%s</w:t>"
	    "</w:r></w:p></w:body></w:document>", f->mark);
	return office(f, "word/document.xml", "wordprocessingml.document",
	    "word/_rels/document.xml.rels", "word/data.bin", text);
}

int
form_xlsx(struct form *f)
{
	static const char types[] = XML "<Types xmlns=\"" SCHEMAS
	    "package/2006/content-types\"><Default Extension=\"rels\" "
	    "ContentType=\"application/vnd.openxmlformats-package."
	    "relationships+xml\"/><Default Extension=\"bin\" "
	    "ContentType=\"application/octet-stream\"/><Override "
	    "PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd."
	    "openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>"
	    "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\""
	    "application/vnd.openxmlformats-officedocument.spreadsheetml."
	    "worksheet+xml\"/></Types>";
	static const char rels[] = XML "<Relationships xmlns=\"" SCHEMAS
	    "package/2006/relationships\"><Relationship Id=\"rId1\" Type=\""
	    SCHEMAS "officeDocument/2006/relationships/officeDocument\" "
	    "Target=\"xl/workbook.xml\"/></Relationships>";
	static const char book[] = XML "<workbook xmlns=\"" SCHEMAS
	    "spreadsheetml/2006/main\" xmlns:r=\"" SCHEMAS
	    "officeDocument/2006/relationships\"><sheets><sheet name=\"1\" "
	    "sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
	static const char book_rels[] = XML "<Relationships xmlns=\"" SCHEMAS
	    "package/2006/relationships\"><Relationship Id=\"rId1\" Type=\""
	    SCHEMAS "officeDocument/2006/relationships/worksheet\" "
	    "Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" "
	    "Type=\"urn:telltap:canary\" Target=\"/xl/data.bin\"/>"
	    "</Relationships>";
	char sheet[384];

	snprintf(sheet, sizeof(sheet), XML "<worksheet xmlns=\"" SCHEMAS
	    "spreadsheetml/2006/main\"><sheetData><row r=\"1\"><c r=\"A1\" "
	    "t=\"inlineStr\"><is><t>%s</t></is></c></row></sheetData>"
	    "</worksheet>", f->mark);
	return archive_write(f, (struct archive_member[]){
	    member("[Content_Types].xml", types), member("_rels/.rels", rels),
	    member("xl/workbook.xml", book),
	    member("xl/_rels/workbook.xml.rels", book_rels),
	    member("xl/worksheets/sheet1.xml", sheet),
	    NOISE("xl/data.bin") }, 6);
}
