// SPDX-License-Identifier: Apache-2.0
#include "kernel/hook_functions.h"

#include "bpf/hook.h"

#define OF(library)	((uint32_t)(library) << TAP_HOOK_LIBRARY_SHIFT)
#define OPENSSL		OF(TAP_HOOK_OPENSSL)
#define GNUTLS		OF(TAP_HOOK_GNUTLS)
#define NSS		OF(TAP_HOOK_NSS)

/* Those that call one another are told apart in the kernel. */
const struct hook_function hook_functions[] = {
	{ "SSL_write", OPENSSL | TAP_HOOK_OUT, true },
	{ "SSL_write_ex", OPENSSL | TAP_HOOK_OUT | TAP_HOOK_COUNTED, true },
	{ "SSL_write_ex2", OPENSSL | TAP_HOOK_OUT | TAP_HOOK_FIFTH, true },
	{ "SSL_read", OPENSSL | TAP_HOOK_IN, true },
	{ "SSL_read_ex", OPENSSL | TAP_HOOK_IN | TAP_HOOK_COUNTED, true },
	{ "SSL_sendfile", OPENSSL | TAP_HOOK_OUT | TAP_HOOK_UNREAD, true },
	{ "SSL_do_handshake", OPENSSL, true },
	{ "SSL_free", OPENSSL | TAP_HOOK_END, false },
	{ "gnutls_record_send", GNUTLS | TAP_HOOK_OUT, true },
	{ "gnutls_record_send2", GNUTLS | TAP_HOOK_OUT, true },
	{ "gnutls_record_send_range", GNUTLS | TAP_HOOK_OUT, true },
	{ "gnutls_record_recv", GNUTLS | TAP_HOOK_IN, true },
	{ "gnutls_record_recv_seq", GNUTLS | TAP_HOOK_IN, true },
	{ "gnutls_record_uncork", GNUTLS, true },
	{ "gnutls_handshake", GNUTLS, true },
	{ "gnutls_deinit", GNUTLS | TAP_HOOK_END, false },
	{ "PR_Write", NSS | TAP_HOOK_OUT | TAP_HOOK_LAYERED, true },
	{ "PR_Send", NSS | TAP_HOOK_OUT | TAP_HOOK_LAYERED, true },
	{ "PR_Writev", NSS | TAP_HOOK_OUT | TAP_HOOK_UNREAD | TAP_HOOK_LAYERED,
	    true },
	{ "PR_Read", NSS | TAP_HOOK_IN | TAP_HOOK_LAYERED, true },
	{ "PR_Recv", NSS | TAP_HOOK_IN | TAP_HOOK_LAYERED, true },
	{ "PR_Close", NSS | TAP_HOOK_END, false },
};

const size_t hook_function_count =
    sizeof(hook_functions) / sizeof(*hook_functions);

_Static_assert(sizeof(hook_functions) / sizeof(*hook_functions) <=
		   HOOK_FUNCTIONS_MAX,
    "room for all");

int
hook_places_find(int fd, struct hook_places *ret_places)
{
	struct elf_wanted wanted[HOOK_FUNCTIONS_MAX];
	struct hook_places p = { .any = false };
	int err;

	for (size_t i = 0; i < hook_function_count; i++)
		wanted[i] = (struct elf_wanted){ hook_functions[i].name, 0 };
	err = elf_find(fd, wanted, hook_function_count, &p.about);
	if (err)
		return err;
	for (size_t i = 0; i < hook_function_count; i++) {
		uint32_t what = hook_functions[i].what;

		p.offsets[i] = wanted[i].offset;
		if (!wanted[i].offset || !(what & TAP_HOOK_OUT))
			continue;
		p.any = true;
		p.library = what >> TAP_HOOK_LIBRARY_SHIFT;
	}
	*ret_places = p;
	return 0;
}

const char *
hook_library_name(uint32_t library)
{
	switch (library) {
	case TAP_HOOK_OPENSSL:
		return "OpenSSL";
	case TAP_HOOK_GNUTLS:
		return "GnuTLS";
	case TAP_HOOK_NSS:
		return "NSS";
	}
	return "TLS";
}
