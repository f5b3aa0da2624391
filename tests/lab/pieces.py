#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pieces.py FILE COMMAND...

Writes FILE for openssl s_client, and between equal parts of it each COMMAND.
s_client takes a letter at the beginning of what it reads for a command: so each
piece begins with another, and has been read before the next comes.
"""
import os
import sys
import time

PIECE = 4000
LETTERS = b"QRKkBPS"


def write(data):
    at = 0
    while at < len(data):
        end = at + PIECE
        while end < len(data) and data[end] in LETTERS:
            end -= 1
        os.write(1, data[at:end])
        at = end
        time.sleep(0.05)


def main():
    data = open(sys.argv[1], "rb").read()
    commands = sys.argv[2:]
    part = len(data) // (len(commands) + 1)
    at = 0
    for command in commands:
        end = at + part
        while data[end] in LETTERS:
            end -= 1
        write(data[at:end])
        at = end
        time.sleep(0.5)
        os.write(1, command.encode() + b"\n")
        time.sleep(0.5)
    write(data[at:])


main()
