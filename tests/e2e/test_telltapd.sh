#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The service: its configuration, its lock, what it tells a service manager, and
# that it ends with its case closed. Without systemd here: a socket stands for
# the manager.

. "$(dirname "$0")/check.sh"
telltapd=$PWD/$B/telltapd

# config TEXT: writes it, with places of our own.
config()
{
	printf '%b\n' "$1" > "$work/config.yaml"
	printf 'cases: %s/cases\nlock: %s/lock\n' "$work" "$work" >> "$work/config.yaml"
}
check() { "$telltapd" --config "$work/config.yaml" --check-config; }
# wrong PATTERN TEXT: such a configuration is refused in those words.
wrong()
{
	config "$2"
	says 78 "$1" check
}

config 'watch:\n  exe: [/usr/bin/curl]\n  file-reads: no'
ok "a good configuration" check
ok "one that is not there" says 78 'nothing.yaml: No such file' "$telltapd" --config "$work/nothing.yaml" --check-config
ok "a key that is not known" wrong 'line 2: Unexpected key: exes' 'watch:\n  exes: [a]'
ok "an answer that is none" wrong 'line 3: bpf: Invalid ENUM value: maybe' 'watch:\n  exe: [a]\n  bpf: maybe'
ok "a list that is none" wrong 'line 2: exe' 'watch:\n  exe: a'
ok "nobody to be watched" wrong 'watch: says nobody' 'watch: {descendants: yes}'
ok "no watch at all" wrong 'Missing required mapping field: watch' 'known: [a]'
ok "a process that is no number" wrong 'watch: pid: takes a number, not x' 'watch:\n  pid: [x]'
ok "a user that is not there" wrong 'watch: user: there is no user nobody-here' 'watch:\n  user: [nobody-here]'
ok "a profile that is not there" wrong 'no such profile' 'watch:\n  profile: [nothing]'
ok "a size that is none" wrong 'part-size: takes a size' 'watch:\n  exe: [a]\npart-size: 5X'
ok "no YAML" wrong 'config.yaml' 'watch: ['
ok "an option that is not known" bash -c '"$1" --nothing 2> /dev/null; [ $? = 64 ]' - "$telltapd"
ok "its version" "$telltapd" --version
if command -v systemd-analyze > /dev/null; then
	ok "its credential may be missing" bash -c '! grep "^LoadCredential.*:/" systemd/telltapd.service' -
	ok "the unit is one" bash -c '! systemd-analyze verify systemd/telltapd.service 2>&1 |
	    grep -v "not executable\|^telltapd.service: Command .man "' -
fi
if [ "$(id -u)" != 0 ]; then
	skip "the service itself, needs root"
	done_testing
fi

tests/e2e/upload_server.py "$work/port" &
server=$!
trap 'kill $server $manager $service 2> /dev/null; rm -rf "$work"' EXIT
appears "$work/port"
url=http://127.0.0.1:$(cat "$work/port")
cp "$(command -v curl)" "$work/av"
python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    print(s.recv(4096).decode().replace("\n", " "), flush=True)
' "$work/notify" > "$work/notified" &
manager=$!
awaits test -S "$work/notify"

# notified PATTERN N: the manager is told so, N times by now.
notified()
{
	told "$work/notified" "$1" "$2" && return
	cat "$work/notified" "$work/log"
	return 1
}
# logged PART PATH: until the request is in the log.
logged() { told "$work/cases/$1/data*/events.jsonl" "\"path\":\"$2\""; }
log_has() { grep -q "$1" "$work/log" || { cat "$work/log"; return 1; }; }

config "watch:\n  exe: [$work/av]"
NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=600000 JOURNAL_STREAM=1:2 \
    "$telltapd" --config "$work/config.yaml" 2> "$work/log" &
