// SPDX-License-Identifier: Apache-2.0
/* An archive that java -jar runs: one class whose main() returns. */
#include "canary/archive.h"

#include <stdio.h>
#include <string.h>

static const char manifest[] =
    "Manifest-Version: 1.0\r\nMain-Class: Main\r\n\r\n";

/* Java 5, before which no stack maps are asked for; big-endian. */
static const uint8_t class_file[] = {
	0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 49,
	0, 8,					/* constants, and one */
	1, 0, 4, 'M', 'a', 'i', 'n',		/* 1 */
	7, 0, 1,				/* 2: class Main */
	1, 0, 16, 'j', 'a', 'v', 'a', '/', 'l', 'a', 'n', 'g', '/',
	'O', 'b', 'j', 'e', 'c', 't',		/* 3 */
	7, 0, 3,				/* 4: class Object */
	1, 0, 4, 'm', 'a', 'i', 'n',		/* 5 */
	1, 0, 22, '(', '[', 'L', 'j', 'a', 'v', 'a', '/', 'l', 'a', 'n', 'g',
	'/', 'S', 't', 'r', 'i', 'n', 'g', ';', ')', 'V',	/* 6 */
	1, 0, 4, 'C', 'o', 'd', 'e',		/* 7 */
	0, 0x21, 0, 2, 0, 4,			/* public, Main, Object */
	0, 0, 0, 0,				/* no interfaces, no fields */
	0, 1, 0, 9, 0, 5, 0, 6,			/* public static void main */
	0, 1, 0, 7, 0, 0, 0, 13,		/* its code */
	0, 0, 0, 1, 0, 0, 0, 1, 0xb1,		/* one argument; return */
	0, 0, 0, 0,
	0, 0,
};

int
form_jar(struct form *f)
{
	char readme[FORM_MARK_LEN + 2];

	snprintf(readme, sizeof(readme), "%s\n", f->mark);
	return archive_write(f, (struct archive_member[]){
	    { "META-INF/MANIFEST.MF", manifest, sizeof(manifest) - 1, true },
	    { "Main.class", (const char *)class_file, sizeof(class_file),
		false },
	    { "readme.txt", readme, (uint32_t)strlen(readme), false },
	    { "data.bin", NULL, ARCHIVE_NOISE, false } }, 4);
}
