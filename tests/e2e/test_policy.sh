#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Policies: verdicts, forms of output and exit codes.

. "$(dirname "$0")/check.sh"

case=$work/case
"$TELLTAP" replay --known captures/known --case "$case" captures/uploads.pcap > /dev/null
rule()
{
	printf 'rules:\n  - %s\n' "$1" > "$work/policy.yaml"
}
# verdict CODE WORD RULE [OPTION...]
verdict()
{
	local code=$1 word=$2
	rule "$3"
	shift 3
	says "$code" '' "$TELLTAP" report --policy "$work/policy.yaml" "$@" "$case" || return 1
	grep -q "^$word " "$work/out" || { cat "$work/out"; return 1; }
}

ok "an upload fails" verdict 1 fail 'no-kind: file-upload'
ok "what did not happen passes" verdict 0 pass 'no-kind: url-lookup'
ok "coverage" verdict 0 pass 'coverage-at-least: 100'
ok "a host that is not allowed" verdict 1 fail 'only-hosts: ["*.nowhere.test"]'
ok "hosts that are" verdict 0 pass 'only-hosts: ["*"]'

rule 'no-kind: file-upload'
ok "junit" says 1 '' "$TELLTAP" report --policy "$work/policy.yaml" --format junit "$case"
ok "junit is XML with one failure" python3 -c '
import sys, xml.etree.ElementTree as t
r = t.parse(sys.argv[1]).getroot()
assert r.get("failures") == "1" and len(r.findall("testcase/failure")) == 1' "$work/out"
ok "json" says 1 '' "$TELLTAP" report --policy "$work/policy.yaml" --format json "$case"
ok "json says fail" python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))
assert r["failed"] == 1 and r["rules"][0]["verdict"] == "fail", r' "$work/out"

# What was not looked at passes no rule.
for filter in 'port 80' 'port 1'; do
	"$TELLTAP" replay --filter "$filter" --case "$work/filter" captures/lookups.pcap > "$work/out"
	case=$work/filter
	ok "packets that fit $filter" verdict 0 "can't tell" 'no-kind: file-upload'
	rm -r "$case"
done
head -c 24 captures/uploads.pcap > "$work/empty.pcap"
"$TELLTAP" replay --case "$work/empty" "$work/empty.pcap" > "$work/out"
case=$work/empty
ok "a capture without a packet" verdict 0 "can't tell" 'no-category: user'

# Without its summary nobody knows how much of it is missing.
head -n 3 "$work/case/data/events.jsonl" > "$work/short.jsonl"
case=$work/short.jsonl
ok "a log cut short" verdict 0 "can't tell" 'no-kind: url-lookup'
ok "a log cut short, strictly" verdict 1 "can't tell" 'no-kind: url-lookup' --strict

rule 'no-kind: uploads'
ok "no such kind" says 2 'rule 1: no such kind' "$TELLTAP" report --policy "$work/policy.yaml" "$case"
ok "no policy" says 2 'nowhere.yaml: No such file' "$TELLTAP" report --policy "$work/nowhere.yaml" "$case"
ok "no such format" says 2 'no such format: html' \
    "$TELLTAP" report --policy "$work/policy.yaml" --format html "$case"
done_testing
