# SPDX-License-Identifier: Apache-2.0
"""What an upload may be wrapped in. Each wrapping gives the bytes, the headers
that a protocol with headers sends with them, and the names telltap has for
it, outermost first."""
import base64
import bz2
import gzip
import io
import json
import lzma
import os
import struct
import subprocess
import tarfile
import tempfile
import urllib.parse
import zipfile
import zlib

import brotli
import lz4.frame
import snappy
import zstandard

WRAPPINGS = {}


def wrapping(name, *encodings, needs_headers=False, text_only=False, least=0,
             most=1 << 30):
    """needs_headers: without them nobody could tell."""
    def add(f):
        WRAPPINGS[name] = dict(make=f, encodings=list(encodings),
                               needs_headers=needs_headers,
                               text_only=text_only, least=least, most=most)
        return f
    return add


def octets(*more):
    return [("Content-Type", "application/octet-stream")] + list(more)


def typed(kind):
    return [("Content-Type", kind)]


def coded(name):
    return octets(("Content-Encoding", name))


@wrapping("raw")
def _(d, rng):
    return d, octets()


@wrapping("gzip", "gzip")
def _(d, rng):
    return gzip.compress(d, rng.choice((1, 6, 9)), mtime=0), typed(
        "application/gzip")


@wrapping("gzip-coding", "gzip")
def _(d, rng):
    return gzip.compress(d, mtime=0), coded("gzip")


@wrapping("gzip-members", "gzip")
def _(d, rng):
    cut = rng.randrange(1, len(d))
    return gzip.compress(d[:cut]) + gzip.compress(d[cut:]), octets()


@wrapping("zlib", "zlib")
def _(d, rng):
    return zlib.compress(d, rng.choice((1, 6, 9))), octets()


@wrapping("zlib-coding", "zlib")
def _(d, rng):
    return zlib.compress(d), coded("deflate")


def deflated(d):
    z = zlib.compressobj(6, zlib.DEFLATED, -15)
    return z.compress(d) + z.flush()


@wrapping("deflate-coding", "deflate", needs_headers=True)
def _(d, rng):
    return deflated(d), coded("deflate")


@wrapping("deflate-bare", "deflate")
def _(d, rng):
    return deflated(d), octets()


@wrapping("zstd", "zstd")
def _(d, rng):
    return zstandard.ZstdCompressor(level=3).compress(d), octets()


@wrapping("zstd-coding", "zstd")
def _(d, rng):
    return zstandard.ZstdCompressor(level=9).compress(d), coded("zstd")


@wrapping("brotli-coding", "br", needs_headers=True)
def _(d, rng):
    return brotli.compress(d, quality=5), coded("br")


@wrapping("brotli-bare", "br")
def _(d, rng):
    return brotli.compress(d, quality=5), octets()


@wrapping("brotli-best", "br")
def _(d, rng):
    return brotli.compress(d), octets()


@wrapping("xz", "xz")
def _(d, rng):
    return lzma.compress(d, preset=1), octets()


@wrapping("lzma", "lzma")
def _(d, rng):
    return lzma.compress(d, format=lzma.FORMAT_ALONE, preset=1), octets()


@wrapping("bzip2", "bzip2")
def _(d, rng):
    return bz2.compress(d), octets()


@wrapping("lz4", "lz4")
def _(d, rng):
    return lz4.frame.compress(d), octets()


def crc32c(d):
    crc = 0xffffffff
    for b in d:
        crc = CRC32C[(crc ^ b) & 255] ^ crc >> 8
    return crc ^ 0xffffffff


CRC32C = []
for n in range(256):
    for _ in range(8):
        n = n >> 1 ^ (0x82f63b78 if n & 1 else 0)
    CRC32C.append(n)


@wrapping("snappy", "snappy")
def _(d, rng):
    out = b"\xff\x06\0\0sNaPpY"
    for i in range(0, len(d), 65536):
        crc = crc32c(d[i:i + 65536])
        crc = (crc >> 15 | crc << 17) + 0xa282ead8 & 0xffffffff
        packed = struct.pack("<I", crc) + snappy.compress(d[i:i + 65536])
        out += b"\0" + len(packed).to_bytes(3, "little") + packed
    return out, octets()


