// SPDX-License-Identifier: Apache-2.0
#include "kernel/elf_find.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cursor.h"
#include "kernel/elf_state.h"

#define SECTIONS_MAX	4096
/* Of all tables together: whoever reads has more to do. */
#define STRINGS_MAX	(256u << 20)
#define WORD_MAX	64

#if defined(__x86_64__)
#define MACHINE	EM_X86_64
#elif defined(__aarch64__)
#define MACHINE	EM_AARCH64
#else
#define MACHINE	EM_NONE
#endif

uint8_t *
elf_read_at(int fd, uint64_t at, size_t len)
{
	uint8_t *p = len ? malloc(len) : NULL;
	size_t done = 0;
	ssize_t n;

	if (!p || at > INT64_MAX - len) {
		free(p);
		return NULL;
	}
	while (done < len && (n = pread(fd, p + done, len - done,
				  (off_t)(at + done))) > 0)
		done += (size_t)n;
	if (done == len)
		return p;
	free(p);
	return NULL;
}

static int
read_header(struct elf *e)
{
	uint8_t *p = elf_read_at(e->fd, 0, 64);
	struct cursor c = cur_init(p, p ? 64 : 0);
	uint8_t ident[16];

	cur_copy(&c, ident, sizeof(ident));
	e->h.type = cur_le16(&c);
	e->h.machine = cur_le16(&c);
	cur_skip(&c, 12);
	e->h.segments_at = cur_le64(&c);
	e->h.sections_at = cur_le64(&c);
	cur_skip(&c, 6);
	e->h.segment_len = cur_le16(&c);
	e->h.segments = cur_le16(&c);
	e->h.section_len = cur_le16(&c);
	e->h.sections = cur_le16(&c);
	e->h.names = cur_le16(&c);
	free(p);
	if (cur_failed(&c) || memcmp(ident, ELFMAG, SELFMAG))
		return ERR_MALFORMED;
	e->about.foreign = ident[EI_CLASS] != ELFCLASS64 ||
			   ident[EI_DATA] != ELFDATA2LSB ||
			   e->h.machine != MACHINE;
	return 0;
}

static int
read_segments(struct elf *e)
{
	size_t count = e->h.segments, len = count * e->h.segment_len;
	struct cursor c;
	uint8_t *p;

	if (!count || count > ELF_SEGMENTS_MAX || e->h.segment_len < 56)
		return ERR_MALFORMED;
	p = elf_read_at(e->fd, e->h.segments_at, len);
	if (!p)
		return ERR_MALFORMED;
	c = cur_init(p, len);
	for (size_t i = 0; i < count; i++) {
		struct cursor s = cur_sub(&c, e->h.segment_len);
		uint32_t type = cur_le32(&s);
		struct elf_loaded l;

		cur_skip(&s, 4);
		l.at = cur_le64(&s);
		l.address = cur_le64(&s);
		cur_skip(&s, 8);
		l.len = cur_le64(&s);
		if (type == PT_LOAD)
			e->loaded[e->loaded_count++] = l;
		e->about.dynamic |= type == PT_INTERP || type == PT_DYNAMIC;
	}
	free(p);
	return 0;
}

static int
read_sections(struct elf *e)
{
	size_t count = e->h.sections, len = count * e->h.section_len;
	struct cursor c;
	uint8_t *p;

	/* A file without them is one without symbols. */
	if (!count || count > SECTIONS_MAX || e->h.section_len < 64) {
		e->h.sections = 0;
		return 0;
	}
	p = elf_read_at(e->fd, e->h.sections_at, len);
	e->sections = calloc(count, sizeof(*e->sections));
	if (!p || !e->sections) {
		free(p);
		return e->sections ? ERR_MALFORMED : -ENOMEM;
	}
	c = cur_init(p, len);
	for (size_t i = 0; i < count; i++) {
		struct cursor s = cur_sub(&c, e->h.section_len);
		struct elf_section *to = &e->sections[i];

		to->name = cur_le32(&s);
		to->type = cur_le32(&s);
		cur_skip(&s, 16);
		to->at = cur_le64(&s);
		to->len = cur_le64(&s);
		to->link = cur_le32(&s);
		cur_skip(&s, 12);
		to->entry_len = cur_le64(&s);
	}
	free(p);
	return 0;
}

/* Ended by a NUL. */
static char *
read_strings(struct elf *e, uint32_t section, size_t *ret_len)
{
	const struct elf_section *s;
	char *p;

	if (section >= e->h.sections)
		return NULL;
	s = &e->sections[section];
	if (s->type != SHT_STRTAB || !s->len)
		return NULL;
	if (s->len > STRINGS_MAX - e->strings) {
		e->about.too_large = true;
		return NULL;
	}
	e->strings += s->len;
	p = (char *)elf_read_at(e->fd, s->at, s->len);
	if (p) {
		p[s->len - 1] = '\0';
		*ret_len = s->len;
	}
	return p;
}

