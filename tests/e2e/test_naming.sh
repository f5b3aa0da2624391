#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Flows of other projects' captures, if they lie beside the tree, have names
# wherever ndpiReader has one.

. "$(dirname "$0")/check.sh"
shared=../shared/captures
if [ ! -f $shared/INDEX.tsv ]; then
	skip "no $shared"
	done_testing
fi
if ! command -v ndpiReader > /dev/null; then
	skip "no ndpiReader"
	done_testing
fi
ok "protocol and application known where ndpiReader knows them" \
    python3 tests/e2e/compare_naming.py "$B/telltap" $shared
done_testing
