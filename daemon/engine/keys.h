/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_KEYS_H
#define ENGINE_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/tls/keylog.h"
#include "protocol/tls/tls_rsa.h"

/*
 * Session keys as the library shows them: one table of secrets, which key logs
 * filled it, and the private keys of servers. The shards look keys up while a batch is run, so that the
 * table grows between batches only.
 */
struct keys_file {
	char *name;		/* without its folder */
	uint8_t sha256[32];
	uint64_t usable;	/* lines that hold a secret */
	bool is_private;	/* PEM; sha256 is of the public half */
};

struct telltap_keys {
	struct keylog *log;
	struct tls_rsa *rsa;	/* NULL: no private key was given */
	struct keys_file *files;
	size_t file_count;
	char error[512];
};

#endif