uint64_t
elf_place_of(const struct elf *e, uint64_t address)
{
	for (size_t i = 0; i < e->loaded_count; i++) {
		const struct elf_loaded *l = &e->loaded[i];

		if (address >= l->address && address - l->address < l->len)
			return l->at + (address - l->address);
	}
	return 0;
}

static void
take_symbol(struct elf *e, struct cursor *c, const char *strings, size_t len)
{
	uint32_t name = cur_le32(c);
	uint8_t info = cur_u8(c);
	uint16_t section;
	uint64_t address;

	cur_skip(c, 1);
	section = cur_le16(c);
	address = cur_le64(c);
	cur_skip(c, 8);
	if (name >= len ||
	    (section != SHN_UNDEF && ((info & 15) != STT_FUNC || !address)))
		return;
	for (size_t i = 0; i < e->wanted_count; i++) {
		if (e->wanted[i].offset ||
		    strcmp(strings + name, e->wanted[i].name))
			continue;
		if (section == SHN_UNDEF)
			e->about.calls = true;
		else
			e->wanted[i].offset = elf_place_of(e, address);
	}
}

/* In pieces, for a program's table may have many megabytes. */
static void
take_symbols(struct elf *e, const struct elf_section *s)
{
	size_t len, count = s->entry_len == 24 ? s->len / 24 : 0;
	char *strings;

	if (count > ELF_ENTRIES_MAX - e->entries) {
		e->about.too_large = true;
		return;
	}
	e->entries += count;
	strings = count ? read_strings(e, s->link, &len) : NULL;
	if (!strings)
		return;
	e->about.symbols = true;
	for (size_t at = 0; at < count; at += ELF_PIECE) {
		size_t n = count - at < ELF_PIECE ? count - at
						      : ELF_PIECE;
		uint8_t *p = elf_read_at(e->fd, s->at + at * 24, n * 24);
		struct cursor c = cur_init(p, p ? n * 24 : 0);

		for (size_t i = 0; p && i < n; i++)
			take_symbol(e, &c, strings, len);
		free(p);
	}
	free(strings);
}

static void
look_at_names(struct elf *e)
{
	size_t len;
	char *names = read_strings(e, e->h.names, &len);

	for (size_t i = 0; names && i < e->h.sections; i++) {
		const char *name = e->sections[i].name < len
				       ? names + e->sections[i].name
				       : "";

		e->about.go |= strcmp(name, ".go.buildinfo") == 0 ||
			       strcmp(name, ".note.go.buildid") == 0 ||
			       strcmp(name, ".gopclntab") == 0;
	}
	free(names);
}

int
elf_find(int fd, struct elf_wanted *wanted, size_t count,
    struct elf_about *ret_about)
{
	struct elf e = { .fd = fd, .wanted = wanted, .wanted_count = count };
	int err = read_header(&e);

	for (size_t i = 0; i < count; i++)
		wanted[i].offset = 0;
	if (!err && !e.about.foreign) {
		err = read_segments(&e);
		if (!err)
			err = read_sections(&e);
		if (!err)
			look_at_names(&e);
		for (size_t i = 0; !err && i < e.h.sections; i++)
			if (e.sections[i].type == SHT_DYNSYM ||
			    e.sections[i].type == SHT_SYMTAB)
				take_symbols(&e, &e.sections[i]);
		if (!err)
			elf_slots_find(&e);
	}
	free(e.sections);
	if (!err)
		*ret_about = e.about;
	return err;
}

int
elf_find_word(int fd, const char *const *words, size_t count, uint64_t max)
{
	const size_t piece = 1 << 20;
	uint8_t *p = malloc(piece + WORD_MAX);
	size_t kept = 0;
	int found = -1;
	ssize_t n;

	for (uint64_t at = 0; p && found < 0 && at < max; at += (uint64_t)n) {
		n = pread(fd, p + kept, piece, (off_t)at);
		if (n <= 0)
			break;
		for (size_t i = 0; i < count && found < 0; i++)
			if (memmem(p, kept + (size_t)n, words[i],
				strlen(words[i])))
				found = (int)i;
		/* A word may lie across two pieces. */
		if ((size_t)n + kept > WORD_MAX) {
			memmove(p, p + kept + (size_t)n - WORD_MAX, WORD_MAX);
			kept = WORD_MAX;
		} else {
			kept += (size_t)n;
		}
	}
	free(p);
	return found;
}
