#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Files that a watched program reads, in the ways that scanners do: which, how
# much of them, and whether that was all.

[ "$(id -u)" = 0 ] || { echo "skipped: reads, needs root"; exit 77; }
. "$(dirname "$0")/check.sh"
make -s CC="${CC:-gcc}" B="$B" "$B/tests/e2e/reads" || exit 1

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
done_testing
