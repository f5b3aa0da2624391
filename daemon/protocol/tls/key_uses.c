// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/key_uses.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>

void
key_uses_clear(struct key_uses *u)
{
	if (u->list)
		OPENSSL_cleanse(u->list, u->count * sizeof(*u->list));
	free(u->list);
	memset(u, 0, sizeof(*u));
}

void
key_uses_note(struct key_uses *u, const uint8_t client_random[static 32],
    const uint8_t *master)
{
	struct key_use *use;

	if (!u)
		return;
	if (u->count == u->cap) {
		size_t cap = u->cap ? 2 * u->cap : 64;

		use = cap > KEY_USES_MAX ? NULL :
		    realloc(u->list, cap * sizeof(*use));
		if (!use) {
			u->left_out++;
			return;
		}
		u->list = use;
		u->cap = cap;
	}
	use = &u->list[u->count++];
	memset(use, 0, sizeof(*use));
	memcpy(use->client_random, client_random, 32);
	use->derived = master != NULL;
	if (master)
		memcpy(use->master, master, sizeof(use->master));
}

static void
hex(struct buf *out, const uint8_t *p, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		buf_u8(out, (uint8_t)digits[p[i] >> 4]);
		buf_u8(out, (uint8_t)digits[p[i] & 15]);
	}
}

static void
line(struct buf *out, enum keylog_label label, const struct key_use *use,
    struct span secret)
{
	buf_str(out, keylog_label_name(label));
	buf_u8(out, ' ');
	hex(out, use->client_random, sizeof(use->client_random));
	buf_u8(out, ' ');
	hex(out, secret.p, secret.len);
	buf_u8(out, '\n');
}

/* With those that may be wrong: they are tried in their order. */
static void
all_of(const struct keylog *k, enum keylog_label label, const struct key_use *use,
    struct buf *out)
{
	struct span secret;

	for (unsigned n = 0; (secret = keylog_find_other(k, label,
	    use->client_random, n)).len; n++)
		line(out, label, use, secret);
}

void
key_uses_tell(struct key_uses *u, const struct keylog *k, struct buf *out)
{
	for (; u->told < u->count; u->told++) {
		const struct key_use *use = &u->list[u->told];
		struct span secret = { use->master, sizeof(use->master) };

		if (use->derived) {
			line(out, KEYLOG_MASTER, use, secret);
			continue;
		}
		for (int i = 0; i < KEYLOG_PREMASTER; i++)
			all_of(k, (enum keylog_label)i, use, out);
	}
}
