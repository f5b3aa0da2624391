#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Vendors' own formats, as public code describes them, are told for what they are.

. "$(dirname "$0")/check.sh"

ok "the capture was made" python3 tests/e2e/clouds.py make "$work"
ok "it is replayed" says 0 "" "$TELLTAP" replay --json --known "$work/known.exe" \
    --attribution "$work/sysmon.json" "$work/capture.pcap"
mv "$work/out" "$work/events"
ok "every transfer is what it is" python3 tests/e2e/clouds.py check "$work" "$work/events"
ok "events fit the schema" tests/e2e/validate_events.py "$work/events"
"$TELLTAP" replay --json --threads 3 --known "$work/known.exe" \
    --attribution "$work/sysmon.json" "$work/capture.pcap" > "$work/three"
ok "any number of threads gives the same" cmp "$work/events" "$work/three"
done_testing
