// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "kernel/elf_find.h"
#include "kernel/maps_file.h"
#include "kernel/proc.h"

/* The file that an address lies in, and where, by our own mappings. */
static int
file_of(uint64_t address, uint64_t *ret_offset)
{
	char *text = proc_read(getpid(), "maps", 1 << 20, NULL), *at = text;
	unsigned long long start, end, offset;
	struct maps_file m;
	int fd = -1;

	for (char *line = text; line && *line; line = strchr(line, '\n') + 1)
		if (sscanf(line, "%llx-%llx %*s %llx", &start, &end,
			&offset) == 3 && address >= start && address < end)
			*ret_offset = address - start + offset;
	while (fd < 0 && maps_file_next(&at, &m))
		if (address >= m.start && address < m.end)
			fd = maps_file_open(getpid(), &m);
	free(text);
	return fd;
}

static void
a_library_s_function_is_where_it_is_mapped(void **state)
{
	struct elf_wanted w[] = { { .name = "EVP_sha256", .offset = 1 },
		{ .name = "EVP_sha25", .offset = 1 } };
	const EVP_MD *(*function)(void) = EVP_sha256;
	struct elf_about about;
	uint64_t offset = 0, address;
	int fd;

	memcpy(&address, &function, sizeof(address));
	fd = file_of(address, &offset);
	assert_true(fd >= 0);
	assert_int_equal(elf_find(fd, w, 2, &about), 0);
	assert_int_equal(w[0].offset, offset);
	assert_int_equal(w[1].offset, 0);
	assert_false(about.calls);
	assert_true(about.dynamic);
	assert_true(about.symbols);
	assert_false(about.go);
	assert_false(about.foreign);
	close(fd);
}

#if defined(__x86_64__)
/* The table begins with a type and a name; behind a slot that is in use comes one
 * that is not. A function that returns no address has no table. */
static void
a_function_without_a_name_is_found_by_its_table(void **state)
{
	struct elf_wanted w[] = { { .name = "BIO_f_ssl", .slot = 16 },
		{ .name = "BIO_f_ssl", .slot = 32 },
		{ .name = "BIO_f_ssl", .slot = 8 },
		{ .name = "BIO_f_ssl", .slot = 24 },
		{ .name = "BIO_f_ssl", .slot = 1u << 31 },
		{ .name = "SSL_write", .slot = 16 },
		{ .name = "SSL_no_such", .slot = 16 } };
	int (*out)(BIO *, const char *, size_t, size_t *) =
	    BIO_meth_get_write_ex(BIO_f_ssl());
	int (*in)(BIO *, char *, size_t, size_t *) =
	    BIO_meth_get_read_ex(BIO_f_ssl());
	struct elf_about about;
	uint64_t offset = 0, address;
	int fd;

	memcpy(&address, &out, sizeof(address));
	fd = file_of(address, &offset);
	assert_true(fd >= 0);
	assert_int_equal(elf_find(fd, w, 7, &about), 0);
	assert_int_equal(w[0].offset, offset);
	memcpy(&address, &in, sizeof(address));
	close(file_of(address, &offset));
	assert_int_equal(w[1].offset, offset);
	for (size_t i = 2; i < 7; i++)
		assert_int_equal(w[i].offset, 0);
	close(fd);
}
#endif

static int
file_with(const void *data, size_t len)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	return fd;
}

/* Every length up to the whole, and every byte of the head set to its greatest:
 * an answer, and no more. */
static void
a_file_cut_or_damaged_gets_an_answer(void **state)
{
	struct elf_wanted w[] = { { .name = "main" } };
	struct elf_about about;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), copy;
	static uint8_t data[1 << 16];
	ssize_t len = read(fd, data, sizeof(data));

	close(fd);
	assert_true(len > 4096);
	for (ssize_t n = 0; n < 4096; n += n < 128 ? 1 : 61) {
		copy = file_with(data, (size_t)n);
		(void)!elf_find(copy, w, 1, &about);
		close(copy);
	}
	for (size_t at = 4; at < 64; at++) {
		uint8_t old = data[at];

		data[at] = 0xff;
		copy = file_with(data, (size_t)len);
		(void)!elf_find(copy, w, 1, &about);
		close(copy);
		data[at] = old;
	}
}

static void
what_another_file_has_is_a_call(void **state)
{
	struct elf_wanted w = { .name = "EVP_sha256" };
	struct elf_about about;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(elf_find(fd, &w, 1, &about), 0);
	assert_int_equal(w.offset, 0);
	assert_true(about.calls);
	w.name = "EVP_sha25";
	assert_int_equal(elf_find(fd, &w, 1, &about), 0);
	assert_false(about.calls);
	close(fd);
}

