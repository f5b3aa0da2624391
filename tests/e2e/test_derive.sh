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
"$TELLTAP" key new "$work/key" > "$work/vkey"
"$TELLTAP" replay --known $known --key "$work/key" --case "$work/signed" captures/uploads.pcap > "$work/out"
ok "strictly" derives 0 '^ok .*the case verifies$' --strict --vkey "$work/vkey" "$work/signed"
ok "not with an unproven author" derives 1 '^ok .*the case verifies; 1 thing above could not be checked$' --strict "$work/signed"
"$TELLTAP" replay --known $known --key "$work/key" --no-packets --case "$work/bare" captures/uploads.pcap > "$work/out"
ok "nor without packets" derives 1 '^ok .*verifies, but nothing in it could be derived' --strict --vkey "$work/vkey" "$work/bare"
"$TELLTAP" replay --known $known --no-packets --case "$work/none" captures/uploads.pcap > "$work/out"
ok "without packets" derives 0 '^unknown .*holds no packets' "$work/none"

# Packets that were overtaken: of four in a row the last comes first. Other traffic,
# of which nothing is kept, in between with a clock that is hours ahead, and long after.
/usr/bin/python3 - captures/uploads.pcap "$work/overtaken.pcap" << 'END'
import struct, sys
data = open(sys.argv[1], "rb").read()
order = "<" if data[0] in (0xd4, 0x4d) else ">"
at, records = 24, []
while at < len(data):
    end = at + 16 + struct.unpack(order + "I", data[at + 8:at + 12])[0]
    records.append((data[at:at + 8], data[at + 8:end]))
    at = end
def arp(f, time, ahead_s):
    s, part = struct.unpack(order + "II", time)
    frame = bytes(12) + bytes.fromhex("0806" "0001080006040001") + bytes(38)
    f.write(struct.pack(order + "IIII", s + ahead_s, part, len(frame), len(frame)) + frame)
with open(sys.argv[2], "wb") as f:
    f.write(data[:24])
    for i in range(0, len(records), 4):
        four = records[i:i + 4]
        for (time, _), (_, packet) in zip(four, reversed(four)):
            f.write(time + packet)
        if i == 100:
            arp(f, time, 8000)
    arp(f, time, 3000)
    arp(f, time, 6500)
END
"$TELLTAP" replay --known $known --case "$work/overtaken" "$work/overtaken.pcap" > "$work/out"
ok "packets that were overtaken" derives 0 '^ok .*derived again: [1-9]' "$work/overtaken"
ok "of the others two are kept, for the time" bash -c '[ "$(grep -c "" < <(grep -o "telltap packet [0-9]*" -a "$1/data/capture/packets.pcapng"))" -eq "$2" ]' - \
    "$work/overtaken" $(($(grep -ao 'telltap packet [0-9]*' "$work/uploads/data/capture/packets.pcapng" | wc -l) + 2))

# The last packet is of a connection without a transfer, a handshake in pieces.
/usr/bin/python3 - captures/uploads.pcap "$work/hello.pcap" << 'END'
import struct, sys
data = open(sys.argv[1], "rb").read()
order = "<" if data[0] in (0xd4, 0x4d) else ">"
s, = struct.unpack(order + "I", data[24:28])
body = b"\x03\x03" + bytes(32) + bytes.fromhex("00" "0002c02f" "0100") + bytes.fromhex("0000")
hello = b"\x01" + struct.pack(">I", len(body))[1:] + body
hello = bytes.fromhex("160301") + struct.pack(">H", len(hello)) + hello
def tcp(at, flags, payload):
    head = struct.pack(">HHIIBBHHH", 49999, 443, 1000 + at, 1 if flags != 2 else 0, 5 << 4, flags, 8192, 0, 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 1, 0, 64, 6, 0, bytes([10, 0, 0, 9]), bytes([192, 0, 2, 9]))
    frame = bytes(12) + b"\x08\x00" + ip + head + payload
    return struct.pack(order + "IIII", s + 9000, 1000 + at, len(frame), len(frame)) + frame
with open(sys.argv[2], "wb") as f:
    f.write(data + tcp(0, 2, b"") + tcp(1, 24, hello[:20]) + tcp(21, 24, hello[20:]))