@wrapping("snappy-block", "snappy", needs_headers=True)
def _(d, rng):
    return snappy.compress(d), coded("snappy")


@wrapping("base64", "base64")
def _(d, rng):
    return base64.b64encode(d), typed("text/plain")


@wrapping("base64-url", "base64")
def _(d, rng):
    return base64.urlsafe_b64encode(d), typed("text/plain")


@wrapping("base64-unpadded", "base64")
def _(d, rng):
    return base64.b64encode(d).rstrip(b"="), typed("text/plain")


@wrapping("base64-mime", "base64")
def _(d, rng):
    return base64.encodebytes(d).replace(b"\n", b"\r\n"), typed("text/plain")


@wrapping("base64-line-64", "base64")
def _(d, rng):
    b = base64.b64encode(d)
    return b"".join(b[i:i + 64] + b"\n" for i in range(0, len(b), 64)), octets()


@wrapping("base64-escaped", "json", "base64")
def _(d, rng):
    b = base64.b64encode(d).decode().replace("/", "\\/")
    return ('{"payload":"%s"}' % b).encode(), typed("application/json")


@wrapping("data-uri", "json", "base64")
def _(d, rng):
    return json.dumps({"file": {"name": "x", "uri": "data:application/"
        "octet-stream;base64," + base64.b64encode(d).decode()}}).encode(), \
        typed("application/json")


@wrapping("hex", "hex")
def _(d, rng):
    return d.hex().encode(), typed("text/plain")


@wrapping("hex-upper", "hex")
def _(d, rng):
    return d.hex().upper().encode(), typed("text/plain")


@wrapping("hex-spaced", "hex")
def _(d, rng):
    return d.hex(" ").encode(), typed("text/plain")


@wrapping("hex-colons", "hex")
def _(d, rng):
    return d.hex(":").encode(), typed("text/plain")


@wrapping("hex-json", "json", "hex")
def _(d, rng):
    return json.dumps([{"part": 1, "data": d.hex()}]).encode(), typed(
        "application/json")


@wrapping("percent", "percent")
def _(d, rng):
    return urllib.parse.quote_from_bytes(d, safe="").encode(), typed(
        "text/plain")


@wrapping("percent-all", "percent")
def _(d, rng):
    return "".join("%%%02X" % b for b in d).encode(), octets()


@wrapping("form-raw", "form")
def _(d, rng):
    return b"id=5&sample=" + urllib.parse.quote_plus(d).encode() + b"&end=1", \
        typed("application/x-www-form-urlencoded")


@wrapping("form-base64", "form", "base64")
def _(d, rng):
    return urllib.parse.urlencode({
        "name": "a.bin", "content": base64.b64encode(d)}).encode(), typed(
        "application/x-www-form-urlencoded")


@wrapping("form-hex", "form", "hex")
def _(d, rng):
    return b"chunk=" + d.hex().encode() + b"&n=3", typed(
        "application/x-www-form-urlencoded")


@wrapping("json-text", "json", text_only=True)
def _(d, rng):
    return json.dumps({"a": 1, "body": d.decode()}).encode(), typed(
        "application/json")


@wrapping("json-bytes", "json", "latin-1")
def _(d, rng):
    # each byte as the character of that number
    # (if there is none above 127, nothing shows)
    return json.dumps({"body": d.decode("latin-1")}).encode(), typed(
        "application/json"), ["json"] if d.isascii() else ["json", "latin-1"]


@wrapping("json-numbers", "json")
def _(d, rng):
    return json.dumps({"type": "Buffer", "data": list(d)}).encode(), typed(
        "application/json")


@wrapping("json-base64", "json", "base64")
def _(d, rng):
    return json.dumps({"meta": {"size": len(d)}, "items": [
        {"content": base64.b64encode(d).decode()}]}, indent=1).encode(), \
        typed("application/json")


@wrapping("json-base64-url", "json", "base64")
def _(d, rng):
    return json.dumps({"content": base64.urlsafe_b64encode(d).decode()
                       .rstrip("=")}).encode(), typed("application/json")


