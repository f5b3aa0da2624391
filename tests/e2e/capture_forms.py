#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a capture anew in every form that telltap reads.

    capture_forms.py CAPTURE OUT
    capture_forms.py --same EVENTS EVENTS

CAPTURE is a little-endian pcap of Ethernet in microseconds. OUT/file/* hold its
packets as other kinds of file or as several; OUT/frame/* in other link layers,
tunnels and with other headers. --same compares what was said of two of them:
transfers in their order, without what depends on the frames' lengths and number.
"""
import json
import os
import struct
import sys

import zstandard

MAC = bytes.fromhex('020000000001020000000002')
UDP_PORTS = {'vxlan': 4789, 'geneve': 6081, 'teredo': 3544}


def read(path):
    with open(path, 'rb') as f:
        data = f.read()
    at, packets = 24, []
    while at < len(data):
        s, us, cap, wire = struct.unpack_from('<IIII', data, at)
        assert cap == wire
        packets.append((s * 10**9 + us * 1000, data[at + 16:at + 16 + cap]))
        at += 16 + cap
    return packets


def pcap(packets, order='<', ns=False, link=1, snaplen=262144):
    out = [struct.pack(order + 'IHHIIII', 0xa1b23c4d if ns else 0xa1b2c3d4,
                       2, 4, 0, 0, snaplen, link)]
    for ts, frame in packets:
        cut = frame[:snaplen]
        out.append(struct.pack(order + 'IIII', ts // 10**9,
                               ts % 10**9 // (1 if ns else 1000), len(cut),
                               len(frame)) + cut)
    return b''.join(out)


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack(order + 'I', 12 + len(body))
    return struct.pack(order + 'I', kind) + size + body + size


def option(order, code, value):
    return (struct.pack(order + 'HH', code, len(value)) + value +
            bytes(-len(value) % 4))


def section(order):
    return block(order, 0x0a0d0d0a,
                 struct.pack(order + 'IHHq', 0x1a2b3c4d, 1, 0, -1))


def interface(order, link, snaplen, resol, offset):
    options = option(order, 9, bytes([resol]))
    if offset:
        options += option(order, 14, struct.pack(order + 'q', offset))
    return block(order, 1, struct.pack(order + 'HHI', link, 0, snaplen) +
                 options + option(order, 0, b''))


def enhanced(order, number, ticks, frame):
    return block(order, 6, struct.pack(order + 'IIIII', number, ticks >> 32,
                                       ticks & 0xffffffff, len(frame),
                                       len(frame)) + frame)


def pcapng(packets):
    """Two sections of either order; interfaces that differ in link type,
    snaplen, resolution and offset."""
    half, out = len(packets) // 2, b''
    for order, part in (('<', packets[:half]), ('>', packets[half:])):
        out += section(order) + interface(order, 1, 0, 9, 0)
        out += interface(order, 101, 65535, 6, 1000000000)
        for n, (ts, frame) in enumerate(part):
            if n % 2:
                out += enhanced(order, 1, ts // 1000 - 10**15, frame[14:])
            else:
                out += enhanced(order, 0, ts, frame)
            if n == 3:
                out += block(order, 0x0bad, b'nobody knows this one')
    return out


def files(packets, source):
    with open(source, 'rb') as f:
        plain = f.read()
    third = len(packets) // 3
    yield 'big-endian.pcap', pcap(packets, '>')
    yield 'nanoseconds.pcap', pcap(packets, '<', True)
    yield 'big-endian-nanoseconds.pcap', pcap(packets, '>', True)
    yield 'sections.pcapng', pcapng(packets)
    yield 'packed.pcap.zst', zstandard.compress(plain)
    yield 'packed.pcapng.zst', zstandard.compress(pcapng(packets))
    for n in range(3):      # named against their order in time
        part = packets[n * third:] if n == 2 else \
            packets[n * third:(n + 1) * third]
        yield f'follow/{2 - n}.pcap', pcap(part, '<>'[n % 2])
    for n in range(2):
        yield f'overlap/{n}.pcap', pcap(packets[n::2], '<', bool(n))


def checksum(data):
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip4(proto, body, options=b'', ident=0, fragment=0):
    head = struct.pack('>BBHHHBBH4s4s', 0x45 + len(options) // 4, 0,
                       20 + len(options) + len(body), ident, fragment, 64,
                       proto, 0, b'\x0a\x09\x08\x07', b'\x0a\x09\x08\x06')
    head += options
    return head[:10] + struct.pack('>H', checksum(head)) + head[12:] + body


def udp(port, body):
    return ip4(17, struct.pack('>HHHH', 50000, port, 8 + len(body), 0) + body)


def ether(kind, body):
    return MAC + struct.pack('>H', kind) + body


def frames(kind, ip):
    """How the IP packet of a frame is carried: name, link type, frames."""
    six = kind == 0x86dd
    yield '8021q', 1, ether(0x8100, struct.pack('>HH', 5, kind) + ip)
    yield 'qinq', 1, ether(0x88a8, struct.pack('>HHHH', 7, 0x8100, 5,
                                               kind) + ip)
    yield 'mpls', 1, ether(0x8847, struct.pack('>II', 16 << 12 | 64,
                                               17 << 12 | 0x100 | 64) + ip)
    yield 'pppoe', 1, ether(0x8864, struct.pack(
        '>BBHHH', 0x11, 0, 1, len(ip) + 2, 0x57 if six else 0x21) + ip)
    yield 'cooked', 113, struct.pack('>HHH8sH', 0, 1, 6, bytes(8), kind) + ip
    yield 'cooked-2', 276, struct.pack('>HHIHBB8s', kind, 0, 2, 1, 0, 6,
                                       bytes(8)) + ip
    yield 'raw', 101, ip
    yield 'null', 0, struct.pack('<I', 30 if six else 2) + ip
    yield 'loop', 108, struct.pack('>I', 24 if six else 2) + ip
    yield 'pktap', 258, struct.pack('<III24s', 108, 1, 1, b'en0').ljust(
        108, b'\0') + ether(kind, ip)
    yield 'ip-in-ip', 101, ip4(41 if six else 4, ip)
    yield 'gre', 1, ether(0x0800, ip4(47, struct.pack('>HH', 0, kind) + ip))
    yield 'gre-ethernet', 101, ip4(47, struct.pack('>HHI', 0x2000, 0x6558, 9) +
                                   ether(kind, ip))
    yield 'vxlan', 1, ether(0x0800, udp(UDP_PORTS['vxlan'], struct.pack(
        '>II', 0x08000000, 42 << 8) + ether(kind, ip)))
    yield 'geneve', 101, udp(UDP_PORTS['geneve'], struct.pack(
        '>BBHII', 1, 0, kind, 42 << 8, 0x01000000) + ip)
    yield 'teredo', 101, udp(UDP_PORTS['teredo'], ip) if six else ip
    yield 'ip-options', 101, ip if six else with_options(ip)
    yield 'extension-headers', 101, with_extensions(ip) if six else ip


def with_options(ip):
    assert ip[0] == 0x45
    size = struct.unpack('>H', ip[2:4])[0] + 8
    return (b'\x47' + ip[1:2] + struct.pack('>H', size) + ip[4:20] +
            b'\1\1\1\1\x94\4\0\0' + ip[20:])


def with_extensions(ip):
    """Hop by hop, destination options, routing, and a fragment that is all."""
    chain = struct.pack('>BB6s', 60, 0, b'\1\4\0\0\0\0')
    chain += struct.pack('>BB6s', 43, 0, b'\1\4\0\0\0\0')
    chain += struct.pack('>BBBBI', 44, 0, 253, 0, 0)
    chain += struct.pack('>BBHI', ip[6], 0, 0, 77)
    size = struct.unpack('>H', ip[4:6])[0] + len(chain)
    return (ip[:4] + struct.pack('>H', size) + b'\0' + ip[7:40] + chain +
            ip[40:])


def fragments(kind, ip, ident):
    """The packet in two pieces, the later one first."""
    head = 40 if kind == 0x86dd else 20
    body, middle = ip[head:], (len(ip) - head) // 2 // 8 * 8
    if not middle:
        return [ip]
    pieces = []
    for at, part in ((middle, body[middle:]), (0, body[:middle])):
        if head == 40:
            extra = struct.pack('>BBHI', ip[6], 0, at | (not at), ident)
            pieces.append(ip[:4] + struct.pack('>H', 8 + len(part)) +
                          b'\x2c' + ip[7:40] + extra + part)
        else:
            pieces.append(ip[:2] + struct.pack(
                '>HHH', 20 + len(part), ident,
                at // 8 | (0 if at else 0x2000)) + ip[8:20] + part)
    return pieces


def framed(packets):
    forms = {}
    for n, (ts, frame) in enumerate(packets):
        kind, ip = struct.unpack('>H', frame[12:14])[0], frame[14:]
        for name, link, made in frames(kind, ip):
            forms.setdefault(name, (link, []))[1].append((ts, made))
        for piece in fragments(kind, ip, n + 1):
            forms.setdefault('fragments', (101, []))[1].append((ts, piece))
    for name, (link, made) in forms.items():
        yield name + '.pcap', pcap(made, link=link)


def write(out, forms):
    for name, data in forms:
        path = os.path.join(out, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(data)


def said(path):
    """What depends on no frame: transfers and what was in them."""
    with open(path, encoding='utf-8') as f:
        for line in f:
            event = json.loads(line)
            if event['event']['action'] != 'transfer':
                continue
            told = event['telltap']['transfer']
            for name in ('id', 'flow', 'packets'):
                told.pop(name)
            yield (event['@timestamp'], event['source']['ip'],
                   event['destination'], told, event['telltap'].get('data'),
                   event.get('url'), event.get('http'))


def main():
    if sys.argv[1] == '--same':
        one, other = ([json.dumps(t) for t in said(p)] for p in sys.argv[2:4])
        for a, b in zip(one, other):
            if a != b:
                print(f'{a}\n  but\n{b}')
                break
        print(f'{len(one)} and {len(other)} transfers')
        return 0 if one and one == other else 1
    packets = read(sys.argv[1])
    write(os.path.join(sys.argv[2], 'file'), files(packets, sys.argv[1]))
    write(os.path.join(sys.argv[2], 'frame'), framed(packets))
    return 0


if __name__ == '__main__':
    sys.exit(main())
