#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The report's page: well-formed, self-contained, its policy fits its style.

. "$(dirname "$0")/check.sh"

for capture in captures/*.pcap*; do
	name=${capture##*/}
	"$TELLTAP" replay --known captures/known --case "$work/$name" "$capture" > /dev/null
	ok "$name" tests/e2e/check_page.py "$work/$name/data/report.html"
done
done_testing
