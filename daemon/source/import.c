// SPDX-License-Identifier: Apache-2.0
#include "source/import.h"

#include <errno.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "source/import_fields.h"

int
import_read(struct span file, import_fn on_event, void *arg,
    struct import_stats *ret_stats)
{
	struct import_run r = { .on_event = on_event, .arg = arg };
	uint8_t *text = NULL;
	bool ours;

	/* as PowerShell's redirection writes it */
	if (file.len >= 2 && ((file.p[0] == 0xff && file.p[1] == 0xfe) ||
		(file.p[0] == 0xfe && file.p[1] == 0xff))) {
		text = malloc(file.len / 2 * 3);
		if (!text)
			return -ENOMEM;
		file.len = utf8_from_utf16(file.p + 2, file.len - 2,
		    file.p[0] == 0xfe, text);
		file.p = text;
	} else if (file.len >= 3 && !memcmp(file.p, "\xef\xbb\xbf", 3)) {
		file = (struct span){ file.p + 3, file.len - 3 };
	}
	ours = file.len && (import_json(&r, file) || import_xml(&r, file) ||
	    import_csv(&r, file));
	free(text);
	*ret_stats = r.stats;
	return r.err ? r.err : ours ? 0 : ERR_UNSUPPORTED;
}
