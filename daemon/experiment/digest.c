// SPDX-License-Identifier: Apache-2.0
#include "experiment/digest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/yamlfile.h"

static int
digest(const void *bytes, size_t len, char ret_hex[static DIGEST_SIZE])
{
	uint8_t sum[EVP_MAX_MD_SIZE];

	if (!EVP_Digest(bytes, len, sum, NULL, EVP_sha256(), NULL))
		return -EIO;
	for (int i = 0; i < 32; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", sum[i]);
	return 0;
}

int
digest_text(const char *text, char ret_hex[static DIGEST_SIZE])
{
	return digest(text, strlen(text), ret_hex);
}

int
digest_file(const char *path, char ret_hex[static DIGEST_SIZE])
{
	static uint8_t block[YAMLFILE_MAX];
	FILE *f = fopen(path, "re");
	size_t len;

	if (!f)
		return -errno;
	len = fread(block, 1, sizeof(block), f);
	fclose(f);
	return digest(block, len, ret_hex);
}
