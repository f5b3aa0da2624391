#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""from_port.py PORT PROXY URL FILE: sends FILE to URL by the proxy at 127.0.0.1:PROXY,
from PORT, which is free again as soon as it ends."""
import socket
import struct
import sys
import urllib.parse

port, proxy, url, path = sys.argv[1:]
with open(path, "rb") as f:
    body = f.read()
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(port)))
s.connect(("127.0.0.1", int(proxy)))
s.sendall(b"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (
    url.encode(), urllib.parse.urlsplit(url).netloc.encode(), len(body)) + body)
s.recv(65536)
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close()
