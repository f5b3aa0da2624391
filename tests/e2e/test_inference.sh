#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What sizes alone say: canaries sent through TLS whose keys nobody has are
# named, and nothing is where none was sent.

. "$(dirname "$0")/check.sh"
lab=$work/lab

built "$B/tests/bench/inference"
ok "chance names no more often than it says" "$B/tests/bench/inference" \
    --cases 120 --pool 40 --redraws 399 --no-recall

if [ "$(id -u)" != 0 ] || ! unshare -n true 2> /dev/null; then
	skip "the lab needs root and network namespaces"
	done_testing
	exit
fi
for tool in ip nginx curl tcpdump openssl; do
	command -v $tool > /dev/null || { skip "the lab needs $tool"; done_testing; exit; }
done
ways=(--only http2-tls13-put --only http2-parallel)
if command -v caddy > /dev/null && command -v gtlsclient > /dev/null; then
	ways+=(--only http3-put)
else
	skip "HTTP/3 needs caddy and gtlsclient"
fi
ok "a lab without keys" tests/lab/make-sealed "$TELLTAP" "$lab" --uploads 8 "${ways[@]}"
# Of those by HTTP/3 some are left out, as docs/validation.md says.
ok "canaries are named, nothing else is" tests/lab/check-sealed "$TELLTAP" "$lab" --least 0.8
known=$lab/known
replay() { "$TELLTAP" replay --json --known "$known" "$@"; }
replay "$lab/http2-tls13-put.pcap" > "$work/one"
ok "alike on two threads" eval "replay --threads 2 '$lab/http2-tls13-put.pcap' | cmp - '$work/one'"
ok "a name has its file, its rate and its reasons" python3 - "$work/one" << 'END'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
named = [e["telltap"] for e in events if e["event"]["action"] == "transfer" and
    e["telltap"]["transfer"]["grade"] == "inferred"]
files = [e["telltap"] for e in events if e["event"]["action"] == "file"]
assert len(named) == len(files) >= 7, (len(named), len(files))
for t in named:
    first = t["transfer"]["inference"]["candidates"][0]
    assert t["transfer"]["kind"] == "file-upload"
    assert t["transfer"]["inference"]["p_false"] <= 0.001
    assert t["data"]["files"][0]["sha256"] == first["sha256"]
    assert t["data"]["files"][0]["origin"] == "canary"
    words = " ".join(t["transfer"]["reasons"])
    assert first["name"] in words and "chance" in words
    assert "is not known" not in words
    assert "innocen" not in words and "probability" not in words
for f in files:
    assert f["file"]["grade"] == "inferred" and f["data"]["files"][0]["coverage"] == 1
END
ok "events are as the schema says" tests/e2e/validate_events.py "$work/one"
replay "$lab/http2-parallel.pcap" > "$work/sum"
ok "side by side they are parts, which add up" python3 - "$work/sum" << 'END'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
parts = [e["telltap"] for e in events if e["event"]["action"] == "transfer" and
    e["telltap"]["transfer"]["grade"] == "inferred"]
files = [e["telltap"] for e in events if e["event"]["action"] == "file"]
assert len(files) == 8 and all(f["data"]["files"][0]["coverage"] == 1 for f in files)
assert parts and all(t["transfer"]["kind"] == "file-fragment" for t in parts)
assert all("side by side" in " ".join(t["transfer"]["reasons"]) for t in parts)
for t in parts:
    assert sum(f["sent_bytes"] for f in t["data"]["files"]) <= t["transfer"]["payload_out"]
END
ok "their events are as the schema says" tests/e2e/validate_events.py "$work/sum"
replay --alpha 0.00001 "$lab/http2-parallel.pcap" > "$work/none"
ok "refused, with a reason" eval "! grep -q '\"grade\":\"inferred\"' '$work/none' && grep -q 'are not told apart: ' '$work/none'"
replay --alpha 0.00001 "$lab/http2-tls13-put.pcap" > "$work/none"
ok "no level, no name" eval "! grep -q '\"grade\":\"inferred\"' '$work/none'"
ok "but candidates" grep -q '"candidates":\[{' "$work/none"
python3 - "$known/telltap-canaries.json" "$work/forged.json" << 'END'
import json, sys
m = json.load(open(sys.argv[1]))
m["files"][0]["size"] += 1
json.dump(m, open(sys.argv[2], "w"))
END
mkdir "$work/forged" && mv "$work/forged.json" "$work/forged/telltap-canaries.json"
"$TELLTAP" replay --json --known "$work/forged/telltap-canaries.json" \
    "$lab/http2-tls13-put.pcap" > "$work/none"
ok "sizes that the seed does not draw name nothing" eval "! grep -q candidates '$work/none'"
sed 's/"name":"[^"]*-/&x/' "$known/telltap-canaries.json" > "$work/forged/telltap-canaries.json"
"$TELLTAP" replay --json --known "$work/forged/telltap-canaries.json" \
    "$lab/http2-tls13-put.pcap" > "$work/none"
ok "with other names than the seed draws sizes still name" grep -q '"grade":"inferred"' "$work/none"
for v in 0 1 x -1; do
	ok "--alpha $v" says 2 'takes a rate' "$TELLTAP" replay --alpha $v "$lab/http2-tls13-put.pcap"
done

# Live: what was read before stands beside what is inferred.
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -days 2 -keyout "$work/key.pem" \
    -out "$work/cert.pem" 2> /dev/null
