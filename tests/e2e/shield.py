#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""shield.py PORT_FILE UPSTREAM FILE: a product that carries other programs'
traffic: a forward proxy on 127.0.0.1 (CONNECT and whole addresses) which, when
asked for /own, sends FILE of its own to UPSTREAM, and sends there what it is
handed at /scan."""
import os
import select
import socket
import socketserver
import sys
import urllib.parse


def head_of(sock):
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(65536)
        if not more:
            break
        data += more
    return data.partition(b"\r\n\r\n")[::2]


def carry(a, b):
    try:
        while True:
            for s in select.select([a, b], [], [])[0]:
                data = s.recv(65536)
                if not data:
                    return
                (b if s is a else a).sendall(data)
    except ConnectionError:
        pass


def send(path, body):
    url = urllib.parse.urlsplit(sys.argv[2])
    with socket.create_connection((url.hostname, url.port)) as s:
        s.sendall(b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n"
                  b"Connection: close\r\n\r\n" % (path, url.netloc.encode(), len(body)) + body)
        s.recv(65536)


class Client(socketserver.BaseRequestHandler):
    def handle(self):
        head, rest = head_of(self.request)
        method, target, _ = head.split(b"\r\n")[0].split(b" ")
        if target == b"/own":
            with open(sys.argv[3], "rb") as f:
                send(b"/own", f.read())
            self.request.sendall(b"HTTP/1.1 204 Sent\r\n\r\n")
            return
        if target == b"/scan":
            size = int(head.lower().partition(b"content-length:")[2].split(b"\r")[0])
            while len(rest) < size:
                rest += self.request.recv(65536)
            send(b"/scanned", rest)
            self.request.sendall(b"HTTP/1.1 204 Sent\r\n\r\n")
            return
        if method == b"CONNECT":
            host, _, port = target.partition(b":")
            with socket.create_connection((host.decode(), int(port))) as far:
                self.request.sendall(b"HTTP/1.1 200 Go\r\n\r\n")
                carry(self.request, far)
            return
        url = urllib.parse.urlsplit(target.decode())
        head = head.replace(target, url.path.encode(), 1)
        with socket.create_connection((url.hostname, url.port)) as far:
            far.sendall(head + b"\r\n\r\n" + rest)
            carry(self.request, far)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


server = Server(("127.0.0.1", 0), Client)
with open(sys.argv[1] + ".new", "w", encoding="ascii") as f:
    f.write(str(server.server_address[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
