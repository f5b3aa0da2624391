#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The manual is clean and names every option that the program has.

. "$(dirname "$0")/check.sh"

for page in docs/*.[1-8]; do
	ok "$page is clean" bash -c '! mandoc -T lint -W warning "$1" | grep .' - "$page"
done
for flag in $(sed -n 's/.*{ "\([a-z-]*\)", \(no\|required\)_argument.*/\1/p' daemon/cli/*.c); do
	ok "--$flag is in telltap(1)" grep -q -- "Fl -$flag" docs/telltap.1
	ok "--$flag is in the help" bash -c '"$1" help | grep -q -- "--$2"' - "$TELLTAP" "$flag"
done
done_testing
