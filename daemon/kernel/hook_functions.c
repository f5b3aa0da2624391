// SPDX-License-Identifier: Apache-2.0
#include "kernel/hook_functions.h"

#include "bpf/hook.h"

#define OF(library)	((uint32_t)(library) << TAP_HOOK_LIBRARY_SHIFT)
#define OPENSSL		OF(TAP_HOOK_OPENSSL)
#define GNUTLS		OF(TAP_HOOK_GNUTLS)
#define NSS		OF(TAP_HOOK_NSS)

/* Of OpenSSL 1.1.1 and later, in a BIO's methods. In earlier ones other functions
 * lie there, and none is missing between them. */
#define BIO_WRITE	16
#define BIO_READ	32

/* Those that call one another are told apart in the kernel. */
const struct hook_function hook_functions[] = {
	{ "SSL_write", OPENSSL | TAP_HOOK_OUT, 0 },
	{ "SSL_write_ex", OPENSSL | TAP_HOOK_OUT | TAP_HOOK_COUNTED, 0 },
	{ "SSL_write_ex2", OPENSSL | TAP_HOOK_OUT | TAP_HOOK_FIFTH, 0 },
	{ "SSL_write_early_data", OPENSSL | TAP_HOOK_OUT | TAP_HOOK_COUNTED |
	    TAP_HOOK_EARLY, 0 },
	{ "SSL_read", OPENSSL | TAP_HOOK_IN, 0 },
	{ "SSL_read_ex", OPENSSL | TAP_HOOK_IN | TAP_HOOK_COUNTED, 0 },
	{ "SSL_read_early_data", OPENSSL | TAP_HOOK_IN | TAP_HOOK_COUNTED, 0 },
	{ "SSL_sendfile", OPENSSL | TAP_HOOK_OUT | TAP_HOOK_UNREAD |
	    TAP_HOOK_FILE, 0 },
	{ "SSL_do_handshake", OPENSSL, 0 },
	{ "SSL_free", OPENSSL | TAP_HOOK_END, 0 },
	{ "SSL_clear", OPENSSL | TAP_HOOK_END, 0 },
	{ "BIO_f_ssl", OPENSSL | TAP_HOOK_OUT | TAP_HOOK_COUNTED |
	    TAP_HOOK_BIO, BIO_WRITE },
	{ "BIO_f_ssl", OPENSSL | TAP_HOOK_IN | TAP_HOOK_COUNTED |
	    TAP_HOOK_BIO, BIO_READ },
	{ "gnutls_record_send", GNUTLS | TAP_HOOK_OUT, 0 },
	{ "gnutls_record_send2", GNUTLS | TAP_HOOK_OUT, 0 },
	{ "gnutls_record_send_range", GNUTLS | TAP_HOOK_OUT, 0 },
	{ "gnutls_record_send_early_data", GNUTLS | TAP_HOOK_OUT |
	    TAP_HOOK_EARLY | TAP_HOOK_WHOLE, 0 },
	{ "gnutls_record_recv", GNUTLS | TAP_HOOK_IN, 0 },
	{ "gnutls_record_recv_seq", GNUTLS | TAP_HOOK_IN, 0 },
	{ "gnutls_record_recv_early_data", GNUTLS | TAP_HOOK_IN, 0 },
	{ "gnutls_record_recv_packet", GNUTLS | TAP_HOOK_IN |
	    TAP_HOOK_UNREAD, 0 },
	{ "gnutls_record_uncork", GNUTLS, 0 },
	{ "gnutls_handshake", GNUTLS, 0 },
	{ "gnutls_deinit", GNUTLS | TAP_HOOK_END, 0 },
	{ "PR_Write", NSS | TAP_HOOK_OUT | TAP_HOOK_LAYERED, 0 },
	{ "PR_Send", NSS | TAP_HOOK_OUT | TAP_HOOK_LAYERED, 0 },
	{ "PR_Writev", NSS | TAP_HOOK_OUT | TAP_HOOK_VECTOR |
	    TAP_HOOK_LAYERED, 0 },
	{ "PR_Read", NSS | TAP_HOOK_IN | TAP_HOOK_LAYERED, 0 },
	{ "PR_Recv", NSS | TAP_HOOK_IN | TAP_HOOK_LAYERED | TAP_HOOK_PEEKS, 0 },
	{ "PR_Close", NSS | TAP_HOOK_END, 0 },
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
	bool methods = true;
	int err;

	for (size_t i = 0; i < hook_function_count; i++)
		wanted[i] = (struct elf_wanted){ hook_functions[i].name, 0,
			hook_functions[i].slot };
	err = elf_find(fd, wanted, hook_function_count, &p.about);
	if (err)
		return err;
	for (size_t i = 0; i < hook_function_count; i++) {
		uint32_t what = hook_functions[i].what;

		p.offsets[i] = wanted[i].offset;
		methods &= !hook_functions[i].slot || wanted[i].offset;
		if (!wanted[i].offset || !(what & TAP_HOOK_OUT))
			continue;
		p.any = true;
		p.library = what >> TAP_HOOK_LIBRARY_SHIFT;
	}
	for (size_t i = 0; i < hook_function_count && !methods; i++)
		if (hook_functions[i].slot)
			p.offsets[i] = 0;
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
