#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A product that carries datagrams of other programs, and what is around it:

    udp_shield.py serve PORTS             who is far away: echoes
    udp_shield.py shield PORTS FAR OWN    the product: two ports in PORTS, for DNS and
                                          for anything; asked for OWN, it asks by itself
    udp_shield.py ask PORT NAME           a program that asks for a name
    udp_shield.py send PORT FILE          and one that sends bytes

All on 127.0.0.1."""
import os
import select
import socket
import struct
import sys


def bound():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    return s


def tell(path, *sockets):
    with open(path + ".new", "w", encoding="ascii") as f:
        f.write(" ".join(str(s.getsockname()[1]) for s in sockets))
    os.rename(path + ".new", path)


def question(number, name):
    labels = b"".join(bytes([len(p)]) + p for p in name.encode().split(b"."))
    return struct.pack(">6H", number, 0x100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"


def answer(data):
    """The server has no such name."""
    return data[:2] + b"\x81\x83" + data[4:]


def exchange(port, data):
    # From a port of its own choosing, as resolvers do.
    with bound() as s:
        s.settimeout(20)
        s.sendto(data, ("127.0.0.1", port))
        return s.recv(65536)


def serve(path):
    s = bound()
    tell(path, s)
    while True:
        data, who = s.recvfrom(65536)
        s.sendto(answer(data) if data[2:4] == b"\1\0" else b"taken", who)


def shield(path, far, own):
    dns, other = bound(), bound()
    tell(path, dns, other)
    while True:
        for s in select.select([dns, other], [], [])[0]:
            data, who = s.recvfrom(65536)
            if s is dns and own.encode().split(b".")[0] in data:
                exchange(int(far), question(7, "by-itself." + own))
                s.sendto(answer(data), who)
            elif s is dns:
                s.sendto(data[:2] + exchange(int(far), b"\x55\xaa" + data[2:])[2:], who)
            else:
                s.sendto(exchange(int(far), data), who)


def ask(port, name):
    exchange(int(port), question(os.getpid() & 0xffff, name))


def send(port, path):
    with open(path, "rb") as f:
        exchange(int(port), f.read())


{"serve": serve, "shield": shield, "ask": ask, "send": send}[sys.argv[1]](*sys.argv[2:])
