#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What names the machine is found in what goes out, in any form, and not shown;
# nothing of it is found in ordinary traffic.

. "$(dirname "$0")/check.sh"

cat > "$work/machine.yaml" <<'END'
hostname: Lab-PC-07
machine_id: 4c4c45440050301080374b3c04f85031
macs: [52:54:00:ab:34:56]
ips: [192.168.7.20]
users: [maria]
home_paths: [/home/maria]
licence_keys: [ABCD-EFGH-1234]
END
python3 - "$work/capture.pcap" <<'END'
import base64, gzip, hashlib, json, sys
sys.path.insert(0, "tests/e2e")
from attribution import T0, HERE, CLOUD, tcp
import struct

def post(n, body, kind="application/json", head=""):
    data = ("POST /t%d HTTP/1.1\r\nHost: x.example\r\nContent-Type: %s\r\n%s"
            "Content-Length: %d\r\n\r\n" % (n, kind, head, len(body))).encode() + body
    p, at = 51000 + n, T0 + n
    out = [(at, tcp(HERE, p, CLOUD, 80, 1, 0, 2)), (at, tcp(CLOUD, 80, HERE, p, 1, 2, 0x12))]
    for i in range(0, len(data), 1000):
        out.append((at, tcp(HERE, p, CLOUD, 80, 2 + i, 2, 0x18, data[i:i + 1000])))
    answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    return out + [(at, tcp(CLOUD, 80, HERE, p, 2, 2 + len(data), 0x18, answer))]

sha = hashlib.sha256(b"lab-pc-07").hexdigest()
p = post(0, json.dumps({"h": "LAB-PC-07", "u": "maria"}).encode())
p += post(1, gzip.compress(json.dumps({"x": {"id": sha}}).encode()), head="Content-Encoding: gzip\r\n")
p += post(2, b"\x0a\x06\x52\x54\x00\xab\x34\x56" + bytes(range(64)), "application/octet-stream")
p += post(3, base64.b64encode(b"x" * 300 + b" /home/maria/file " + b"y" * 300), "text/plain")
p += post(5, b"{}", head="User-Agent: agent (MARIA)\r\n")
# what is quoted of a request: plain, with percent signs, in hex, a folder in a name
for n, target in (6, "/t6?m=1&h=lab%2DPC-07&z=2"), (7, "/t7?home=%2Fhome%2Fmaria"), \
        (8, "/t8/" + b"Lab-PC-07".hex() + "/x"), (9, "/t9?u=http://x.example/?maria"):
    data = ("GET %s HTTP/1.1\r\nHost: x.example\r\n\r\n" % target).encode()
    p += [(T0 + n, tcp(HERE, 51000 + n, CLOUD, 80, 1, 0, 2)),
          (T0 + n, tcp(CLOUD, 80, HERE, 51000 + n, 1, 2, 0x12)),
          (T0 + n, tcp(HERE, 51000 + n, CLOUD, 80, 2, 2, 0x18, data)),
          (T0 + n, tcp(CLOUD, 80, HERE, 51000 + n, 2, 2 + len(data), 0x18,
                       b"HTTP/1.1 204 No Content\r\n\r\n"))]
p += post(4, json.dumps({"text": "marian has a lab and a pc", "ip": "192.168.7.201"}).encode())
out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
for at, data in p:
    out += struct.pack("<IIII", at, 0, len(data), len(data)) + data
open(sys.argv[1], "wb").write(out)
END
ok "the capture was made" test -s "$work/capture.pcap"

cat > "$work/check.py" <<'END'
import json, sys
events = [json.loads(x) for x in open(sys.argv[1])]
found = {}
for e in events:
    if e["event"]["action"] == "transfer" and "url" in e:
        found[e["url"]["path"]] = [f for f in e["telltap"].get("data", {}).get("findings", []) if "identifier" in f]
def one(path, kind, form, encoding, place, value):
    hits = [f for f in found[path] if f["identifier"]["kind"] == kind and
            f["identifier"].get("encoding") == encoding]
    assert len(hits) == 1, (path, kind, found[path])
    i = hits[0]["identifier"]
    got = i["form"], i.get("encoding"), hits[0].get("path"), i["value"]
    assert got == (form, encoding, place, value), got
    return hits[0]["offset"]
shown = len(sys.argv) > 2
assert one("/t0", "hostname", "plain", None, "/h", "Lab-PC-07" if shown else "L*******7") == 7
one("/t0", "user", "plain", None, "/u", "maria" if shown else "*****")
one("/t1", "hostname", "sha256", "hex", "/x/id", "Lab-PC-07" if shown else "L*******7")
assert one("/t2", "mac", "bytes", "raw", None, "52:54:00:ab:34:56" if shown else "5***************6") == 2
assert one("/t3", "home", "plain", None, None, "/home/maria" if shown else "/*********a") == 301
assert not found["/t4"], found["/t4"]
END
ok "a replay with an identity" says 0 "" \
    "$TELLTAP" replay --json --identity "$work/machine.yaml" "$work/capture.pcap"
