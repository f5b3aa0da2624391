#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Files that a watched program reads, in the ways that scanners do: which, how
# much of them, and whether that was all; and that they are known from then on.

[ "$(id -u)" = 0 ] || { echo "skipped: reads, needs root"; exit 77; }
. "$(dirname "$0")/check.sh"
built "$B/tests/e2e/reads"

# reads HOW: one file of its own, read so; "BYTES WHOLE CALLS>1" of its event.
reads()
{
	head -c 300000 /dev/urandom > "$work/$1.bin"
	"$TELLTAP" run --json --file-reads --no-dpi -- "$B/tests/e2e/reads" "$1" \
	    "$work/$1.bin" > "$work/$1.json"
	python3 - "$work/$1.json" "$work/$1.bin" <<-'END'
	import json, os, sys
	st = os.stat(sys.argv[2])
	for line in open(sys.argv[1]):
	    e = json.loads(line)
	    if e["event"]["action"] != "file-read" or e["file"]["path"] != sys.argv[2]:
	        continue
	    r = e["telltap"]["read"]
	    assert r["inode"] == st.st_ino and e["file"]["size"] == st.st_size, e
	    assert os.path.basename(e["process"]["executable"]) == "reads", e
	    print(r["bytes"], r["whole"])
	END
	tests/e2e/validate_events.py "$work/$1.json" > /dev/null || echo "no valid events"
}

is()
{
	local got
	got=$(reads "$2")
	[ "$got" = "$1" ] || { echo "'$got', not '$1'"; return 1; }
}

ok "a whole file" is "300000 True" whole
ok "its first kilobyte" is "1000 False" part
ok "a file mapped" is "300000 True" mapped
ok "by io_uring" is "300000 True" uring
ok "by io_uring's workers" is "300000 True" worker
if "$B/tests/e2e/reads" fanotify "$work/whole.bin" 2> /dev/null; then
	ok "by a descriptor that fanotify gave" is "300000 True" fanotify
else
	skip "no permission events of fanotify here"
fi

# What is read becomes known, and is recognised when it leaves.
tests/e2e/upload_server.py "$work/port" &
server=$!
own=/opt/telltap-test.$$
trap 'kill $server 2> /dev/null; rm -rf "$work" "$own"' EXIT
appears "$work/port"
url=http://127.0.0.1:$(cat "$work/port")
mkdir -p "$work/home" "$own"
head -c 90000 /dev/urandom > "$work/home/mine.doc"
head -c 90000 /dev/urandom > "$own/av.log"
head -c 90000 /dev/urandom > "$work/home/changed.doc"
head -c 90000 /dev/urandom > "$work/home/rewritten.doc"
head -c 17000000 /dev/zero > "$work/home/large.doc"
cp "$(command -v curl)" "$own/scanner"
was=$(cd "$work/home" && sha256sum changed.doc rewritten.doc)
sleep 0.1

# uploads OPTION...: by a program of which only that is known.
uploads()
{
	"$TELLTAP" run --json --no-dpi "$@" -- sh -c "
		send='$own/scanner -s -o /dev/null --data-binary'
		\$send @$work/home/mine.doc $url/whole
		head -c 5000 $work/home/mine.doc | \$send @- $url/part
		sha256sum < $work/home/mine.doc | cut -c1-64 | \$send @- $url/hash
		\$send @$own/av.log $url/own
		read -r line < $work/home/changed.doc
		echo more >> $work/home/changed.doc
		read -r line < $work/home/rewritten.doc
		sleep 0.05
		head -c 90000 /dev/urandom | dd conv=notrunc status=none of=$work/home/rewritten.doc
		wc -l $work/home/large.doc
		\$send x $url/end" > "$work/joins.json" 2> "$work/joins.err"
}

# holds EXPRESSION: of the transfers by path, and of what was read.
holds()
{
	python3 - "$work/joins.json" "$1" "$was" <<-'END'
	import json, os, sys
	t, content, joined, sums = {}, {}, [], {}
	for line in open(sys.argv[1]):
	    e = json.loads(line)
	    coverage = e["telltap"].get("coverage")
	    if e["event"]["action"] == "transfer":
	        d = e["telltap"].get("data", {})
	        t[e["url"]["path"]] = (e["telltap"]["transfer"]["kind"],
	            e["telltap"]["transfer"]["grade"],
	            [(f["name"], f["sent_bytes"], f["origin"]) for f in d.get("files", [])],
	            [h["known"] for h in d.get("hashes", [])])
	    if e["event"]["action"] == "input":
	        for j in e["telltap"]["input"].get("joined", []):
	            joined.append(j["name"])
	            sums[j["name"]] = j["sha256"]
	    if e["event"]["action"] == "file-read":
	        content.setdefault(os.path.basename(e["file"]["path"]), set()).add(
	            e["telltap"]["read"].get("content"))
	was = dict(reversed(line.split()) for line in sys.argv[3].splitlines())
	# Hashed before it changed, it is what was read; else nobody knows.
	def honest(name):
	    if name in joined:
	        return sums[name] == was[name]
	    return content[name] == {"uncertain"}
	if not eval("(" + sys.argv[2] + ")"):
	    print(sys.argv[2], "does not hold of", t, content, joined)
	    sys.exit(1)
	END
}

