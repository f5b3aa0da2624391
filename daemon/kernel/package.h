/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_PACKAGE_H
#define KERNEL_PACKAGE_H

/*
 * Which package of the system a file belongs to, by dpkg's lists. One reading of
 * all of them takes some tens of milliseconds; whoever asks keeps the answer.
 */

#define PACKAGE_LISTS "/var/lib/dpkg/info"

/* "clamav-daemon", which the caller frees; NULL if it is none's, or not known. */
char *package_of(const char *lists, const char *path);

#endif