mv "$work/out" "$work/events"
ok "each is found where it is" python3 "$work/check.py" "$work/events"
ok "events fit the schema" tests/e2e/validate_events.py "$work/events"
ok "no value is shown, nor quoted" bash -c '! grep -iE "lab(-|%2d)pc-07|maria|4c61622d50432d3037" "$1"' - "$work/events"
ok "what stands around it is" test "$(grep -cE '"query":"m=1&h=\*+&z=2"|"query":"home=\*+"|"path":"/t8/\*+/x"' "$work/events")" -eq 3
"$TELLTAP" replay --json --identity "$work/machine.yaml" --show-values "$work/capture.pcap" > "$work/events"
ok "values are shown when asked for" python3 "$work/check.py" "$work/events" shown
"$TELLTAP" replay --json --threads 3 --identity "$work/machine.yaml" --show-values "$work/capture.pcap" > "$work/three"
ok "any number of threads gives the same" cmp "$work/events" "$work/three"

"$TELLTAP" replay --json --identity "$work/machine.yaml" captures/*.pcap > "$work/events"
ok "nothing of it is in other captures" bash -c '! grep -q "\"identifier\"" "$1"' - "$work/events"

# Nobody says which values to look for: what has the form of one.
cat > "$work/forms.py" <<'END'
import json, sys
found, kinds = {}, {}
for e in map(json.loads, open(sys.argv[1])):
    if e["event"]["action"] == "transfer" and "url" in e:
        found[e["url"]["path"]] = e["telltap"].get("data", {}).get("findings", [])
        kinds[e["url"]["path"]] = e["telltap"]["transfer"]["kind"], e["telltap"]["transfer"]["grade"]
def one(path, kind, place, offset, value, encoding=None):
    hits = [f for f in found[path] if f.get("pattern", {}).get("kind") == kind]
    assert len(hits) == 1, (path, kind, found[path])
    p = hits[0]["pattern"]
    got = hits[0].get("path"), hits[0]["offset"], p["value"], p.get("encoding")
    assert got == (place, offset, value, encoding), got
    assert "form" in hits[0]["why"] or "label" in hits[0]["why"], hits
assert not any("identifier" in f for at in found.values() for f in at)
one("/p0", "mac", None, 16, "5***************6")
one("/p0", "home", None, 301, "C***********e")
one("/p0", "hostname", None, 601, "D*************Z", "utf-16")
one("/p1", "email", "/note", 23, "a************e")
one("/p1", "serial", "/raw", 56, "P******Z", "base64")
assert kinds["/p0"] == ("telemetry", "observed"), kinds
assert kinds["/p2"] == ("other", "observed"), kinds
assert [f["category"] for f in found["/p2"]] == ["user"], found["/p2"]
END
python3 - "$work/forms.pcap" <<'END'
import base64, json, struct, sys
sys.path.insert(0, "tests/e2e")
from attribution import T0, HERE, CLOUD, tcp
bodies = [
    bytes(range(1, 9)) * 2 + b"52:54:00:ab:34:56" + b"\3" * 268 + b"C:\\Users\\jane" +
    b"\7" * 287 + "DESKTOP-4F2K9QZ".encode("utf-16-le") + b"\4" * 40,
    json.dumps({"note": "please write ann@example.me, thanks", "raw": base64.b64encode(
        b"serial number: PF3K9XYZ").decode()}).encode(),
    b"please write to ann@example.me, thanks"]
out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
def put(at, data):
    global out
    out += struct.pack("<IIII", at, 0, len(data), len(data)) + data
for n, body in enumerate(bodies):
    data = b"POST /p%d HTTP/1.1\r\nHost: x.example\r\nContent-Length: %d\r\n\r\n" % (n, len(body)) + body
    p, at = 52000 + n, T0 + n
    put(at, tcp(HERE, p, CLOUD, 80, 1, 0, 2))
    put(at, tcp(CLOUD, 80, HERE, p, 1, 2, 0x12))
    put(at, tcp(HERE, p, CLOUD, 80, 2, 2, 0x18, data))
    put(at, tcp(CLOUD, 80, HERE, p, 2, 2 + len(data), 0x18, b"HTTP/1.1 204 No Content\r\n\r\n"))
open(sys.argv[1], "wb").write(out)
END
"$TELLTAP" replay --json "$work/forms.pcap" > "$work/events"
ok "what has the form of an identifier is told, masked, and is not this machine's" \
    python3 "$work/forms.py" "$work/events"
ok "these events fit the schema" tests/e2e/validate_events.py "$work/events"
"$TELLTAP" replay --json --threads 3 "$work/forms.pcap" > "$work/three"
ok "any number of threads finds the same forms" cmp "$work/events" "$work/three"
ok "a case of them derives again" bash -c '"$1" replay --case "$2/case" "$2/forms.pcap" > /dev/null &&
    "$1" verify --replay "$2/case"' - "$TELLTAP" "$work"

echo "hosts: [a]" > "$work/bad.yaml"
ok "a kind that is not known is refused" says 2 "bad.yaml:1: no such kind" \
    "$TELLTAP" replay --identity "$work/bad.yaml" "$work/capture.pcap"
done_testing