cat "$work/key.pem" >> "$work/cert.pem"
UPLOAD_CERT=$work/cert.pem tests/e2e/upload_server.py "$work/port" &
server=$!
trap 'kill $server 2> /dev/null; rm -rf "$work"' EXIT
appears "$work/port"
"$TELLTAP" canary plant --count 8 --seed read "$work/bait" > /dev/null
"$TELLTAP" run --json --file-reads --no-known-from-reads --known "$work/bait" -- sh -c '
	for f in "$1"/*-*; do curl -s --http1.1 -k -o /dev/null -T "$f" "https://127.0.0.1:$2/"; done' \
    - "$work/bait" "$(cat "$work/port")" > "$work/live" 2> "$work/err"
ok "canaries sent live are named, with the reads before them" python3 - "$work/live" << 'END'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
named = [e for e in events if e["event"]["action"] == "transfer" and
    e["telltap"]["transfer"]["grade"] == "inferred"]
assert len(named) >= 7, len(named)
for e in named:
    t = e["telltap"]["transfer"]
    read, first = t["inference"]["read"], t["inference"]["candidates"][0]
    assert read["name"] == first["name"] and read["same_process"]
    assert read["pid"] == e["process"]["pid"] and read["before_ms"] < 60000
    assert any("no part of the rate" in r for r in t["reasons"])
END
ok "live events are as the schema says" tests/e2e/validate_events.py "$work/live"

# Files that nobody planted: six of three hundred like ones are read and sent.
python3 - "$work/docs" << 'END'
import os, random, sys
rng = random.Random(7)
os.mkdir(sys.argv[1])
for i in range(300):
    with open(f"{sys.argv[1]}/{i:03}.dat", "wb") as f:
        f.write(rng.randbytes(rng.randrange(16384, 32768)))
END
"$TELLTAP" run --json --infer-files --no-known-from-reads --known "$work/docs" --case "$work/case" -- sh -c '
	for f in "$1"/0[1-6]7.dat; do curl -s --http1.1 -k -o /dev/null -T "$f" "https://127.0.0.1:$2/"; done' \
    - "$work/docs" "$(cat "$work/port")" > "$work/live" 2> "$work/err"
ok "files that were read and sent are named, with like ones to hold against" python3 - "$work/live" << 'END'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
assert "infer-files" in events[0]["telltap"]["input"]["options"], events[0]
named = [e["telltap"] for e in events if e["event"]["action"] == "transfer" and
    e["telltap"]["transfer"]["grade"] == "inferred"]
names = sorted(t["data"]["files"][0]["name"] for t in named)
assert names == [f"0{i}7.dat" for i in range(1, 7)], names
for t in named:
    assert t["transfer"]["inference"]["p_false"] <= 0.001
    assert t["data"]["files"][0]["origin"] == "user"
    assert t["data"]["files"][0]["sha256"] == t["transfer"]["inference"]["candidates"][0]["sha256"]
    assert any("300 of them" in r for r in t["transfer"]["reasons"]), t["transfer"]["reasons"]
END
ok "and so say the schema" tests/e2e/validate_events.py "$work/live"
ok "the case verifies, what is inferred excused" bash -c '"$1" verify --replay "$2" > "$3" 2>&1 &&
    grep -q "that were read, of which packets tell nothing" "$3"' - "$TELLTAP" "$work/case" "$work/verified"
# One more of them is read that is as long as one that is sent.
cp -r "$work/docs" "$work/twins"
head -c "$(stat -c %s "$work/docs/047.dat")" /dev/urandom > "$work/twins/twin.dat"
"$TELLTAP" run --json --infer-files --no-known-from-reads --known "$work/twins" -- sh -c '
	cat "$1/twin.dat" > /dev/null
	for f in "$1"/0[1-6]7.dat; do curl -s --http1.1 -k -o /dev/null -T "$f" "https://127.0.0.1:$2/"; done' \
    - "$work/twins" "$(cat "$work/port")" > "$work/live" 2> "$work/err"
ok "which of two files of one size was sent is not said" python3 - "$work/live" << 'END'
import json, sys
sent = [e["telltap"] for e in map(json.loads, open(sys.argv[1]))
    if e["event"]["action"] == "transfer"]
names = sorted(t["data"]["files"][0]["name"] for t in sent
    if t["transfer"]["grade"] == "inferred")
assert names == [f"0{i}7.dat" for i in (1, 2, 3, 5, 6)], names
both = [t["transfer"] for t in sent if any("which of them" in r
    for r in t["transfer"]["reasons"])]
assert len(both) == 1 and both[0]["grade"] == "opaque", both
assert {"047.dat", "twin.dat"} <= {c["name"] for c in
    both[0]["inference"]["candidates"]}, both
END
mkdir "$work/few" && cp "$work/docs"/0[1-6]7.dat "$work/few"
"$TELLTAP" run --json --infer-files --no-known-from-reads --known "$work/few" -- sh -c '
	for f in "$1"/*.dat; do curl -s --http1.1 -k -o /dev/null -T "$f" "https://127.0.0.1:$2/"; done' \
    - "$work/few" "$(cat "$work/port")" > "$work/live" 2> "$work/err"
ok "with none that was not read there are candidates alone" python3 - "$work/live" << 'END'
import json, sys
sent = [e["telltap"]["transfer"] for e in map(json.loads, open(sys.argv[1]))
    if e["event"]["action"] == "transfer"]
listed = [t for t in sent if "inference" in t]
assert len(listed) >= 6 and all(t["grade"] == "opaque" for t in sent), sent
assert all(any("too few to support it" in r for r in t["reasons"]) for t in listed)
END
done_testing
