#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
clouds.py make DIR          a capture of what vendors' formats look like, as public
                            code describes them, and logs and files beside it
clouds.py check DIR FILE    the events of its replay are right
"""
import gzip
import hashlib
import io
import json
import random
import struct
import sys
import tarfile
import zipfile

from attribution import CLOUD, HERE, T0, conn, tcp, udp, winlogbeat



def random_bytes(seed, n):
    r = random.Random(seed)
    return bytes(r.randrange(256) for _ in range(n))


def zipped(data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("member.dat", data)
    return out.getvalue()


def clamav(data):
    """A tar in gzip behind 512 bytes of text."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as t:
        info = tarfile.TarInfo("daily.ndb")
        info.size = len(data)
        t.addfile(info, io.BytesIO(data))
    return b"ClamAV-VDB:07 Oct 2026 04-00 +0000:27000:2:90:x:y:z:1".ljust(512) + out.getvalue()


KNOWN = random_bytes(7, 5000)
BLOB = "usseu1northprod.blob.example.net"


def http(n, host, head, body=b"", answer=b"", pid_port=0):
    port = 52000 + n
    request = (head + "\r\nHost: " + host + "\r\nContent-Length: %d\r\n\r\n" % len(body)).encode() + body
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer
    at, out = T0 + n, []

    def add(data):
        out.append((at, data))
    add(tcp(HERE, port, CLOUD, pid_port or 80, 1, 0, 2))
    add(tcp(CLOUD, pid_port or 80, HERE, port, 1, 2, 0x12))
    for i in range(0, len(request), 1200):
        add(tcp(HERE, port, CLOUD, pid_port or 80, 2 + i, 2, 0x18, request[i:i + 1200]))
    add(tcp(CLOUD, pid_port or 80, HERE, port, 2, 2 + len(request), 0x18, reply))
    return out


def varint(v):
    out = b""
    while v >= 128:
        out, v = out + bytes([v & 127 | 128]), v >> 7
    return out + bytes([v])


def bond(fields):
    out = b"CB\1\0"
    for number, text, wide in fields:
        data = text.encode("utf-16le" if wide else "utf-8")
        out += bytes([(18 if wide else 9) | number << 5]) + varint(len(text)) + data
    return out + b"\0"


def capture():
    sha = hashlib.sha256(KNOWN).hexdigest()
    report = bond([(1, sha, True), (2, r"C:\Users\maria\x.exe", True)])
    wanted = bond([(3, "https://%s/samples/x1?sv=2020&sig=abc" % BLOB, True)])
    maps = "POST /wdcp.svc/bond/submitreport HTTP/1.1\r\nContent-Type: application/bond"
    put = "PUT /samples/%s?sv=2020&sig=abc HTTP/1.1\r\nx-ms-blob-type: BlockBlob"
    p = http(0, "wdcp.microsoft.com", maps, report, wanted)
    p += http(1, BLOB, put % "x1", KNOWN)
    p += http(2, BLOB, put % "x2", KNOWN)
    p += http(3, "database.clamav.net", "GET /daily.cvd HTTP/1.1\r\nUser-Agent: ClamAV/1.0.3 "
              "(OS: Linux, ARCH: x86_64, CPU: x86_64, UUID: 01234567-89ab-cdef-0123-456789abcdef)",
              answer=b"ClamAV-VDB:" + bytes(900))
    p += http(4, "update.eset.com", "GET /eset_upd/update.ver HTTP/1.1\r\nX-ESET-UpdateID: EAV-12345",
              answer=b"[UPDATE]\r\n" * 90)
    p += http(5, "ent-shasta-rrs.symantec.com",
              "GET /webpulse/2/R/ABC/1/GET/https/shop.example/443/a/b HTTP/1.1", answer=b"x" * 20)
    z = io.BytesIO()
    with zipfile.ZipFile(z, "w") as f:
        f.writestr("0001.qua", random_bytes(8, 3000))
    bound = "--MULTI-PARTS-FORM-DATA-BOUNDARY"
    body = ("--%s\r\nContent-Disposition: form-data; name=\"file_eml\"; filename=\"a.zip\"\r\n\r\n"
            % bound).encode() + z.getvalue() + ("\r\n--%s--\r\n" % bound).encode()
    p += http(6, "spsubmit.avira.com", "POST /upload HTTP/1.1\r\nContent-Type: multipart/form-data; "
              "boundary=%s" % bound, body)
    fls = struct.pack("<BBBBHIBHB16sB", 0xef, 7, 0, 2, 45, 1, 10, 0, 1, bytes(16), 0)
    p += [(T0 + 7, udp(HERE, 52007, CLOUD, 4447, fls + hashlib.sha1(KNOWN).digest())),
          (T0 + 7, udp(CLOUD, 4447, HERE, 52007, b"\1\0\0\0\1\0"))]
    noise = random_bytes(9, 600)
    nosa = b"NOSA" + struct.pack(">H", 606) + noise
    p += [(T0 + 8, tcp(HERE, 52008, CLOUD, 8000, 1, 0, 2)),
          (T0 + 8, tcp(CLOUD, 8000, HERE, 52008, 1, 2, 0x12)),
          (T0 + 8, tcp(HERE, 52008, CLOUD, 8000, 2, 2, 0x18, nosa))]
    p += [(T0 + 9, udp(HERE, 52009, CLOUD, 8443, noise[:11] + b"\0\1\x32\x09securedns" + noise[:200]))]
    p += [(T0 + 10, tcp(HERE, 52010, "10.0.0.2", 13111, 1, 0, 2)),
          (T0 + 10, tcp("10.0.0.2", 13111, HERE, 52010, 1, 2, 0x12)),
          (T0 + 10, tcp(HERE, 52010, "10.0.0.2", 13111, 2, 2, 0x18, KNOWN[:100:-1][:4000]))]
    # what had come in as an update goes out; before, after, and another
    fetched = random_bytes(10, 5000)
    p += http(11, "early.example", "PUT /base.dat HTTP/1.1", fetched)
    p += http(12, "database.clamav.net", "GET /main.cvd HTTP/1.1", answer=fetched)
    p += http(13, "late.example", "PUT /base.dat HTTP/1.1", fetched)
    p += http(14, "other.example", "PUT /base.dat HTTP/1.1", fetched[:-1] + b"!")
    p += http(15, "pages.example", "GET /main.cvd HTTP/1.1", answer=KNOWN)
    p += http(16, "last.example", "PUT /x.exe HTTP/1.1", KNOWN)
    # and what was packed in an update: in zip, in gzip, behind ClamAV's head
    for n, pack in enumerate((zipped, gzip.compress, clamav)):
        member = random_bytes(20 + n, 6000)
        p += http(20 + n, "database.clamav.net", "GET /daily.cvd HTTP/1.1", answer=pack(member))
        p += http(30 + n, "member.example", "PUT /member HTTP/1.1", member)
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    for at, data in p:
        out += struct.pack("<IIII", at, 0, len(data), len(data)) + data
    return out


