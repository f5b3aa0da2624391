// SPDX-License-Identifier: Apache-2.0
#include "evidence/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

int
key_make(struct note_signer *ret_signer)
{
	uint8_t seed[32];
	int err;

	if (RAND_priv_bytes(seed, sizeof(seed)) != 1)
		return -EIO;
	err = note_signer_init(seed, ret_signer);
	OPENSSL_cleanse(seed, sizeof(seed));
	return err;
}

static int
write_pem(FILE *f, const struct note_signer *signer)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
	    signer->seed, 32);
	int ok = pkey &&
	    PEM_write_PKCS8PrivateKey(f, pkey, NULL, NULL, 0, NULL, NULL) == 1;

	EVP_PKEY_free(pkey);
	if (!ok || fflush(f) || fsync(fileno(f)))
		return errno ? -errno : -EIO;
	return 0;
}

int
key_save(const struct note_signer *signer, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	int err;

	if (fd < 0)
		return -errno;
	if (!f) {
		close(fd);
		unlink(path);
		return -ENOMEM;
	}
	errno = 0;
	err = write_pem(f, signer);
	if (fclose(f) && !err)
		err = -errno;
	if (err)
		unlink(path);
	return err;
}

/* A pass phrase can't be asked for here. */
static int
no_phrase(char *buf, int size, int writing, void *arg)
{
	return -1;
}

static int
read_pem(FILE *f, struct note_signer *ret_signer)
{
	EVP_PKEY *pkey = PEM_read_PrivateKey(f, NULL, no_phrase, NULL);
	uint8_t seed[32];
	size_t len = sizeof(seed);
	int err;

	if (!pkey)
		return ERR_MALFORMED;
	if (EVP_PKEY_get_id(pkey) != EVP_PKEY_ED25519 ||
	    EVP_PKEY_get_raw_private_key(pkey, seed, &len) != 1)
		err = ERR_UNSUPPORTED;
	else
		err = note_signer_init(seed, ret_signer);
	OPENSSL_cleanse(seed, sizeof(seed));
	EVP_PKEY_free(pkey);
	return err;
}

int
key_load(const char *path, struct note_signer *ret_signer)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	int err;

	if (!f)
		return -errno;
	if (fstat(fileno(f), &st))
		err = -errno;
	else if (S_ISREG(st.st_mode) && st.st_mode & 077)
		err = -EPERM;
	else
		err = read_pem(f, ret_signer);
	fclose(f);
	return err;
}

void
key_forget(struct note_signer *signer)
{
	OPENSSL_cleanse(signer->seed, sizeof(signer->seed));
}

int
key_credential(char **ret_path)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char *path = NULL;

	if (folder && asprintf(&path, "%s/key", folder) < 0)
		return -ENOMEM;
	/* One that is there and can't be read is not passed over. */
	if (path && access(path, F_OK)) {
		free(path);
		path = NULL;
	}
	*ret_path = path;
	return 0;
}
