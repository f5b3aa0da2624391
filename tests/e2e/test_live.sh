#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# telltap run and watch against live traffic on lo: whose it is, what it
# carries, and that nobody else's is told.

[ "$(id -u)" = 0 ] || { echo "skipped: live, needs root"; exit 77; }
. "$(dirname "$0")/check.sh"

# events FILE EXPRESSION: a Python expression over the list `e` of events.
events()
{
	python3 - "$1" "$2" <<-'END'
	import json, sys
	e = [json.loads(line) for line in open(sys.argv[1])]
	def action(a): return [x for x in e if x["event"]["action"] == a]
	transfers, flows = action("transfer"), action("flow")
	reads, processes = action("file-read"), action("process")
	coverage = e[-1]["telltap"]["coverage"]
	summary = e[-1]["telltap"]["summary"]
	if not eval("(" + sys.argv[2] + ")"):
	    print(sys.argv[2], "does not hold of", len(e), "events")
	    sys.exit(1)
	END
}

exits()
{
	local want=$1 got
	shift
	"$@"
	got=$?
	[ $got = "$want" ] || { echo "exit $got, not $want"; return 1; }
}

mkdir "$work/known"
head -c 70000 /dev/urandom > "$work/known/secret.doc"
head -c 300000 /dev/urandom > "$work/read.bin"
cp "$(command -v curl)" "$work/av"
cp "$(command -v curl)" "$work/other"
tests/e2e/upload_server.py "$work/port" &
server=$!
trap 'kill $server $watch 2> /dev/null; rm -rf "$work"' EXIT
appears "$work/port"
url=http://127.0.0.1:$(cat "$work/port")

ok "run exits as its command" exits 7 "$TELLTAP" run -- sh -c 'exit 7'
ok "run exits as its command that was killed" \
    exits 143 "$TELLTAP" run -- sh -c 'kill -TERM $$'
ok "no such command" exits 127 "$TELLTAP" run -- "$work/nothing"
ok "no command" exits 125 "$TELLTAP" run
ok "a failure of its own" \
    exits 125 "$TELLTAP" run --known "$work/nothing" -- touch "$work/touched"
ok "nothing is run after that" test ! -e "$work/touched"

# An upload, and beside it the same by a program that is not watched.
"$work/other" -s -o /dev/null -T "$work/known/secret.doc" "$url/other" &
"$TELLTAP" run --json --file-reads --known "$work/known" -- sh -c "
	cat $work/read.bin | wc -c
	$work/av -s -o /dev/null -T $work/known/secret.doc $url/watched
" > "$work/run.json" 2> "$work/run.err"
wait $!
f=$work/run.json
ok "events of run fit the schema" tests/e2e/validate_events.py "$f"
ok "the command's output is not among the events" grep -qx 300000 "$work/run.err"
ok "one upload, proven, of the watched program" events "$f" \
    "[(t['telltap']['transfer']['kind'], t['telltap']['transfer']['grade'],
       t['process']['executable'], t['url']['path']) for t in transfers] ==
     [('file-upload', 'proven', '$work/av', '/watched')]"
ok "its executable's hash" events "$f" \
    "transfers[0]['process']['hash']['sha256'] == '$(sha256sum < "$work/av" | cut -c1-64)'"
ok "seen by the kernel, exactly" events "$f" \
    "all(x['telltap']['attribution'] == dict(x['telltap']['attribution'],
        source='kernel', certainty='exact') for x in transfers + flows)"
ok "the endpoint is known by attribution" events "$f" \
    "flows[0]['telltap']['flow']['endpoint_by'] == 'attribution'"
ok "the kernel counted the same bytes" events "$f" \
    "coverage['kernel_out'] == summary['payload_out'] > 70000 and
     coverage['kernel_in'] == summary['payload_in'] > 0 and
     coverage['kernel_unseen_out'] == 0"
ok "nothing was lost" events "$f" \
    "coverage['packets_dropped_kernel'] == coverage['packets_dropped_ring'] == 0"
ok "what it read before" events "$f" \
    "[r['telltap']['read']['bytes'] for r in reads
      if r['file']['path'] == '$work/read.bin'] == [300000] and
     [(r['process']['executable'], r['telltap']['read']['whole']) for r in reads
      if r['file']['path'].endswith('secret.doc')] == [('$work/av', True)]"
ok "the end of each process" events "$f" \
    "{p['process']['exit_code'] for p in processes if 'end' in p['process']} == {0}"

