// SPDX-License-Identifier: Apache-2.0
/* Programs that do nothing and say that all went well. */
#include "canary/form.h"

#include <elf.h>
#include <string.h>

/* A static program of one mapped page: exit(0), then the mark. What follows is
 * never mapped. */
int
form_elf(struct form *f)
{
	static const uint8_t code[] = {
		0xb8, 0x3c, 0x00, 0x00, 0x00,	/* mov $60, %eax: exit */
		0x31, 0xff,			/* xor %edi, %edi */
		0x0f, 0x05,			/* syscall */
	};
	const uint64_t base = 0x400000, head = sizeof(Elf64_Ehdr) +
	    2 * sizeof(Elf64_Phdr);
	Elf64_Ehdr e = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB,
		    EV_CURRENT },
		.e_type = ET_EXEC,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_entry = base + head,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
	};
	Elf64_Phdr load = {
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = base,
		.p_paddr = base,
		.p_filesz = head + sizeof(code) + FORM_MARK_LEN + 1,
		.p_memsz = head + sizeof(code) + FORM_MARK_LEN + 1,
		.p_align = 0x1000,
	};
	Elf64_Phdr stack = { .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W,
		.p_align = 16 };

	buf_append(f->out, &e, sizeof(e));
	buf_append(f->out, &load, sizeof(load));
	buf_append(f->out, &stack, sizeof(stack));
	buf_append(f->out, code, sizeof(code));
	buf_append(f->out, f->mark, FORM_MARK_LEN + 1);
	form_fill(f, 0);
	return 0;
}

enum {
	PE_HEAD = 0x200,	/* of the file; also what sections align to */
	PE_PAGE = 0x1000,
	PE_TEXT = PE_PAGE,	/* addresses in memory */
	PE_DATA = 2 * PE_PAGE,
	PE_OPTIONAL_LEN = 240,
	PE_DIRECTORIES = 16,
};

static void
pe_optional_header(struct form *f)
{
	size_t at = f->out->len;

	form_le16(f, 0x20b);		/* PE32+ */
	form_le16(f, 14);		/* linker version */
	form_le32(f, PE_HEAD);		/* size of code */
	form_le32(f, PE_HEAD);		/* of initialised data */
	form_le32(f, 0);
	form_le32(f, PE_TEXT);		/* entry */
	form_le32(f, PE_TEXT);		/* base of code */
	form_le64(f, 0x140000000);
	form_le32(f, PE_PAGE);
	form_le32(f, PE_HEAD);
	form_le32(f, 6);		/* versions: system, image, subsystem */
	form_le32(f, 0);
	form_le32(f, 6);
	form_le32(f, 0);
	form_le32(f, 3 * PE_PAGE);	/* size of image */
	form_le32(f, PE_HEAD);		/* of headers */
	form_le32(f, 0);
	form_le16(f, 3);		/* console */
	form_le16(f, 0x8100);		/* no execution of data; any session */
	form_le64(f, 0x100000);		/* stack and heap */
	form_le64(f, 0x1000);
	form_le64(f, 0x100000);
	form_le64(f, 0x1000);
	form_le32(f, 0);
	form_le32(f, PE_DIRECTORIES);
	form_zero_to(f, at + PE_OPTIONAL_LEN);
}

static void
pe_section(struct form *f, const char name[8], uint32_t address,
    uint32_t offset, uint32_t flags)
{
	buf_append(f->out, name, 8);
	form_le32(f, PE_HEAD);
	form_le32(f, address);
	form_le32(f, PE_HEAD);
	form_le32(f, offset);
	form_le32(f, 0);
	form_le32(f, 0);
	form_le32(f, 0);
	form_le32(f, flags);
}

/* Two sections of 512 bytes, code that returns 0 and data that begins with the
 * mark; what follows belongs to no section. */
int
form_pe(struct form *f)
{
	static const uint8_t code[] = { 0x31, 0xc0, 0xc3 };

	buf_str(f->out, "MZ");
	form_zero_to(f, 0x3c);
	form_le32(f, 0x40);		/* where the PE header is */
	buf_append(f->out, "PE\0", 4);
	form_le16(f, 0x8664);
	form_le16(f, 2);		/* sections */
	form_le32(f, 0);		/* no time stamp, no symbols */
	form_le32(f, 0);
	form_le32(f, 0);
	form_le16(f, PE_OPTIONAL_LEN);
	form_le16(f, 0x23);		/* executable, large addresses, fixed */
	pe_optional_header(f);
	pe_section(f, ".text\0\0", PE_TEXT, PE_HEAD, 0x60000020);
	pe_section(f, ".rdata\0", PE_DATA, 2 * PE_HEAD, 0x40000040);
	form_zero_to(f, PE_HEAD);
	buf_append(f->out, code, sizeof(code));
	form_noise(f, PE_HEAD - sizeof(code));
	buf_append(f->out, f->mark, FORM_MARK_LEN + 1);
	form_fill(f, 0);
	return 0;
}

/* The shell reads no further than exit. */
int
form_script(struct form *f)
{
	buf_printf(f->out, "#!/bin/sh\n# %s\nexit 0\n", f->mark);
	form_fill(f, 0);
	return 0;
}