service=$!
ok "it says when it is ready" notified 'READY=1' 1
"$work/av" -s -o /dev/null -d a=b "$url/first"
logged 000001 /first
ok "the journal's level" log_has '^<6>watching'
ok "it answers the watchdog" notified 'WATCHDOG=1' 3
ok "a second one is refused" says 75 "another telltapd is running: it holds $work/lock" \
    "$telltapd" --config "$work/config.yaml"
cp "$work/config.yaml" "$work/good.yaml"
echo 'nothing: 1' >> "$work/config.yaml"
kill -HUP $service
ok "it says that it reloads" notified 'RELOADING=1 MONOTONIC_USEC=' 1
ok "and is ready again" notified 'READY=1' 2
ok "a wrong configuration changes nothing" log_has 'the configuration stays as it was'
cp "$work/good.yaml" "$work/config.yaml"
kill -HUP $service
ok "and again" notified 'READY=1' 3
"$work/av" -s -o /dev/null -d a=b "$url/second"
logged 000002 /second
engine=$(pgrep -P $service -f '^telltap: engine')
kill -9 "$engine"
ok "an engine that died is replaced" awaits eval "grep 'engine was killed' '$work/log' &&
    pgrep -P $service -f '^telltap: engine' | grep -v '^$engine\$'"
"$work/av" -s -o /dev/null -d a=b "$url/third"
logged 000002 /third
ok "whose name the line has is said once" log_has '^<4>the engine was killed'
started=$(date +%s%N)
kill -TERM $service
ok "it ends well" wait $service
took=$((($(date +%s%N) - started) / 1000000))
# Some tenths of a second it is where nothing else runs.
ok "in good time ($took ms)" test $took -lt 20000
ok "it says that it stops" notified 'STOPPING=1' 1
for part in 000001 000002; do
	ok "part $part verifies" "$TELLTAP" verify "$work/cases/$part"
done
ok "there is no other" bash -c '[ "$(ls "$1")" = "$(printf "000001\n000002")" ]' - "$work/cases"
ok "each request once, in its part" bash -c '
	cd "$1" && for p in 000001 000002; do
	grep -o "\"action\":\"transfer\".*\"path\":\"[a-z/]*" $p/data/events.jsonl | sed "s/.*\"//"
	done | tr "\n" " " | grep -qx "/first /second /third "' - "$work/cases"
ok "the gap is in the log" grep -q '"gap":{"start"' "$work/cases/000002/data/events.jsonl"
rm -rf "$work/cases"

# As the unit has it: no root, but capabilities.
caps=+bpf,+perfmon,+net_raw,+net_admin,+sys_admin,+sys_ptrace,+dac_read_search,+setuid,+setgid,+kill
mkdir -m 777 "$work/state"
config "watch:\n  exe: [$work/av]"
sed -i "s|^cases:.*|cases: $work/state/cases|; s|^lock:.*|lock: $work/state/lock|" "$work/config.yaml"
: > "$work/notified"
open=$(installed)
NOTIFY_SOCKET= setpriv --reuid daemon --regid daemon --clear-groups --inh-caps $caps \
    --ambient-caps $caps --bounding-set "-all,$caps" "${open}d" --config "$work/config.yaml" \
    2> "$work/log" &
service=$!
awaits grep -q watching "$work/log"
engine=$(pgrep -P $service -f '^telltap: engine')
ok "without root it runs" log_has watching
ok "and its engine has yet another user" bash -c \
    'grep -q "^Uid:.*65534" "/proc/$1/status" && grep -q "^CapEff:.*0000000000000000" "/proc/$1/status"' - "$engine"
"$work/av" -s -o /dev/null -d a=b "$url/unprivileged"
told "$work/state/cases/000001/data*/events.jsonl" /unprivileged
kill -TERM $service
ok "it ends well" wait $service
ok "with what it saw" grep -q /unprivileged "$work/state/cases/000001/data/events.jsonl"
ok "its case verifies" "$TELLTAP" verify "$work/state/cases/000001"
done_testing
