#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# verify --replay: events follow from the packets in the case, and those of a
# recorder who lies, but signs, do not.

. "$(dirname "$0")/check.sh"
forge=$B/tests/e2e/forge_case
make -s B="$B" "$forge" > "$work/make" 2>&1 || { cat "$work/make"; exit 1; }
known=captures/known

# derives CODE PATTERN CASE...: what verify --replay says.
derives()
{
	local want=$1 pattern=$2 code
	shift 2
	"$TELLTAP" verify --replay --known $known "$@" > "$work/said"
	code=$?
	[ $code -eq "$want" ] && grep -q -- "$pattern" "$work/said" && return
	echo "exit $code, not $want, or no $pattern"
	cat "$work/said"
	return 1
}

for capture in captures/*.pcap; do
	name=$(basename "$capture" .pcap)
	"$TELLTAP" replay --known $known --case "$work/$name" "$capture" > "$work/out"
	ok "$name" derives 0 '^ok .*derived again: [1-9]' "$work/$name"
done
"$TELLTAP" replay --known $known --digests --no-dpi --endpoint 10.0.0.0/8 --endpoint 198.18.0.0/15 \
    --case "$work/options" captures/uploads.pcap captures/lookups.pcap > "$work/out"
ok "several captures, options" derives 0 '^ok .*derived again: [1-9]' "$work/options"
"$TELLTAP" replay --known $known --filter 'tcp' --case "$work/filter" captures/uploads.pcap > "$work/out"
ok "a filter" derives 0 '^ok .*derived again: [1-9]' "$work/filter"
ok "without the known files" bash -c '"$1" verify --replay "$2" | grep -q "^unknown .*not derived again: give the same"' - "$TELLTAP" "$work/uploads"
"$TELLTAP" replay --known $known --no-packets --case "$work/none" captures/uploads.pcap > "$work/out"
ok "without packets" derives 0 '^unknown .*holds no packets' "$work/none"

# A recorder who lies.
lines() { sed '$d; 1s/,"recorder":{[^}]*}//; s/,"nonce":"[0-9a-f]*"}}$/}}/' "$work/uploads/data/events.jsonl"; }
packets=$work/uploads/data/capture/packets.pcapng
ok "honest lines" bash -c '"$@"' - "$forge" "$work/honest" "$packets" < <(lines)
ok "follow" derives 0 '^ok .*derived again: [1-9]' "$work/honest"
n=$(lines | grep -n '"kind":"file-upload"' | head -n 1 | cut -d : -f 1)
ok "another verdict" "$forge" "$work/verdict" "$packets" < <(lines | sed "${n}s/\"kind\":\"file-upload\"/\"kind\":\"telemetry\"/")
ok "holds together" "$TELLTAP" verify "$work/verdict"
ok "does not follow, and is named" derives 1 "^BAD .*line $n does not follow from the packets" "$work/verdict"
ok "a transfer left out" "$forge" "$work/left" "$packets" < <(lines | sed "${n}d" |
    awk '{ sub(/"sequence":[0-9]+/, "\"sequence\":" NR - 1); print }')
ok "holds together" "$TELLTAP" verify "$work/left"
ok "is missed" derives 1 '^BAD .*1 transfers or files follow' "$work/left"

done_testing
