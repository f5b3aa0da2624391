#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# verify --replay: events follow from the packets in the case, and those of a
# recorder who lies, but signs, do not.

. "$(dirname "$0")/check.sh"
forge=$B/tests/e2e/forge_case
built "$forge"
known=captures/known

# derives CODE PATTERN [OPTION...] CASE: what verify --replay says.
derives()
{
	local want=$1 pattern=$2 code
	shift 2
	"$TELLTAP" verify --replay "$@" > "$work/said"
	code=$?
	[ $code -eq "$want" ] && grep -q -- "$pattern" "$work/said" && return
	echo "exit $code, not $want, or no $pattern"
	cat "$work/said"
	return 1
}

for capture in captures/*.pcap; do
	name=$(basename "$capture" .pcap)
	"$TELLTAP" replay --known $known --case "$work/$name" "$capture" > "$work/out"
	ok "$name, from the case alone" derives 0 '^ok .*derived again: [1-9]' "$work/$name"
	ok "$name, with the known files" derives 0 '^ok .*derived again: [1-9]' --known $known "$work/$name"
	ok "$name, with others" derives 0 '^unknown .*not derived again: give the same' --known captures/known/notes.txt "$work/$name"
done
"$TELLTAP" replay --known $known --digests --no-dpi --endpoint 10.0.0.0/8 --endpoint 198.18.0.0/15 \
    --case "$work/options" captures/uploads.pcap captures/lookups.pcap > "$work/out"
ok "several captures, options" derives 0 '^ok .*derived again: [1-9]' "$work/options"
"$TELLTAP" replay --known $known --filter 'tcp' --case "$work/filter" captures/uploads.pcap > "$work/out"
ok "a filter" derives 0 '^ok .*derived again: [1-9]' "$work/filter"
ok "of parts only what was sent is kept" bash -c '
    for f in captures/known/*; do cat "$f"; done | wc -c > "$2/all" && [ "$(cat "$2/all")" -gt "$(stat -c %s "$1/data/known.parts")" ] &&
    grep -q "\"start\":[1-9]" "$1/data/known.jsonl"' - "$work/fragments" "$work"
ok "their places are on trust" derives 0 '^unknown .*fingerprints of .* of [1-9][0-9]* the places' "$work/fragments"
"$TELLTAP" replay --known $known --no-packets --case "$work/none" captures/uploads.pcap > "$work/out"
ok "without packets" derives 0 '^unknown .*holds no packets' "$work/none"

# A capture that has lists of names of its own, before and between its packets.
python3 - "$work/names.pcapng" << 'END'
import struct, sys
def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
def packet(port, host, ago=0):
    udp = struct.pack(">HHHH", port, 9999, 8 + 64, 0) + b"a question that nobody knows....".ljust(64, b".")
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes([10, 0, 0, 1]), bytes([192, 0, 2, host])) + udp
    f.write(block(6, struct.pack("<IIIII", 0, 390000, 3000000000 * (1 - ago), len(ip), len(ip)) + ip))
def name(host, text):
    name = bytes([192, 0, 2, host]) + text + b"\0"
    f.write(block(4, struct.pack("<HH", 1, len(name)) + name + bytes(-len(name) % 4) + bytes(4)))
with open(sys.argv[1], "wb") as f:
    f.write(block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)))
    f.write(block(1, struct.pack("<HHI", 101, 0, 65535)))
    name(9, b"cloud.example")
    packet(40000, 9, 1)
    for i in range(40000, 46000):
        packet(i, 10)
    name(9, b"another.example")
    name(10, b"late.example")
    packet(61000, 9)
    packet(61000, 10)
    name(11, b"last.example")
END
for threads in 1 2; do
	"$TELLTAP" replay --threads $threads --case "$work/names$threads" "$work/names.pcapng" > "$work/out"
	ok "names with $threads threads" derives 0 '^unknown .* 4 names of addresses are taken on trust' "$work/names$threads"
	ok "all follows" bash -c '! grep -q "^BAD\|not derived again: " "$1"' - "$work/said"
done
mv "$work/names1" "$work/names"
ok "a name from the capture's list is there" grep -q '"domain":"cloud.example".*"domain_source":"capture"' "$work/names/data/events.jsonl"
ok "and for later flows what came between" grep -q '"domain":"late.example".*"domain_source":"capture"' "$work/names/data/events.jsonl"
ok "tshark reads it" bash -c 'command -v tshark > /dev/null || exit 0; tshark -n -r "$1/data/capture/packets.pcapng" -c 3 > "$1.tshark"' - "$work/names"

# A recorder who lies.
lines_of() { sed '$d; 1s/,"recorder":{[^}]*}//; s/,"nonce":"[0-9a-f]*"}}$/}}/' "$1/data/events.jsonl"; }
lines() { lines_of "$work/uploads"; }
packets=$work/uploads/data/capture/packets.pcapng
prints=("$work/uploads/data/known.jsonl" "$work/uploads/data/known.parts")
ok "honest lines" bash -c '"$@"' - "$forge" "$work/honest" "$packets" "${prints[@]}" < <(lines)
ok "follow" derives 0 '^ok .*derived again: [1-9]' "$work/honest"
n=$(lines | grep -n '"kind":"file-upload"' | head -n 1 | cut -d : -f 1)
ok "another verdict" "$forge" "$work/verdict" "$packets" "${prints[@]}" < <(lines | sed "${n}s/\"kind\":\"file-upload\"/\"kind\":\"telemetry\"/")
ok "holds together" "$TELLTAP" verify "$work/verdict"
ok "does not follow, and is named" derives 1 "^BAD .*line $n does not follow from the packets" "$work/verdict"
ok "a transfer left out" "$forge" "$work/left" "$packets" "${prints[@]}" < <(lines | sed "${n}d" |
    awk '{ sub(/"sequence":[0-9]+/, "\"sequence\":" NR - 1); print }')
ok "holds together" "$TELLTAP" verify "$work/left"
ok "is missed" derives 1 '^BAD .*1 transfers or files follow' "$work/left"

# Cut short: what was not told by then is missing, what was told has to follow.
cut_line() { lines | sed -n 1p | sed 's/"action":"input"/"action":"anomaly"/; s/"telltap":{.*/"telltap":{"origin":"input","anomaly":{"what":"log-cut","detail":"cut"}}}/'; }
number() { awk '{ sub(/"sequence":[0-9]+/, "\"sequence\":" NR - 1); print }'; }
n=$(lines | grep -n '"kind":"file-upload"' | tail -n 1 | cut -d : -f 1)
ok "cut before its end" "$forge" "$work/short" "$packets" "${prints[@]}" < <( (lines | head -n $((n - 1)); cut_line) | number)
ok "says so" derives 0 '^unknown .*[1-9][0-9]* transfers or files follow from the packets and are not in the log: it was cut short' "$work/short"
ok "and what it told follows" grep -q '^ok .*derived again: [1-9]' "$work/said"
n=$(lines | grep -n '"kind":"file-upload"' | head -n 1 | cut -d : -f 1)
ok "cut, and a lie before" "$forge" "$work/shortlie" "$packets" "${prints[@]}" < <( (lines | sed "${n}s/\"kind\":\"file-upload\"/\"kind\":\"telemetry\"/"; cut_line) | number)
ok "is named, too" derives 1 "^BAD .*line $n does not follow from the packets" "$work/shortlie"

