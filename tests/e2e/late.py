#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""late.py syn PORT | answer ADDRESS

Servers that take their time, which tell "ready" on standard output. syn: answers no
SYN for two and a half seconds, so that whoever connects sends it again, and then
HTTP. answer: a resolver by TCP, which sends the second half of its answer a while
after the first."""
import socket
import sys
import time


def read_on(s, done):
    data = b""
    while not done(data):
        piece = s.recv(65536)
        if not piece:
            break
        data += piece
    return data


def syn(port):
    server = socket.create_server(("", port), backlog=0)
    waiting = []
    for _ in range(4):                  # more than the backlog holds
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", port))
        waiting.append(s)
    print("ready", flush=True)
    time.sleep(2.5)
    server.settimeout(10)
    while True:
        s, who = server.accept()
        if who[0] == "127.0.0.1":
            continue
        read_on(s, lambda data: b"\r\n\r\n" in data)
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        s.close()
        return


def answer(address):
    server = socket.create_server((address, 53))
    print("ready", flush=True)
    while True:
        s, _ = server.accept()
        question = read_on(s, lambda data: len(data) > 2 and
                           len(data) >= 2 + int.from_bytes(data[:2], "big"))[2:]
        end = question.index(b"\0", 12) + 5
        reply = question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:end] + \
            b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + bytes([192, 0, 2, 7])
        reply = len(reply).to_bytes(2, "big") + reply
        half = len(reply) // 2
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.sendall(reply[:half])
        time.sleep(0.3)
        s.sendall(reply[half:])
        s.close()


if sys.argv[1] == "syn":
    syn(int(sys.argv[2]))
else:
    answer(sys.argv[2])
