/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELLTAP_VERIFY_H
#define TELLTAP_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Does a case hold together, and who says so? Cases come from anybody: no file
 * outside the folder is opened, no link is followed, and memory is bounded by
 * the number of files, whatever their bytes are.
 */

enum telltap_check {
	TELLTAP_CHECK_OK,
	TELLTAP_CHECK_BAD,	/* the case does not verify */
	TELLTAP_CHECK_UNKNOWN,	/* can't be checked with what is there */
};

/* One finding, in words; text lives for the call. It may hold names from the
 * case, with control characters replaced. */
typedef void (*telltap_check_fn)(void *arg, enum telltap_check result,
    const char *text);

struct telltap_verify_options {
	size_t size;		/* sizeof(struct telltap_verify_options) */
	const char *vkey_path;	/* the log's public key, from outside the
				 * case; NULL: the one inside is taken */
	const char *since_path;	/* an earlier checkpoint of the same log */
	const char *allowed_signers_path; /* of ssh-keygen: who may sign */
	const char *tsa_ca_path; /* certificates of time-stamping authorities */
};

/*
 * telltap_verify - checks a case's folder and tells every finding.
 *
 * Returns 0 if it verifies, 1 if it does not, a negative code if it could not
 * be checked: a missing folder, an unreadable key, no memory. Then the last
 * finding told, TELLTAP_CHECK_UNKNOWN, says why.
 */
int telltap_verify(const char *dir,
    const struct telltap_verify_options *options, telltap_check_fn say,
    void *arg);

/*
 * telltap_prove - a proof that the event of that sequence number is in the log,
 * to be checked without the case: a C2SP .tlog-proof with the event's line in
 * it. The caller frees *ret_proof with free(3). -ERANGE if there is no such
 * event; -EBADMSG if the case does not hold together.
 */
int telltap_prove(const char *dir, uint64_t sequence, char **ret_proof,
    size_t *ret_len);

struct telltap_redact_options {
	size_t size;		/* sizeof(struct telltap_redact_options) */
	const uint64_t *lines;	/* sequence numbers to withhold */
	size_t line_count;
	const char *const *texts; /* lines that contain one of these, as it is
				 * or as JSON writes it, are withheld */
	size_t text_count;
	bool keep_packets;
	bool keep_keys;		/* and captures that hold keys */
	uint64_t *ret_found;	/* of each text, in how many lines it was; may
				 * be NULL */
};

/*
 * telltap_redact - a copy of a case, in a new folder, that withholds those
 * lines, the salt, the reports and, unless they are to be kept, the packets and
 * the keys beside them. All
 * that is left still verifies. Returns as telltap_verify() does, of the case;
 * -ERANGE if it has no line of such a number, or that is its seal; -EPERM if packets
 * that are to be kept have one of the texts. That the seal has one is said to be bad, and
 * the copy is made.
 */
int telltap_redact(const char *dir, const char *out,
    const struct telltap_redact_options *options, telltap_check_fn say,
    void *arg);

/* As telltap_verify(), of a proof's file; options->vkey_path must be given. */
int telltap_verify_proof(const char *path,
    const struct telltap_verify_options *options, telltap_check_fn say,
    void *arg);

#ifdef __cplusplus
}
#endif

#endif
