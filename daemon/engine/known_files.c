// SPDX-License-Identifier: Apache-2.0
/* The known files as the library shows them: struct telltap_known is the
 * content room's struct known under its public name. */
#include "content/known.h"
#include "telltap/telltap.h"

struct telltap_known *
telltap_known_new(void)
{
	return (struct telltap_known *)known_new();
}

int
telltap_known_add(struct telltap_known *known, const char *path)
{
	return known_add_path((struct known *)known, path);
}

int
telltap_known_seal(struct telltap_known *known)
{
	return known_seal((struct known *)known);
}

size_t
telltap_known_hold(struct telltap_known *known, size_t max)
{
	return known_hold((struct known *)known, max);
}

const char *
telltap_known_error(const struct telltap_known *known)
{
	return known_error((const struct known *)known);
}

void
telltap_known_free(struct telltap_known *known)
{
	known_free((struct known *)known);
}
