#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The report's page: well-formed, self-contained, its policy fits its style.

. "$(dirname "$0")/check.sh"

for capture in captures/*.pcap*; do
	name=${capture##*/}
	"$TELLTAP" replay --known captures/known --case "$work/$name" "$capture" > /dev/null
	"$TELLTAP" report --format html "$work/$name" > "$work/again.html"
	ok "$name again" cmp "$work/again.html" "$work/$name/data/report.html"
	ok "$name" tests/e2e/check_page.py "$work/$name/data/report.html"
done
# The command that a finding names shows packets of it.
if command -v tshark > /dev/null; then
	filter=$(python3 -c '
import html, re, sys
page = open(sys.argv[1]).read()
print(html.unescape(re.search("See the packets: <code>tshark (.*?)</code>", page).group(1)))' \
	    "$work/uploads.pcap/data/report.html")
	(cd captures && eval "tshark $filter") > "$work/packets" 2> "$work/err"
	ok "the packets of a finding" test -s "$work/packets"
else
	skip "no tshark: the packets of a finding"
fi
done_testing