END
"$TELLTAP" replay --known $known --case "$work/hello" "$work/hello.pcap" > "$work/out"
ok "a last packet that means nothing alone" derives 0 '^ok .*derived again: [1-9]' "$work/hello"

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

# The same program, built by somebody else: its build id is another.
findings() { "$TELLTAP" verify "$1" | sed -n 's/^ok .*derived events: //p'; }
mkdir -p "$work/bin/build"
ln -s "$PWD/daemon" "$work/bin/daemon"
/usr/bin/python3 - "$TELLTAP" "$work/bin/build/telltap" "$(sed -n 's/^Telltap-Build-Id: //p' "$work/signed/bag-info.txt")" << 'END'
import os, sys
data, id = open(sys.argv[1], "rb").read(), bytes.fromhex(sys.argv[3])
assert len(id) >= 16 and data.count(id) == 1
with open(sys.argv[2], "wb") as f:
    f.write(data.replace(id, id[::-1]))
os.chmod(sys.argv[2], 0o755)
END
"$work/bin/build/telltap" replay --known $known --salt "$work/signed/data/salt" --case "$work/other" captures/uploads.pcap > "$work/out"
ok "another build has another root" bash -c '! cmp -s <(sed -n 3p "$1/data/log/checkpoint") <(sed -n 3p "$2/data/log/checkpoint")' - "$work/signed" "$work/other"
ok "derived events have the same one" test -n "$(findings "$work/signed")" -a "$(findings "$work/signed")" = "$(findings "$work/other")"
ok "whatever the salt" test "$(findings "$work/signed")" = "$(findings "$work/uploads")"
ok "but not whatever they are" test "$(findings "$work/signed")" != "$(findings "$work/lookups")"

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
ok "other totals" "$forge" "$work/totals" "$packets" "${prints[@]}" < <(lines | sed '/"action":"summary"/s/"understood_out":[0-9]*,"undeciphered_out":0/"understood_out":0,"undeciphered_out":7/')
ok "hold together" "$TELLTAP" verify "$work/totals"
ok "do not follow" derives 1 '^BAD .*the summary says understood_out 0; [0-9]* follows' "$work/totals"
ok "other counts of kinds" "$forge" "$work/kinds" "$packets" "${prints[@]}" < <(lines | sed '/"action":"summary"/s/"file-upload":{"proven":[0-9]*/"file-upload":{"proven":1/')
ok "do not follow, either" derives 1 '^BAD .*the summary counts 1 file-upload of grade proven; [0-9]* follow' "$work/kinds"
ok "a transfer left out" "$forge" "$work/left" "$packets" "${prints[@]}" < <(lines | sed "${n}d" |
    awk '{ sub(/"sequence":[0-9]+/, "\"sequence\":" NR - 1); print }')
ok "holds together" "$TELLTAP" verify "$work/left"
ok "is missed" derives 1 '^BAD .*1 transfers, flows or files follow' "$work/left"
number() { awk '{ sub(/"sequence":[0-9]+/, "\"sequence\":" NR - 1); print }'; }
# forged NAME SED: the lines, changed so.
forges() { rm -rf "$work/$1"; "$forge" "$work/$1" "$packets" "${prints[@]}" < <(lines | sed "$2" | number); }
f=$(lines | grep -n '"action":"flow"' | head -n 1 | cut -d : -f 1)
ok "a flow left out" forges left "${f}d"
ok "is missed" derives 1 '^BAD .*1 transfers, flows or files follow' "$work/left"
ok "the summary left out" forges left '/"action":"summary"/d'
ok "is missed" derives 1 '^BAD .*the log has no summary' "$work/left"
ok "fewer packets than there are" forges left '/"action":"summary"/s/"packets":[0-9]*/"packets":7/'
ok "is named" derives 1 '^BAD .*the summary says packets 7;' "$work/left"
ok "a gap that a replay can't have, and a transfer left out" forges left "1{p;s/\"action\":\"input\"/\"action\":\"coverage\"/;s/\"telltap\":{.*/\"telltap\":{\"origin\":\"input\",\"coverage\":{\"gap\":{\"start\":\"2026-01-02T03:04:05.000000006Z\",\"end\":\"2026-01-02T03:04:05.000000006Z\",\"reason\":\"none\"}}}}/};${n}d"
ok "is no excuse" derives 1 '^BAD .*1 transfers, flows or files follow' "$work/left"
ok "lines behind a full disk" forges left '1{p;s/"action":"input"/"action":"anomaly"/;s/"telltap":{.*/"telltap":{"origin":"input","anomaly":{"what":"disk-full"}}}/}'
ok "are refused" bash -c '"$1" verify "$2" | grep "^BAD .*line 3 was recorded on a disk that was full"' - "$TELLTAP" "$work/left"

