#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Ordinary traffic accuses nobody. COUNT=100000 for the whole of it.

. "$(dirname "$0")/check.sh"

: "${COUNT:=4000}"

ordinary()
{
	tests/lab/make-ordinary --count "$COUNT" "$work/o" &&
	    "$TELLTAP" replay --json --known "$work/o/known" \
	    "$work/o/ordinary.pcap" > "$work/o/events" &&
	    tests/lab/check-ordinary "$COUNT" "$work/o/events"
}

ok "ordinary traffic is taken for nothing else" ordinary
done_testing
