#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# telltap experiment run: a plan that is wrong is refused in one line; a short
# one, with curl in the product's place, is led to its table.

. "$(dirname "$0")/check.sh"

# plan NAME [SED-SCRIPT]: a good plan, changed.
plan()
{
	sed "${2:-}" > "$work/$1.yaml" <<-END
	experiment: a lab
	out: $work/out-$1
	seed: a seed
	sessions: 2
	watch: [--exe, $work/product/av]
	canaries: { folder: $work/bait, count: 4, types: [pdf, script] }
	restart: echo restarted
	network: { cut: touch $work/cut, restore: rm $work/cut }
	phases:
	  - { name: baseline, run: '$work/product/av -s -o /dev/null -d x "\$URL/x"' }
	  - { name: plant, plant: yes }
	  - { name: scan, shuffle: yes, each: '$work/product/av -s -o /dev/null "\$URL/look?sha256=\$(sha256sum < "\$1" | cut -c1-64)"' }
	  - { name: execute, shuffle: yes, run: 'for f in "\$TELLTAP_CANARIES"/*.pdf; do $work/product/av -s -o /dev/null -T "\$f" "\$URL/up"; done; exit 3' }
	  - { name: offline, network: cut, run: 'test -e $work/cut && echo "cut in \$TELLTAP_PHASE of \$TELLTAP_SESSION"' }
	  - { name: idle, network: restore }
	END
	plan=$work/$1.yaml
}

refuses() # NAME SED-SCRIPT PATTERN
{
	plan "$1" "$2"
	ok "refused: $1" says 2 "$3" "$TELLTAP" experiment run "$plan"
}

refuses empty 'd' 'empty'
refuses no-name '/^experiment/d' 'experiment'
refuses no-phases '/^phases/,$d' 'phases'
refuses unknown-word 's/^sessions/sesions/' 'sesions'
refuses no-number 's/^sessions: .*/sessions: many/' 'line 4: sessions'
refuses negative 's/^sessions: .*/sessions: -2/' 'line 4: sessions'
refuses too-many-sessions 's/^sessions: .*/sessions: 101/' 'sessions: 1 to 100'
refuses too-many-canaries 's/count: 4/count: 129/' 'count: 1 to 128'
refuses no-such-type 's/script\]/dll]/' 'no such type: dll'
refuses two-alike 's/name: idle/name: scan/' 'two are called scan'
refuses twice-planted 's/name: idle/plant: yes, name: idle/' 'one alone, has plant'
refuses never-planted 's/, plant: yes//; s/each:/run:/' 'one alone, has plant'
refuses each-before 's/name: baseline, run/name: baseline, each/' 'baseline: no canary is there'
refuses shuffled-planting 's/plant: yes/&, shuffle: yes/' 'not shuffled'
refuses no-network '/^network/d' 'offline: there are no commands to cut'
refuses no-restart '/^restart/d; s/name: idle/&, restart: yes/' 'idle: there is no command to restart'
refuses maybe 's/shuffle: yes/shuffle: maybe/' 'line 12: shuffle'
refuses longer-than-a-day 's/name: idle/&, wait: 86401/' 'idle: a day at most'
refuses no-watch '/^watch/d' 'watch'
refuses own-case 's/--exe/--case/' 'the case is in the folder'
refuses a-bomb 's/^seed: .*/seed: \&a [x, x]\nb: [*a, *a, *a]/' '.'
refuses control-in-name 's/name: idle/name: "a\\x1b[2J"/' 'printable'
refuses no-parent 's|^out: .*|out: /no/such/out|' 'No such file'
head -c 2000 /dev/urandom > "$work/noise.yaml"
ok "noise" says 2 'noise.yaml' "$TELLTAP" experiment run "$work/noise.yaml"
ok "no file" says 2 'No such file' "$TELLTAP" experiment run "$work/nothing.yaml"
ok "a folder" says 2 'directory' "$TELLTAP" experiment run "$work"
ok "no action" says 2 'give run' "$TELLTAP" experiment
ok "nothing was begun" test ! -e "$work/bait" -a -z "$(ls -d "$work"/out-* 2> /dev/null)"

if [ "$(id -u)" != 0 ] || ! command -v curl > /dev/null; then
	skip "a live experiment needs root and curl"
	done_testing
	exit
fi
mkdir "$work/product"
cp "$(command -v curl)" "$work/product/av"
tests/e2e/upload_server.py "$work/port" &
server=$!
trap 'kill $server 2> /dev/null; rm -rf "$work"' EXIT
appears "$work/port"
export URL=http://127.0.0.1:$(cat "$work/port")

