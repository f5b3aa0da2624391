#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Logs of Sysmon, Process Monitor and RustNet, in every form that their usual
# exporters write, say whose a capture's flows are.

. "$(dirname "$0")/check.sh"

python3 tests/e2e/attribution.py make "$work" || exit 1
for log in "$work"/*.xml "$work"/*.json "$work"/*.jsonl "$work"/*.csv; do
	name=${log##*/}
	ok "$name is read" says 0 "" "$TELLTAP" replay --json --attribution "$log" "$work/capture.pcap"
	mv "$work/out" "$work/events"
	ok "$name names the right processes" \
	    python3 tests/e2e/attribution.py check "$name" "$work/events"
	ok "$name: events fit the schema" tests/e2e/validate_events.py "$work/events"
done

"$TELLTAP" replay --json --attribution "$work/evtx.json" "$work/capture.pcap" > "$work/one"
"$TELLTAP" replay --json --threads 3 --attribution "$work/evtx.json" "$work/capture.pcap" > "$work/three"
ok "any number of threads gives the same events" cmp "$work/one" "$work/three"

echo "a note" > "$work/note.txt"
ok "another file is refused" says 2 "not a log of" \
    "$TELLTAP" replay --attribution "$work/note.txt" "$work/capture.pcap"
ok "a missing file is refused" says 2 "No such file" \
    "$TELLTAP" replay --attribution "$work/none" "$work/capture.pcap"
head -c 3000 "$work/wevtutil.xml" > "$work/cut.xml"
ok "what is cut is told of" says 0 "1 events could not be read" \
    "$TELLTAP" replay --json --attribution "$work/cut.xml" "$work/capture.pcap"
done_testing