static void
what_is_no_elf_is_refused(void **state)
{
	struct elf_wanted w[] = { { .name = "main", .offset = 5 } };
	struct elf_about about;
	uint8_t zeros[64] = { 0 };
	int fd = file_with(zeros, sizeof(zeros));

	assert_int_equal(elf_find(fd, w, 1, &about), ERR_MALFORMED);
	assert_int_equal(w[0].offset, 0);
	close(fd);
	fd = file_with("", 0);
	assert_int_equal(elf_find(fd, w, 1, &about), ERR_MALFORMED);
	close(fd);
}

static void
one_of_another_kind_is_foreign(void **state)
{
	struct elf_wanted w[] = { { .name = "main" } };
	struct elf_about about;
	uint8_t head[64] = "\177ELF\1\1\1";
	int fd = file_with(head, sizeof(head));

	assert_int_equal(elf_find(fd, w, 1, &about), 0);
	assert_true(about.foreign);
	close(fd);
}

#ifdef __aarch64__
#define MACHINE EM_AARCH64
#else
#define MACHINE EM_X86_64
#endif

/* Two tables of symbols, and a table of names that both go by. */
static int
file_of_tables(uint64_t first, uint64_t second, uint64_t names_len)
{
	Elf64_Ehdr h = { .e_ident = ELFMAG, .e_type = ET_DYN,
		.e_machine = MACHINE, .e_phoff = 64, .e_shoff = 128,
		.e_phentsize = 56, .e_phnum = 1, .e_shentsize = 64,
		.e_shnum = 4, .e_shstrndx = 0 };
	Elf64_Phdr segment = { .p_type = PT_LOAD, .p_memsz = 4096 };
	Elf64_Shdr s[4] = { 0 };
	int fd = memfd_create("elf", MFD_CLOEXEC);

	h.e_ident[EI_CLASS] = ELFCLASS64;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	s[1] = (Elf64_Shdr){ .sh_type = SHT_STRTAB, .sh_offset = 4096,
		.sh_size = names_len };
	for (int i = 2; i < 4; i++)
		s[i] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB, .sh_link = 1,
			.sh_offset = 4096, .sh_entsize = 24,
			.sh_size = 24 * (i == 2 ? first : second) };
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &h, sizeof(h), 0), sizeof(h));
	assert_int_equal(pwrite(fd, &segment, sizeof(segment), 64),
	    sizeof(segment));
	assert_int_equal(pwrite(fd, s, sizeof(s), 128), sizeof(s));
	assert_int_equal(ftruncate(fd, 1 << 30), 0);
	return fd;
}

static bool
too_large(uint64_t first, uint64_t second, uint64_t names_len)
{
	struct elf_wanted w[] = { { .name = "main" } };
	struct elf_about about = { 0 };
	int fd = file_of_tables(first, second, names_len);

	assert_int_equal(elf_find(fd, w, 1, &about), 0);
	assert_false(about.foreign);
	assert_true(about.symbols);
	close(fd);
	return about.too_large;
}

/* A file of many tables is no more work than one of one table. */
static void
ceilings_hold_for_all_tables_together(void **state)
{
	assert_false(too_large(1, 1, 16));
	assert_true(too_large(1, 16u << 20, 16));
	assert_true(too_large(1, (16u << 20) + 1, 16));
	assert_false(too_large(1, 1, 128u << 20));
	assert_true(too_large(1, 1, (128u << 20) + 1));
}

static void
a_word_is_found_across_pieces(void **state)
{
	static const char *const words[] = { "absent", "BoringSSL" };
	static uint8_t data[(1 << 20) + 32];
	int fd;

	memcpy(data + (1 << 20) - 4, "BoringSSL", 9);
	fd = file_with(data, sizeof(data));
	assert_int_equal(elf_find_word(fd, words, 2, UINT64_MAX), 1);
	assert_int_equal(elf_find_word(fd, words, 1, UINT64_MAX), -1);
	assert_int_equal(elf_find_word(fd, words, 2, 1), -1);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_s_function_is_where_it_is_mapped),
#if defined(__x86_64__)
		cmocka_unit_test(a_function_without_a_name_is_found_by_its_table),
#endif
		cmocka_unit_test(a_file_cut_or_damaged_gets_an_answer),
		cmocka_unit_test(what_another_file_has_is_a_call),
		cmocka_unit_test(what_is_no_elf_is_refused),
		cmocka_unit_test(one_of_another_kind_is_foreign),
		cmocka_unit_test(ceilings_hold_for_all_tables_together),
		cmocka_unit_test(a_word_is_found_across_pieces),
	};

	return cmocka_run_group_tests_name("kernel/elf_find", tests, NULL,
	    NULL);
}
