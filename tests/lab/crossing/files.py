# SPDX-License-Identifier: Apache-2.0
"""The known files of the crossing lab, the same bytes every time."""
import base64
import hashlib
import io
import json
import struct
import zipfile
import zlib


def noise(name, length):
    """Bytes that don't compress, and that only this name gives."""
    return hashlib.shake_256(b"crossing/" + name.encode()).digest(length)


WORDS = ("der the Bericht report für of année and Straße customer draft is "
         "project naïve review to annual team plan in contract late <b> & "
         "\"quoted\" C:\\path a/b approved draws 100% x=y").split()


def text(name, length):
    out, have, n = [], 0, 0
    dice = noise(name, length)
    while have < length:
        line = "%04d %s.\n" % (n, " ".join(
            WORDS[b % len(WORDS)] for b in dice[11 * n:11 * n + 11]))
        out.append(line)
        have += len(line.encode())
        n += 1
    return "".join(out).encode()[:length].decode("utf-8", "ignore").encode()


def program(name, length):
    """Looks like a program for Windows: headers, code that compresses, zeros,
    resources that don't."""
    check = struct.unpack("<I", noise(name + "/check", 4))[0]
    optional = struct.pack(
        "<HBBIIIIIQIIHHHHHHIIIIHHQQQQII", 0x20b, 14, 0, length, 0, 0, 0x1000,
        0x1000, 0x140000000, 0x1000, 0x200, 6, 0, 0, 0, 6, 0, 0,
        0x1000 + length, 0x400, check, 3, 0x8160, 1 << 20, 1 << 12, 1 << 20,
        1 << 12, 0, 16) + bytes(128)
    section = b".text\0\0\0" + struct.pack(
        "<IIIIIIHHI", length, 0x1000, length - 0x400, 0x400, 0, 0, 0, 0,
        0x60000020)
    head = (b"MZ" + bytes(58) + struct.pack("<I", 0x80)).ljust(0x80, b"\0") + \
        b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, check ^ 1, 0, 0, 240,
                                0x22) + optional + section
    dice = noise(name + "/code", length // 4)
    words = [noise("op%d" % i, 3 + i % 5) for i in range(64)]
    code = b"".join(words[b & 63] for b in dice)[:length // 2]
    gap = bytes(length // 16)
    rest = noise(name + "/resources", length)
    return (head.ljust(0x400, b"\0") + code + gap + rest)[:length]


def document(name, length):
    stream = zlib.compress(text(name, 2 * length))
    stream += noise(name, max(0, length - len(stream) - 200))
    return b"%%PDF-1.4\n1 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\n" \
        b"endobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%%%EOF\n" % (
            len(stream), stream)


def archive(name, length):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for part, data in (("a.txt", text(name, length)),
                           ("b.raw", noise(name + "/b", length // 2))):
            z.writestr(zipfile.ZipInfo(part, (2024, 1, 2, 3, 4, 6)), data,
                       zipfile.ZIP_DEFLATED)
    return out.getvalue()


def settings(name, length):
    items = [{"id": n, "label": noise(name + str(n), 9).hex(), "on": n % 3 == 0}
             for n in range(length // 60)]
    return json.dumps({"items": items}, indent=1).encode()


def certificate(name, length):
    b = base64.encodebytes(noise(name, length))
    return b"-----BEGIN CERTIFICATE-----\n" + b + b"-----END CERTIFICATE-----\n"


def make():
    shared = text("shared", 5000)
    return {
        "setup.exe": program("setup.exe", 48 * 1024),
        "big.dll": program("big.dll", 200 * 1000),
        "invoice.pdf": document("invoice.pdf", 30000),
        "notes.txt": text("notes.txt", 20000),
        "random.bin": noise("random.bin", 40001),
        "photos.zip": archive("photos.zip", 9000),
        "settings.json": settings("settings.json", 9000),
        "server.pem": certificate("server.pem", 1500),
        "small.dat": noise("small.dat", 300),
        "exact.bin": noise("exact.bin", 256),
        "under.bin": noise("under.bin", 255),
        "tiny.dat": noise("tiny.dat", 40),
        "twin-a.txt": shared + text("twin-a", 3000),
        "twin-b.txt": shared + text("twin-b", 3000),
        "sparse.img": bytes(20000) + noise("sparse.img", 4096) + bytes(40000),
    }
