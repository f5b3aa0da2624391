// SPDX-License-Identifier: Apache-2.0
#include "service/jail_doctor.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "service/jail.h"

/* Restrictions of TCP came with version 4, of signals and abstract sockets with
 * 6; the list of system calls has none of these anyway. */
#define LANDLOCK_FULL	3

static struct doctor_row *
add(struct doctor_row rows[DOCTOR_ROWS_MAX], size_t *count, const char *what,
    enum doctor_state state, const char *lost)
{
	static struct doctor_row nowhere;
	struct doctor_row *r = *count < DOCTOR_ROWS_MAX ? &rows[(*count)++]
							: &nowhere;

	*r = (struct doctor_row){ .what = what, .state = state, .lost = lost };
	return r;
}

size_t
jail_doctor_ask(struct doctor_row rows[DOCTOR_ROWS_MAX], size_t count)
{
	int version = jail_landlock_version();
	bool user = getpwnam(JAIL_USER) != NULL;
	struct doctor_row *r;

	add(rows, &count, "jail: system calls can be filtered (seccomp)",
	    jail_has_seccomp() ? DOCTOR_OK : DOCTOR_PART,
	    "what parses packets may make any system call");
	r = add(rows, &count, "jail: paths can be taken away (Landlock)",
	    version >= LANDLOCK_FULL ? DOCTOR_OK : DOCTOR_PART,
	    version ? "truncating or moving files is kept from it by the "
		      "list of system calls alone"
		    : "the list of system calls alone keeps files from what "
		      "parses packets");
	if (version)
		snprintf(r->found, sizeof(r->found), "version %d", version);
	r = add(rows, &count, "jail: a user of its own", DOCTOR_OK, NULL);
	snprintf(r->found, sizeof(r->found), "%s", user ? JAIL_USER
		: "nobody, for there is no " JAIL_USER);
	return count;
}
