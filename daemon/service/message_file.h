/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_MESSAGE_FILE_H
#define SERVICE_MESSAGE_FILE_H

#include <stdint.h>

#include "kernel/file_open.h"

/*
 * What is said of files that watched processes read and run, between the parent, the
 * opener, the fingerprinter and the engine: the bodies of some messages, which
 * message.h lists.
 */

#define MESSAGE_NAME_LEN 256

struct message_file_open {
	uint64_t size, first_ns;
	uint32_t number;
	uint8_t of_product, pad[3];
	char name[MESSAGE_NAME_LEN];	/* base name, ended by a NUL */
};

enum expect_fate {
	EXPECT_PRINT,			/* it will come */
	EXPECT_LEFT_OUT,		/* it will not, for want of room or time */
	EXPECT_GONE,			/* nor would it: so is the file */
	EXPECT_NONE,			/* and there was nothing in it */
	EXPECT_FATE_COUNT,
};

struct message_file_expect {
	uint32_t number;
	uint32_t fate;			/* enum expect_fate; the last one holds */
};

struct message_file_find {
	uint64_t pid, inode;
	uint32_t fd, dev;
	uint32_t kin[FILE_KIN_MAX];
	uint32_t number, path_len;
};

struct message_file_drop {
	uint32_t number;
};

struct message_hash {
	uint64_t pid, inode;
	uint32_t number;		/* of the process' image */
	uint32_t path_len;
};

enum opened_how {
	OPENED_DONE,			/* it is there, or was handed on */
	OPENED_NONE,			/* it is not */
	OPENED_LEFT_OUT,		/* that is not known */
	OPENED_HOW_COUNT,
};

struct message_opened {
	uint32_t number;
	uint32_t how;			/* enum opened_how */
	uint8_t sha256[32];		/* of an executable */
};

struct message_file_done {
	uint32_t number;
};

enum print_fate {
	PRINT_NONE,			/* no file that could be known */
	PRINT_MADE,			/* the pack lies behind */
	PRINT_KNOWN,			/* was before, or is empty */
	PRINT_UNCERTAIN,		/* changed since it was read */
	PRINT_LARGE,			/* above the limit of one */
	PRINT_LEFT_OUT,			/* for want of room or time */
	PRINT_GONE,			/* before it could be looked at */
	PRINT_FATE_COUNT,
};

#define MESSAGE_PACK_MAX	(32u << 20)

struct message_print {
	uint32_t number;
	uint32_t fate;			/* enum print_fate */
	uint32_t text_len;		/* of the pack */
	uint8_t of_product, pad[3];
};

#endif
