#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every capture of captures/LIST gives the events that its golden file lists,
# and every event fits the schema. `test_captures.sh --update` writes the golden
# files anew: read the difference before you keep it.

. "$(dirname "$0")/check.sh"

while read -r name capture golden flags; do
	case $name in ''|'#'*) continue ;; esac
	# shellcheck disable=SC2086
	(cd captures && "$TELLTAP" replay --json $flags "$capture") \
	    > "$work/events" 2> "$work/err"
	echo "exit $?" > "$work/got"
	sed 's/^/stderr /' "$work/err" >> "$work/got"
	tests/e2e/brief_events.py < "$work/events" >> "$work/got"
	[ "${1-}" != --update ] || cp "$work/got" "captures/$golden"
	ok "$name" diff -u "captures/$golden" "$work/got"
	ok "$name: schema" tests/e2e/validate_events.py "$work/events"
done < captures/LIST
done_testing
