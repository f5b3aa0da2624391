// SPDX-License-Identifier: Apache-2.0
#include "content/walk/dns_message.h"

#include <string.h>

#include "base/cursor.h"
#include "content/hash_finder.h"
#include "content/scan_tree.h"

#define FLAG_ANSWER	0x8000
#define OPCODE		0x7800
#define LABEL_MAX	63

/* The labels up to the root's, none of them a pointer. */
static size_t
read_labels(struct cursor *c, uint8_t *ret_name)
{
	size_t n = 0;
	uint8_t len;

	while ((len = cur_u8(c)) && !cur_failed(c)) {
		if (len > LABEL_MAX || n + len + 1 > DNS_NAME_MAX)
			return 0;
		if (n)
			ret_name[n++] = '.';
		cur_copy(c, ret_name + n, len);
		n += len;
	}
	return cur_failed(c) ? 0 : n;
}

size_t
dns_question_name(const uint8_t *p, size_t len,
    uint8_t ret_name[static DNS_NAME_MAX])
{
	struct cursor c = cur_init(p, len);
	uint16_t flags, questions, answers;
	size_t n;

	cur_skip(&c, 2);
	flags = cur_be16(&c);
	questions = cur_be16(&c);
	answers = cur_be16(&c);
	cur_skip(&c, 4);
	n = read_labels(&c, ret_name);
	cur_skip(&c, 4);
	if (cur_failed(&c) || flags & (FLAG_ANSWER | OPCODE) ||
	    questions != 1 || answers)
		return 0;
	return n;
}

void
dns_question_scan(struct scan_node *n, struct span message, struct span path)
{
	uint8_t name[DNS_NAME_MAX];
	size_t len = dns_question_name(message.p, message.len, name);

	if (!len)
		return;
	scan_add_category(n->s, "domain", path,
	    "the name that a DNS message over HTTP asks for");
	if (n->s->known && hash_labels(n, (struct span){ name, len }, path))
		scan_add_category(n->s, "file.hash", path,
		    "the hash of a known file in the labels of a name");
}
