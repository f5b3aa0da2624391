// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "evidence/seal_ssh.h"
#include "evidence/seal_time.h"
#include "evidence/verify/verify.h"

/* What stands beside the bag and is about its tag manifest: a signature by
 * people, a time stamp. */

static const char manifest[] = "tagmanifest-sha256.txt";
static const char signature[] = "tagmanifest-sha256.txt.sig";
static const char stamp[] = "tagmanifest-sha256.txt.tsr";

static void
check_signature(struct verify *v, int sig_fd)
{
	const char *allowed = v->options->allowed_signers_path;
	int fd = verify_open(v, manifest), err;
	char who[256] = "";

	err = fd < 0 ? -EBADMSG
		     : seal_ssh_check(allowed, sig_fd, fd, who, sizeof(who));
	if (err == -ENOEXEC)
		verify_unknown(v, "%s: not checked, there is no ssh-keygen",
		    signature);
	else if (err)
		verify_bad(v, "%s: does not hold%s", signature,
		    allowed ? ", or not by an allowed signer" : "");
	else if (allowed)
		verify_ok(v, "signature: by %s", who);
	else
		verify_unknown(v, "signature: holds (%s), signer unproven: "
				  "give --allowed-signers", who);
	if (fd >= 0)
		close(fd);
}

static int
check_stamp(struct verify *v, const char *answer, size_t answer_len)
{
	const char *ca = v->options->tsa_ca_path;
	char time[64] = "", *text;
	size_t len;
	int err = verify_load(v, manifest, VERIFY_TEXT_MAX, &text, &len);

	if (err)
		return err == -ENOMEM ? err : 0;
	err = seal_time_check((struct span){ (uint8_t *)answer, answer_len },
	    (struct span){ (uint8_t *)text, len }, ca, time);
	free(text);
	if (err == -EINVAL || err == -ENOMEM) {
		verify_unknown(v, "%s: no certificates in it", ca ? ca : "");
		return err;
	}
	if (err)
		verify_bad(v, "%s: no time stamp of this case%s", stamp,
		    ca ? " by that authority" : "");
	else if (ca)
		verify_ok(v, "time stamp: the case was there at %s", time);
	else
		verify_unknown(v, "time stamp: says %s, authority unproven: "
				  "give --tsa-ca", time);
	return 0;
}

int
verify_check_outer(struct verify *v)
{
	int fd = verify_open(v, signature), err;
	char *answer;
	size_t len;

	if (fd >= 0) {
		check_signature(v, fd);
		close(fd);
	} else if (fd != -ENOENT) {
		verify_bad(v, "%s: %s", signature, strerror(-fd));
	} else if (v->options->allowed_signers_path) {
		verify_bad(v, "%s: not there", signature);
	}
	err = verify_load(v, stamp, VERIFY_TEXT_MAX, &answer, &len);
	if (!err) {
		err = check_stamp(v, answer, len);
		free(answer);
		return err;
	}
	if (err == -ENOMEM)
		return err;
	if (err != -ENOENT)
		verify_bad(v, "%s: %s", stamp, strerror(-err));
	else if (v->options->tsa_ca_path)
		verify_bad(v, "%s: not there", stamp);
	return 0;
}
