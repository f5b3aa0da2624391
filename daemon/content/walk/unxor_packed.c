// SPDX-License-Identifier: Apache-2.0
#include "content/walk/unxor_packed.h"

#include <string.h>

#include "content/scan_tree.h"
#include "content/walk/walkers.h"

#define HEAD_MAX	12
#define MARK_MIN	3	/* bytes that agree, where nothing else shows it */
#define GZIP_HEAD	10
#define ZIP_NAME_LEN	26

/* How what is packed begins; '.' is any byte. gzip says at its end how hard it
 * tried, and on which system: Unix, NTFS, FAT (as Java says) or none. */
static const struct packed_head {
	uint8_t len;
	char bytes[HEAD_MAX + 1], mask[HEAD_MAX + 1];
} heads[] = {
	{ 10, "\x1f\x8b\x08\0\0\0\0\0\0\x03", "xxxx....xx" },
	{ 10, "\x1f\x8b\x08\0\0\0\0\0\2\x03", "xxxx....xx" },
	{ 10, "\x1f\x8b\x08\0\0\0\0\0\4\x03", "xxxx....xx" },
	{ 10, "\x1f\x8b\x08\0\0\0\0\0\0\x0a", "xxxx....xx" },
	{ 10, "\x1f\x8b\x08\0\0\0\0\0\4\x0a", "xxxx....xx" },
	{ 10, "\x1f\x8b\x08\0\0\0\0\0\0\0", "xxxx....xx" },
	{ 10, "\x1f\x8b\x08\0\0\0\0\0\2\xff", "xxxx....xx" },
	{ 10, "\x1f\x8b\x08\0\0\0\0\0\0\xff", "xxxx....xx" },
	{ 10, "\x1f\x8b\x08\0\0\0\0\0\0\x03", "xxxxxxxxxx" },
	{ 10, "\x1f\x8b\x08\0\0\0\0\0\0\xff", "xxxxxxxxxx" },
	{ 4, "\x1f\x8b\x08\x08", "xxxx" },
	{ 10, "PK\3\4\x14\0\0\0\x08\0", "xxxxxxxxxx" },
	{ 10, "PK\3\4\x0a\0\0\0\x08\0", "xxxxxxxxxx" },
	{ 10, "PK\3\4\0\0\0\0\0\0", "xxxx.x.x.x" },
	{ 8, "7z\xbc\xaf\x27\x1c\0\4", "xxxxxxxx" },
	{ 8, "\xfd" "7zXZ\0\0\4", "xxxxxxxx" },
	{ 8, "\xfd" "7zXZ\0\0\1", "xxxxxxxx" },
	{ 8, "\xfd" "7zXZ\0\0\0", "xxxxxxx." },
	{ 10, "BZh9" "1AY&SY", "xxxxxxxxxx" },
	{ 10, "BZh1" "1AY&SY", "xxxxxxxxxx" },
	{ 4, "\x28\xb5\x2f\xfd", "xxxx" },
	{ 4, "\x04\x22\x4d\x18", "xxxx" },
	{ 8, "Rar!\x1a\7\1\0", "xxxxxxxx" },
	{ 8, "MSCF\0\0\0\0", "xxxxxxxx" },
};

/* The key of that length by a head; how many of its bytes agree with it besides,
 * -1: one does not, or not all of the key is known. */
static int
take_key(const struct packed_head *h, const uint8_t *p, size_t key_len,
    uint8_t key[static UNXOR_PACKED_KEY])
{
	bool has[UNXOR_PACKED_KEY] = { false };
	int agree = 0;

	for (size_t i = 0; i < h->len; i++) {
		uint8_t k = p[i] ^ (uint8_t)h->bytes[i];

		if (h->mask[i] == '.')
			continue;
		if (has[i % key_len] && key[i % key_len] != k)
			return -1;
		agree += has[i % key_len];
		has[i % key_len] = true;
		key[i % key_len] = k;
	}
	for (size_t i = 0; i < key_len; i++)
		if (!has[i])
			return -1;
	return agree;
}

/* What it opens unpacks. */
static bool
opens(const uint8_t *p, size_t len, const uint8_t *key, size_t key_len,
    bool agrees)
{
	uint8_t plain[SCAN_HEAD];
	size_t at = GZIP_HEAD;

	len = len < sizeof(plain) ? len : sizeof(plain);
	for (size_t i = 0; i < len; i++)
		plain[i] = p[i] ^ key[i % key_len];
	if (!walker_unpacks(plain, len))
		return false;
	if (agrees)
		return true;
	if (!memcmp(plain, "PK\3\4", 4))
		at = ZIP_NAME_LEN + 4u + plain[ZIP_NAME_LEN] +
		    plain[ZIP_NAME_LEN + 2];
	else if (memcmp(plain, "\x1f\x8b", 2))
		return false;
	return at < len && deflate_shows(plain + at, len - at, false);
}

size_t
unxor_packed_key(const uint8_t *p, size_t len,
    uint8_t ret_key[static UNXOR_PACKED_KEY])
{
	for (size_t n = 1; len >= SCAN_HEAD && n <= UNXOR_PACKED_KEY; n++) {
		for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
			uint8_t key[UNXOR_PACKED_KEY] = { 0 }, any = 0;
			int agree = take_key(&heads[i], p, n, key);

			for (size_t k = 0; k < n; k++)
				any |= key[k];
			if (agree < 0 || !any ||
			    !opens(p, len, key, n, agree >= MARK_MIN))
				continue;
			memcpy(ret_key, key, n);
			return n;
		}
	}
	return 0;
}
