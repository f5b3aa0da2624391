// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/tls_resume.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

bool
tls_resume_id(struct span name, uint8_t ret[static 32])
{
	return name.len && EVP_Digest(name.p, name.len, ret, NULL,
	    EVP_sha256(), NULL) == 1;
}

void
tls_resume_note(struct tls_resume *r, const uint8_t id[static 32],
    const uint8_t master[static TLS_MASTER_LEN])
{
	struct tls_resume_session *s;

	if (!r)
		return;
	if (r->count == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 16;

		s = cap > TLS_RESUME_MAX ? NULL :
		    realloc(r->list, cap * sizeof(*s));
		if (!s) {
			r->left_out++;
			return;
		}
		r->list = s;
		r->cap = cap;
	}
	s = &r->list[r->count++];
	memcpy(s->id, id, sizeof(s->id));
	memcpy(s->master, master, sizeof(s->master));
}

int
tls_resume_tell(struct tls_resume *r, struct keylog *k)
{
	int err = 0;

	for (size_t i = 0; i < r->count && !err; i++)
		err = keylog_add_session(k, r->list[i].id, (struct span){
		    r->list[i].master, TLS_MASTER_LEN });
	r->count = 0;
	return err;
}

void
tls_resume_clear(struct tls_resume *r)
{
	if (r->list)
		OPENSSL_cleanse(r->list, r->cap * sizeof(*r->list));
	free(r->list);
	memset(r, 0, sizeof(*r));
}
