// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "cli/cli.h"
#include "evidence/key.h"
#include "telltap/telltap.h"

const char *
cli_key_error(int err)
{
	return err == -EPERM	      ? "others may read this key"
	       : err == ERR_UNSUPPORTED ? "not an Ed25519 key"
	       : err == ERR_MALFORMED ? "not a private key in PEM"
				      : telltap_strerror(err);
}

/* The public key is what others need: it goes to stdout. */
int
cli_key(int argc, char **argv)
{
	struct note_signer signer;
	struct buf vkey;
	bool new;
	int err;

	if (argc != 3 || (strcmp(argv[1], "new") && strcmp(argv[1], "show")))
		return cli_fail("key: give new or show, and a file; see "
				"telltap help");
	new = !strcmp(argv[1], "new");
	err = new ? key_make(&signer) : key_load(argv[2], &signer);
	if (!err && new)
		err = key_save(&signer, argv[2]);
	key_forget(&signer);
	if (err)
		return cli_fail("%s: %s", argv[2], cli_key_error(err));
	buf_init(&vkey, 0);
	note_write_vkey(&signer.key, &vkey);
	buf_u8(&vkey, '\n');
	if (!vkey.failed)
		cli_write(vkey.data, vkey.len);
	buf_clear(&vkey);
	return CLI_OK;
}
