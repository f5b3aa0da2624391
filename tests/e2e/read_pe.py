#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""read_pe.py FILE: a PE32+ program as the loader takes it. Says its sections,
what it imports and the canary's mark; fails where a loader would."""
import re
import struct
import sys

data = open(sys.argv[1], "rb").read()


def u(fmt, at):
    return struct.unpack_from("<" + fmt, data, at)


assert data[:2] == b"MZ", "no DOS header"
pe, = u("I", 0x3c)
assert data[pe:pe + 4] == b"PE\0\0", "no PE header"
machine, count, _, _, _, optional, flags = u("HHIIIHH", pe + 4)
assert machine == 0x8664 and flags & 2, "no program for x86-64"
head = pe + 24
assert u("H", head)[0] == 0x20b, "not PE32+"
entry, = u("I", head + 16)
section_align, file_align = u("II", head + 32)
image, headers = u("II", head + 56)
directories, = u("I", head + 108)
assert file_align and section_align >= file_align and image % section_align == 0
sections = []
for i in range(count):
    at = head + optional + 40 * i
    name = data[at:at + 8].rstrip(b"\0").decode("ascii")
    size, address, raw_size, raw = u("IIII", at + 8)
    assert address % section_align == 0 and address + size <= image, name
    assert raw % file_align == 0 and raw + raw_size <= len(data), name
    assert raw >= headers or not raw_size, name
    sections.append((name, address, max(size, raw_size), raw, u("I", at + 36)[0]))
assert sections == sorted(sections, key=lambda s: s[1]), "sections out of order"
inside = [s for s in sections if s[1] <= entry < s[1] + s[2]]
assert inside and inside[0][4] & 0x20000000, "the entry is in no code"


def at_address(address):
    for _, start, size, raw, _ in sections:
        if start <= address < start + size:
            return raw + address - start
    raise AssertionError("an address in no section")


def text(address):
    at = at_address(address)
    return data[at:data.index(b"\0", at)].decode("ascii")


imports = []
if directories > 1 and u("I", head + 120)[0]:
    at = at_address(u("I", head + 120)[0])
    while any(u("IIIII", at)):
        names, _, _, dll, thunks = u("IIIII", at)
        thunk = at_address(names or thunks)
        while u("Q", thunk)[0]:
            imports.append(text(dll) + "!" + text(u("Q", thunk)[0] + 2))
            thunk += 8
        at += 20
mark = re.search(rb"telltap canary [0-9a-f]{16}", data)
print("loads:", *[s[0] for s in sections], *imports, mark.group().decode())
