// SPDX-License-Identifier: Apache-2.0
/* The known files as the library shows them: struct telltap_known is the
 * content room's struct known under its public name. */
#include <errno.h>

#include "content/known/known.h"
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
telltap_known_add_bytes(struct telltap_known *known, const char *name,
    const uint8_t *data, size_t len, bool of_product)
{
	struct known *k = (struct known *)known;
	int err;

	if (known_has_content(k, data, len))
		return 1;
	err = known_add_bytes(k, name, data, len);
	if (!err && of_product)
		known_is_product(k);
	return err;
}

int
telltap_known_grow(const struct telltap_known *known,
    struct telltap_known **ret_known)
{
	struct known *k = known ? known_grow((const struct known *)known) :
				  known_new();

	if (!k)
		return -ENOMEM;
	*ret_known = (struct telltap_known *)k;
	return 0;
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
