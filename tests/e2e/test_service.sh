#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The processes of a live run: what each may do, and what becomes of the rest
# when one of them is killed in the middle of an upload.

[ "$(id -u)" = 0 ] || { echo "skipped: service, needs root"; exit 77; }
. "$(dirname "$0")/check.sh"

mkdir "$work/known"
head -c 1500000 /dev/urandom > "$work/known/big.bin"
head -c 5000 /dev/urandom > "$work/known/small.bin"
tests/e2e/upload_server.py "$work/port" &
server=$!
trap 'kill $server $run 2> /dev/null; rm -rf "$work"' EXIT
appears "$work/port"
mkfifo "$work/pipe"
url=http://127.0.0.1:$(cat "$work/port")

# child ROLE: the process id of that child of the run.
child() { pgrep -P "$run" -f "^telltap: $1"; }

# begin [OPTION...]: a small upload, then a big one; returns in the middle of that
# one, which is held there until goes_on().
begin()
{
	rm -rf "$work/case"
	# Not what the run before told.
	: > "$work/out"
	"$TELLTAP" run --json --case "$work/case" "$@" --known "$work/known" -- sh -c "
		curl -s -o /dev/null -T $work/known/small.bin $url/small
		curl -s -o /dev/null -H Transfer-Encoding: -H 'Content-Length: 1500000' \
		    -T - $url/big < $work/pipe
	" > "$work/out" 2> "$work/err" &
	run=$!
	told "$work/out" '"action":"transfer"'
	# Ours too can be read from, so that it opens at once.
	exec 9<> "$work/pipe"
	timeout 60 head -c 750000 "$work/known/big.bin" >&9
	engine=$(child engine) recorder=$(child recorder)
	fingerprinter=$(child fingerprinter) opener=$(child opener)
}

goes_on()
{
	timeout 60 tail -c +750001 "$work/known/big.bin" >&9
	exec 9>&-
}

# ends CODE: the run, by itself, with that code, in good time.
ends()
{
	gone "$run" || { kill -9 "$run"; echo "it hangs"; return 1; }
	wait "$run"
	got=$?
	[ $got = "$1" ] || { echo "exit $got, not $1"; cat "$work/err"; return 1; }
}

# Nothing of ours is left: no process, no program in the kernel.
nothing_left()
{
	gone "$engine" && gone "$recorder" && gone "$fingerprinter" && gone "$opener"
}

has() { grep -q -- "$1" "$2" || { echo "not in $2: $1"; cat "$2"; return 1; }; }
status() { grep -q "^$2:[[:space:]]*$3" "/proc/$1/status"; }

begin
ok "there are an engine, a recorder and a fingerprinter" test -n "$engine" -a -n "$recorder" -a -n "$fingerprinter"
ok "the fingerprinter is not root" bash -c '! grep -q "^Uid:.*\b0\b" /proc/$0/status' "$fingerprinter"
for set in CapInh CapPrm CapEff CapBnd CapAmb; do
	ok "its $set is empty" status "$fingerprinter" $set 0000000000000000
done
ok "it can gain no privilege" status "$fingerprinter" NoNewPrivs 1
ok "its system calls are filtered" status "$fingerprinter" Seccomp 2
ok "it is of low priority" bash -c '[ "$(ps -o ni= -p "$1")" -eq 10 ]' - "$fingerprinter"
ok "it holds sockets and nothing else" bash -c \
    'ls -l /proc/$0/fd | sed -n "s/.*-> //p" | grep -v "^socket:\|^/dev/null\|/err$" && exit 1; exit 0' "$fingerprinter"
ok "the opener has what opening takes" status "$opener" CapEff 0000000000080004
ok "it can gain no privilege" status "$opener" NoNewPrivs 1
ok "its system calls are filtered" status "$opener" Seccomp 2
ok "it holds sockets and nothing else" bash -c \
    'ls -l /proc/$0/fd | sed -n "s/.*-> //p" | grep -v "^socket:\|^/dev/null\|/err$" && exit 1; exit 0' "$opener"
ok "the engine is not root" bash -c '! grep -q "^Uid:.*\b0\b" /proc/$0/status' "$engine"
ok "it has no group" status "$engine" Groups '$'
for set in CapInh CapPrm CapEff CapBnd CapAmb; do
	ok "its $set is empty" status "$engine" $set 0000000000000000
done
ok "it can gain no privilege" status "$engine" NoNewPrivs 1
ok "its system calls are filtered" status "$engine" Seccomp 2
ok "it holds sockets, known files and nothing else" bash -c \
    'ls -l /proc/$0/fd | sed -n "s/.*-> //p" | grep -v "^socket:\|^/dev/null\|/err$\|/known/" && exit 1; exit 0' "$engine"