# What names this machine is looked for, and masked.
mac=$(cat /sys/class/net/*/address | grep -v '^00:00:00:00:00:00$' | grep -E '^(..:){5}..$' | head -n 1)
echo "serial: TT-SERIAL-0042" > "$work/identity.yaml"
if [ -n "$mac" ]; then
	ok "the machine's own address is found" bash -c '
		"$1" run --json -- tests/e2e/identity_live.py "$2" | grep "\"kind\":\"mac\"" |
		    grep -v "\"value\":\"$2\""' - "$TELLTAP" "$mac"
	ok "but not when it is not to be" bash -c '
		! "$1" run --json --no-identity -- tests/e2e/identity_live.py "$2" |
		    grep "\"identifier\""' - "$TELLTAP" "$mac"
else
	skip "no network card here has an address"
fi
ok "a file adds to it" bash -c '
	"$1" run --json --identity "$2" --show-values -- tests/e2e/identity_live.py TT-SERIAL-0042 |
	    grep "\"value\":\"TT-SERIAL-0042\""' - "$TELLTAP" "$work/identity.yaml"

ok "what was asked to fail on" exits 1 "$TELLTAP" run --fail-on file-upload \
    --known "$work/known" -- "$work/av" -s -o /dev/null \
    -T "$work/known/secret.doc" "$url/x"
ok "what was asked to fail on and did not come" exits 0 "$TELLTAP" run \
    --fail-on file-upload -- "$work/av" -s -o /dev/null "$url/x"

# A raw socket that is connected looks as a connection does that stands.
"$TELLTAP" run --json -- python3 -c '
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
s.connect(("127.0.0.1", 0))
s.send(struct.pack("!HHIIBBHHH", 40003, 40004, 1, 1, 5 << 4, 24, 1000, 0, 0) + b"raw")
# One of a protocol that no packet can name, MPTCP, writes what it likes.
s, me = socket.socket(socket.AF_INET, socket.SOCK_RAW, 262), socket.inet_aton("127.0.0.1")
s.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
s.sendto(struct.pack("!BBHHHBBH", 0x45, 0, 33, 7, 0, 64, 17, 0) + me + me +
    struct.pack("!HHHH", 40005, 40006, 13, 0) + b"large", ("127.0.0.1", 0))
' > "$work/raw.json" 2> "$work/raw.err"
ok "what a connected raw socket sends is seen" events "$work/raw.json" \
    "[f['telltap']['flow']['payload_out'] for f in flows
      if f['destination']['port'] == 40004] == [3]"
ok "and what one of a large number writes by hand" events "$work/raw.json" \
    "[f['telltap']['flow']['payload_out'] for f in flows
      if f['destination']['port'] == 40006] == [5]"

# Watched by its path, among others, from a moment before it is started.
"$TELLTAP" watch --json --exe "$work/av" > "$work/watch.json" 2> "$work/watch.err" &
watch=$!
watching $watch
for _ in 1 2 3; do
	"$work/av" -s -o /dev/null -d x=1 "$url/mine"
	"$work/other" -s -o /dev/null -d x=1 "$url/theirs"
done
cp "$work/other" "$work/av.new" && mv "$work/av.new" "$work/av"
"$work/av" -s -o /dev/null -d x=1 "$url/replaced"
told "$work/watch.json" '"path":"/replaced"'
kill -INT $watch
ok "watch ends when it is told to" wait $watch
f=$work/watch.json
ok "events of watch fit the schema" tests/e2e/validate_events.py "$f"
ok "all of the watched program's requests, none of another's" events "$f" \
    "[t['url']['path'] for t in transfers] == ['/mine'] * 3 + ['/replaced']"

# Without programs in the kernel: slow enough to be seen, and not called exact.
"$TELLTAP" run --no-bpf --json --known "$work/known" -- "$work/av" -s \
    -o /dev/null --limit-rate 25k -T "$work/known/secret.doc" "$url/slow" \
    > "$work/nobpf.json"
f=$work/nobpf.json
ok "events of run --no-bpf fit the schema" tests/e2e/validate_events.py "$f"
ok "a slow upload is seen without bpf, and ambiguous" events "$f" \
    "[(t['process']['executable'], t['telltap']['attribution']['certainty'],
       t['telltap']['transfer']['kind']) for t in transfers] ==
     [('$work/av', 'ambiguous', 'file-upload')]"

# Marks, while a case is recorded, and phases of it.
(
	awaits test -e "$work/go"
	"$TELLTAP" mark --case "$work/marked" 'consent <off>'
	echo $? > "$work/mark.code"
	awaits eval "'$TELLTAP' top --case '$work/marked' --interval 0.2 --count 2 |
	    tee '$work/top' | grep '^  WHOLE FILE .*proven'"
	touch "$work/went"
) &
"$TELLTAP" run --known "$work/known" --keep-objects --case "$work/marked" -- sh -c "
	$work/av -s -o /dev/null -T $work/known/secret.doc $url/one; touch $work/go
	for i in \$(seq 900); do [ -e $work/went ] && break; sleep 0.1; done
	$work/av -s -o /dev/null $url/two" > "$work/out" 2>&1
ok "a mark is taken" test "$(cat "$work/mark.code")" = 0
ok "what was sent by then is seen while it runs" \
    grep -q '^  WHOLE FILE  secret.doc .*proven' "$work/top"
ok "by whom" grep -q "^  PROCESS     $work/av (pid .*/s, .* out in 1 transfer, attribution exact" "$work/top"
ok "it is an event" grep -q '"action":"mark".*"mark":{"text":"consent <off>"' "$work/marked/data/events.jsonl"
ok "a marked case fits the schema" tests/e2e/validate_events.py "$work/marked/data/events.jsonl"
ok "and verifies" "$TELLTAP" verify "$work/marked"
for f in html json; do
	ok "its report in $f follows from its lines" cmp "$work/marked/data/report.$f" <("$TELLTAP" report --format $f "$work/marked")
done
ok "and follows from what it keeps" bash -c '"$1" verify --replay "$2" | tee "$3/said" | grep "^ok .*derived again: [1-9]" || { cat "$3/said"; false; }' - "$TELLTAP" "$work/marked" "$work"
ok "the file is kept" cmp "$work/known/secret.doc" "$work/marked/data/objects/$(sha256sum < "$work/known/secret.doc" | cut -d ' ' -f 1)"
"$TELLTAP" run --roll 1M --case "$work/parts" -- sh -c "
	for i in 1 2 3 4; do $work/av -s -o /dev/null -T $work/read.bin $url/\$i; done" > "$work/out" 2>&1
rederived() { "$TELLTAP" verify --replay "$1" > "$work/said" && grep -q '^ok .*derived again: [1-9]' "$work/said" || { cat "$work/said"; return 1; }; }
ok "a case in parts" test -d "$work/parts/000002/data"
last=$(ls "$work/parts" | tail -n 1)
for f in html json; do
	ok "its last part alone holds the $f of all" bash -c '[ "$(ls "$1"/0*/data/report.$3)" = "$1/$2/data/report.$3" ]' - "$work/parts" "$last" $f
	ok "which follows from their lines" cmp "$work/parts/$last/data/report.$f" <("$TELLTAP" report --format $f "$work/parts")
done
ok "verify compares it" bash -c '"$1" verify --replay "$2" | grep "^ok .*$3/report.html: says what the lines say"' - "$TELLTAP" "$work/parts" "$last"
ok "but not of the last part alone" bash -c '"$1" verify --replay "$2/$3" | grep "^unknown .*the report is not compared: it is of all parts"' - "$TELLTAP" "$work/parts" "$last"
unchecked() { "$TELLTAP" verify --vkey "$work/parts/$last/data/log/vkey" "$@" "$work/parts/$last" | sed -n '$s/.*; \([0-9]*\) things* above could not be checked$/\1/p'; }
ok "which the last line counts" test "$(unchecked --replay)" = $(($(unchecked) + 1))
ok "follows from what all parts keep" rederived "$work/parts"
ok "and from that alone" bash -c '! grep "^unknown  not derived" "$1"' - "$work/said"
rm -r "$work/parts/000001"
ok "one that has lost a part is not called bad" "$TELLTAP" verify --replay "$work/parts"
"$TELLTAP" report --format json "$work/marked" > "$work/report.json"
ok "phases are told apart" python3 -c '
import json, sys
p = json.load(open(sys.argv[1]))["phases"]
assert [(x["name"], x["transfers"], x["kinds"].get("file-upload", 0)) for x in p] == [
    ("start", 1, 1), ("consent <off>", 1, 0)], p' "$work/report.json"
"$TELLTAP" diff --phase start --phase 'consent <off>' "$work/marked" > "$work/diff"
ok "phases beside each other" grep -q 'phase consent <off>' "$work/diff"
ok "a mark without a run" says 2 'nothing is running' unshare -m sh -c \
    'mount -t tmpfs none /run && exec "$@"' - "$TELLTAP" mark x
ok "a mark for another case" says 2 'no run records into' "$TELLTAP" mark --case "$work" x
# Killed in the middle, its recorder too, and watched into once more.
"$TELLTAP" run --case "$work/torn" -- sh -c "$work/av -s -o /dev/null $url/torn; kill -9 \$(pgrep -P \$PPID -f 'as-[r]ecorder') \$PPID" > "$work/out" 2>&1
ok "a case that is torn" bash -c '! "$@" > /dev/null' - "$TELLTAP" verify "$work/torn"
ok "goes on" "$TELLTAP" run --case "$work/torn" -- "$work/av" -s -o /dev/null "$url/again"
ok "and says so" grep -q '"what":"log-cut"' "$work/torn/data/events.jsonl"
ok "and verifies, torn and mended" "$TELLTAP" verify "$work/torn"
ok "no packet has the number of another" test -z "$(grep -ao 'telltap packet [0-9]*' \
    "$work"/torn/data/capture/*.pcapng | sed 's/.*://' | sort | uniq -d)"

ok "doctor finds nothing wrong here" exits 0 "$TELLTAP" doctor
open=$(installed)
ok "doctor says what is missing without rights" bash -c \
    'setpriv --reuid nobody --clear-groups --bounding-set=-all "$2" doctor > "$1"
     [ $? = 1 ] && grep -q "^MISSING  CAP_BPF" "$1"' - "$work/doctor" "$open"
ok "run says what it needs without rights" says 125 'needs root' \
    setpriv --reuid nobody --clear-groups --bounding-set=-all "$open" run -- true
ok "watch wants to know what" exits 2 "$TELLTAP" watch
ok "a process that is not there" exits 2 "$TELLTAP" watch --pid x
ok "--alpha reaches the engine" bash -c '
    "$1" run --json --no-identity --alpha 0.05 -- true | grep -q "\"alpha=0.05\""' - "$TELLTAP"
done_testing