# On behalf of another: who that is, the kernel alone knows; all else follows.
behalf="${n}s/\"flow\":{\"id\":[^}]*},/&\"attribution\":{\"source\":\"kernel\",\"certainty\":\"none\",\"on_behalf_of\":{\"pid\":7,\"name\":\"web\",\"asked\":true}},/;${n}s/\"reasons\":\[[^]]*/&,\"what was sent came in before, by a connection that web (process 7) had opened to the product on this machine\"/"
is_live='1s/"options":\[/&"live=run",/'
ok "carried" forges carried "$is_live;$behalf"
ok "follows but for that" derives 0 '^ok .*derived again: [1-9]' "$work/carried"
ok "of all" bash -c '! grep "^BAD\|not derived again: .*line $2" "$1"' - "$work/said" "$n"
ok "carried, and a lie" forges carried "$is_live;$behalf;${n}s/\"kind\":\"file-upload\"/\"kind\":\"telemetry\"/"
ok "is named" derives 1 "^BAD .*line $n does not follow from the packets" "$work/carried"
ok "carried in a replay" forges carried "$behalf"
ok "can't be" derives 1 "^BAD .*line $n does not follow from the packets" "$work/carried"

# What stands in a line of a kind or a place that no case has it in.
bad() { "$TELLTAP" verify "$work/$1" > "$work/said"; [ $? -eq 1 ] && grep -q "^BAD .*$2" "$work/said" || { cat "$work/said"; return 1; }; }
for action in transfer flow file summary; do
	n=$(lines | grep -n "\"action\":\"$action\"" | head -n 1 | cut -d : -f 1)
	ok "one $action more, taken as logged" forges trusted "${n}{p;s/\"origin\":\"derived\"/\"origin\":\"input\"/}"
	ok "is refused" bad trusted "line $((n + 1)): a $action whose origin is not derived"
done
ok "a mark that is derived" forges trusted '1{p;s/"action":"input"/"action":"mark"/;s/"origin":"input"/"origin":"derived"/}'
ok "is refused" bad trusted 'line 2: a mark whose origin is not input'
ok "a second run in a replay" forges runs 1p
ok "is refused" bad runs 'line 2: another run in one log'
ok "two summaries" forges runs '/"action":"summary"/p'
ok "are refused" bad runs 'comes after the summary of its run'
ok "lines behind the summary" bash -c '"$@"' - "$forge" "$work/behind" "$packets" "${prints[@]}" < <( (lines | sed -n '1p;/"action":"summary"/p'; lines | sed '1d;/"action":"summary"/d') | number)
ok "are refused" bad behind 'line 3 comes after the summary of its run'
ok "two runs in a live log" bash -c '"$@"' - "$forge" "$work/twice" "$packets" "${prints[@]}" < <( (lines; lines | sed -n '1p;/"action":"summary"/p') | sed 's/"options":\[/&"live=run",/' | number)
ok "hold together" "$TELLTAP" verify "$work/twice"
ok "where the second one's first line is withheld" "$TELLTAP" redact --hide $(lines | wc -l) --out "$work/twice.public" "$work/twice"
ok "they do, too" "$TELLTAP" verify "$work/twice.public"

# A log that rolls with the summary's line: the part behind it only says again how
# the run was begun. With more in it, it is of another run.
python3 - "$packets" "$work/head.pcapng" << 'END'
import struct, sys
data, at = open(sys.argv[1], "rb").read(), 0
while struct.unpack("<I", data[at:at + 4])[0] != 6:
    at += struct.unpack("<I", data[at + 4:at + 8])[0]
