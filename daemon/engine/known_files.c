// SPDX-License-Identifier: Apache-2.0
/* The known files as the library shows them: struct telltap_known is the
 * content room's struct known under its public name. */
#include <errno.h>

#include "content/known/known.h"
#include "content/known/known_pack.h"
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
telltap_known_pack(const char *name, const uint8_t *data, size_t len,
    size_t max_len, uint8_t **ret_pack, size_t *ret_len)
{
	struct known *k = known_new();
	struct buf pack;
	int err = k ? known_add_bytes(k, name, data, len) : -ENOMEM;

	buf_init(&pack, max_len);
	if (!err)
		err = known_pack(k, &pack);
	known_free(k);
	if (err) {
		buf_clear(&pack);
		return err;
	}
	*ret_pack = pack.data;
	*ret_len = pack.len;
	return 0;
}

int
telltap_known_unpack(struct telltap_known *known, const uint8_t *pack,
    size_t len, bool of_product)
{
	struct known *k = (struct known *)known;
	int err = known_unpack(k, (struct span){ pack, len });

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
