#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""outsider.py verify CASE VKEY
   outsider.py proof PROOF VKEY
   outsider.py forge CASE VKEY

Somebody else's verifier, written from the public texts alone: RFC 8493 (bags),
RFC 6962 (trees), RFC 8032 (Ed25519), c2sp.org/signed-note, tlog-checkpoint,
tlog-tiles and tlog-proof, and docs/evidence-format.md. It shares nothing with
telltap. verify and proof exit 0 or 1 and say why; forge changes a case in every
way it can think of, with manifests that fit, and exits 0 if all are refused.
"""
import base64
import hashlib
import hmac
import json
import os
import re
import sys


class Bad(Exception):
    pass


def need(true, why):
    if not true:
        raise Bad(why)


def sha256(data):
    return hashlib.sha256(data).digest()


# RFC 8032, 5.1 and 6: Edwards curve, points in extended coordinates.
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    c, d = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, d - c, d + c, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    q = (0, 1, 1, 0)
    while n:
        if n & 1:
            q = add(q, p)
        p = add(p, p)
        n >>= 1
    return q


def point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    need(y < P, "no point of the curve")
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    need((x * x - x2) % P == 0 and not (x == 0 and sign), "no point of the curve")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def base_point():
    y = 4 * pow(5, P - 2, P) % P
    return point(y.to_bytes(32, "little"))


def signature_holds(public, message, signature, memory={}):
    key = public, message, signature
    if key not in memory:
        a, r = point(public), point(signature[:32])
        s = int.from_bytes(signature[32:], "little")
        h = int.from_bytes(hashlib.sha512(signature[:32] + public + message)
                           .digest(), "little") % Q
        left, right = times(s, base_point()), add(r, times(h, a))
        memory[key] = s < Q and not (left[0] * right[2] - right[0] * left[2]) % P \
            and not (left[1] * right[2] - right[1] * left[2]) % P
    return memory[key]


def decode(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Bad("no base64")
    need(base64.b64encode(data).decode() == text, "base64 in another spelling")
    return data


def read_vkey(text):
    need(text.endswith("\n") and text.count("\n") == 1, "vkey: not one line")
    m = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+(\S+)", text[:-1])
    need(m, "vkey: not name, id and key")
    name, key = m[1], decode(m[3])
    need(len(key) == 33 and key[0] == 1, "vkey: no Ed25519 key")
    need(sha256(name.encode() + b"\n" + key)[:4].hex() == m[2], "vkey: its id")
    return name, key[1:], bytes.fromhex(m[2])


def open_checkpoint(note, vkey):
    """Size and root of a checkpoint that the key signed."""
    name, public, key_id = vkey
    text, blank, signatures = note.rpartition("\n\n")
    need(blank and signatures.endswith("\n"), "checkpoint: no signed note")
    text += "\n"
    held = False
    for line in signatures[:-1].split("\n"):
        m = re.fullmatch("\u2014 (\\S+) (\\S+)", line)
        need(m, "checkpoint: a line is no signature")
        data = decode(m[2])
        if m[1] == name and data[:4] == key_id:
            need(len(data) == 68 and signature_holds(public, text.encode(),
                                                    data[4:]),
                 "checkpoint: its signature does not hold")
            held = True
    need(held, "checkpoint: not signed by that key")
    m = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]*)\n([^\n]+)\n", text)
    need(m and m[1] == name, "checkpoint: not origin, size and root")
    return int(m[2]), decode(m[3])


def node(left, right):
    return sha256(b"\1" + left + right)


def tree_hash(leaves):
    """RFC 6962, 2.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return node(tree_hash(leaves[:k]), tree_hash(leaves[k:]))