open(sys.argv[2], "wb").write(data[:at])
END
# rolls NAME SED: two parts; the first one's lines, changed so; the second one's are on stdin.
rolls()
{
	local log=$work/$1/000001/data/log
	rm -rf "$work/$1"
	mkdir "$work/$1"
	"$forge" "$work/$1/000001" "$packets" "${prints[@]}" < <(lines | sed "$is_live;$2" | number) || return
	root=$(sed -n 3p "$log/checkpoint" | base64 -d | od -An -v -tx1 | tr -d ' \n')
	before="\"previous\":{\"part\":1,\"origin\":\"$(cut -d + -f 1 "$log/vkey")\",\"lines\":$(sed -n 2p "$log/checkpoint"),\"root\":\"$root\"},"
	"$forge" "$work/$1/000002" "$work/head.pcapng" < <(sed "$is_live;1s|\"telltap\":{|&$before|" | number)
}
ok "rolled behind the summary" rolls rolled '' < <(lines | sed -n 1p)
ok "is one run, and compared" derives 0 "^ok .*the summary's totals follow" "$work/rolled"
ok "all of it" bash -c '! grep "another run" "$1"' - "$work/said"
n=$(lines | grep -n '"kind":"file-upload"' | head -n 1 | cut -d : -f 1)
ok "and a lie" rolls rolled "${n}s/\"kind\":\"file-upload\"/\"kind\":\"telemetry\"/" < <(lines | sed -n 1p)
ok "is named" derives 1 "^BAD .*000001/data/events.jsonl: line $n does not follow" "$work/rolled"
ok "another run in the second part" rolls runs2 '' < <(lines | sed -n '1p;/"action":"summary"/p')
ok "is told" derives 0 '^unknown .*it goes on with another run' "$work/runs2"
t=$(lines | grep -n '"action":"transfer"' | sed -n 2p | cut -d : -f 1)
ok "two transfers the other way round" forges swapped "${t}{h;d};$((t + 1))G"
ok "hold together" "$TELLTAP" verify "$work/swapped"
ok "but not in that place" derives 1 "^BAD .*line $((t + 1)) follows from the packets, but not in this place" "$work/swapped"
ok "where packets are not kept" forges swapped "${t}{h;d};$((t + 1))G;"'/"action":"summary"/s/"packets":[0-9]*/"packets":99999/'
ok "that may be" derives 0 '^unknown .*order of lines is compared within each flow alone: not all packets' "$work/swapped"
f=$(lines | grep -n '"action":"flow"' | head -n 1 | cut -d : -f 1)
id=$(lines | sed -n "${f}s/.*\"flow\":{\"id\":\"\([0-9]*\)\".*/\1/p")
own=$(lines | grep -n "\"transfer\":{\"id\":\"$id\\." | head -n 1 | cut -d : -f 1)
ok "a flow before its transfer" bash -c '"$@"' - "$forge" "$work/early" "$packets" "${prints[@]}" < <( (lines | sed -n "1,$((own - 1))p;" ; lines | sed -n "${f}p"; lines | sed "1,$((own - 1))d" | sed "$((f - own + 1))d") | sed '/"action":"summary"/s/"packets":[0-9]*/"packets":99999/' | number)
ok "may not" derives 1 "^BAD .*follows from the packets, but not in this place" "$work/early"
ok "a kind that nobody knows" forges kind '1{p;s/"action":"input"/"action":"verdict"/}'
ok "is told" derives 0 '^unknown .*1 lines are of kinds' "$work/kind"
f=$(lines | grep -n '"action":"flow"' | head -n 1 | cut -d : -f 1)
ok "a flow that nobody sent" forges flow "${f}{p;s/\"flow\":{\"id\":\"[0-9]*\"/\"flow\":{\"id\":\"99999\"/}"
ok "is told as not derived" derives 0 '^unknown .*1 flows without a transfer are not derived again' "$work/flow"
echo '<p>' > "$work/more.html"
ok "a file of nobody's" bash -c '"$@"' - "$forge" "$work/more" "$packets" "${prints[@]}" "$work/more.html" < <(lines)
ok "is told" derives 0 '^unknown .*data/more.html: sealed with the case, but nothing' "$work/more"