# A key that came behind what it opens: live that is nobody's fault.
built "$B/tests/bench/generate_tls"
"$B/tests/bench/generate_tls" "$work/tls.keys" 1 > "$work/tls.pcap"
"$TELLTAP" replay --keylog "$work/tls.keys" --case "$work/opened" "$work/tls.pcap" > "$work/out"
ok "with its key" derives 0 '^ok .*derived again: [1-9]' "$work/opened"
"$TELLTAP" replay --case "$work/closed" "$work/tls.pcap" > "$work/out"
keyed=$work/opened/data/capture/packets.pcapng
ok "the key beside lines that lacked it" "$forge" "$work/nolive" "$keyed" < <(lines_of "$work/closed")
ok "of a replay they don't follow" derives 1 '^BAD .*does not follow from the packets' "$work/nolive"
ok "likewise live" "$forge" "$work/late" "$keyed" < <(lines_of "$work/closed" | sed '1s/"options":\[/&"live=run",/')
ok "there it came too late" derives 0 '^unknown .*not derived again: .*a key that opens it now' "$work/late"

# What can't follow excuses itself alone: a lie beside it is still one.
"$TELLTAP" replay --keylog "$work/tls.keys" --case "$work/both" "$work/tls.pcap" captures/uploads.pcap > "$work/out"
"$TELLTAP" replay --case "$work/sealed" "$work/tls.pcap" captures/uploads.pcap > "$work/out"
both=$work/both/data/capture/packets.pcapng
live() { lines_of "$work/sealed" | sed '1s/"options":\[/&"live=run",/'; }
ok "a late key beside other traffic" "$forge" "$work/beside" "$both" < <(live)
ok "excuses its own flow" derives 0 '^unknown .*not derived again: [12] events (line [0-9, ]*): a key that opens it now' "$work/beside"
n=$(live | grep -n '"kind":"file-upload"' | head -n 1 | cut -d : -f 1)
ok "a lie beside it" "$forge" "$work/lied" "$both" < <(live | sed "${n}s/\"kind\":\"file-upload\"/\"kind\":\"telemetry\"/")
ok "is named" derives 1 "^BAD .*line $n does not follow from the packets" "$work/lied"

