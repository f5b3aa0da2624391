// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evidence/packets.h"

/* Files of packets that a program left when it died: what is no whole block at
 * the end is cut off. Lengths alone are
 * looked at, and the number of the last packet. */

#define BLOCK_MIN	12u
#define BLOCK_PACKET	6u
#define PACKET_HEAD	28u
#define COMMENT		"telltap packet "

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static bool
read_at(int fd, uint64_t at, void *to, size_t len)
{
	return pread(fd, to, len, (off_t)at) == (ssize_t)len;
}

/* The number in the comment that a packet's block of ours has first; 0: none. */
static uint64_t
read_number(int fd, uint64_t at, uint32_t len)
{
	char text[4 + sizeof(COMMENT) - 1 + 20] = "";
	uint64_t number = 0;
	uint8_t head[4];
	uint32_t data_len, left;

	if (len < PACKET_HEAD + 4 || !read_at(fd, at + 20, head, sizeof(head)))
		return 0;
	data_len = get32(head);
	if (data_len > len - PACKET_HEAD - 4)
		return 0;
	left = len - PACKET_HEAD - 4 - data_len;
	if (!read_at(fd, at + PACKET_HEAD + (data_len + 3) / 4 * 4, text,
		left < sizeof(text) ? left : sizeof(text)) ||
	    memcmp(text + 4, COMMENT, strlen(COMMENT)))
		return 0;
	for (size_t i = 4 + strlen(COMMENT); i < sizeof(text) &&
	     text[i] >= '0' && text[i] <= '9'; i++)
		number = number * 10 + (uint64_t)(text[i] - '0');
	return number;
}

/* Where the last whole block ends; 0 if it does not begin as a file of ours. */
static uint64_t
find_end(int fd, uint64_t size, uint64_t *last_packet)
{
	uint8_t begin[PACKETS_SECTION_LEN], head[8], tail[4];
	uint64_t at = sizeof(begin), packet = 0;
	uint32_t packet_len = 0;

	if (!read_at(fd, 0, begin, sizeof(begin)) ||
	    memcmp(begin, packets_section, sizeof(begin)))
		return 0;
	while (size - at >= BLOCK_MIN) {
		uint32_t len;

		if (!read_at(fd, at, head, sizeof(head)))
			break;
		len = get32(head + 4);
		if (len < BLOCK_MIN || len % 4 || len > size - at ||
		    !read_at(fd, at + len - 4, tail, sizeof(tail)) ||
		    memcmp(tail, head + 4, sizeof(tail)))
			break;
		if (get32(head) == BLOCK_PACKET) {
			packet = at;
			packet_len = len;
		}
		at += len;
	}
	if (packet) {
		uint64_t number = read_number(fd, packet, packet_len);

		*last_packet = number > *last_packet ? number : *last_packet;
	}
	return at;
}

/* -ENOENT if there is none of that number, or nothing whole in it: then it goes,
 * for its number is the next one's. */
static int
reopen_file(struct packets *p, unsigned number, uint64_t *cut)
{
	char path[PACKETS_PATH_MAX];
	struct stat st;
	uint64_t end;
	int fd, err = 0;

	packets_path(number, path);
	fd = openat(p->bag->data_fd, path + strlen("data/"),
	    O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	end = find_end(fd, (uint64_t)st.st_size, &p->last_packet);
	*cut += (uint64_t)st.st_size - end;
	if ((uint64_t)st.st_size != end &&
	    (ftruncate(fd, (off_t)end) || fsync(fd)))
		err = -errno;
	close(fd);
	if (err)
		return err;
	p->total += end;
	if (end)
		return bag_note_again(p->bag, path);
	bag_remove(p->bag, path);
	return -ENOENT;
}

int
packets_reopen(struct packets *p, uint64_t *ret_cut)
{
	uint64_t cut = 0;
	int err = 0;

	while (!err) {
		err = reopen_file(p, p->files + 1, &cut);
		p->files += !err;
	}
	if (err != -ENOENT)
		return err;
	*ret_cut = cut;
	return 0;
}