# Packets that are not as they were: dropped, with another process or another comment.
cat > "$work/change.py" << 'END'
import struct, sys
how, data, out, at, n = sys.argv[1], open(sys.argv[2], "rb").read(), [], 0, 0
while at < len(data):
    kind, size = struct.unpack("<II", data[at:at + 8])
    block, at, n = data[at:at + size], at + size, n + (kind == 6)
    if kind == 6 and n == 20:
        end = 28 + (struct.unpack("<I", block[20:24])[0] + 3) // 4 * 4
        def comment(text):
            return struct.pack("<HH", 1, len(text)) + text + bytes(-len(text) % 4)
        old = block[end + 4:end + 4 + struct.unpack("<H", block[end + 2:end + 4])[0]]
        options = {"process": comment(old + b", process 7 /bin/evil"), "more": comment(old) + comment(b"evil")}
        if how in options:
            body = block[8:end] + options[how] + bytes(4)
            block = struct.pack("<II", 6, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
        block = b"" if how == "drop" else block
    out.append(block)
open(sys.argv[3], "wb").write(b"".join(out))
END
for how in drop process more; do
	rm -rf "$work/changed"
	python3 "$work/change.py" $how "$packets" "$work/changed.pcapng"
	ok "packets: $how" bash -c '"$@"' - "$forge" "$work/changed" "$work/changed.pcapng" "${prints[@]}" < <(lines)
	ok "hold together" "$TELLTAP" verify "$work/changed"
	case $how in
	drop)	ok "do not give the lines" derives 1 '^BAD .*does not follow from the packets' "$work/changed" ;;
	process) ok "are another's than their flow" derives 1 '^BAD .*of 1 packets, first of packet 20, name another process' "$work/changed" ;;
	more)	ok "are not telltap's" derives 1 '^BAD .*1 comments, options or blocks' "$work/changed" ;;
	esac
done

# A report that says something else.
mkdir "$work/edited"
for report in html json; do
	ok "report.$report" derives 0 "^ok .*report.$report: says what the lines say" "$work/uploads"
	sed '1,/whole files/s/whole files/whole fires/' "$work/uploads/data/report.$report" > "$work/edited/report.$report"
	ok "edited" bash -c '! cmp -s "$1" "$2"' - "$work/edited/report.$report" "$work/uploads/data/report.$report"
done
/usr/bin/python3 - "$forge" "$work/forge" "$(sed -n 's/^Telltap-Build-Id: //p' "$work/honest/bag-info.txt")" "$(sed -n 's/^Telltap-Build-Id: //p' "$work/uploads/bag-info.txt")" << 'END'
import os, sys
data, old, new = open(sys.argv[1], "rb").read(), *map(bytes.fromhex, sys.argv[3:])
assert data.count(old) == 1
with open(sys.argv[2], "wb") as f:
    f.write(data.replace(old, new))
os.chmod(sys.argv[2], 0o755)
END
for build in "$forge" "$work/forge"; do
	rm -rf "$work/page"
	ok "an edited report" bash -c '"$@"' - "$build" "$work/page" "$packets" "${prints[@]}" "$work"/edited/report.* < <(lines)
	ok "holds together" "$TELLTAP" verify "$work/page"
	case $build in
	"$forge") ok "may be another build's" derives 0 '^unknown .*report.html: is not what this build makes' "$work/page" ;;
	*)	ok "does not follow" derives 1 '^BAD .*report.html: does not follow from the lines' "$work/page"
		ok "the other neither" grep -q '^BAD .*report.json: does not follow' "$work/said" ;;
	esac
done

# Cut short: what was not told by then is missing, what was told has to follow.
cut_line() { lines | sed -n 1p | sed 's/"action":"input"/"action":"anomaly"/; s/"telltap":{.*/"telltap":{"origin":"input","anomaly":{"what":"log-cut","detail":"cut"}}}/'; }
n=$(lines | grep -n '"kind":"file-upload"' | tail -n 1 | cut -d : -f 1)
ok "cut before its end" "$forge" "$work/short" "$packets" "${prints[@]}" < <( (lines | head -n $((n - 1)); cut_line) | sed "$is_live" | number)
ok "says so" derives 0 '^unknown .*[1-9][0-9]* transfers, flows or files follow from the packets and are not in the log: it was cut short' "$work/short"
ok "and what it told follows" grep -q '^ok .*derived again: [1-9]' "$work/said"
n=$(lines | grep -n '"kind":"file-upload"' | head -n 1 | cut -d : -f 1)
ok "cut, and a lie before" "$forge" "$work/shortlie" "$packets" "${prints[@]}" < <( (lines | sed "${n}s/\"kind\":\"file-upload\"/\"kind\":\"telemetry\"/"; cut_line) | number)
ok "is named, too" derives 1 "^BAD .*line $n does not follow from the packets" "$work/shortlie"

