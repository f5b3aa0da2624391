#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""late.py syn PORT

A server that takes its time, and tells "ready" on standard output: it answers no SYN
for two and a half seconds, so that whoever connects sends it again, and then
HTTP."""
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


syn(int(sys.argv[2]))