@wrapping("json-base64-mime", "json", "base64")
def _(d, rng):
    return json.dumps({"content": base64.encodebytes(d).decode()}).encode(), \
        typed("application/json")


@wrapping("xml-base64", "xml", "base64")
def _(d, rng):
    return b"<?xml version=\"1.0\"?><report><file name=\"a\"><data>" + \
        base64.b64encode(d) + b"</data></file></report>", typed("text/xml")


@wrapping("xml-cdata", "xml", text_only=True)
def _(d, rng):
    return b"<report><data><![CDATA[" + d.replace(b"]]>", b"]] >") + \
        b"]]></data></report>", typed("application/xml")


@wrapping("xml-escaped", "xml", text_only=True)
def _(d, rng):
    for a, b in ((b"&", b"&amp;"), (b"<", b"&lt;"), (b">", b"&gt;"),
                 (b'"', b"&quot;")):
        d = d.replace(a, b)
    return b"<report><data>" + d + b"</data></report>", typed("text/xml")


@wrapping("soap-hex", "xml", "hex")
def _(d, rng):
    return b"<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/" \
        b"\"><s:Body><Bin>" + d.hex().encode() + b"</Bin></s:Body>" \
        b"</s:Envelope>", typed("application/soap+xml")


def multipart(kind, parts, rng):
    mark = b"=_%012x" % rng.getrandbits(48)
    out = b"".join(b"--%s\r\n%s\r\n\r\n%s\r\n" % (mark, head, body)
                   for head, body in parts)
    return out + b"--%s--\r\n" % mark, typed(
        "multipart/%s; boundary=\"%s\"" % (kind, mark.decode()))


@wrapping("multipart-mixed", "multipart", needs_headers=True)
def _(d, rng):
    return multipart("mixed", [
        (b"Content-Type: application/json", b'{"a":1}'),
        (b"Content-Type: application/octet-stream", d)], rng)


@wrapping("multipart-related", "multipart", "base64", needs_headers=True)
def _(d, rng):
    return multipart("related", [
        (b"Content-Type: application/json", b'{"name":"a"}'),
        (b"Content-Type: application/octet-stream\r\n"
         b"Content-Transfer-Encoding: base64", base64.encodebytes(d))], rng)


@wrapping("multipart-quoted", "multipart", "quoted-printable",
          needs_headers=True)
def _(d, rng):
    return multipart("mixed", [
        (b"Content-Type: text/plain\r\n"
         b"Content-Transfer-Encoding: quoted-printable",
         quoted(d))], rng)


@wrapping("multipart-nested", "multipart", "multipart", needs_headers=True)
def _(d, rng):
    inner, head = multipart("mixed", [
        (b"Content-Type: text/plain", b"see below"),
        (b"Content-Type: application/octet-stream", d)], rng)
    return multipart("form-data", [
        (b"Content-Disposition: form-data; name=\"f\"\r\nContent-Type: " +
         head[0][1].encode(), inner)], rng)


@wrapping("multipart-gzip", "multipart", "gzip", needs_headers=True)
def _(d, rng):
    return multipart("form-data", [
        (b"Content-Disposition: form-data; name=\"f\"; filename=\"a.gz\"",
         gzip.compress(d))], rng)


def quoted(d):
    """Every byte that is not a plain letter escaped, soft breaks."""
    out, line = [], ""
    for b in d:
        c = chr(b) if 33 <= b <= 126 and b != 61 else "=%02X" % b
        if len(line) + len(c) > 75:
            out.append(line + "=")
            line = ""
        line += c
    return "\r\n".join(out + [line]).encode()


class Pipe(io.RawIOBase):
    """Can't be written twice: sizes come behind the data."""

    def __init__(self):
        self.data = bytearray()

    def write(self, data):
        self.data += data
        return len(data)

    def getvalue(self):
        return bytes(self.data)


def zipped(members, method=zipfile.ZIP_DEFLATED, stream=False):
    out = Pipe() if stream else io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in members:
            z.writestr(zipfile.ZipInfo(name, (2024, 1, 2, 3, 4, 6)), data,
                       method)
    return out.getvalue()


