#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The report as a person gets it: in a browser, on a large screen and a small
# one, and on paper.

. "$(dirname "$0")/check.sh"

built "$B/tests/bench/events"
command -v chromium > /dev/null || { echo "skipped: no chromium"; exit 77; }
# What axe-core finds is checked where it can be had.
axe=$B/axe/package/axe.min.js
if [ ! -s "$axe" ] && command -v npm > /dev/null; then
	mkdir -p "$B/axe"
	(cd "$B/axe" && npm pack --silent axe-core@4.10 > /dev/null 2>&1 && tar xzf axe-core-*.tgz)
fi
[ -s "$axe" ] || { skip "no axe-core: accessibility"; axe=; }

"$TELLTAP" replay --known captures/known --case "$work/case" \
    captures/uploads.pcap captures/fragments.pcap captures/lookups.pcap > /dev/null
# Hostile names: markup, formulas, bidirectional controls.
mkdir "$work/evil"
head -c 3000 /dev/urandom > "$work/evil/<img src=x onerror=alert(1)>.pdf"
python3 tests/e2e/hostile_capture.py "$work/evil/"*.pdf > "$work/evil.pcap"
"$TELLTAP" replay --known "$work/evil" --case "$work/hostile" "$work/evil.pcap" > /dev/null
ok "a hostile name is in the report" grep -q '&lt;img src=x' "$work/hostile/data/report.html"
"$B/tests/bench/events" 120 > "$work/long.jsonl"
mkdir -p "$work/long/data"
"$TELLTAP" report --format html "$work/long.jsonl" > "$work/long/data/report.html"
for name in case hostile; do
	ok "$name in a browser" python3 tests/e2e/look_at_page.py \
	    "$work/$name/data/report.html" "$axe"
done
"$TELLTAP" diff --format html "$work/case" "$work/hostile" > "$work/diff.html"
ok "two cases beside each other" python3 tests/e2e/look_at_page.py "$work/diff.html" "$axe"
# axe-core takes minutes for a long page.
ok "a long one" python3 tests/e2e/look_at_page.py "$work/long/data/report.html"
done_testing
