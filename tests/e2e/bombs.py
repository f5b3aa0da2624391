#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Bodies that unwrap to far too much, or to no end: each in a capture of its
own, read by telltap, with the time and the memory that it takes.

    bombs.py TELLTAP DIR

What is to be said of each is in bombs(). Known files are given, so that all
that is unwrapped is looked through.
"""
import base64
import gzip
import io
import json
import lzma
import os
import random
import subprocess
import sys
import tarfile
import time
import zipfile
import zlib

import brotli
import zstandard

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, '../lab/crossing'))
sys.dont_write_bytecode = True

import files  # noqa: E402
import wire   # noqa: E402

MAX_SECONDS = 8
MAX_MIB = 700
ZEROS = bytes(1 << 20)
TO_MUCH, TOO_DEEP = '1000 times', 'more than 16 deep'


def many_zeros(compressor, mib):
    return b''.join(compressor.compress(ZEROS) for _ in range(mib)) + \
        compressor.flush()


def raw(mib):
    return many_zeros(zlib.compressobj(9, zlib.DEFLATED, -15), mib)


def gz(mib):
    return many_zeros(zlib.compressobj(9, zlib.DEFLATED, 31), mib)


def brotli_of(mib):
    c = brotli.Compressor(quality=5)
    return b''.join(c.process(ZEROS) for _ in range(mib)) + c.finish()


def zip_of(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
        for name, data in members:
            z.writestr(name, data)
    return out.getvalue()


def forty_two():
    """As 42.zip: archives of archives of archives; 4 TB in all."""
    data = zip_of([('0.dll', bytes(64 << 20))])
    for level in range(4):
        data = zip_of([(f'{level}-{n}.zip', data) for n in range(16)])
    return data


def layers(data, n, wrap):
    for _ in range(n):
        data = wrap(data)
    return data


def tar_of(data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w') as t:
        info = tarfile.TarInfo('x.tar')
        info.size = len(data)
        t.addfile(info, io.BytesIO(data))
    return out.getvalue()


def multipart_of(data, n):
    b = b'b%d' % n
    return b'--' + b + b'\r\nContent-Type: multipart/mixed; boundary=b%d' \
        % (n - 1) + b'\r\n\r\n' + data + b'\r\n--' + b + b'--\r\n'


def nested_multipart(n):
    data = b'--b0\r\n\r\nend\r\n--b0--\r\n'
    for i in range(1, n + 1):
        data = multipart_of(data, i)
    return data


def damaged(data, seed):
    r = random.Random(seed)
    data = bytearray(data)
    for _ in range(8):
        data[r.randrange(len(data))] = r.randrange(256)
    return bytes(data[:r.randrange(len(data) // 2, len(data))])


def bombs():
    """Name, Content-Type, body, a part of what is to be said, or None."""
    octets = 'application/octet-stream'
    inner = zip_of([(n, files.text(n, 9000)) for n in ('a.txt', 'b.txt')])
    yield 'gzip', octets, gz(64), TO_MUCH
    yield 'gzip in gzip', octets, gzip.compress(gz(128)), TO_MUCH
    yield 'zlib', octets, zlib.compress(bytes(32 << 20), 9), TO_MUCH
    yield 'brotli', 'text/plain\r\nContent-Encoding: br', brotli_of(128), \
        TO_MUCH
    yield 'zstd', octets, zstandard.compress(bytes(64 << 20)), TO_MUCH
    yield 'xz', octets, lzma.compress(bytes(32 << 20), preset=0), TO_MUCH
    yield 'zip', octets, zip_of([('z', bytes(64 << 20))]), TO_MUCH
    yield '42.zip', octets, forty_two(), 'times'
    yield 'gzip, 100 deep', octets, layers(files.text('g', 900), 100,
                                           gzip.compress), TOO_DEEP
    yield 'base64, 20 deep', octets, layers(files.noise('b', 900), 20,
                                            base64.b64encode), TOO_DEEP
    yield 'zip, 60 deep', octets, layers(inner, 60, lambda d: zip_of(
        [('x.zip', d)])), TOO_DEEP
    yield 'tar, 40 deep', octets, layers(inner, 40, tar_of), TOO_DEEP
    yield 'multipart, 60 deep', 'multipart/mixed; boundary=b60', \
        nested_multipart(60), TOO_DEEP
    yield 'JSON, a million deep', 'application/json', b'[' * 1000000, None
    yield 'XML, a million deep', 'application/xml', b'<?xml version="1.0"?>' \
        + b'<a>' * 1000000, None
    yield 'protobuf, deep', 'application/x-protobuf', layers(
        b'\x08\x01', 2000, lambda d: b'\x0a' + varint(len(d)) + d), None
    yield 'base64 without end', 'text/plain', b'QUJD' * (2 << 20), None
    yield 'hex without end', 'text/plain', b'4142' * (2 << 20), None
    yield 'percents without end', 'application/x-www-form-urlencoded', \
        b'a=' + b'%41' * (2 << 20), None
    yield '200,000 fields', 'application/x-www-form-urlencoded', \
        b'&'.join(b'k%d=v%d' % (i, i) for i in range(200000)), 'fields'
    yield 'nine thousand files', octets, zip_of(
        [(f'{n}.txt', b'x' * 40) for n in range(9000)]), 'items'
    for seed in range(12):
        yield f'a damaged zip, {seed}', octets, damaged(inner, seed), None
    for seed in range(6):
        yield f'damaged gzip, {seed}', octets, damaged(gz(8), seed), None


def varint(v):
    out = b''
    while v > 127:
        out += bytes([v & 127 | 128])
        v >>= 7
    return out + bytes([v])


def write(path, kind, body):
    capture = wire.Capture(path)
    t = wire.Tcp(capture, bytes((198, 19, 9, 1)), 40000, 80, random.Random(1))
    t.send(0, wire.request('POST', '/up', 'bombs.example',
                           [('Content-Type', kind)], body))
    t.send(1, b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    t.close()
    capture.close()


def read(telltap, folder, path):
    """What is said of the transfer; CPU seconds and MiB at most."""
    child = subprocess.Popen(
        [telltap, 'replay', '--json', '--known', os.path.join(folder, 'known'),
         path], stdout=subprocess.PIPE)
    out = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0, (path, status)
    said = [json.loads(x) for x in out.splitlines()]
    said = [e for e in said if e['event']['action'] == 'transfer']
    assert len(said) == 1, (path, len(said))
    return said[0], usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    telltap, folder = sys.argv[1:]
    os.makedirs(os.path.join(folder, 'known'))
    with open(os.path.join(folder, 'known', 'a.bin'), 'wb') as f:
        f.write(files.noise('known', 5000))
    path = os.path.join(folder, 'bomb.pcap')
    wrong = 0
    for name, kind, body, want in bombs():
        write(path, kind, body)
        e, seconds, mib = read(telltap, folder, path)
        limits = e['telltap']['transfer'].get('limits', [])
        bad = bool(seconds > MAX_SECONDS or mib > MAX_MIB or \
            e['telltap']['transfer']['grade'] == 'proven' or \
            (want and not any(want in x for x in limits)))
        wrong += bad
        print(f'{"WRONG " if bad else ""}{name}: {len(body):,} bytes, '
              f'{seconds:.2f} s, {mib:.0f} MiB: '
              f'{"; ".join(limits) or "no limit"}', flush=True)
    return 1 if wrong else 0


sys.exit(main())
