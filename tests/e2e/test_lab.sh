#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The lab: labelled transfers by curl to nginx between two namespaces, captured
# and judged anew.

. "$(dirname "$0")/check.sh"

tests/lab/run-lab "$TELLTAP" > "$work/lab" 2>&1
code=$?
grep '^skipped:' "$work/lab" && exit 77
cat "$work/lab"
exit $code
