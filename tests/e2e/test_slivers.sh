#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Files sent in pieces that are too short to be known alone: named by what the
# pieces make together, to the byte, and never by what they do not.

. "$(dirname "$0")/check.sh"
dir=$work/slivers

ok "a capture is made" tests/e2e/slivers.py make "$dir"
ok "and read" bash -c '"$1" replay --json --known "$2/known" "$2/slivers.pcap" > "$2/events"' \
    - "$TELLTAP" "$dir"
ok "every file is told, exactly, and no other" tests/e2e/slivers.py check "$dir"
ok "the events are valid" tests/e2e/validate_events.py "$dir/events"
ok "the same on threads" bash -c '"$1" replay --threads 3 --json --known "$2/known" "$2/slivers.pcap" |
    cmp - "$2/events"' - "$TELLTAP" "$dir"
ok "a case of it" says 0 '' "$TELLTAP" replay --known "$dir/known" --case "$work/case" "$dir/slivers.pcap"
ok "can be derived again without the files" says 0 '' "$TELLTAP" verify --replay "$work/case"
ok "all of it" grep -q '^ok .*derived again: [1-9]' "$work/out"
done_testing