ok "what it holds of files it can only read" bash -c \
    'for f in /proc/$0/fd/*; do readlink $f | grep -q /known/ || continue
     grep -q "^flags:.*0$" /proc/$0/fdinfo/${f##*/} || exit 1; done' "$engine"
ok "the recorder has one capability" status "$recorder" CapEff 0000000000000002
ok "the recorder can gain no privilege" status "$recorder" NoNewPrivs 1
ok "its system calls are filtered, too" status "$recorder" Seccomp 2
ok "the parent holds no more than it needs" bash -c \
    '! grep -q "^CapEff:.*1ff" /proc/$0/status' "$run"
goes_on
ok "an undisturbed run ends well" ends 0
ok "nothing is left of it" nothing_left
ok "its case verifies" "$TELLTAP" verify "$work/case"

begin
kill -9 "$engine"
awaits grep -q 'another one takes its place' "$work/err"
goes_on
ok "without its engine the run ends as its command" ends 0
ok "people are told" has 'engine was killed by signal 9; another' "$work/err"
ok "so does the log" has '"gap":{"start"' "$work/out"
ok "events fit the schema" tests/e2e/validate_events.py "$work/out"
ok "events are numbered without holes" python3 -c '
import json, sys
n = [json.loads(l)["event"]["sequence"] for l in open(sys.argv[1])]
sys.exit(n != list(range(len(n))))' "$work/out"
ok "what the kernel counted and nobody read is stated" python3 -c '
import json, sys
c = json.loads(list(open(sys.argv[1]))[-1])["telltap"]["coverage"]
sys.exit(not (c["restarts"] == 1 and c["kernel_unseen_out"] > 100000))' "$work/out"
ok "both uploads are in the log" has 'big.bin' "$work/case/data/report.json"
ok "the report has what the first engine saw" has 'small.bin' "$work/case/data/report.json"
ok "and that one was replaced" has '"restarts": *1' "$work/case/data/report.json"
ok "the case verifies" "$TELLTAP" verify "$work/case"
ok "nothing is left" nothing_left

# In parts, so small that a line or two fill one.
begin --roll 1
parts=$(ls "$work/case" | wc -l)
ok "there are several parts" test "$parts" -gt 1
kill -9 "$engine"
awaits grep -q 'another one takes its place' "$work/err"
goes_on
ok "without its engine a run in parts ends as its command" ends 0
ok "it began more of them" bash -c '[ "$(ls "$1" | wc -l)" -gt "$2" ]' - "$work/case" "$parts"
last=$work/case/$(ls "$work/case" | tail -n 1)
ok "the report has what the first engine saw" has 'small.bin' "$last/data/report.json"
ok "and what the second one did" has 'big.bin' "$last/data/report.json"
ok "no line is missing in it" has '"events_missing": *0' "$last/data/report.json"
for f in html json; do
	ok "the $f follows from the lines of all parts" cmp "$last/data/report.$f" \
	    <("$TELLTAP" report --format $f "$work/case")
done
ok "all of them verify" "$TELLTAP" verify "$work/case"

begin
kill -9 "$recorder"
goes_on
ok "without its recorder the run fails as its own" ends 125
ok "people are told where it lies" has "recorder was killed by signal 9; what it had logged lies in $work/case" "$work/err"
ok "what was logged can be read" python3 -c '
import json, sys
e = [json.loads(l) for l in open(sys.argv[1])]
sys.exit(not any(x["event"]["action"] == "transfer" for x in e))' "$work/case/data.part/events.jsonl"
ok "an unfinished case does not verify" bash -c '! "$TELLTAP" verify "$1"' - "$work/case"
ok "it can be recovered" "$TELLTAP" recover "$work/case"
ok "then it verifies" "$TELLTAP" verify "$work/case"
ok "nothing is left" nothing_left

begin
kill -9 "$run"
wait "$run" 2> /dev/null
goes_on
ok "without its parent nothing is left" nothing_left
ok "the log says that nobody watched on" has "parent process ended" "$work/out"
ok "and has what was seen until then" has 'small.bin' "$work/out"
ok "events fit the schema" tests/e2e/validate_events.py "$work/out"
ok "the case is closed and verifies" "$TELLTAP" verify "$work/case"

# All of them at once, as a lack of memory would.
begin
kill -9 "$run" "$engine" "$recorder" "$fingerprinter" "$opener"
wait "$run" 2> /dev/null
goes_on
ok "with all of them dead nothing is left" nothing_left
ok "what was logged can be recovered" "$TELLTAP" recover "$work/case"
ok "and verifies" "$TELLTAP" verify "$work/case"

ok "no program of ours is left in the kernel" bash -c '
	! bpftool prog 2> /dev/null | grep -q "name \(socket_create\|capture_filte\) " ||
	pgrep -x telltap > /dev/null'

# hears ROLE HEX: a child that is sent these bytes ends, says why, and has code 2.
hears()
{
	python3 - "$TELLTAP" "$@" <<-'END'
	import os, socket, subprocess, sys
	ours, theirs = socket.socketpair()
	def become():
	    os.dup2(theirs.fileno(), 3)
	child = subprocess.Popen([sys.argv[1], "--as-" + sys.argv[2]], close_fds=False,
	    preexec_fn=become, stderr=subprocess.PIPE, text=True)
	theirs.close()
	ours.sendall(bytes.fromhex(sys.argv[3]))
	said = child.communicate(timeout=60)[1]
	print(child.returncode, said)
	sys.exit(not (child.returncode == 2 and said.count("\n") == 1 and
	    f"the {sys.argv[2]} ends: " in said))
	END
}
for role in engine recorder fingerprinter opener; do
	ok "the $role ends loudly at bytes that are no message" hears $role ffffffffffffffff
	ok "the $role ends loudly at a message of another state" hears $role 0b0000001000000000000000
	ok "the $role ends loudly at an option one byte too long" hears $role 010000000900000006000000000000006100000000000000
done
ok "a flag of theirs with more behind it is no command" says 2 'no such command' "$TELLTAP" --as-engine extra
ok "without BPF it says what it needs" says 125 'needs root, or CAP_BPF' \
    setpriv --bounding-set=-bpf,-sys_admin --inh-caps=-all "$TELLTAP" run -- true
ok "in a user namespace it says so, too" bash -c 'unshare -r "$TELLTAP" run -- true 2> "$1"
    [ $? = 125 ] && grep -q "not permitted (needs root.* in no user namespace)" "$1"' - "$work/err"

# What goes wrong from outside.
mkdir "$work/full"
ok "a case folder that is not empty" says 125 'not empty' "$TELLTAP" run --case "$work/known" -- true
ok "a case without a parent folder" says 125 'No such file' "$TELLTAP" run --case "$work/no/case" -- true
ok "a full disk" unshare -m bash -c '
	mount -t tmpfs -o size=700k none "$1/full" || exit 1
	"$TELLTAP" run --case "$1/full/case" -- curl -s -o /dev/null -T "$1/known/big.bin" "$2/full" \
	    > "$1/out" 2> "$1/err"
	code=$?
	grep -q "the disk is full" "$1/err" || { cat "$1/err"; exit 1; }
	[ $code = 125 ] || { echo "exit $code"; exit 1; }
	"$TELLTAP" verify "$1/full/case" > "$1/verify" || "$TELLTAP" recover "$1/full/case"' - "$work" "$url"

ok "no cgroup v2 mounted" unshare -m bash -c '
	for at in $(awk "\$3 ~ /^cgroup/ { print \$2 }" /proc/mounts | tac); do umount -l "$at"; done
	! grep -q " cgroup2 " /proc/mounts &&
	"$TELLTAP" run --json -- curl -s -o /dev/null "$2/unmounted" > "$1/out" 2> "$1/err" &&
	grep -q "\"action\":\"transfer\".*\"certainty\":\"exact\"" "$1/out" || { cat "$1/err"; exit 1; }' - "$work" "$url"
ok "nor any to be had: it says so" says 125 "finding cgroup v2" unshare -m bash -c '
	for at in $(awk "\$3 ~ /^cgroup/ { print \$2 }" /proc/mounts | tac); do umount -l "$at"; done
	exec setpriv --bounding-set=-sys_admin --inh-caps=-all "$TELLTAP" run -- true'

# A signal counts, too, while a process of ours is not ready: this one waits for a key.
mkfifo "$work/key"
"$TELLTAP" watch --exe /no/such --tls-key "$work/key" --case "$work/unready" > "$work/out" 2> "$work/err" &
run=$!
awaits pgrep -P "$run" -f '^telltap: engine'
kill -TERM "$run"
ok "told to stop while it starts it ends" ends 2
ok "and says so" has 'told to stop before it was ready' "$work/err"
ok "and leaves nothing" bash -c '! [ -e "$1" ] && ! pgrep -P "$2"' - "$work/unready" "$run"

# Where it may use one processor only, that of who is watched.
one=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')
ok "on one processor nothing is missed" bash -c '
	for i in 1 2 3 4 5; do
		taskset -c $3 "$TELLTAP" run --json -- curl -s -o /dev/null -d a=b "$2/one" > "$1/out" 2> "$1/err"
		grep -q "\"action\":\"transfer\".*\"path\":\"/one\".*\"complete\":true.*\"missing_out\":0,\"missing_in\":0" "$1/out" ||
		    { cat "$1/out"; exit 1; }
	done' - "$work" "$url" $one
ok "and it uses no other" taskset -c $one "$TELLTAP" run -- sh -c '
	for i in $(seq 400); do [ $(ls /proc/$PPID/task | wc -l) -lt 3 ] || break; sleep 0.05; done
	[ $(cat /proc/$PPID/task/*/status | grep -c "^Cpus_allowed_list:[[:space:]]*'$one'$") = 3 ]'

ip link add telltap-gone type veth peer name telltap-gone2 && ip link set telltap-gone up
"$TELLTAP" run --json -- sh -c "sleep 0.5; ip link del telltap-gone; curl -s -o /dev/null $url/after" \
    > "$work/out" 2> "$work/err"
ok "an interface that vanishes" has '"action":"transfer"' "$work/out"
ok "events fit the schema" tests/e2e/validate_events.py "$work/out"
done_testing