# Fingerprints that are not the files'.
mkdir "$work/lie"
lie() { cp "${prints[@]}" "$work/lie"; }
forged() { rm -rf "$work/fp"; "$forge" "$work/fp" "$packets" "$work/lie"/known.* < <(lines); }
lie; printf x | dd of="$work/lie/known.parts" bs=1 seek=100 conv=notrunc status=none
ok "other bytes of a file" forged
ok "hold together" "$TELLTAP" verify "$work/fp"
ok "are refused" derives 1 '^BAD .*known.jsonl: the bytes of a file do not have its SHA-256' "$work/fp"
lie; sed -i '1s/"name":"[^"]*"/"name":"other"/' "$work/lie/known.jsonl"
ok "another name of a file" forged
ok "gives other lines" derives 1 '^BAD .*does not follow from the packets' "$work/fp"
lie; sed -i 1d "$work/lie/known.jsonl"
ok "a file left out" forged
ok "leaves bytes over" derives 1 '^BAD .*known.jsonl:' "$work/fp"
lie; sed -i '1s/"start":0/"start":99999999/' "$work/lie/known.jsonl"
ok "a part beyond the file" forged
ok "is refused, too" derives 1 '^BAD .*known.jsonl:' "$work/fp"
ok "redact withholds them" bash -c '"$1" redact --keep-packets --out "$2/public" "$2/uploads" && ! ls "$2/public/data" | grep known' - "$TELLTAP" "$work"

# Whose flows are, and what names the machine: told by logs, kept in the case.
python3 tests/e2e/attribution.py make "$work" > "$work/made"
"$TELLTAP" replay --attribution "$work/evtx.json" --case "$work/owned" "$work/capture.pcap" > "$work/out" 2>&1
ok "there are owners" grep -q '"action":"transfer".*"process":{"pid"' "$work/owned/data/events.jsonl"
ok "with owners from a log" derives 0 '^ok .*derived again: [1-9]' "$work/owned"
ok "which are on trust" grep -q '^unknown .*owners of flows' "$work/said"
printf 'hostname: shop\nuser: alice-of-the-lab\npackages: [a-package, b-package]\n' > "$work/machine.yaml"
"$TELLTAP" replay --known $known --identity "$work/machine.yaml" --show-values --case "$work/identity" captures/telemetry.pcap captures/lookups.pcap > "$work/out"
ok "with an identity" derives 0 '^ok .*derived again: [1-9]' "$work/identity"

done_testing