ok "many lies" "$forge" "$work/lies" "$packets" "${prints[@]}" < <(lines | sed 's/"payload_in":[0-9]*/"payload_in":7/')
ok "are counted" derives 1 '^BAD .* [1-9][0-9]* more differences$' "$work/lies"
ok "behind those that are named" test "$(grep -c '^BAD .*does not follow' "$work/said")" = 20

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
ok "which is said at the end" grep -q '^ok .*verifies, but for [1-9][0-9]* events or packets that could not' "$work/said"
ok "and its totals are not compared" grep -q "^unknown .*summary's totals are not compared" "$work/said"
ok "strictly it is a finding" derives 1 . --strict --vkey "$work/late/data/log/vkey" "$work/late"

# What can't follow excuses itself alone: a lie beside it is still one.
"$TELLTAP" replay --keylog "$work/tls.keys" --case "$work/both" "$work/tls.pcap" captures/uploads.pcap > "$work/out"
"$TELLTAP" replay --case "$work/sealed" "$work/tls.pcap" captures/uploads.pcap > "$work/out"
both=$work/both/data/capture/packets.pcapng
live() { lines_of "$work/sealed" | sed '1s/"options":\[/&"live=run",/'; }
ok "a late key beside other traffic" "$forge" "$work/beside" "$both" < <(live)
ok "excuses its own flow" derives 0 '^unknown .*not derived again: [12] events (line [0-9, -]*): a key that opens it now' "$work/beside"
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
lie; sed -i '2s/"name":"[^"]*"/"name":"other"/' "$work/lie/known.jsonl"
ok "another name of a file" forged
ok "gives other lines" derives 1 '^BAD .*does not follow from the packets' "$work/fp"
lie; sed -i 2d "$work/lie/known.jsonl"
ok "a file left out" forged
ok "leaves bytes over" derives 1 '^BAD .*known.jsonl:' "$work/fp"
lie; sed -i '2s/"start":0/"start":99999999/' "$work/lie/known.jsonl"
ok "a part beyond the file" forged
ok "is refused, too" derives 1 '^BAD .*known.jsonl:' "$work/fp"
lie; sed -i '1s/"known":[0-9]*/"known":99/' "$work/lie/known.jsonl"
ok "more files than were known" forged
ok "are as well" derives 1 '^BAD .*known.jsonl: is of 99 known files, the first line of [1-9]' "$work/fp"

# Known files of which nothing is found, beside what is looked at for them in part only.
/usr/bin/python3 - captures/uploads.pcap "$work/unknown.pcap" << 'END'
import random, struct, sys
data = open(sys.argv[1], "rb").read()[:24]
order = "<" if data[0] in (0xd4, 0x4d) else ">"
body = random.Random(7).randbytes(1200000)
stream, out, seq, n = b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body, [data], 1000, 0
def tcp(flags, payload, back=False):
    global n
    ends = ((10, 0, 0, 9), 49999), ((192, 0, 2, 9), 80)
    (src, sport), (dst, dport) = ends[::-1] if back else ends
    head = struct.pack(">HHIIBBHHH", sport, dport, 500 if back else seq, seq if back else 500, 5 << 4, flags, 8192, 0, 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), 1, 0, 64, 6, 0, bytes(src), bytes(dst))
    frame = bytes(12) + b"\x08\x00" + ip + head + payload
    out.append(struct.pack(order + "IIII", 9, n, len(frame), len(frame)) + frame)
    n += 1
tcp(2, b"")
seq += 1
for i in range(0, len(stream), 1400):
    tcp(24, stream[i:i + 1400])
    seq += len(stream[i:i + 1400])
tcp(24, b"HTTP/1.1 204 OK\r\n\r\n", True)
open(sys.argv[2], "wb").write(b"".join(out))
END
"$TELLTAP" replay --known $known --case "$work/unknown" "$work/unknown.pcap" > "$work/out"
ok "looked at in part" grep -q '"limits":\["raw hashes: only' "$work/unknown/data/events.jsonl"
ok "and so once more" derives 0 '^ok .*derived again: [1-9]' "$work/unknown"

