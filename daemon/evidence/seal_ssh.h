/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_SEAL_SSH_H
#define EVIDENCE_SEAL_SSH_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A person's or a lab's signature over a bag's tag manifest, in OpenSSH's
 * format (PROTOCOL.sshsig), made and checked by ssh-keygen: so keys in agents
 * and tokens work, and pass phrases are asked for by a program that people
 * know. Descriptors are of the files, which lie in a folder that may be
 * anybody's; no path of it is handed on.
 */
#define SEAL_NAMESPACE	"telltap-evidence"

/* Appends the signature over the file at fd. -ENOEXEC if ssh-keygen is not
 * there or fails; it has said why on standard error. */
int seal_ssh_sign(const char *key_path, int fd, struct buf *out) must_check;

/*
 * seal_ssh_check - does the signature at sig_fd hold over the file at fd, and
 * with allowed_path, is the signer one of those?
 *
 * Returns 0 with the signer's name, or without allowed_path the key's
 * fingerprint line, in ret_who; -EBADMSG if not; -ENOEXEC without ssh-keygen.
 */
int seal_ssh_check(const char *allowed_path, int sig_fd, int fd,
    char *ret_who, size_t max) must_check;

#endif
