#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The command line: exit codes, one clear line for each failure, nothing
# half-written that looks whole.

. "$(dirname "$0")/check.sh"
capture=captures/lookups.pcap
known=captures/known

ok "version" says 0 '' "$TELLTAP" --version
ok "version says it" grep -q '^telltap [0-9]' "$work/out"
ok "help" says 0 '' "$TELLTAP" help
ok "help with a command" says 0 '' "$TELLTAP" diff --help
ok "is that command's alone" bash -c '[ "$(wc -l < "$1")" = 1 ] && grep -q "^usage: telltap diff \[--format" "$1"' - "$work/out"
ok "help on a command" says 0 '' "$TELLTAP" help diff
ok "so does one of its own commands" says 0 '' "$TELLTAP" canary plant --help
ok "help on no command" says 2 'no such command: nothing' "$TELLTAP" help nothing
ok "no command" says 2 'no command' "$TELLTAP"
ok "unknown command" says 2 'no such command: frob' "$TELLTAP" frob
ok "no capture" says 2 'give a capture' "$TELLTAP" replay
ok "unknown flag" says 2 'no such option: --frob' "$TELLTAP" replay --frob $capture
ok "unknown short flag" says 2 'no such option: -x' "$TELLTAP" replay -x $capture
ok "flag without value" says 2 'case needs a value' "$TELLTAP" replay --case
ok "flag of another command" says 125 'no such option: --exe' "$TELLTAP" run --exe x -- true
ok "a list at its limit" says 2 'no-such' \
    "$TELLTAP" replay $(printf -- '--known no-such %.0s' {1..64}) $capture
ok "a list above it" says 2 'more than 64 times --known' \
    "$TELLTAP" replay $(printf -- '--known no-such %.0s' {1..65}) $capture
ok "so for verify" says 2 'verify: more than 64 times --known' \
    "$TELLTAP" verify $(printf -- '--known no-such %.0s' {1..65}) "$work"
ok "threads 0" says 2 'threads takes 1 to 64' "$TELLTAP" replay --threads 0 $capture
ok "threads 65" says 2 'threads takes 1 to 64' "$TELLTAP" replay --threads 65 $capture
ok "threads 64" says 0 '' "$TELLTAP" replay --threads 64 $capture
ok "bad network" says 2 'endpoint' "$TELLTAP" replay --endpoint 10.0.0.0/33 $capture
ok "bad kind" says 2 'no such kind: upload' "$TELLTAP" replay --fail-on upload $capture
ok "bad filter" says 2 . "$TELLTAP" replay --filter 'tcp port nowhere)' $capture

ok "missing capture" says 2 'no-such.pcap' "$TELLTAP" replay "$work/no-such.pcap"
mkdir "$work/empty"
ok "folder without captures" says 2 "$work/empty" "$TELLTAP" replay "$work/empty"
echo "this is no capture, though it is a file" > "$work/text.pcap"
ok "no capture" says 2 'text.pcap' "$TELLTAP" replay "$work/text.pcap"
ok "missing manifest" says 2 'no-such' "$TELLTAP" replay --known "$work/no-such" $capture
printf '%064d  a\nnot a hash  b\n' 0 > "$work/list.sha256"
ok "bad line in a manifest" says 2 'list.sha256:2' \
    "$TELLTAP" replay --known "$work/list.sha256" $capture

# One bad file among others: said, an event, the others read, 2 at the end.
mkdir "$work/mixed"
cp $capture "$work/mixed/a.pcap"
head -c 2000 $capture > "$work/mixed/b.pcap"
ok "a bad file among others" says 2 'b.pcap' "$TELLTAP" replay --json "$work/mixed"
ok "has an event" grep -q '"what":"file-error","detail":"b.pcap' "$work/out"
ok "and the others' transfers" grep -q '"action":"transfer"' "$work/out"

# Profiles.
profiles=daemon/profile/profiles
ok "profile without a word" says 2 'give list, show' "$TELLTAP" profile
ok "profile list" says 0 '' "$TELLTAP" profile list
ok "lists every profile" test "$(wc -l < "$work/out")" -eq "$(ls $profiles/*.yaml | wc -l)"
ok "profile show" says 0 '' "$TELLTAP" profile show clamav
ok "shows its processes" grep -q 'exe /usr/bin/freshclam' "$work/out"
ok "profile show, JSON" says 0 '' "$TELLTAP" profile --json show clamav
ok "is JSON with every endpoint" python3 -c '
import json, sys
assert len(json.load(open(sys.argv[1]))["endpoints"]) == 5' "$work/out"
ok "no such profile" says 2 'no such profile: frob' "$TELLTAP" profile show frob
ok "profile match" says 0 '' "$TELLTAP" profile match S07.upd.kaspersky.com --port 443
ok "names the vendor" grep -q '^kaspersky ' "$work/out"
ok "profile match, JSON" says 0 '' "$TELLTAP" profile match wdcp.microsoft.com --json
ok "names the network" grep -q '"key":"Microsoft MAPS"' "$work/out"
ok "nobody's host" says 1 "nobody's cloud" "$TELLTAP" profile match www.example.com
ok "bad port" says 2 'port takes 1 to 65535' "$TELLTAP" profile match a.example.com --port 0
ok "too many words" says 2 'one match at a time' "$TELLTAP" profile match a b c
ok "missing folder of profiles" says 2 'no-such' "$TELLTAP" profile list --profile-dir "$work/no-such"
ok "replay with one profile" says 0 '' "$TELLTAP" replay --json --profile clamav $capture
ok "says so" grep -q '"profiles=1 sha256:' "$work/out"
ok "replay with an unknown one" says 2 'frob: no such profile' \
    "$TELLTAP" replay --profile frob $capture
