#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""hostile_capture.py FILE: a capture of its upload by a client whose every name is an attack."""
import struct
import sys

EVIL = "<script>document.title='taken'</script>\u202e=cmd|'/c calc'!A1\"'&"


def frame(outbound, seq, ack, flags, data=b""):
    a, b = bytes((10, 0, 0, 1)), bytes((192, 0, 2, 7))
    ports = (40000, 80)
    if not outbound:
        a, b, ports = b, a, ports[::-1]
    tcp = struct.pack(">HHIIBBHHH", *ports, seq, ack, 0x50, flags, 65535, 0, 0) + data
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + a + b
    return b"\0" * 12 + b"\x08\0" + ip + tcp


body = open(sys.argv[1], "rb").read()
name = EVIL.encode() + b".pdf"
part = (b'--b\r\nContent-Disposition: form-data; name="' + name + b'"; filename="' + name.replace(b'"', b"") +
        b'"\r\nContent-Type: ' + name + b"\r\n\r\n" + body + b"\r\n--b--\r\n")
request = (b"POST /" + name.replace(b" ", b"+") + b" HTTP/1.1\r\nHost: " + b"x<b>y</b>.example.net" +
           b"\r\nUser-Agent: " + EVIL.encode() + b"\r\nContent-Type: multipart/form-data; boundary=b\r\n"
           b"Content-Length: %d\r\n\r\n" % len(part) + part)
answer = b"HTTP/1.1 200 OK\r\nServer: " + EVIL.encode() + b"\r\nContent-Length: 0\r\n\r\n"
packets = [frame(True, 99, 0, 2), frame(False, 499, 100, 0x12), frame(True, 100, 500, 0x10)]
for at in range(0, len(request), 1400):
    packets.append(frame(True, 100 + at, 500, 0x18, request[at:at + 1400]))
packets.append(frame(False, 500, 100 + len(request), 0x18, answer))
packets.append(frame(True, 100 + len(request), 500 + len(answer), 0x11))
packets.append(frame(False, 500 + len(answer), 101 + len(request), 0x11))
out = sys.stdout.buffer
out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
for i, p in enumerate(packets):
    out.write(struct.pack("<IIII", 1700000000, i * 1000, len(p), len(p)) + p)
