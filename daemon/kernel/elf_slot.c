// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "kernel/elf_state.h"

/*
 * Functions without a name of their own, in a table whose address another function
 * returns: that is found in its code, and the table's content in the file, or in
 * the relocations that fill it when the file is loaded.
 */

#define CODE_LEN	16
#define ABSENT		UINT64_MAX

/* The address that lies at another. */
struct slot {
	uint64_t address, value;
};

/* "lea rax, [rip + n]; ret", which is all that such a function does. */
static uint64_t
returned_by(const uint8_t *code, uint64_t address)
{
	struct cursor c = cur_init(code, CODE_LEN);
	bool landing = cur_be32(&c) == 0xf30f1efa;	/* endbr64 */
	uint64_t end = address + (landing ? 11 : 7);
	int32_t away;

	if (!landing)
		c = cur_init(code, CODE_LEN);
	if (cur_be16(&c) != 0x488d || cur_u8(&c) != 0x05)
		return ABSENT;
	away = (int32_t)cur_le32(&c);
	return cur_u8(&c) == 0xc3 && !cur_failed(&c) ?
	    end + (uint64_t)(int64_t)away : ABSENT;
}

static uint64_t
address_of(const struct elf *e, uint64_t place)
{
	for (size_t i = 0; i < e->loaded_count; i++) {
		const struct elf_loaded *l = &e->loaded[i];

		if (place >= l->at && place - l->at < l->len)
			return l->address + (place - l->at);
	}
	return ABSENT;
}

static void
take_relocations(struct elf *e, const struct elf_section *s, struct slot *slots,
    size_t count)
{
	size_t all = s->entry_len == 24 ? s->len / 24 : 0;

	if (all > ELF_ENTRIES_MAX - e->entries) {
		e->about.too_large = true;
		return;
	}
	e->entries += all;
	for (size_t at = 0; at < all; at += ELF_PIECE) {
		size_t n = all - at < ELF_PIECE ? all - at : ELF_PIECE;
		uint8_t *p = elf_read_at(e->fd, s->at + at * 24, n * 24);
		struct cursor c = cur_init(p, p ? n * 24 : 0);

		for (size_t i = 0; p && i < n; i++) {
			uint64_t address = cur_le64(&c), info = cur_le64(&c);
			uint64_t value = cur_le64(&c);

			for (size_t k = 0; k < count; k++)
				if (slots[k].address == address)
					slots[k].value = (uint32_t)info ==
					    R_X86_64_RELATIVE ? value : ABSENT;
		}
		free(p);
	}
}

static void
read_content(const struct elf *e, struct slot *s)
{
	uint64_t place = elf_place_of(e, s->address);
	uint8_t *p = place ? elf_read_at(e->fd, place, 8) : NULL;
	struct cursor c = cur_init(p, p ? 8 : 0);

	s->value = cur_le64(&c);
	if (cur_failed(&c))
		s->value = ABSENT;
	free(p);
}

static uint64_t
find_slot(struct elf *e, uint64_t function, uint32_t slot)
{
	uint8_t *code = function ? elf_read_at(e->fd, function, CODE_LEN) : NULL;
	uint64_t address = address_of(e, function);
	uint64_t table = code && address != ABSENT ?
	    returned_by(code, address) : ABSENT;
	struct slot s[2] = { { table + slot, 0 }, { table + slot + 8, 0 } };

	free(code);
	if (table == ABSENT)
		return 0;
	for (size_t i = 0; i < 2; i++)
		read_content(e, &s[i]);
	for (size_t i = 0; i < e->h.sections; i++)
		if (e->sections[i].type == SHT_RELA)
			take_relocations(e, &e->sections[i], s, 2);
	return s[0].value != ABSENT && !s[1].value ?
	    elf_place_of(e, s[0].value) : 0;
}

void
elf_slots_find(struct elf *e)
{
	for (size_t i = 0; i < e->wanted_count; i++) {
		struct elf_wanted *w = &e->wanted[i];

		if (!w->slot)
			continue;
		w->offset = e->h.machine == EM_X86_64 ?
		    find_slot(e, w->offset, w->slot) : 0;
	}
}
