#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""keys_block.py KEYLOG: a Decryption Secrets Block of pcapng that holds it."""
import struct
import sys

keys = open(sys.argv[1], "rb").read()
body = struct.pack("<4sI", b"KSLT", len(keys)) + keys + bytes(-len(keys) % 4)
total = struct.pack("<I", len(body) + 12)
sys.stdout.buffer.write(struct.pack("<I", 10) + total + body + total)
