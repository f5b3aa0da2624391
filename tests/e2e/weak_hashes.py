#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""weak_hashes.py KNOWN CAPTURE: one request for each value that is too weak to
prove anything: a hash cut short, a CRC-32, a TLSH, and one that is
near it, of setup.exe; and a question to the DNS with its SHA-256 beside."""
import hashlib
import os
import random
import struct
import sys
import zlib

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../lab/crossing"))

import wire  # noqa: E402

# what the reference implementation of TLSH says of it, and a digit beside
SETUP = "8B23F262796C40CEF90741F297CE132E566A731C2666B29735E26AFDDE9C1CBD43140C"

known, path = sys.argv[1:3]
with open(os.path.join(known, "setup.exe"), "rb") as f:
    data = f.read()
capture = wire.Capture(path)
bodies = (
    '{"key":"%s"}' % hashlib.sha256(data).hexdigest()[:24],
    '{"crc32":"%08x"}' % zlib.crc32(data),
    '{"like":"T1%s"}' % SETUP,
    '{"like":"T1%sD"}' % SETUP[:-1],
)
for n, body in enumerate(bodies):
    t = wire.Tcp(capture, bytes((198, 18, 0, n + 1)), 20000 + n, 80,
                 random.Random(n))
    wire.by_post(t, "rep.example", body.encode(),
                 [("Content-Type", "application/json")])
    t.close()
# a strong one, in an option of EDNS
option = struct.pack("!HH", 65001, 32) + hashlib.sha256(data).digest()
wire.datagram(capture, wire.CLIENT, bytes((198, 18, 0, 9)), 20009, 53,
              struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 1) +
              b"\3www\7example\0\0\1\0\1" +
              b"\0" + struct.pack("!HHIH", 41, 1232, 0, len(option)) + option)
capture.close()
