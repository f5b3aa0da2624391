/* SPDX-License-Identifier: Apache-2.0 */
#ifndef E2E_HOOKED_FILE_H
#define E2E_HOOKED_FILE_H

/*
 * Ways of hooked.c in which the library is given a file in place of bytes. Included by
 * it alone, behind what it does with one upload. HOOKED_READ: a file that is there
 * once what the first of them sent has been told.
 */

/* Done to a file while the library has it. */
static void (*beside)(int fd);

typedef ossl_ssize_t (*sendfile_fn)(SSL *s, int fd, off_t offset, size_t size, int flags);

static ossl_ssize_t
read_and_write(SSL *s, int fd, off_t offset, size_t size)
{
	char *data = malloc(size);
	ossl_ssize_t n = pread(fd, data, size, offset);

	n = n > 0 ? SSL_write(s, data, (int)n) : -1;
	free(data);
	return n;
}

/* In this program by its name, as it is in one that OpenSSL is linked into, and called
 * there. The library's own needs a kernel that seals. */
__attribute__((noinline)) ossl_ssize_t
SSL_sendfile(SSL *s, int fd, off_t offset, size_t size, int flags)
{
	bool seals = BIO_get_ktls_send(SSL_get_wbio(s));
	sendfile_fn own = (sendfile_fn)dlsym(RTLD_NEXT, "SSL_sendfile");
	ossl_ssize_t n = seals ? own(s, fd, offset, size, flags) :
		read_and_write(s, fd, offset, size);

	fprintf(stderr, "sealed by %s\n", seals ? "the kernel" : "the library");
	if (beside)
		beside(fd);
	return n;
}

/* The file's first bytes by the library's other way, the rest in two parts. */
static void
send_file(struct upload *u, int fd)
{
	size_t head = u->head_len + 100, body = u->len - u->head_len;
	ossl_ssize_t rest = (ossl_ssize_t)body - 1100;

	begin(u);
	if (SSL_write(u->ssl, u->request, (int)head) <= 0 ||
	    SSL_sendfile(u->ssl, fd, 100, 1000, 0) != 1000 ||
	    SSL_sendfile(u->ssl, fd, 1100, (size_t)rest, 0) != rest)
		errx(2, "write");
	hear(u);
	end(u);
}

/* They stay open until they were read, for who reads them may be late. */
static void
by_file(void)
{
	int fds[UPLOADS_MAX];
	char name[16];

	SSL_CTX_set_options(ctx, SSL_OP_ENABLE_KTLS);
	for (unsigned i = 0; i < upload_count; i++) {
		snprintf(name, sizeof(name), "%u", uploads[i].number);
		fds[i] = open(name, O_RDWR);
		send_file(&uploads[i], fds[i]);
	}
	SSL_CTX_clear_options(ctx, SSL_OP_ENABLE_KTLS);
	while (access(getenv("HOOKED_READ"), F_OK))
		usleep(10000);
	for (unsigned i = 0; i < upload_count; i++)
		close(fds[i]);
}

/* Its content is what it was, but that is not known. */
static void
change(int fd)
{
	char c;

	if (pread(fd, &c, 1, 2000) != 1 || pwrite(fd, &c, 1, 2000) != 1)
		err(2, "change");
}

static void
by_changed_file(void)
{
	beside = change;
	by_file();
	beside = NULL;
}

/* That somebody might change without a word. */
static void
by_shared_file(void)
{
	void *maps[UPLOADS_MAX];
	char name[16];
	int fd;

	for (unsigned i = 0; i < upload_count; i++) {
		snprintf(name, sizeof(name), "%u", uploads[i].number);
		fd = open(name, O_RDWR);
		maps[i] = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, 0);
		close(fd);
	}
	by_file();
	for (unsigned i = 0; i < upload_count; i++)
		munmap(maps[i], 4096);
}

#endif
