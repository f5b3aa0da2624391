// SPDX-License-Identifier: Apache-2.0
#include "evidence/bag_info.h"

#include <elf.h>
#include <link.h>
#include <time.h>

#include "base/json_tree.h"
#include "evidence/event/event_read.h"
#include "telltap/telltap.h"

/* The note that the linker makes from the program's contents. */
static int
find_build_id(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct span *id = arg;

	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &info->dlpi_phdr[i];
		const uint8_t *p = (const uint8_t *)info->dlpi_addr +
				   h->p_vaddr;
		size_t left = h->p_memsz;

		while (h->p_type == PT_NOTE && left >= sizeof(ElfW(Nhdr))) {
			const ElfW(Nhdr) *n = (const void *)p;
			size_t name = (n->n_namesz + 3u) & ~3u;
			size_t len = sizeof(*n) + name +
				     ((n->n_descsz + 3u) & ~3u);

			if (n->n_type == NT_GNU_BUILD_ID && len <= left) {
				*id = (struct span){ p + sizeof(*n) + name,
					n->n_descsz };
				return 1;
			}
			if (len > left)
				break;
			p += len;
			left -= len;
		}
	}
	return 1;	/* the first object is the program */
}

void
bag_info_build_id(struct buf *out)
{
	struct span id = { NULL, 0 };

	dl_iterate_phdr(find_build_id, &id);
	for (size_t i = 0; i < id.len; i++)
		buf_printf(out, "%02x", id.p[i]);
	if (!id.len)
		buf_str(out, "none");
}

/* A value fills one line, whatever is in it. */
static void
put_value(struct buf *out, struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		buf_u8(out, text.p[i] < 0x20 || text.p[i] == 0x7f
				? '?'
				: text.p[i]);
}

static void
put_inputs(struct buf *out, const struct event_input_list *in)
{
	for (size_t i = 0; i < in->option_count; i++) {
		buf_str(out, "Telltap-Option: ");
		put_value(out, in->options[i]);
		buf_u8(out, '\n');
	}
	buf_printf(out, "Telltap-Known-Files: %llu\n",
	    (unsigned long long)in->known_files);
	if (!in->known_files)
		return;
	buf_str(out, "Telltap-Known-SHA256: ");
	for (size_t i = 0; i < 32; i++)
		buf_printf(out, "%02x", in->known_sha256[i]);
	buf_u8(out, '\n');
}

/* What the first line says of the program that began the case, which another may
 * have ended. */
static void
put_recorder(struct buf *out, struct span first_event)
{
	struct json_tree tree;
	const struct json_node *root = NULL, *recorder;
	struct span id, clock;

	json_tree_init(&tree);
	if (json_tree_read(&tree, (const char *)first_event.p, first_event.len,
		&root))
		root = NULL;
	recorder = json_member(json_member(root, "telltap"), "recorder");
	id = json_node_text(json_member(recorder, "build_id"));
	clock = json_node_text(json_member(recorder, "clock"));
	buf_str(out, "Telltap-Build-Id: ");
	put_value(out, id);
	buf_str(out, "\nTelltap-Clock: ");
	put_value(out, clock);
	buf_u8(out, '\n');
	json_tree_clear(&tree);
}

void
bag_info_today(char ret_date[static BAG_INFO_DATE_LEN + 1])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(ret_date, BAG_INFO_DATE_LEN + 1, "%Y-%m-%d", &tm);
}

bool
bag_info_write(struct span first_event, const char *date, struct buf *out)
{
	struct event_reader *reader = event_reader_new();
	bool told = false;
	struct event e;

	if (reader && !event_read_json(reader, (const char *)first_event.p,
			  first_event.len, &e))
		told = e.inputs && e.inputs->version;
	buf_printf(out, "Bag-Software-Agent: telltap %s\nBagging-Date: %s\n",
	    told ? e.inputs->version : telltap_version(), date);
	put_recorder(out, first_event);
	if (told)
		put_inputs(out, e.inputs);
	out->failed |= !reader;
	event_reader_free(reader);
	return told;
}