@wrapping("zip", "zip")
def _(d, rng):
    return zipped([("sample.bin", d)]), typed("application/zip")


@wrapping("zip-stored", "zip")
def _(d, rng):
    return zipped([("sample.bin", d)], zipfile.ZIP_STORED), octets()


@wrapping("zip-streamed", "zip")
def _(d, rng):
    return zipped([("folder/", b""), ("b", d)], stream=True), octets()


@wrapping("zip-bzip2", "zip")
def _(d, rng):
    return zipped([("a", d)], zipfile.ZIP_BZIP2), octets()


@wrapping("zip-lzma", "zip")
def _(d, rng):
    return zipped([("a", d)], zipfile.ZIP_LZMA), octets()


@wrapping("zip-in-zip", "zip", "zip")
def _(d, rng):
    return zipped([("in.zip", zipped([("x", d)]))], zipfile.ZIP_STORED), \
        octets()


def by_tool(d, suffix, *command):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "sample.bin"), "wb") as f:
            f.write(d)
        done = subprocess.run([*command, "out" + suffix, "sample.bin"],
                              cwd=folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(done.stdout.decode())
        with open(os.path.join(folder, "out" + suffix), "rb") as f:
            return f.read()


def seven(name, encoding, suffix, *options):
    @wrapping(name, encoding)
    def _(d, rng):
        return by_tool(d, suffix, "7z", "a", "-bd", "-mx=1", *options), octets()


# the last is none of the usual ones, and is given to telltap
for password in ("infected", "virus", "malware", "Sesam9"):
    seven("zip-old-" + password, "zip", ".zip", "-tzip", "-mem=ZipCrypto",
          "-p" + password)
    seven("zip-aes-" + password, "zip", ".zip", "-tzip", "-mem=AES256",
          "-p" + password)
seven("zip-aes128-infected", "zip", ".zip", "-tzip", "-mem=AES128", "-pinfected")
seven("zip-stored-old", "zip", ".zip", "-tzip", "-mx=0", "-mem=ZipCrypto",
      "-pinfected")
seven("zip-stored-aes", "zip", ".zip", "-tzip", "-mx=0", "-mem=AES256",
      "-pinfected")
seven("zip-deflate64", "zip", ".zip", "-tzip", "-mm=Deflate64")
seven("zip-aes-deflate64", "zip", ".zip", "-tzip", "-mm=Deflate64",
      "-mem=AES256", "-pvirus")
seven("7z", "7z", ".7z", "-t7z")
seven("7z-lzma1", "7z", ".7z", "-t7z", "-m0=LZMA")
seven("7z-stored", "7z", ".7z", "-t7z", "-mx=0")


@wrapping("cab", "cab")
def _(d, rng):
    return by_tool(d, ".cab", "gcab", "-c"), octets()


@wrapping("cab-zip", "cab")
def _(d, rng):
    return by_tool(d, ".cab", "gcab", "-z", "-c"), octets()


def tarred(d, kind):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as t:
        info = tarfile.TarInfo("folder/" + "n" * 120 + ".bin")
        info.size = len(d)
        t.addfile(info, io.BytesIO(d))
    return out.getvalue()


@wrapping("tar", "tar")
def _(d, rng):
    return tarred(d, tarfile.GNU_FORMAT), octets()


@wrapping("tar-pax", "tar")
def _(d, rng):
    return tarred(d, tarfile.PAX_FORMAT), octets()


@wrapping("tar-gz", "gzip", "tar")
def _(d, rng):
    return gzip.compress(tarred(d, tarfile.GNU_FORMAT)), octets()


def varint(v):
    out = b""
    while v > 127:
        out += bytes([v & 127 | 128])
        v >>= 7
    return out + bytes([v])


def delimited(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


@wrapping("protobuf", "protobuf")
def _(d, rng):
    return b"\x08\x03" + delimited(2, b"sample.bin") + delimited(3, d) + \
        b"\x20\x01", typed("application/x-protobuf")


@wrapping("protobuf-nested", "protobuf", "protobuf")
def _(d, rng):
    inner = delimited(1, b"agent") + delimited(7, d) + b"\x40\x05"
    return delimited(1, b"envelope") + delimited(2, inner), octets()


def cbor_head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 1 << 8 * size:
            return bytes([major << 5 | code]) + n.to_bytes(size, "big")


def cbor(v):
    if isinstance(v, int):
        return cbor_head(0, v)
    if isinstance(v, bytes):
        return cbor_head(2, len(v)) + v
    if isinstance(v, str):
        return cbor_head(3, len(v.encode())) + v.encode()
    if isinstance(v, list):
        return cbor_head(4, len(v)) + b"".join(map(cbor, v))
    return cbor_head(5, len(v)) + b"".join(cbor(k) + cbor(w)
                                           for k, w in v.items())


@wrapping("cbor", "cbor")
def _(d, rng):
    return cbor({"op": "put", "id": 70000, "data": d, "end": [1, 2]}), typed(
        "application/cbor")


@wrapping("cbor-chunks", "cbor")
def _(d, rng):
    cut = rng.randrange(1, len(d))
    return b"\xbf" + cbor("data") + b"\x5f" + cbor(d[:cut]) + cbor(d[cut:]) + \
        b"\xff" + cbor("n") + cbor(1) + b"\xff", typed("application/cbor")


def msgpack(v):
    if isinstance(v, int):
        return bytes([v]) if v < 128 else b"\xce" + v.to_bytes(4, "big")
    if isinstance(v, bytes):
        n = len(v)
        return (b"\xc4" + n.to_bytes(1, "big") if n < 256 else
                b"\xc5" + n.to_bytes(2, "big") if n < 65536 else
                b"\xc6" + n.to_bytes(4, "big")) + v
    if isinstance(v, str):
        return bytes([0xa0 | len(v)]) + v.encode()
    if isinstance(v, list):
        return bytes([0x90 | len(v)]) + b"".join(map(msgpack, v))
    return bytes([0x80 | len(v)]) + b"".join(msgpack(k) + msgpack(w)
                                             for k, w in v.items())


@wrapping("msgpack", "msgpack")
def _(d, rng):
    return msgpack({"op": "put", "id": 70000, "data": d, "t": [1, 2]}), typed(
        "application/msgpack")


def bond_field(kind, number):
    if number <= 5:
        return bytes([number << 5 | kind])
    if number < 256:
        return bytes([6 << 5 | kind, number])
    return bytes([7 << 5 | kind]) + struct.pack("<H", number)


def bond_string(number, text):
    return bond_field(9, number) + varint(len(text)) + text


def bond_blob(number, data):
    """A list of 8-bit integers."""
    return bond_field(11, number) + bytes([14]) + varint(len(data)) + data


@wrapping("bond", "bond")
def _(d, rng):
    inner = bond_string(0, b"C:\\Temp\\sample.bin") + bond_blob(20, d) + \
        bond_field(16, 300) + varint(77 << 1) + b"\0"
    body = bond_string(1, b"report") + bond_field(10, 2) + inner + b"\0"
    return b"CB\x01\0" + body, typed("application/bond")


@wrapping("bond-list", "bond")
def _(d, rng):
    item = bond_field(5, 0) + varint(9) + bond_blob(3, d) + b"\0"
    body = bond_field(11, 2) + bytes([10]) + varint(1) + item + b"\0"
    return b"CB\x01\0" + body, typed("application/bond")


def xored(d, key):
    n = len(d)
    k = (key * (n // len(key) + 1))[:n]
    return (int.from_bytes(d, "big") ^ int.from_bytes(k, "big")).to_bytes(
        n, "big")


def xor(name, length, least):
    @wrapping(name, "xor", least=least)
    def _(d, rng):
        key = bytes(rng.randrange(1, 256) for _ in range(length))
        return xored(d, key), octets()


xor("xor-1", 1, 2000)
for n in (2, 3, 4, 5, 7, 8, 11, 13, 16, 32):
    xor("xor-%d" % n, n, 7000)
xor("xor-256", 256, 8000)
xor("xor-64k", 65536, 150000)
