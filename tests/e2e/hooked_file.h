/* SPDX-License-Identifier: Apache-2.0 */
#ifndef E2E_HOOKED_FILE_H
#define E2E_HOOKED_FILE_H

/*
 * A way of hooked.c in which the library is given a file in place of bytes. Included
 * by it alone, behind what it does with one upload.
 */

/* In place of the library's, which needs a kernel that seals: in this program by its
 * name, as it is in one that OpenSSL is linked into, and called there. */
__attribute__((noinline)) ossl_ssize_t
SSL_sendfile(SSL *s, int fd, off_t offset, size_t size, int flags)
{
	char *data = malloc(size);
	ossl_ssize_t n = pread(fd, data, size, offset);

	n = n > 0 ? SSL_write(s, data, (int)n) : -1;
	free(data);
	return n;
}

static void
by_file(void)
{
	for (unsigned i = 0; i < upload_count; i++) {
		struct upload *u = &uploads[i];
		size_t body = u->len - u->head_len;
		char name[16];
		int fd;

		snprintf(name, sizeof(name), "%u", u->number);
		fd = open(name, O_RDONLY);
		begin(u);
		if (SSL_write(u->ssl, u->request, (int)u->head_len) <= 0 ||
		    SSL_sendfile(u->ssl, fd, 0, body, 0) != (ossl_ssize_t)body)
			errx(2, "write");
		close(fd);
		hear(u);
		end(u);
	}
}

#endif
