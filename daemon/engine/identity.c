// SPDX-License-Identifier: Apache-2.0
/* The identity as the library shows it: struct telltap_identity is the content
 * room's struct identity under its public name. */
#include "content/identity/identity.h"

#include <errno.h>

#include "telltap/telltap.h"

struct telltap_identity *
telltap_identity_new(void)
{
	return (struct telltap_identity *)identity_new();
}

int
telltap_identity_read(struct telltap_identity *id, const char *path)
{
	return identity_read((struct identity *)id, path);
}

int
telltap_identity_add(struct telltap_identity *id, const char *kind,
    const char *value)
{
	enum identity_kind k = identity_kind_of(kind);

	return k == IDENTITY_KIND_COUNT ? -EINVAL :
	    identity_add((struct identity *)id, k, span_str(value));
}

int
telltap_identity_seal(struct telltap_identity *id)
{
	return identity_seal((struct identity *)id);
}

const char *
telltap_identity_error(const struct telltap_identity *id)
{
	return identity_error((const struct identity *)id);
}

void
telltap_identity_free(struct telltap_identity *id)
{
	identity_free((struct identity *)id);
}