def tiles(leaves):
    """c2sp.org/tlog-tiles: path and bytes of every tile."""
    made, level, hashes = {}, 0, leaves
    while hashes:
        for i in range(0, len(hashes), 256):
            part, name = hashes[i:i + 256], "%03d" % (i // 256 % 1000)
            n = i // 256 // 1000
            while n:
                name, n = "x%03d/%s" % (n % 1000, name), n // 1000
            if len(part) < 256:
                name += ".p/%d" % len(part)
            made["data/log/tile/%d/%s" % (level, name)] = b"".join(part)
        hashes = [tree_hash(hashes[i:i + 256])
                  for i in range(0, len(hashes) - 255, 256)]
        level += 1
    return made


def read_case(path):
    files = {}
    for folder, _, names in os.walk(path):
        for name in names:
            p = os.path.join(folder, name)
            need(os.path.isfile(p) and not os.path.islink(p), p)
            with open(p, "rb") as f:
                files[os.path.relpath(p, path)] = f.read()
    return files


def manifest_of(files, paths):
    return "".join("%s  %s\n" % (sha256(files[p]).hex(), p)
                   for p in sorted(paths, key=str.encode)).encode()


def rebag(files):
    files["manifest-sha256.txt"] = manifest_of(
        files, [p for p in files if p.startswith("data/")])
    files["tagmanifest-sha256.txt"] = manifest_of(files, [
        "bag-info.txt", "bagit.txt", "manifest-sha256.txt"])


def check_bag(files):
    need(files.get("bagit.txt") == b"BagIt-Version: 1.0\n"
         b"Tag-File-Character-Encoding: UTF-8\n", "bagit.txt")
    tags = ["bag-info.txt", "bagit.txt", "manifest-sha256.txt"]
    for name, paths in (("tagmanifest-sha256.txt", tags),
                        ("manifest-sha256.txt",
                         [p for p in files if p.startswith("data/")])):
        need(all(p in files for p in paths), name)
        need(files.get(name) == manifest_of(files, paths), name)
    need(set(p for p in files if not p.startswith("data/")) ==
         set(tags + ["tagmanifest-sha256.txt"]), "a file beside the bag")


def check_line(files, number, line):
    try:
        event = json.loads(line)
        sequence, nonce = event["event"]["sequence"], event["telltap"]["nonce"]
    except (ValueError, KeyError, TypeError):
        raise Bad("line %d: no event" % (number + 1))
    need(sequence == number, "line %d: not its number" % (number + 1))
    want = hmac.new(files["data/salt"], b"%d" % number, hashlib.sha256)
    need(nonce == want.digest()[:16].hex(), "line %d: its nonce" % (number + 1))
    return event


def check_seal(files, event, leaves):
    need(event["event"].get("action") == "seal", "the last line is no seal")
    seal = event["telltap"]["seal"]
    need(seal["lines"] == len(leaves) - 1 and
         seal["root"] == tree_hash(leaves[:-1]).hex(), "the seal's root")
    sealed = {f["path"]: (f["size"], f["sha256"]) for f in seal["files"]}
    there = {p: (len(d), sha256(d).hex()) for p, d in files.items()
             if p.startswith("data/") and not p.startswith("data/log/") and
             p != "data/events.jsonl"}
    for p in set(sealed) ^ set(there):
        raise Bad(p + ": sealed or there, not both")
    for p, what in there.items():
        need(sealed[p] == what, p + ": not what was sealed")


def verify(files, vkey):
    check_bag(files)
    need(len(files.get("data/salt", b"")) == 32, "data/salt")
    need(read_vkey(files["data/log/vkey"].decode()) == vkey, "another key")
    size, root = open_checkpoint(files["data/log/checkpoint"].decode(), vkey)
    data = files["data/events.jsonl"]
    need(data.endswith(b"\n"), "the last line is cut")
    lines = data[:-1].split(b"\n")
    leaves = [sha256(b"\0" + line) for line in lines]
    need(len(lines) == size and tree_hash(leaves) == root,
         "the lines do not have the signed root")
    made = tiles(leaves)
    need({p: d for p, d in files.items() if p.startswith("data/log/") and
          p not in ("data/log/checkpoint", "data/log/vkey")} == made, "tiles")
    for i, line in enumerate(lines):
        event = check_line(files, i, line)
    check_seal(files, event, leaves)


def check_proof(text, vkey):
    """c2sp.org/tlog-proof; the way to the root is RFC 9162's, 2.1.3.2."""
    head, blank, checkpoint = text.partition("\n\n")
    need(blank, "no proof")
    lines = head.split("\n")
    need(lines.pop(0) == "c2sp.org/tlog-proof@v1", "no proof")
    need(lines and lines[0].startswith("extra "), "no line in it")
    leaf = sha256(b"\0" + decode(lines.pop(0)[6:]))
    m = re.fullmatch("index (0|[1-9][0-9]*)", lines.pop(0))
    need(m, "no index")
    size, root = open_checkpoint(checkpoint, vkey)
    fn, sn, r = int(m[1]), size - 1, leaf
    need(fn < size, "no such line")
    for hash_ in map(decode, lines):
        need(sn, "too many hashes")
        if fn & 1 or fn == sn:
            r = node(hash_, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, hash_)
        fn, sn = fn >> 1, sn >> 1
    need(not sn and r == root, "it does not lead to the root")


def refused(files, vkey):
    try:
        verify(files, vkey)
    except (Bad, UnicodeDecodeError, KeyError):
        return True
    return False


def forgeries(files):
    """Name and change of every forgery, before it is bagged again."""
    for path in sorted(files):
        if path.endswith("manifest-sha256.txt") or path == "bag-info.txt":
            continue	# made anew, or of no weight
        data = files[path]
        step = 1 if len(data) < 4096 else 151
        for at in range(0, len(data), step):
            yield "%s: bit of byte %d" % (path, at), {
                path: data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1:]}
        if data:
            yield path + ": cut", {path: data[:-1]}
        yield path + ": longer", {path: data + b"\n"}
        yield path + ": gone", {path: None}
        yield path + ": another beside it", {path + ".more": b"x"}
    lines = files["data/events.jsonl"].split(b"\n")[:-1]
    for i in range(len(lines)):
        for what, new in (("gone", lines[:i] + lines[i + 1:]),
                          ("twice", lines[:i + 1] + lines[i:]),
                          ("swapped", lines[:i] + lines[i:i + 2][::-1] +
                           lines[i + 2:])):
            if new != lines:
                yield "line %d %s" % (i + 1, what), {
                    "data/events.jsonl": b"".join(x + b"\n" for x in new)}
    yield "all lines but the seal", {"data/events.jsonl":
                                     b"".join(x + b"\n" for x in lines[:-1])}


def forge(files, vkey):
    count = 0
    for name, change in forgeries(files):
        forged = dict(files)
        for path, data in change.items():
            if data is None:
                del forged[path]
            else:
                forged[path] = data
        if all(p in forged for p in ("bag-info.txt", "bagit.txt")):
            rebag(forged)
        need(refused(forged, vkey), "not refused: " + name)
        count += 1
    print("%d forgeries, all refused" % count)


def main():
    command, path, key = sys.argv[1:]
    with open(key) as f:
        vkey = read_vkey(f.read())
    try:
        if command == "proof":
            with open(path) as f:
                check_proof(f.read(), vkey)
        else:
            files = read_case(path)
            verify(files, vkey)
            if command == "forge":
                forge(files, vkey)
    except (Bad, UnicodeDecodeError, KeyError) as e:
        print("%s: %s" % (path, e))
        return 1
    return 0


sys.exit(main())
