#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A watched program lies, and reads, on a mount whose server does not answer any
# more: who is watched goes on, and so do we, and what could not be looked at is
# said.

[ "$(id -u)" = 0 ] || { echo "skipped: dead_mount, needs root"; exit 77; }
. "$(dirname "$0")/check.sh"
if ! [ -c /dev/fuse ] || ! grep -qw fuse /proc/filesystems; then
	skip "a dead mount: no FUSE here"
	done_testing
fi

mkdir "$work/source" "$work/mount"
cp "$(command -v bash)" "$work/source/client"
base64 < /dev/urandom 2> /dev/null | head -c 100000 > "$work/source/doc"
head -c 50000 /dev/urandom > "$work/mine.doc"
/usr/bin/python3 tests/e2e/dead_mount.py "$work/source" "$work/mount" &
mount=$!
tests/e2e/upload_server.py "$work/port" &
server=$!
trap 'kill $mount $server $run 2> /dev/null; wait $mount; rm -rf "$work"' EXIT
appears "$work/port"
port=$(cat "$work/port")
awaits test -x "$work/mount/client"
# Its pages are here from now on, so that it runs on.
cat "$work/mount/client" "$work/mount/doc" > /dev/null
mkfifo "$work/pipe"

# Run by the client: it begins before the server is dead and connects after.
cat > "$work/script" <<END
exec 4< $work/mount/doc
: > $work/began
read -r line < $work/pipe
dd bs=4096 count=5 of=/dev/null status=none <&4
exec 3<> /dev/tcp/127.0.0.1/$port
printf 'GET /dead HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n' >&3
while read -r line <&3; do :; done
END
"$TELLTAP" run --json --tls-plaintext --case "$work/case" -- sh -c "
	$work/mount/client $work/script
	read -r line < $work/pipe
	curl -s -o /dev/null --data-binary @$work/mine.doc http://127.0.0.1:$port/alive" \
    > "$work/out" 2> "$work/err" &
run=$!
awaits test -e "$work/began"
opener=$(pgrep -P $run -f '^telltap: opener')
kill -USR1 $mount
echo go > "$work/pipe"
ok "that no answer came is said" awaits grep -q 'a file of device [0-9]*:[0-9]* does not answer' "$work/err"
echo go > "$work/pipe"
ok "the run ends" gone $run
ok "as its command" wait $run
ok "and how much was not looked at" grep -q '[0-9]* files not looked at, for' "$work/err"
ok "nor for TLS" grep -q '1 programs or TLS libraries that could not be hooked' "$work/err"

# of PATH EXPRESSION: holds of the transfer t of that path.
of()
{
	python3 - "$work/out" "$@" <<-'END'
	import json, sys
	for e in map(json.loads, open(sys.argv[1])):
	    if e["event"]["action"] == "transfer" and e["url"]["path"] == sys.argv[2]:
	        t = e["telltap"]
	        print(e)
	        sys.exit(not eval(sys.argv[3]))
	sys.exit("no such transfer")
	END
}
ok "what was sent from there is seen, without a hash" of /dead \
    '"hash" not in e["process"] and e["process"]["executable"].endswith("/mount/client")'
ok "what is read elsewhere is known as ever" of /alive \
    't["transfer"]["grade"] == "proven" and "hash" in e["process"]'
ok "nothing is lost" bash -c '! grep "records of the kernel lost\|packets lost" "$1"' - "$work/err"
ok "events fit the schema" tests/e2e/validate_events.py "$work/out"
ok "the case verifies" "$TELLTAP" verify "$work/case"

# From its start on: a process that holds its memory locked while it waits for that server,
# a key log and programs there.
kill $mount
wait $mount
/usr/bin/python3 tests/e2e/dead_mount.py "$work/source" "$work/mount" &
mount=$!
awaits test -x "$work/mount/client"
/usr/bin/python3 - "$work" <<'END' &
import ctypes, os, sys
work = sys.argv[1]
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
doc = os.open(work + "/mount/doc", os.O_RDWR)
place = libc.mmap(None, 4096, 3, 1, doc, 0)
ctypes.memset(place, 65, 4096)  # to be written when another mapping takes its place
with open(work + "/mapped", "w") as f:
    f.write("yes")
open(work + "/pipe").read()
libc.mmap(place, 4096, 3, 0x32, -1, 0)
END
hangs=$!
awaits test -s "$work/mapped"
kill -USR1 $mount
echo go > "$work/pipe"
awaits grep -q '^State:[[:space:]]*D' /proc/$hangs/status
cp "$(command -v curl)" "$work/av"
"$TELLTAP" watch --json --tls-plaintext --pid $hangs --exe "$work/av" --exe "$work/mount/c*" \
    --keylog "$work/mount/doc" > "$work/out" 2> "$work/err" &
run=$!
ok "it watches" watching $run
"$work/av" -s -o /dev/null -d a=b "http://127.0.0.1:$port/args"
ok "what is sent is seen" told "$work/out" '"action":"transfer".*"path":"/args"'
kill -TERM $run
ok "it ends" gone $run
ok "as it was told to" wait $run
ok "who is watched is known in part" grep -q 'lies, in part, where a server does not answer' "$work/err"
ok "the coverage says so" python3 -c '
import json, sys
c = json.loads(list(open(sys.argv[1]))[-1])["telltap"]["coverage"]
print(c)
sys.exit(not (c["processes_unread"] == 1 and c["files_unanswered"] >= 3))' "$work/out"
ok "events fit the schema" tests/e2e/validate_events.py "$work/out"
printf 'watch:\n  exe: [%s]\nknown: [%s]\n' "$work/av" "$work/mount/other" > "$work/config.yaml"
ok "a configuration that names a file there is refused by its line" says 2 \
    'line 3: known: .*/mount/other: its file system does not answer' \
    timeout 20 "${TELLTAP}d" --config "$work/config.yaml" --check-config
ok "and of a process that waits there nothing is said" says 2 'its memory does not answer' \
    timeout 20 "$TELLTAP" doctor --pid $hangs
kill $mount
ok "once the mount is gone, so is who waited for it" gone $opener
done_testing