# An engine that is lost leaves no fingerprints: those of the next are kept.
gap() { lines | sed -n 1p | sed 's/"action":"input"/"action":"coverage"/; s/"telltap":{.*/"telltap":{"origin":"input","coverage":{"gap":{"start":"2026-01-01T00:00:00.000000000Z","end":"2026-01-01T00:00:01.000000000Z","reason":"lost"}}}}/'; }
echo '{"known":9}' > "$work/lie/known.jsonl"
: > "$work/lie/known.parts"
ok "fingerprints of another engine" bash -c '"$@"' - "$forge" "$work/lost" "$packets" "$work"/lie/known.* < <( (lines; gap) | sed "$is_live" | sed '/"action":"summary"/{h;d};$G' | number)
ok "prove nothing" derives 0 '^unknown .*not derived again: [1-9][0-9]* events .*of which it keeps no fingerprints' "$work/lost"
ok "redact withholds them" bash -c '"$1" redact --keep-packets --out "$2/public" "$2/uploads" && ! ls "$2/public/data" | grep known' - "$TELLTAP" "$work"

ok "and its first line, if it is told to" "$TELLTAP" redact --keep-packets --hide 0 --out "$work/headless" "$work/uploads"
ok "without it nothing can be derived" derives 0 '^unknown .*not derived again: the first line, .* is withheld' "$work/headless"

ok "an option" "$TELLTAP" redact --hide-text 198.18.0.0/15 --out "$work/optionless" "$work/options"
ok "is withheld" bash -c 'grep -rq 198.18.0.0/15 "$1/bag-info.txt" && ! grep -r 198.18.0.0/15 "$2"' - "$work/options" "$work/optionless"
ok "and the copy verifies" "$TELLTAP" verify "$work/optionless"
ok "a hash in the seal" bash -c '[[ $("$1" redact --hide-text "$(sha256sum < "$2/data/salt" | cut -d " " -f 1)" --out "$2.seal" "$2" 2>&1) == *"the seal, "*"is not withheld"* ]]' - "$TELLTAP" "$work/options"

# A text that JSON writes otherwise.
ok "a path with backslashes" forges path "${n}s/\"reasons\":\[\"/&of C:\\\\\\\\Users\\\\\\\\a: /"
ok "stands in a line" grep -q 'of C:\\\\Users\\\\a: ' "$work/path/data/events.jsonl"
ok "can be withheld" "$TELLTAP" redact --out "$work/hidden" --hide-text 'C:\Users\a' "$work/path"
ok "and is" bash -c '! grep -r Users "$1"' - "$work/hidden"
says_of() { "$TELLTAP" redact --out "$work/hidden.2" "$@" "$work/path" 2>&1; }
ok "a text that is in no line is told" bash -c '[[ $1 == *"no line has the text nobody"* ]]' - "$(says_of --hide-text nobody)"
for number in $(($(lines | wc -l) + 0)) 99999; do
	ok "the seal, and what is no line, can't be withheld" bash -c '[[ $1 == *"no event of a number"* ]]' - "$(says_of --hide $number)"
done

# Whose flows are, and what names the machine: told by logs, kept in the case.
python3 tests/e2e/attribution.py make "$work" > "$work/made"
"$TELLTAP" replay --attribution "$work/evtx.json" --case "$work/owned" "$work/capture.pcap" > "$work/out" 2>&1
ok "there are owners" grep -q '"action":"transfer".*"process":{"pid"' "$work/owned/data/events.jsonl"
ok "with owners from a log" derives 0 '^ok .*derived again: [1-9]' "$work/owned"
ok "which are on trust" grep -q '^unknown .*owners of flows' "$work/said"
# A connection may go over to another program, or to a child as well: its flow
# names whose it was in the end. What its transfers say of that is on trust, no more.
owned=$work/owned/data/capture/packets.pcapng
t=$(lines_of "$work/owned" | grep -n '"action":"transfer".*"process":{"pid"' | head -n 1 | cut -d : -f 1)
gone() { rm -rf "$work/gone"; "$forge" "$work/gone" "$owned" < <(lines_of "$work/owned" | sed "$1"); }
was='s/"process":{"pid":[0-9]*,"executable":"/&\/was/'
ok "a connection that was another program's before" gone "$is_live;$t$was"
ok "follows but for that" derives 0 '^unknown .*whose connection it was when 1 transfers went out is taken on trust' "$work/gone"
ok "all of it" bash -c '! grep "^BAD\|not derived again: .*line" "$1"' - "$work/said"
for lie in 's/"payload_in":[0-9]*/"payload_in":7/' 's/"event":{"kind":"event"/"event":{"kind":"alert"/' 's/"telltap":{/&"note":"x",/'; do
	ok "and a lie" gone "$is_live;$t$was;$t$lie"
	ok "is named" derives 1 "^BAD .*line $t does not follow from the packets" "$work/gone"
