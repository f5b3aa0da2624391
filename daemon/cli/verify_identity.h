/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_VERIFY_IDENTITY_H
#define CLI_VERIFY_IDENTITY_H

#include "telltap/telltap.h"

/* The identity that a case keeps, sealed; -ENOENT if it keeps none. */
int verify_identity_read(const char *path, struct telltap_identity **ret_id);

#endif