mkdir "$work/profiles"
sed 's/  confidence: .*/  confidence: rumour/' $profiles/emsisoft.yaml > "$work/profiles/emsisoft.yaml"
ok "a bad profile" says 2 'emsisoft.yaml:[0-9]*: .*rumour' \
    "$TELLTAP" replay --profile-dir "$work/profiles" $capture
cp "$TELLTAP" "$work/alone"
ok "watch with an unknown profile" says 2 'frob: no such profile' "$TELLTAP" watch --profile frob
ok "watch with a profile without programs" says 2 'virustotal names no program or unit' \
    "$TELLTAP" watch --profile virustotal
ok "no profiles beside the program" says 0 'no profiles beside' "$work/alone" replay $capture

# Output that does not go out.
ok "full disk" says 2 'standard output: No space left' \
    bash -c '"$1" replay --json "$2" > /dev/full' - "$TELLTAP" $capture
ok "full disk, summary" says 2 'standard output: No space left' \
    bash -c '"$1" replay "$2" > /dev/full' - "$TELLTAP" $capture
ok "closed stdout" says 2 'standard output' \
    bash -c '"$1" replay --json "$2" >&-' - "$TELLTAP" $capture
mkfifo "$work/pipe"
ok "reader gone" says 2 'standard output: Broken pipe' \
    bash -c ': < "$3" & exec 3> "$3"; wait; exec "$1" replay --json "$2" >&3' \
    - "$TELLTAP" $capture "$work/pipe"

# Standard input, and files that are packed.
"$TELLTAP" replay --json $capture | sed 1d > "$work/plain"
ok "standard input" cmp "$work/plain" \
    <("$TELLTAP" replay --json - < $capture | sed 1d)
gzip -c $capture > "$work/packed.pcap.gz"
ok "gzip" cmp "$work/plain" \
    <("$TELLTAP" replay --json "$work/packed.pcap.gz" | sed 1d)

# --fail-on
ok "fail on what is there" says 1 '' "$TELLTAP" replay --known $known --fail-on hash-lookup $capture
ok "fail on what is not" says 0 '' "$TELLTAP" replay --known $known --fail-on update-download $capture

# Cases.
ok "a case" says 0 '' "$TELLTAP" replay --known $known --case "$work/case" $capture
cp "$work/out" "$work/summary"
ok "its files" test -s "$work/case/data/events.jsonl" -a -s "$work/case/data/report.html" -a -s "$work/case/data/report.json"
ok "nothing half-written" test -z "$(find "$work/case" -name '*.part')"
ok "is not written twice" says 2 'not empty' "$TELLTAP" replay --case "$work/case" $capture
ok "a case in what is no folder" says 2 'text.pcap: Not a directory' "$TELLTAP" replay --case "$work/text.pcap" $capture
ok "nor below" says 2 'case: Not a directory' "$TELLTAP" replay --separate --case "$work/text.pcap/case" $capture
ok "in no folder" says 2 'No such file' "$TELLTAP" replay --case "$work/no/such" $capture
ok "a failed run leaves none" says 2 'text.pcap' "$TELLTAP" replay --case "$work/gone" "$work/text.pcap"
ok "a failed run leaves none" test ! -e "$work/gone"
ok "no room for a case" says 2 . \
    bash -c 'ulimit -f 1; exec "$1" replay --case "$2" "$3"' - "$TELLTAP" "$work/small" $capture
ok "no room leaves none" test ! -e "$work/small"
ok "a case from a pipe" says 0 '' bash -c 'exec "$1" replay --case "$2" <(cat "$3")' \
    - "$TELLTAP" "$work/piped" $capture
ok "a pipe's packets are kept" test -n "$(find "$work/piped/data/capture" -name '*.pcapng' -size +0)"
# But for its nonces and its seal.
ok "events as with --json" cmp \
    <(sed '$d; 1s/,"recorder":{[^}]*}//; s/,"nonce":"[0-9a-f]*"}}$/}}/' "$work/case/data/events.jsonl") \
    <("$TELLTAP" replay --known $known --json $capture)
ok "and as the schema says" python3 tests/e2e/validate_events.py "$work/case/data/events.jsonl"

