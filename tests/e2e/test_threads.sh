#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Events are the same bytes for any number of threads, and twice.

. "$(dirname "$0")/check.sh"

for capture in captures/*.pcap*; do
	"$TELLTAP" replay --known captures/known --digests --json "$capture" > "$work/one"
	for threads in 1 2 3 8; do
		ok "$capture with $threads threads" cmp "$work/one" \
		    <("$TELLTAP" replay --known captures/known --digests --json \
			--threads $threads "$capture")
	done
done
done_testing
