/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_KEY_H
#define EVIDENCE_KEY_H

#include "evidence/log/note.h"

/*
 * The private keys that sign logs: Ed25519, in PEM as `openssl genpkey` writes
 * it, readable by the owner alone. A key that is made for one case is never
 * written anywhere: it is gone when the case is sealed, so nobody can sign
 * under its name again, and nobody can be proven to be its owner either.
 */

/* A new key, in memory. */
int key_make(struct note_signer *ret_signer) must_check;

/* Writes it into a new file of mode 0600; -EEXIST if there is one. */
int key_save(const struct note_signer *signer, const char *path) must_check;

/* -EPERM if others may read the file; ERR_MALFORMED if it is no PEM;
 * ERR_UNSUPPORTED if the key is no Ed25519. */
int key_load(const char *path, struct note_signer *ret_signer) must_check;

/* Wipes the seed. */
void key_forget(struct note_signer *signer);

/* The key that systemd hands to a unit (LoadCredential=key:...): its path, to be
 * freed, NULL if there is none. -ENOMEM. */
int key_credential(char **ret_path) must_check;

#endif
