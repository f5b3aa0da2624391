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

done_testing
