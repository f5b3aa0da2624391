/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONTENT_ARCHIVES_H
#define TESTS_CONTENT_ARCHIVES_H

/* The known file in an archive that libarchive writes. */

#include <archive.h>
#include <archive_entry.h>

#include "unwrap.h"

static inline void
make_archive(int (*format)(struct archive *), const char *options,
    const char *password)
{
	struct archive *z = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	static const char note[] = "a note beside the file";

	assert_int_equal(format(z), ARCHIVE_OK);
	if (options)
		assert_int_equal(archive_write_set_options(z, options),
		    ARCHIVE_OK);
	if (password)
		assert_int_equal(archive_write_set_passphrase(z, password),
		    ARCHIVE_OK);
	archive_write_set_bytes_in_last_block(z, 1);
	out_len = 0;
	assert_int_equal(archive_write_open_memory(z, out, sizeof(out),
	    &out_len), ARCHIVE_OK);
	for (int i = 0; i < 2; i++) {
		archive_entry_clear(e);
		archive_entry_set_pathname(e, i ? "folder/sample.bin" :
		    "note.txt");
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_size(e, i ? LEN : (int)sizeof(note));
		archive_entry_set_perm(e, 0644);
		archive_entry_set_mtime(e, 1700000000, 0);
		assert_int_equal(archive_write_header(z, e), ARCHIVE_OK);
		archive_write_data(z, i ? (const void *)a : note,
		    i ? LEN : sizeof(note));
	}
	archive_entry_free(e);
	assert_int_equal(archive_write_close(z), ARCHIVE_OK);
	archive_write_free(z);
}

#endif
