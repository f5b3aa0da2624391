#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every wrapping by every transport: what is known is named, byte for byte.

. "$(dirname "$0")/check.sh"

crossing()
{
	tests/lab/make-crossing "$work/x" &&
	    "$TELLTAP" replay --json --known "$work/x/known" \
	    --archive-password other --archive-password Sesam9 \
	    "$work/x/cross.pcap" > "$work/x/events" &&
	    tests/lab/check-crossing "$work/x/labels.json" "$work/x/events"
}

ok "what was uploaded is what is said" crossing
done_testing
