/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_VERIFY_EACH_H
#define CLI_VERIFY_EACH_H

#include <stddef.h>

/*
 * The folder that replay --separate makes: a case for each capture, beside a list of
 * the finished ones.
 */

/* The paths of the cases in it, in order; none if it is a case itself, a case in
 * parts or no such folder. To be freed with verify_each_free(). 0 or -ENOMEM. */
int verify_each_list(const char *dir, char ***ret_paths, size_t *ret_count);
void verify_each_free(char **paths, size_t count);

#endif
