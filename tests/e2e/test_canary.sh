#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Canaries: planted the same by the same seed, valid files of their types, and
# looked after without touching anything else.

. "$(dirname "$0")/check.sh"
dir=$work/canaries
canary() { "$TELLTAP" canary "$@"; }

ok "sixty" says 0 '' "$TELLTAP" canary plant "$dir" --count 60 --seed S
ok "are sixty files and the manifest" test "$(ls -A "$dir" | wc -l)" = 61 -a \
    -f "$dir/telltap-canaries.json"
ok "no file twice" test "$(cd "$dir" && sha256sum -- * | cut -c1-64 | sort -u | wc -l)" = 61
mkdir "$work/again"
ok "again" says 0 '' "$TELLTAP" canary plant --seed S --count 60 "$work/again"
ok "the same seed the same bytes" diff -r "$dir" "$work/again"
ok "the manifest says sizes and hashes" python3 - "$dir" << 'EOF'
import hashlib, json, os, sys
d = sys.argv[1]
m = json.load(open(d + "/telltap-canaries.json"))
assert m["seed_sha256"] == hashlib.sha256(m["seed"].encode()).hexdigest()
assert len(m["files"]) == m["code"]["count"] == 60
assert {f["name"] for f in m["files"]} == set(os.listdir(d)) - {"telltap-canaries.json"}
assert len({f["mark"] for f in m["files"]}) == 60
for f in m["files"]:
    data = open(d + "/" + f["name"], "rb").read()
    assert len(data) == f["size"]
    for h in "md5", "sha1", "sha256", "sha512":
        assert hashlib.new(h, data).hexdigest() == f[h]
    assert f["mark"].encode() in data, f["name"]
EOF
rm -rf "$work/again" "$dir"

