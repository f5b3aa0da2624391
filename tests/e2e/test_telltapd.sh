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
	says 2 "$1" check
}

config 'watch:\n  exe: [/usr/bin/curl]\n  file-reads: no'
ok "a good configuration" check
ok "one that is not there" says 2 'nothing.yaml: No such file' "$telltapd" --config "$work/nothing.yaml" --check-config
# Each is said with its line, its key, and what may stand there.
while IFS='|' read -r pattern text; do
	ok "wrong: $text" wrong "config.yaml: $pattern" "$text"
done <<'END'
line 2: there is no such key: exes; there are exe, unit, cgroup, pid, user, profile,|watch:\n  exes: [/a]
line 1: there is no such key: wach; there are watch, known,|wach:\n  exe: [/a]
line 3: bpf: takes no, yes, false or true, not maybe|watch:\n  exe: [/a]\n  bpf: maybe
line 3: dpi: takes no, yes, false or true, not 1|watch:\n  exe: [/a]\ndpi: 1
line 3: packets: takes no, yes, false or true, not on|watch:\n  exe: [/a]\npackets: on
line 2: exe: takes a list such as \[a, b\], not a single value|watch:\n  exe: /a
line 2: exe: takes a list such as \[a, b\], not keys and values|watch:\n  exe: {a: b}
line 2: exe: takes a list such as \[a, b\], not a single value|watch:\n  exe:
line 2: exe: takes a single value, not a list|watch:\n  exe: [[/a]]
line 1: watch: takes keys and values, one to a line, not a list|watch: [/a]
line 1: watch: takes keys and values, one to a line, not a single value|watch: yes
line 3: known: takes a list such as|watch:\n  exe: [/a]\nknown: a
line 3: part-size: takes a single value, not a list|watch:\n  exe: [/a]\npart-size: [5]
line 3: cases: must not be empty|watch:\n  exe: [/a]\ncases: ""
line 2: exe: is there twice|watch:\n  exe: [/a]\n  exe: [/b]
line 3: there is no watch, which has to be|dpi: yes
line 1: watch: says nobody: give exe, unit, cgroup, pid, user or profile|watch: {descendants: yes}
line 1: watch: says nobody|watch:\n  exe: []
line 2: exe: takes whole paths, or patterns of them, not av|watch:\n  exe: [/a, av]
line 3: pid: takes numbers of processes, not x|watch:\n  pid: [1,\n    x]
line 2: pid: takes numbers of processes, not 0|watch:\n  pid: [0]
line 2: pid: takes numbers of processes, not 99999999999|watch:\n  pid: [99999999999]
line 2: user: there is no user nobody-here|watch:\n  user: [nobody-here]
line 2: profile: .*no such profile|watch:\n  profile: [nothing]
line 3: tls-plaintext: needs bpf: yes|watch:\n  exe: [/a]\n  tls-plaintext: yes\n  bpf: no
line 3: part-size: takes a size such as 500M, not 5X|watch:\n  exe: [/a]\npart-size: 5X
line 3: part-size: takes a size such as 500M, not -1|watch:\n  exe: [/a]\npart-size: -1
line 4: known: /no/such: No such file|watch:\n  exe: [/a]\nknown:\n  - /no/such
line 3: tls-key: /no/such: No such file|watch:\n  exe: [/a]\ntls-key: [/no/such]
line 3: profiles: /no/such: No such file|watch:\n  exe: [/a]\nprofiles: /no/such
line 3: key: /no/such: No such file|watch:\n  exe: [/a]\nkey: /no/such
line 3: tsa-ca: /no/such: No such file|watch:\n  exe: [/a]\ntsa-ca: /no/such
line 2: this is no YAML|watch:\n\texe: [/a]
line 3: this is no YAML|watch:\n  exe: [/a\ndpi: yes
line 3: this is no YAML|watch:\n  exe: [/a]\n bad: indent
line 3: a second document begins here; one is read|watch:\n  exe: [/a]\n---\nknown: [/a]
line 2: exe: an alias (\*) is not taken|watch:\n  exe: [\&a /b, *a]
END
sed -i 's|^cases:.*|cases: /no/such/cases|' "$work/config.yaml"
config 'watch:\n  exe: [/a]'
sed -i 's|^cases:.*|cases: /no/such/cases|' "$work/config.yaml"
ok "cases in no folder" says 2 'line 3: cases: /no/such/cases: the folder that it is to be in is not there' check
printf '' > "$work/config.yaml"
ok "nothing in it" says 2 'config.yaml: empty' check
ok "an option that is not known" bash -c '"$1" --nothing 2> /dev/null; [ $? = 2 ]' - "$telltapd"
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
ok "a second one is refused" says 2 "another telltapd is running: it holds $work/lock" \
    "$telltapd" --config "$work/config.yaml"
cp "$work/config.yaml" "$work/good.yaml"
echo 'nothing: 1' >> "$work/config.yaml"
kill -HUP $service
ok "it says that it reloads" notified 'RELOADING=1 MONOTONIC_USEC=' 1
ok "and is ready again" notified 'READY=1' 2
ok "a wrong configuration changes nothing" log_has 'the configuration stays as it was'
# One that is good by itself, and can't be followed.
sed "s|^cases:.*|cases: $work/notify|" "$work/good.yaml" > "$work/config.yaml"
kill -HUP $service
ok "it is ready again" notified 'READY=1' 3
ok "one that can't be followed changes nothing but the part" log_has 'stays as it was; what is recorded goes on in another part'
cp "$work/good.yaml" "$work/config.yaml"
kill -HUP $service
ok "and again" notified 'READY=1' 4
"$work/av" -s -o /dev/null -d a=b "$url/second"
logged 000003 /second
engine=$(pgrep -P $service -f '^telltap: engine')
kill -9 "$engine"
ok "an engine that died is replaced" awaits eval "grep 'engine was killed' '$work/log' &&
    pgrep -P $service -f '^telltap: engine' | grep -v '^$engine\$'"
"$work/av" -s -o /dev/null -d a=b "$url/third"
logged 000003 /third
ok "whose name the line has is said once" log_has '^<4>the engine was killed'
started=$(date +%s%N)
kill -TERM $service
ok "it ends well" wait $service
took=$((($(date +%s%N) - started) / 1000000))
# Some tenths of a second it is where nothing else runs.
ok "in good time ($took ms)" test $took -lt 20000
ok "it says that it stops" notified 'STOPPING=1' 1
for part in 000001 000002 000003; do
	ok "part $part verifies" "$TELLTAP" verify "$work/cases/$part"
done
ok "there is no other" bash -c '[ "$(ls "$1")" = "$(printf "000001\n000002\n000003")" ]' - "$work/cases"
ok "each request once, in its part" bash -c '
	cd "$1" && for p in 000001 000002 000003; do
	grep -o "\"action\":\"transfer\".*\"path\":\"[a-z/]*" $p/data/events.jsonl | sed "s/.*\"//"
	done | tr "\n" " " | grep -qx "/first /second /third "' - "$work/cases"
ok "the gap is in the log" grep -q '"gap":{"start"' "$work/cases/000003/data/events.jsonl"
rm -rf "$work/cases"

# As the unit has it: no root, but capabilities.
caps=+bpf,+perfmon,+net_raw,+net_admin,+sys_admin,+sys_ptrace,+dac_read_search,+setuid,+setgid,+kill
mkdir -m 777 "$work/state"
mkdir -m 700 "$work/root"
echo "of root alone" > "$work/root/file"
config "watch:\n  exe: [$work/av]\nknown: [$work/root/file]"
sed -i "s|^cases:.*|cases: $work/state/cases|; s|^lock:.*|lock: $work/state/lock|" "$work/config.yaml"
: > "$work/notified"
# Or what the last one wrote there is read before this one has begun.
: > "$work/log"
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

# A disk that is full.
mkdir "$work/full"
head -c 8000000 /dev/urandom > "$work/big"
config "watch:\n  exe: [$work/av]"
sed -i "s|^cases:.*|cases: $work/full/cases|" "$work/config.yaml"
ok "a full disk ends it, in words and in the case" unshare -m bash -c '
	mount -t tmpfs -o size=6m none "$1/full" || exit 1
	: > "$1/log"
	timeout 100 "$2" --config "$1/config.yaml" 2> "$1/log" &
	service=$!
	until grep -q watching "$1/log"; do kill -0 $service || exit 1; sleep 0.05; done
	"$1/av" -s -o /dev/null -T "$1/big" "$3/full"
	wait $service
	[ $? = 2 ] && grep "000001: the disk is full; the case says so and is finished" "$1/log" &&
	grep -q "\"what\":\"disk-full\"" "$1/full/cases/000001/data/events.jsonl" &&
	"$TELLTAP" verify "$1/full/cases/000001" || { cat "$1/log"; exit 1; }' \
    - "$work" "$telltapd" "$url"
done_testing