# A report of the case is the report of the run.
ok "text" cmp "$work/summary" <("$TELLTAP" report "$work/case")
ok "html" cmp "$work/case/data/report.html" <("$TELLTAP" report --format html "$work/case")
ok "json" cmp "$work/case/data/report.json" <("$TELLTAP" report --format json "$work/case")
for table in destinations files hashes urls anomalies phases; do
	ok "csv $table" says 0 '' "$TELLTAP" report --format csv --table $table "$work/case"
	ok "csv $table has equal rows" python3 -c 'import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline="")))
assert rows and len({len(r) for r in rows}) == 1, rows' "$work/out"
done
ok "no such format" says 2 'no such format: pdf' "$TELLTAP" report --format pdf "$work/case"
ok "no such table" says 2 'no such table: x' "$TELLTAP" report --table x "$work/case"
ok "no case" says 2 'no case' "$TELLTAP" report "$work/empty"
ok "missing case" says 2 'No such file' "$TELLTAP" report "$work/missing"
head -c 3000 "$work/case/data/events.jsonl" > "$work/torn.jsonl"
ok "torn log" says 2 'line [0-9]*: not JSON' "$TELLTAP" report "$work/torn.jsonl"

# What a newcomer sees: the README shows what the demo prints.
tests/e2e/demo "$B" > "$work/demo"
ok "the README's demo" python3 - "$work/demo" <<'END'
import sys
printed = [line.split() for line in open(sys.argv[1])]
readme = open("README.md").read()
shown = readme.split("What `make demo` prints, shortened:")[1].split("\nLive, ")[0]
lines = [line.split() for line in shown.splitlines() if line.strip()]
assert len(lines) > 8, lines
for words in lines:
    if words[-1] == "...":
        words = words[:-1]
    assert any(p[:len(words)] == words for p in printed), words
END
ok "the demo's report" grep -q '<html' "$B/demo-case/data/report.html"

# A line of progress where standard error is a terminal, and gone at the end.
ok "progress" python3 - "$TELLTAP" $capture <<'END'
import os, pty, subprocess, sys
leader, follower = pty.openpty()
run = subprocess.run([sys.argv[1], "replay", sys.argv[2]], stderr=follower,
                     stdout=subprocess.DEVNULL)
os.close(follower)
said = os.read(leader, 65536).decode()
assert run.returncode == 0 and " packets, " in said, said
assert said.endswith("\r\x1b[K"), repr(said)
END
ok "no progress elsewhere" says 0 '' "$TELLTAP" replay $capture

# --separate: a case for each, and a run that is taken up again.
mkdir "$work/hosts"
cp $capture "$work/hosts/one.pcap"
cp captures/telemetry.pcap "$work/hosts/two.pcap"
ok "separate" says 0 '' "$TELLTAP" replay --separate --case "$work/cases" "$work/hosts"
ok "a case for each" test -s "$work/cases/one.pcap/data/events.jsonl" -a -s "$work/cases/two.pcap/data/events.jsonl"
ok "taken up again" says 0 '2 captures finished' "$TELLTAP" replay --separate --case "$work/cases" "$work/hosts"
echo "no capture" > "$work/hosts/list.txt"
ok "a bad file among hosts" says 2 'list.txt: not a capture' "$TELLTAP" replay --separate "$work/hosts"
ok "has events of its own" says 2 'list.txt: not a capture' "$TELLTAP" replay --separate --json --case "$work/cases.2" "$work/hosts"
ok "with the reason" grep -q '"what":"file-error","detail":"list.txt: not a capture"' "$work/out"
ok "and no case" test -e "$work/cases.2/two.pcap" -a ! -e "$work/cases.2/list.txt"

# Options stand where the reader of a synopsis puts them.
"$TELLTAP" key new "$work/order.key" > "$work/order.vkey"
ok "replay, options behind" "$TELLTAP" replay captures/uploads.pcap --known captures/known --key "$work/order.key" --case "$work/order"
ok "verify, options behind" "$TELLTAP" verify "$work/order" --vkey "$work/order.vkey" --replay --strict
ok "a key that is not there is named" says 2 "verify: $work/no.vkey: No such file" "$TELLTAP" verify --vkey "$work/no.vkey" "$work/order"
ok "a folder that is no case" says 2 'no case: it has no bagit.txt' "$TELLTAP" verify tests
ok "redact, options on both sides" "$TELLTAP" redact --hide 3 "$work/order" --out "$work/order.public"
ok "report, options behind" cmp <("$TELLTAP" report "$work/order" --format json) <("$TELLTAP" report --format json "$work/order")
ok "diff, options between" "$TELLTAP" diff "$work/order" --format json "$work/order"
ok "canaries, options behind" "$TELLTAP" canary plant "$work/order.canaries" --count 2 --seed a
ok "a file behind --" bash -c 'cd "$1" && cp "$2" ./-x.pcap && "$3" replay --json -- -x.pcap > out' - "$work" "$PWD/captures/lookups.pcap" "$(realpath "$TELLTAP")"
done_testing
