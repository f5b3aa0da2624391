# SPDX-License-Identifier: Apache-2.0
"""Writes captures: conversations as their packets, raw IPv4, and how the bytes
of an upload are carried in them."""
import hashlib
import base64
import struct

CLIENT = bytes((10, 77, 0, 2))


def checksum(data):
    if len(data) & 1:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Capture:
    """A pcap file; time goes on by itself."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0,
                                    262144, 101))
        self.us = 1700000000 * 1000000
        self.ident = 0

    def packet(self, src, dst, proto, payload):
        self.us += 11
        self.ident = self.ident + 1 & 0xffff
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload),
                           self.ident, 0x4000, 64, proto, 0, src, dst)
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        data = head + payload
        self.file.write(struct.pack("<IIII", self.us // 1000000,
                                    self.us % 1000000, len(data), len(data)))
        self.file.write(data)

    def close(self):
        self.file.close()


class Tcp:
    """One connection; side 0 is the client."""

    def __init__(self, capture, server, port, dport, rng):
        self.c = capture
        self.addr = (CLIENT, server)
        self.port = (port, dport)
        self.seq = [rng.getrandbits(32), rng.getrandbits(32)]
        self.rng = rng
        self.mangle = None
        self.segment(0, 2, b"")
        self.seq[0] += 1
        self.segment(1, 0x12, b"")
        self.seq[1] += 1
        self.segment(0, 0x10, b"")

    def made(self, side, flags, data, seq):
        a, b = self.addr[side], self.addr[1 - side]
        ack = self.seq[1 - side] & 0xffffffff if flags & 0x10 else 0
        head = struct.pack("!HHIIBBHHH", self.port[side], self.port[1 - side],
                           seq & 0xffffffff, ack, 0x50, flags, 64240, 0, 0)
        pseudo = a + b + struct.pack("!BBH", 0, 6, len(head) + len(data))
        total = checksum(pseudo + head + data)
        return a, b, head[:16] + struct.pack("!H", total) + head[18:] + data

    def put(self, side, flags, data, seq):
        a, b, packet = self.made(side, flags, data, seq)
        self.c.packet(a, b, 6, packet)

    def segment(self, side, flags, data):
        self.put(side, flags, data, self.seq[side])
        self.seq[side] += len(data)

    def send(self, side, data):
        """In segments; mangle says what happens to them on the way."""
        parts, at, seq = [], 0, self.seq[side]
        while at < len(data):
            n = self.rng.choice((1460, 1460, 1460, 1448, 536,
                                 self.rng.randrange(1, 1461)))
            parts.append((seq + at, data[at:at + n]))
            at += n
        if self.mangle == "reordered":
            for i in range(0, len(parts), 8):
                some = parts[i:i + 8]
                self.rng.shuffle(some)
                parts[i:i + 8] = some
        elif self.mangle == "twice":
            parts = [p for p in parts for _ in range(self.rng.choice((1, 2)))]
        elif self.mangle == "overlapping":
            parts = [(max(seq, s - 7), data[max(0, s - 7 - seq):s - seq] + d)
                     for s, d in parts]
        elif isinstance(self.mangle, tuple):        # bytes that are not captured
            a, b = self.mangle
            parts = [(s, d) for s, d in parts
                     if s - seq + len(d) <= a or s - seq >= b]
        for s, d in parts:
            self.put(side, 0x18, d, s)
        self.seq[side] = seq + len(data)

    def close(self):
        for side in (0, 1):
            self.segment(side, 0x11, b"")
            self.seq[side] += 1
        self.segment(0, 0x10, b"")


ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def request(method, path, host, headers, body, chunks=None):
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: " + host]
    lines += ["%s: %s" % h for h in headers]
    if chunks is None:
        lines.append("Content-Length: %d" % len(body))
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    lines.append("Transfer-Encoding: chunked")
    out, at = ["\r\n".join(lines).encode() + b"\r\n\r\n"], 0
    while at < len(body):
        n = chunks()
        out.append(b"%x\r\n%s\r\n" % (len(body[at:at + n]), body[at:at + n]))
        at += n
    return b"".join(out) + b"0\r\n\r\n"


def hpack(headers):
    """Literal fields without indexing, names and values as they are."""
    out = b""
    for name, value in headers:
        name, value = name.lower().encode(), value.encode()
        assert len(name) < 127 and len(value) < 127 + 128
        size = bytes([len(value)]) if len(value) < 127 else \
            bytes([127, len(value) - 127])
        out += b"\0" + bytes([len(name)]) + name + size + value
    return out


def frame(kind, flags, stream, data):
    return struct.pack("!I", len(data))[1:] + struct.pack(
        "!BBI", kind, flags, stream) + data


# Each: (tcp or capture..., host, body, headers); one transfer that carries it.

def by_put(t, host, body, headers):
    t.send(0, request("PUT", "/up/part", host, headers, body))
    t.send(1, ANSWER)


def by_post(t, host, body, headers):
    t.send(0, request("POST", "/submit", host, headers, body))
    t.send(1, ANSWER)


def by_chunks(t, host, body, headers):
    t.send(0, request("POST", "/submit", host, headers, body,
                      lambda: t.rng.randrange(1, 9000)))
    t.send(1, ANSWER)


def by_form(t, host, body, headers):
    """A part of multipart/form-data; the body's headers are the part's."""
    mark = b"----formmark%016x" % t.rng.getrandbits(64)
    part = b"".join(b"%s: %s\r\n" % (k.encode(), v.encode())
                    for k, v in headers)
    data = b"--%s\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n77\r\n" \
        b"--%s\r\nContent-Disposition: form-data; name=\"data\"; " \
        b"filename=\"x.bin\"\r\n%s\r\n%s\r\n--%s--\r\n" % (
            mark, mark, part, body, mark)
    t.send(0, request("POST", "/form", host, [
        ("Content-Type", "multipart/form-data; boundary=" + mark.decode())],
        data))
    t.send(1, ANSWER)


def masked(t, first, data):
    key = t.rng.getrandbits(32).to_bytes(4, "big")
    n = len(data)
    head = bytes([first]) + (bytes([0x80 | n]) if n < 126 else
                             struct.pack("!BH", 0xfe, n) if n < 65536 else
                             struct.pack("!BQ", 0xff, n))
    whole = int.from_bytes(data, "big") ^ int.from_bytes(
        (key * (n // 4 + 1))[:n], "big")
    return head + key + whole.to_bytes(n, "big")


def by_websocket(t, host, body, headers):
    key = base64.b64encode(t.rng.getrandbits(128).to_bytes(16, "big"))
    accept = base64.b64encode(hashlib.sha1(
        key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    t.send(0, b"GET /ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
           b"Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
           b"Sec-WebSocket-Version: 13\r\n\r\n" % (host.encode(), key))
    t.send(1, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
           b"Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n" % accept)
    cut = t.rng.randrange(len(body) + 1)
    t.send(0, masked(t, 0x02, body[:cut]) + masked(t, 0x80, body[cut:]))
    t.send(1, b"\x81\x02ok")


def by_http2(t, host, body, headers):
    head = hpack([(":method", "POST"), (":scheme", "http"),
                  (":path", "/h2"), (":authority", host)] + headers)
    out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + \
        frame(1, 4, 1, head)
    at = 0
    while at < len(body) or not at:
        n = t.rng.randrange(1, 16384)
        out += frame(0, at + n >= len(body), 1, body[at:at + n])
        at += n
    t.send(0, out)
    t.send(1, frame(4, 0, 0, b"") + frame(1, 5, 1, hpack([(":status", "204")])))


def by_stream(t, host, body, headers):
    t.send(0, body)
    t.send(1, b"\x06ok")


def datagram(c, src, dst, sport, dport, data):
    head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0)
    pseudo = src + dst + struct.pack("!BBH", 0, 17, 8 + len(data))
    total = checksum(pseudo + head + data) or 0xffff
    c.packet(src, dst, 17, head[:6] + struct.pack("!H", total) + data)


def by_datagrams(c, server, port, rng, body):
    at = 0
    while at < len(body):
        n = rng.randrange(300, 1400)
        datagram(c, CLIENT, server, port, 7777, body[at:at + n])
        at += n


# name: (what, port of the server, True if it says what the body is)
TRANSPORTS = {
    "put": (by_put, 80, True),
    "post": (by_post, 80, True),
    "chunked": (by_chunks, 80, True),
    "form-data": (by_form, 80, True),
    "websocket": (by_websocket, 80, False),
    "http2": (by_http2, 80, True),
    "stream": (by_stream, 7777, False),
    "datagrams": (None, 7777, False),
}


def carry(capture, transport, server, port, host, body, headers, rng,
          mangle=None):
    what, dport, _ = TRANSPORTS[transport]
    if transport == "datagrams":
        by_datagrams(capture, server, port, rng, body)
        return
    t = Tcp(capture, server, port, dport, rng)
    t.mangle = mangle
    what(t, host, body, headers)
    t.close()