def make(folder):
    open(folder + "/capture.pcap", "wb").write(capture())
    open(folder + "/known.exe", "wb").write(KNOWN)
    log = conn(T0 + 10, 500, r"C:\Program Files (x86)\Kaspersky Lab\avp.exe",
               HERE, 52010, "10.0.0.2", 13111)
    open(folder + "/sysmon.json", "w").write(json.dumps(winlogbeat(*log)))


def check(path):
    events = [json.loads(x) for x in open(path)]
    t = {}
    for e in events:
        if e["event"]["action"] == "transfer":
            t.setdefault(e["source"]["port"] - 52000, []).append(e)
    t = {k: v[0] for k, v in t.items()}

    def kind(n, want, grade=None):
        x = t[n]["telltap"]["transfer"]
        assert x["kind"] == want and grade in (None, x["grade"]), (n, x["kind"], x["grade"], x["reasons"])

    def findings(n):
        return t[n]["telltap"].get("data", {}).get("findings", [])

    def cloud(n, vendor, network=None, purpose=None):
        c = t[n]["telltap"]["cloud"]
        assert vendor in c.get("vendor", ""), (n, c)
        assert network in (None, c.get("network")), (n, c)
        assert purpose in (None, c.get("purpose")), (n, c)
        return c
    # Defender: the report is a look-up, and the file is tied to it
    kind(0, "hash-lookup", "proven")
    maps = cloud(0, "Microsoft", "MAPS")
    assert any(f["category"] == "file.path" and f["path"] == "/2" for f in findings(0)), findings(0)
    kind(1, "file-upload", "proven")
    tied = cloud(1, "Microsoft", "MAPS", "sample-submission")
    assert tied["key"] == maps["key"], (tied, maps)
    x = t[1]["telltap"]["transfer"]
    assert x["tied_to"] == t[0]["telltap"]["transfer"]["id"], x
    assert "x2" in t[2]["url"]["path"] and "tied_to" not in t[2]["telltap"]["transfer"]
    assert "vendor" not in t[2]["telltap"]["cloud"], t[2]["telltap"]["cloud"]
    total = [e for e in events if e["event"]["action"] == "file"]
    assert {e["telltap"]["cloud"].get("vendor") for e in total
            if e["telltap"]["data"]["files"][0]["known"]} == {maps["vendor"], None}, total
    # ids in headers, which do not make an update something else
    for n, where, offset in ((3, "header:User-Agent", 58), (4, "header:X-ESET-UpdateID", 0)):
        kind(n, "update-download")
        f = findings(n)[0]
        assert (f["category"], f["path"], f["offset"]) == ("host.id", where, offset), f
    kind(5, "url-lookup", "observed")
    assert t[5]["telltap"]["data"]["urls"] == ["https://shop.example:443/a/b"], t[5]["telltap"]["data"]
    kind(6, "file-upload", "observed")
    cloud(6, "Avira")
    assert t[6]["telltap"]["data"]["files"][0]["name"] == "0001.qua", t[6]["telltap"]["data"]
    kind(7, "hash-lookup", "proven")
    assert t[7]["telltap"]["data"]["hashes"][0]["path"] == "/hashes/0"
    for n, word in ((8, "NOSA"), (9, "Secure DNS")):
        kind(n, "opaque")
        assert any(word in r for r in t[n]["telltap"]["transfer"]["reasons"]), t[n]
    kind(10, "opaque")
    cloud(10, "Kaspersky", "KSN")
    assert t[10]["process"]["pid"] == 500
    kind(12, "update-download")
    for n, origin in ((11, None), (13, "product"), (14, None), (16, "user")):
        kind(n, "file-upload")
        f = t[n]["telltap"]["data"]["files"]
        assert [x.get("origin") for x in f] == [origin], (n, f)
    for n in (30, 31, 32):
        kind(n, "file-upload")
        assert t[n]["telltap"]["data"]["files"][0].get("origin") == "product", t[n]
    why = "had come in as an update, in transfer %s:" % t[12]["telltap"]["transfer"]["id"]
    assert any(why in r for r in t[13]["telltap"]["transfer"]["reasons"]), t[13]
    origins = {e["telltap"]["cloud"]["key"]: e["telltap"]["data"]["files"][0].get("origin")
               for e in total}
    assert origins["late.example"] == "product" and not origins["early.example"], origins


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        check(sys.argv[3])
