/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_OWN_FILE_H
#define SERVICE_OWN_FILE_H

#include <stdbool.h>

/*
 * Whether a file that a program has read is the product's own: its settings,
 * logs and data. What is its own is in no headline, so the rule is narrow: a file
 * that somebody keeps in his own folders, or in a temporary one, never is,
 * wherever the program lies. Own are
 *
 * - what lies in the folder of the program, or below, if that is one where
 *   products are installed (below /opt, /usr, /var/lib, /var/opt, /snap) and not
 *   one where programs of all kinds lie;
 * - what lies where products keep such things (also /etc, /var/log, /var/cache,
 *   /run) in a folder, or has itself a name, that is the program's or goes on
 *   after it with no letter and no digit: "avd", "avd.log", "avd-2";
 * - what lies in a folder "quarantine" in such places, three levels down at
 *   most: what a product put there is in its hands, whichever program of it
 *   reads it. Deeper ones may be anybody's, in data that a server keeps.
 */
bool own_file(const char *executable, const char *path);

#endif