uploads
ok "its events fit the schema" tests/e2e/validate_events.py "$work/joins.json"
ok "a file that was read is known when it leaves" holds \
    "t['/whole'] == ('file-upload', 'proven', [('mine.doc', 90000, 'user')], [])"
ok "and so is a part of it" holds \
    "t['/part'] == ('file-fragment', 'proven', [('mine.doc', 5000, 'user')], [])"
ok "and its hash" holds "t['/hash'] == ('hash-lookup', 'proven', [], [True])"
ok "a file of the product's own is called so" holds \
    "t['/own'][2] == [('av.log', 90000, 'product')]"
cp "$(command -v curl)" "$work/home/scanner"
head -c 90000 /dev/urandom > "$work/home/scanner.doc"
"$TELLTAP" run --json --no-dpi -- sh -c "
	send='$work/home/scanner -s -o /dev/null --data-binary @$work/home/scanner.doc'
	\$send $url/first
	while [ ! -e $work/joined ]; do sleep 0.05; done
	\$send $url/beside" > "$work/beside.json" 2> /dev/null &
run=$!
told "$work/beside.json" '"joined":.*scanner.doc'
touch "$work/joined"
wait $run
ok "one beside a program that is not installed is its user's" python3 -c '
import json, sys
got = [f["origin"] for e in map(json.loads, open(sys.argv[1]))
       if e.get("url", {}).get("path") == "/beside"
       for f in e["telltap"].get("data", {}).get("files", [])]
assert got == ["user"], got' "$work/beside.json"
ok "it joined once, before that" holds \
    "joined.count('mine.doc') == 1 and content['mine.doc'] == {'joined', 'known'}"
ok "a file that changed joins as what was read, or is uncertain" holds \
    "honest('changed.doc') and honest('rewritten.doc')"
ok "nor does one above the limit" holds \
    "content['large.doc'] == {'large'} and 'large.doc' not in joined"
ok "what was left out is said" grep -q 'not 1 above 16 MiB' "$work/joins.err"

# On a mount that only a container has, by a program that is gone at once.
mkdir "$work/box"
base64 < /dev/urandom 2> /dev/null | head -c 90000 > "$work/boxed.doc"
rm -f "$work/joined"
: > "$work/joins.json"
"$TELLTAP" run --json --no-dpi -- unshare --mount sh -c "
	mount -t tmpfs telltap $work/box
	(cat $work/boxed.doc; echo more) > $work/box/copy.doc
	$own/scanner -s -o /dev/null file://$work/box/copy.doc
	while [ ! -e $work/joined ]; do curl -s -o /dev/null -d a=b $url/wait; sleep 0.1; done
	cat $work/box/copy.doc | curl -s -o /dev/null --data-binary @- $url/boxed" \
    > "$work/joins.json" 2> "$work/joins.err" &
run=$!
ok "what a container alone has joins" told "$work/joins.json" '"joined":.*"copy.doc"'
touch "$work/joined"
wait $run
ok "a file that a container alone has is known when it leaves" holds \
    "t['/boxed'] == ('file-upload', 'proven', [('copy.doc', 90005, 'user')], [])"

# The kernel's paths begin above the root of a program that has another one.
mkdir "$work/root"
head -c 90000 /dev/urandom > "$work/home/below.doc"
rm "$work/joined"
: > "$work/joins.json"
unshare --mount sh -c "mount --rbind / $work/root && exec chroot $work/root \
	'$TELLTAP' run --json --no-dpi -- sh -c '
	$own/scanner -s -o /dev/null file://$work/home/below.doc
	while [ ! -e $work/joined ]; do curl -s -o /dev/null -d a=b $url/wait; sleep 0.1; done
	cat $work/home/below.doc | curl -s -o /dev/null --data-binary @- $url/below'" \
    > "$work/joins.json" 2> "$work/joins.err" &
run=$!
ok "so does what is below a root of our own" told "$work/joins.json" '"joined":.*"below.doc"'
touch "$work/joined"
wait $run
ok "and so is one that was read below a root of telltap's own" holds \
    "t['/below'] == ('file-upload', 'proven', [('below.doc', 90000, 'user')], [])"

# One that is killed is replaced, and what is read then is known; what the engine
# had from the one before stays.
head -c 90000 /dev/urandom > "$work/home/later.doc"
"$TELLTAP" run --json --no-dpi -- sh -c "
	send='curl -s -o /dev/null --data-binary'
	\$send @$work/home/mine.doc $url/first
	touch $work/first
	while [ ! -e $work/killed ]; do sleep 0.05; done
	\$send @$work/home/mine.doc $url/again
	\$send @$work/home/later.doc $url/later" > "$work/joins.json" 2> "$work/joins.err" &
run=$!
awaits test -e "$work/first"
pkill -9 -P "$run" -f '^telltap: fingerprinter'
awaits grep -q 'another one takes its place' "$work/joins.err"
touch "$work/killed"
wait "$run"
ok "that the fingerprinter was killed is said" grep -q \
    'the fingerprinter was killed by signal 9; another one' "$work/joins.err"
ok "and is in the coverage" holds "coverage['readers_lost'] == 1"
ok "a file that was known is so still" holds "t['/again'][1] == 'proven'"
ok "and another fingerprinter makes the next one known" holds "t['/later'][1] == 'proven'"

uploads --no-known-from-reads
ok "without it none of that is claimed" holds \
    "t['/whole'][1] != 'proven' and t['/part'][1] != 'proven' and not joined"
done_testing