done
ok "in a replay, by the packets' comments" gone "$t$was"
ok "it may be, too" derives 0 '^unknown .*whose connection it was when 1 transfers went out is taken on trust' "$work/gone"
ok "nobody's before" gone "$t"'s/"process":{.*"telltap":{/"telltap":{/;'"$t"'s/"attribution":{[^}]*},//'
ok "it may be, as well" derives 0 '^unknown .*whose connection it was when 1 transfers went out is taken on trust' "$work/gone"
# Where the log is cut, or its engine is lost, before a flow's end.
unended() { rm -rf "$work/unended"; "$forge" "$work/unended" "$owned" < <( (lines_of "$work/owned" | sed "$1" | grep -v '"action":"flow"\|"action":"file"\|"action":"summary"'; cut_line) | sed "$is_live" | number); }
ok "flows without an end" unended "$is_live"
ok "are their transfers' processes'" derives 0 '^unknown .*transfers, flows or files follow from the packets and are not in the log: it was cut short' "$work/unended"
ok "who are on trust, and no more" bash -c '! grep "^BAD\|not derived again: .*line\|comments of" "$1"' - "$work/said"
t2=$(lines_of "$work/owned" | grep -v '"action":"flow"\|"action":"file"\|"action":"summary"' | grep -n '"action":"transfer".*"process":{"pid"' | head -n 1 | cut -d : -f 1)
ok "and a lie" unended "$t"'s/"payload_in":[0-9]*/"payload_in":7/'
ok "is named" derives 1 "^BAD .*line $t2 does not follow from the packets" "$work/unended"
# Packets of that process by another program: it may have become one, live.
lines_of "$work/owned" | sed -n "${t}p" > "$work/line"
python3 - "$owned" "$work/line" "$work/other.pcapng" << 'END'
import json, struct, sys
data, line, at, done = open(sys.argv[1], "rb").read(), json.load(open(sys.argv[2])), 0, False
with open(sys.argv[3], "wb") as out:
    while at < len(data):
        kind, size = struct.unpack("<II", data[at:at + 8])
        block, at = data[at:at + size], at + size
        if kind == 6 and not done and struct.pack(">H", line["source"]["port"]) in block[48:64]:
            done, end = True, 28 + (struct.unpack("<I", block[20:24])[0] + 3) // 4 * 4
            old = block[end + 4:end + 4 + struct.unpack("<H", block[end + 2:end + 4])[0]].split(b",")[0]
            text = old + b", process %d /bin/evil" % line["process"]["pid"]
            body = block[8:end] + struct.pack("<HH", 1, len(text)) + text + bytes(-len(text) % 4) + bytes(4)
            block = struct.pack("<II", 6, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
        out.write(block)
    assert done
END
ok "another program in a comment" "$forge" "$work/exec" "$work/other.pcapng" < <(lines_of "$work/owned" | sed "$is_live")
ok "is told" derives 0 '^unknown .*comments of 1 packets name another program than the line of their flow, of the same process' "$work/exec"
ok "and counted" grep -q '^ok .*verifies, but for [1-9]' "$work/said"
rm -r "$work/exec"
ok "in a replay" "$forge" "$work/exec" "$work/other.pcapng" < <(lines_of "$work/owned")
ok "it is bad" derives 1 '^BAD .*comments of 1 packets' "$work/exec"
printf 'hostname: shop\nuser: alice-of-the-lab\npackages: [a-package, b-package]\n' > "$work/machine.yaml"
"$TELLTAP" replay --known $known --identity "$work/machine.yaml" --show-values --case "$work/identity" captures/telemetry.pcap captures/lookups.pcap > "$work/out"
ok "with an identity" derives 0 '^ok .*derived again: [1-9]' "$work/identity"

done_testing