# A service that watches the same product goes on: each records for itself.
printf 'watch:\n  exe: [%s]\ncases: %s\nlock: %s\n' "$work/product/av" "$work/cases" "$work/lock" > "$work/config.yaml"
"$PWD/$B/telltapd" --config "$work/config.yaml" 2> "$work/service" &
service=$!
awaits grep -q 'watching' "$work/service"
plan good
ok "a plan is led" says 0 '' "$TELLTAP" experiment run "$plan"
cp "$work/out" "$work/table"
row() { grep -q -- "^$1  *$2 *$" <(sed 's/  *[0-9.]* to [0-9.]* / /; s/  */ /g' "$work/table"); }
ok "of 8 canaries 4 went out whole, 4 by hash alone" row 'all canaries' '8 4 4 0 0 4 0'
ok "by type" row 'type pdf' '4 4 4 0 0 0 0'
ok "and the other" row 'type script' '4 0 0 0 0 4 0'
ok "by phase" row 'phase execute' '8 4 4 0 0 0 4'
ok "a look-up in its phase" row 'phase scan' '8 0 0 0 0 8 0'
ok "nothing before they were there" row 'phase baseline' '8 0 0 0 0 0 8'
ok "beside it what was seen" grep -q '0 B could not be read, 0 B was never captured' "$work/table"
o=$work/out-good
ok "the case verifies" says 0 '' "$TELLTAP" verify "$o/case"
ok "the canaries are gone" test -z "$(ls -A "$work/bait")"
ok "the network is there" test ! -e "$work/cut"
ok "it was cut" grep -q 'cut in offline of 2' "$o/commands.log"
ok "restarted in each session" test "$(grep -c '^restarted' "$o/commands.log")" = 2
ok "what was done, and the seeds before it" python3 - "$o" << 'END'
import hashlib, json, sys
out = sys.argv[1]
journal = [json.loads(line) for line in open(out + "/journal.jsonl")]
marks = [e["telltap"]["mark"]["text"] for e in map(json.loads,
    open(out + "/case/data/events.jsonl")) if e["event"]["action"] == "mark"]
assert journal[0]["seed"] == "a seed"
assert "experiment seed sha256 " + hashlib.sha256(b"a seed").hexdigest() in marks[:3]
orders = [e["order"] for e in journal if e["what"] == "session"]
assert len(orders) == 2 and all(sorted(o) == sorted(orders[0]) for o in orders)
for n, order in enumerate(orders, 1):
    m = json.load(open(f"{out}/known/{n}/telltap-canaries.json"))
    said = "canary seed sha256 " + m["seed_sha256"]
    assert marks.index(said) < marks.index(f"session {n}: plant")
    said = [t for t in marks if t.startswith(f"session {n}: ")]
    assert said == [f"session {n}: {p}" for p in order], (said, order)
ends = [e["exit"] for e in journal if e["what"] == "run" and "exit 3" in e["command"]]
assert ends == [3, 3]
order = [e["argument"].split("/")[-1] for e in journal if e["what"] == "each"]
assert order[:4] != sorted(order[:4]) or order[4:] != sorted(order[4:])
END
kill $service
wait $service
ok "a service beside it ends well" test $? = 0
ok "with the same uploads in its case" test "$(grep -h '"action":"transfer"' "$work"/cases/*/data/events.jsonl | grep -c '"kind":"file-upload"')" = 4
ok "what is there is not written over" says 2 'File exists' "$TELLTAP" experiment run "$plan"

# However it ends, the lab is put right.
plan restart 's/^restart: .*/restart: exit 9/'
ok "a product that does not restart" says 2 'restart: exit code 9' "$TELLTAP" experiment run "$plan"
plan recorder 's/--exe, [^]]*/--no-such/'
ok "a recorder that does not begin" says 2 'recorder ended with code 2' "$TELLTAP" experiment run "$plan"
plan stopped "s|name: offline, .*|name: offline, network: cut }|; s/^sessions.*/sessions: 1/
    s|^network: .*|network: { cut: touch $work/cut; sleep 600, restore: touch $work/restoring; sleep 0.5; rm $work/cut }|"
"$TELLTAP" experiment run "$plan" > "$work/out" 2> "$work/err" &
pid=$!
awaits test -e "$work/cut"
ok "the network is cut" test -e "$work/cut"
kill -TERM $pid
awaits test -e "$work/restoring"
kill -TERM $pid
wait $pid
code=$?
ok "stopped in the middle of a command" test $code = 2
ok "says so" grep 'stopped by a signal' "$work/err"
ok "the network is restored" test ! -e "$work/cut"
ok "the canaries are removed" test -z "$(ls -A "$work/bait")"
ok "what was recorded is sealed" says 0 '' "$TELLTAP" verify "$work/out-stopped/case"

# One that was killed is put right by the next that is led by its plan.
plan killed "s|name: offline, .*|name: offline, network: cut }|; s/^sessions.*/sessions: 1/
    s|^network: .*|network: { cut: touch $work/cut; exec sleep 600, restore: rm $work/cut }|"
"$TELLTAP" experiment run "$plan" > "$work/out" 2> "$work/err" &
pid=$!
awaits test -e "$work/cut"
cp "$plan" "$work/kept"
kill -KILL $pid
wait $pid 2> /dev/null
ok "its canaries are there" test "$(ls -A "$work/bait/1" | wc -l)" = 4
ok "its recorder seals what it has" awaits says 0 '' "$TELLTAP" verify "$work/out-killed/case"
: > "$(find "$work/bait/1" -name '*.pdf' | head -1)"
echo another > "$work/bait/1/another"
echo >> "$plan"
ok "by another plan nothing is done" says 2 'by another plan' "$TELLTAP" experiment run "$plan"
ok "nothing was" test -e "$work/cut" -a "$(ls -A "$work/bait/1" | wc -l)" = 5
cp "$work/kept" "$plan"
"$TELLTAP" experiment run "$plan" > "$work/out" 2> "$work/err"
ok "it is not written over" test $? = 2
ok "but put right" grep -q 'put right: 4 canaries removed, the network restored' "$work/err"
ok "the network is restored again" test ! -e "$work/cut"
ok "what was no canary of it is left" test "$(ls -A "$work/bait/1")" = another
"$TELLTAP" experiment run "$plan" > "$work/out" 2> "$work/err"
ok "once" test $? = 2 -a "$(grep -c 'put right' "$work/err")" = 0
done_testing
