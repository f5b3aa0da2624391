#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A verifier that shares no code with telltap accepts its cases, and refuses
# whatever is changed in them, bagged again or not.

. "$(dirname "$0")/check.sh"
out=tests/e2e/outsider.py

"$TELLTAP" key new "$work/key" > "$work/vkey"
"$TELLTAP" key new "$work/key2" > "$work/vkey2"
for capture in uploads lookups telemetry; do
	"$TELLTAP" replay --known captures/known --keep-objects --key "$work/key" --case "$work/$capture" captures/$capture.pcap > "$work/log"
	ok "$capture is accepted" $out verify "$work/$capture" "$work/vkey"
done
ok "another key is not" bash -c '! "$@"' - $out verify "$work/lookups" "$work/vkey2"

# A tree of two levels, with partial tiles.
forge=$B/tests/e2e/forge_case
built "$forge"
for n in 255 700; do
	ok "a case of $n lines" bash -c '"$@"' - "$forge" "$work/many" "$work/lookups/data/capture/packets.pcapng" < <(
	    for i in $(seq 0 $((n - 1))); do
		    echo "{\"@timestamp\":\"2026-01-02T03:04:05.000000006Z\",\"event\":{\"action\":\"mark\",\"sequence\":$i},\"telltap\":{\"origin\":\"input\"}}"
	    done)
	ok "is accepted" $out verify "$work/many" "$work/many/data/log/vkey"
	for i in 0 1 254 255 256 511 512 $n; do
		[ $i -gt $n ] && continue
		"$TELLTAP" prove "$work/many" $i > "$work/$i.tlog-proof"
		ok "proof $i of $n is accepted" $out proof "$work/$i.tlog-proof" "$work/many/data/log/vkey"
		sed "s/^index $i\$/index $((i + 1))/" "$work/$i.tlog-proof" > "$work/moved"
		ok "but not elsewhere" bash -c '! "$@"' - $out proof "$work/moved" "$work/many/data/log/vkey"
	done
	rm -r "$work/many"
done

# A small case, with keys and a report, forged in every way.
rm "$work/telemetry" -r
"$TELLTAP" replay --known captures/known --filter 'port 80' --key "$work/key" --case "$work/telemetry" captures/telemetry.pcap > "$work/log"
ok "every forgery is refused" $out forge "$work/telemetry" "$work/vkey"

# telltap's own verifier: one bit of every byte, of large files of some, as it lies
# there and in a bag that fits again. The date, in no log, is told as such.
flip=$B/tests/e2e/flip_case
built "$flip"
python3 tests/e2e/attribution.py make "$work" > "$work/log"
"$TELLTAP" canary plant "$work/canaries" --count 2 > "$work/log"
"$TELLTAP" replay --known captures/known --known "$work/canaries" --keep-objects --filter 'port 21007 or net 10.0.0.0/8' --attribution "$work/evtx.json" --key "$work/key" --case "$work/all" captures/uploads.pcap "$work/capture.pcap" > "$work/log" 2>&1
ok "a case with objects, owners and canaries" "$TELLTAP" verify "$work/all"
"$TELLTAP" redact --keep-packets --hide 1 --hide 3 --out "$work/public" "$work/all"
"$TELLTAP" redact --keep-packets --hide 2 --out "$work/again" "$work/public"
for name in all public again; do
	cp -r "$work/$name" "$work/flipped"
	"$flip" "$work/flipped" "$work/vkey" 1999 > "$work/flips"
	ok "$name: every flipped bit is refused and named, but for the date's" bash -c '[ -s "$1" ] && ! grep -v "^[0-9]* changes\|^bag-info.txt: byte \(4[89]\|5[0-9]\), bagged again" "$1"' - "$work/flips"
	ok "of a thousand and more" grep -q '^[0-9]\{4,\} changes' "$work/flips"
	rm -r "$work/flipped"
done

done_testing