# Each type opens, or runs and exits.
ok "of each type" says 0 '' "$TELLTAP" canary plant "$dir" --count 9 --seed types
of_type() { python3 -c 'import json, sys
m = json.load(open(sys.argv[1] + "/telltap-canaries.json"))
print("\n".join(f["name"] + " " + f["mark"] for f in m["files"] if f["type"] == sys.argv[2]))' "$dir" "$1"; }
each() { # TYPE PROGRAM PATTERN WHAT COMMAND...: run on the file; output holds
	local type=$1 program=$2 pattern=$3 name mark
	shift 3
	command -v "$program" > /dev/null || { skip "$type: $program is not installed"; return; }
	while read -r name mark; do
		ok "$type for $program" eval "out=\$($* '$dir/$name' 2>&1) && grep -q -- \"${pattern/MARK/$mark}\" <<< \"\$out\" || { echo \"\$out\"; false; }"
	done < <(of_type "$type")
}
each pe file 'PE32+ executable (console) x86-64' file -b
each elf file 'ELF 64-bit LSB executable, x86-64.*statically linked' file -b
each pdf file 'PDF document, version 1.4' file -b
each docx file 'Microsoft Word 2007+' file -b
each xlsx file 'Microsoft Excel 2007+' file -b
each zip file 'Zip archive data' file -b
each script file 'POSIX shell script' file -b
each jar file 'Java archive data (JAR)' file -b
each apk file 'Android package (APK)' file -b
each pdf pdftotext MARK 'f() { pdftotext "$1" -; }; f'
each pdf pdfdetach '1 embedded files' pdfdetach -list
for t in docx xlsx zip jar apk; do each $t unzip 'No errors detected' unzip -t; done
each docx python3 'xml fine' "python3 -c 'import sys, zipfile, xml.dom.minidom as x
z = zipfile.ZipFile(sys.argv[1])
[x.parseString(z.read(n)) for n in z.namelist() if not n.endswith(\".bin\")]
print(\"xml fine\")'"
each xlsx python3 'xml fine' "python3 -c 'import sys, zipfile, xml.dom.minidom as x
z = zipfile.ZipFile(sys.argv[1])
[x.parseString(z.read(n)) for n in z.namelist() if not n.endswith(\".bin\")]
print(\"xml fine\")'"
each pe /usr/bin/python3 'parsed: 2 sections, \[\]' "/usr/bin/python3 -c 'import sys, pefile
p = pefile.PE(sys.argv[1])
print(\"parsed:\", len(p.sections), \"sections,\", p.get_warnings())'"
each pe python3 'loads: .text .* MARK' tests/e2e/read_pe.py
each jar python3 'runs: .*class' "python3 -c 'import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
main = [l.split(\":\")[1].strip() for l in z.read(\"META-INF/MANIFEST.MF\").decode().splitlines() if l.startswith(\"Main-Class\")][0]
assert z.read(main + \".class\")[:4] == bytes.fromhex(\"cafebabe\")
print(\"runs:\", main + \".class\")'"
each script sh '^$' sh
each script bash '^$' bash
each jar java '^$' java -jar
if [ "$(uname -m)" = x86_64 ]; then each elf sh '^$' ''; else skip "elf: not x86-64"; fi

# No scanner takes them for anything. Where there is no database, none is made up
# here: one of a pattern of no file's shows at least that clamscan opens them.
if command -v clamscan > /dev/null; then
	db=/var/lib/clamav
	ls "$db"/*.c[lv]d > /dev/null 2>&1 || { db=$work/db; mkdir "$db"; echo 'Nothing:0:*:74656c6c7461702d6e6f7468696e67' > "$db/none.ndb"; }
	ok "clamscan finds nothing" bash -c 'clamscan --database="$1" --no-summary "$2" > "$3" && ! grep -qv ": OK$" "$3" && test "$(wc -l < "$3")" = 10' \
	    - "$db" "$dir" "$work/scanned"
else
	skip "clamscan is not installed"
fi

# gzip gains no more than the code allows for.
for f in "$dir"/*; do
	[ "${f##*/}" = telltap-canaries.json ] && continue
	ok "incompressible: ${f##*/}" test \
	    $(($(stat -c %s "$f") - $(gzip -9c "$f" | wc -c))) -lt 2048
done

# --known knows them as canaries: in a folder, by the manifest, and when they
# are gone.
ok "a capture of them" python3 - "$dir" "$work/up.pcap" << 'EOF'
import hashlib, json, struct, sys
d, out = sys.argv[1:]
m = json.load(open(d + "/telltap-canaries.json"))
def frame(ack, seq, a, flags, data):
    src, dst = ((10, 0, 0, 1), (10, 0, 0, 2)) if a else ((10, 0, 0, 2), (10, 0, 0, 1))
    sp, dp = (40000, 80) if a else (80, 40000)
    tcp = struct.pack(">HHIIBBHHH", sp, dp, seq, ack, 0x50, flags, 65535, 0, 0) + data
    ip = struct.pack(">BBHHHBBH4B4B", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, *src, *dst) + tcp
    return b"\2\0\0\0\0\2\2\0\0\0\0\1\x08\0" + ip
f = min(m["files"], key=lambda f: f["size"])
body = open(d + "/" + f["name"], "rb").read()
other = max(m["files"], key=lambda f: f["size"])
requests = [b"POST /up HTTP/1.1\r\nHost: cloud.example\r\nContent-Length: %d\r\n\r\n" % len(body) + body,
    b"GET /look?sha256=%s HTTP/1.1\r\nHost: cloud.example\r\n\r\n" % other["sha256"].encode()]
answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
packets, me, they = [frame(0, 0, True, 2, b""), frame(1, 0, False, 18, b"")], 1, 1
for data in requests:
    for at in range(0, len(data), 1400):
        piece = data[at:at + 1400]
        packets.append(frame(they, me, True, 24, piece))
        me += len(piece)
    packets.append(frame(me, they, False, 24, answer))
    they += len(answer)
packets.append(frame(they, me, True, 17, b""))
with open(out, "wb") as o:
    o.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for i, p in enumerate(packets):
        o.write(struct.pack("<IIII", 1700000000, i, len(p), len(p)) + p)
EOF
kinds() { python3 -c 'import json, sys
for line in sys.stdin:
    e = json.loads(line)
    if e["event"]["action"] != "transfer": continue
    t, d = e["telltap"]["transfer"], e["telltap"].get("data", {})
    print(t["kind"], t["grade"], *{f.get("origin") for f in d.get("files", []) if f.get("known")})'; }
ok "known in a folder" diff <("$TELLTAP" replay --json --known "$dir" "$work/up.pcap" | kinds) \
    <(printf '%s\n' 'file-upload proven canary' 'hash-lookup proven')
ok "known by the manifest" diff <("$TELLTAP" replay --json --known "$dir/telltap-canaries.json" "$work/up.pcap" | kinds) \
    <(printf '%s\n' 'file-upload proven canary' 'hash-lookup proven')
mkdir "$work/plain" "$work/gone"
cp "$dir"/* "$work/plain" && rm "$work/plain/telltap-canaries.json"
ok "without the manifest they are files of the user" diff \
    <("$TELLTAP" replay --json --known "$work/plain" "$work/up.pcap" | kinds) \
    <(printf '%s\n' 'file-upload proven user' 'hash-lookup proven')
cp "$dir/telltap-canaries.json" "$work/gone"
"$TELLTAP" replay --json --known "$work/gone/telltap-canaries.json" "$work/up.pcap" | kinds > "$work/kinds"
ok "a look-up of one that is gone" grep -q '^hash-lookup proven' "$work/kinds"
head -c 300 "$dir/telltap-canaries.json" > "$work/gone/telltap-canaries.json"
ok "a torn manifest" says 2 'not a manifest of canaries' "$TELLTAP" replay --known "$work/gone" "$work/up.pcap"

# Signed, and the seed in the log before anything is planted.
ok "a key" says 0 '' "$TELLTAP" key new "$work/key"
signer=$(sed 's/+.*//' "$work/out")
ok "signed" says 0 '' "$TELLTAP" canary plant --count 2 --seed S --key "$work/key" "$work/signed"
ok "says by whom" grep -q "\"key\":\"$signer\"" "$work/signed/telltap-canaries.json"
ok "and is known" says 0 '' "$TELLTAP" replay --known "$work/signed" "$work/up.pcap"
sed -i 's/"mark":"telltap canary ./&x/' "$work/signed/telltap-canaries.json"
ok "not if it was changed" says 2 'signature does not hold' "$TELLTAP" replay --known "$work/signed" "$work/up.pcap"
ok "nor is it listed" says 2 'signature does not hold' "$TELLTAP" canary list "$work/signed"
chmod 644 "$work/key"
ok "a key that others read" says 2 'others may read' "$TELLTAP" canary plant --key "$work/key" "$work/x"
ok "no run to say the seed to" says 2 'nothing was planted' "$TELLTAP" canary plant --case "$work" "$work/x"
ok "so nothing was" test ! -e "$work/x"
if [ "$(id -u)" = 0 ]; then
	"$TELLTAP" run --case "$work/case" -- "$TELLTAP" canary plant --seed secret --count 2 \
	    --case "$work/case" "$work/said" > "$work/out" 2>&1
	ok "the seed is in the log" grep -q "canary seed sha256 $(printf secret | sha256sum | cut -c1-64)" \
	    "$work/case/data/events.jsonl"
	ok "and the canaries are there" test "$(ls "$work/said" | wc -l)" = 3
fi

# Looked after.
first=$(canary list "$dir" | awk 'NR == 1 { print $NF }')
second=$(canary list "$dir" | awk 'NR == 2 { print $NF }')
ok "list" test "$(canary list "$dir" | grep -c ' intact ')" = 9
ok "touch" test "$(canary touch "$dir" | grep -c '^intact ')" = 9
before=$(ls "$dir" | sort)
sizes=$(stat -c %s "$dir"/* | sort)
rm "$dir/$second"
ok "rewrite" says 0 '' "$TELLTAP" canary rewrite "$dir" --seed other
ok "keeps the names" test "$before" = "$(ls -A "$dir" | sort)"
ok "and no size" test "$sizes" != "$(stat -c %s "$dir"/* | sort)"
ok "all as the new manifest says" test "$(canary list "$dir" | grep -c ' intact ')" = 9

# A rewrite that can't be done changes nothing; one that was cut off is undone.
same() { diff <(cd "$1" && sha256sum -- $(ls -A)) "$work/sums"; }
if [ "$(id -u)" = 0 ]; then
	mkdir "$work/small"
	mount -t tmpfs -o size=$(($(du -sk "$dir" | cut -f1) * 3 / 2))k telltap-canaries "$work/small"
	cp -a "$dir/." "$work/small"
	(cd "$dir" && sha256sum -- $(ls -A)) > "$work/sums"
	ok "a full disk" says 2 'No space left on device; all is as it was before' \
	    "$TELLTAP" canary rewrite "$work/small"
	ok "changes nothing" same "$work/small"
	umount "$work/small"
	last=$(canary list "$dir" | awk 'END { print $NF }')
	mount --bind "$dir/$last" "$dir/$last"
	ok "one that can't be replaced" says 2 "$last: .*; all is as it was before" \
	    "$TELLTAP" canary rewrite "$dir"
	umount "$dir/$last"
	ok "changes none" same "$dir"
fi
"$TELLTAP" canary rewrite "$dir" > /dev/null 2>&1 &
pid=$!
awaits eval "[ -e '$dir/.telltap.000.new' ] || ! kill -0 $pid"
kill -KILL $pid 2> /dev/null
wait $pid 2> /dev/null
canary list "$dir" > "$work/listed" 2> /dev/null
ok "killed at any time" test "$(grep -c ' intact ' "$work/listed")" = 9
ok "it leaves nothing" test "$before" = "$(ls -A "$dir" | sort)"
echo half > "$dir/.telltap.000.new"
ok "list says so" says 0 'a rewrite was cut off; what it had aside is taken away' "$TELLTAP" canary list "$dir"
ok "and that it is at work" flock "$dir" bash -c '
	echo half > "$1/.telltap.000.new"
	"$2" canary list "$1" 2>&1 | grep "a rewrite is at work there"
	test $? = 0 -a -e "$1/.telltap.000.new"' - "$dir" "$TELLTAP"
ok "the next goes on" says 0 'was cut off' "$TELLTAP" canary rewrite "$dir"
ok "and is whole" test "$(canary list "$dir" | grep -c ' intact ')" = 9

echo more >> "$dir/$first"
mv "$dir/$second" "$work/kept" && ln -s "$work/kept" "$dir/$second"
echo mine > "$dir/mine.txt"
ok "rewrite refuses what changed" says 2 'not as it was planted' "$TELLTAP" canary rewrite "$dir"
ok "list tells" test "$(canary list "$dir" | grep -c ' changed ')" = 2
ok "remove leaves what changed" says 2 '2 not as planted' "$TELLTAP" canary remove "$dir"
ok "and names it" test "$(grep -c '^changed ' "$work/out")" = 2
ok "nothing else is left" test "$(ls -A "$dir" | wc -l)" = 4
rm "$dir/$second" "$dir/$first"
ok "remove the rest" says 0 '' "$TELLTAP" canary remove "$dir"
ok "a stranger's file stays" test "$(ls -A "$dir")" = mine.txt

# A planting that is killed.
"$TELLTAP" canary plant --count 60 "$work/cut" > /dev/null 2>&1 &
pid=$!
awaits eval "[ -e '$work/cut/.telltap.plan' ] || ! kill -0 $pid"
kill -KILL $pid 2> /dev/null
wait $pid 2> /dev/null
ok "remove takes away what a killed planting left" "$TELLTAP" canary remove "$work/cut"
ok "all of it" test -z "$(ls -A "$work/cut")"

# Refusals.
ok "a folder with something in it" says 2 'not empty' "$TELLTAP" canary plant "$dir"
ok "is left as it was" test "$(ls -A "$dir")" = mine.txt
ok "no manifest" says 2 'telltap-canaries.json' "$TELLTAP" canary list "$dir"
echo '{"format":"telltap canaries"}' > "$dir/telltap-canaries.json"
ok "a bad manifest" says 2 'a version that is not known' "$TELLTAP" canary list "$dir"
ok "no parent" says 2 'No such file' "$TELLTAP" canary plant "$work/no/such"
ok "no such type" says 2 'no such type: dll' "$TELLTAP" canary plant --types pe,dll "$work/x"
ok "count 0" says 2 'takes 1 to 128' "$TELLTAP" canary plant --count 0 "$work/x"
ok "count 129" says 2 'takes 1 to 128' "$TELLTAP" canary plant --count 129 "$work/x"
ok "no action" says 2 'plant, list' "$TELLTAP" canary
ok "no room" says 2 . bash -c 'ulimit -f 64; exec "$1" canary plant "$2"' - "$TELLTAP" "$work/x"
ok "leaves nothing" test ! -e "$work/x"

done_testing
