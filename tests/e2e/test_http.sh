#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# HTTP messages of other projects' captures, if they lie beside the tree, are
# those that tshark and a strict parser saw.

. "$(dirname "$0")/check.sh"
shared=../shared/captures
list=$B/tests/e2e/http_list
if [ ! -f $shared/INDEX.tsv ]; then
	skip "no $shared"
	done_testing
fi
built "$list"
ok "bodies equal by size and SHA-256" \
    python3 tests/e2e/compare_http.py "$list" $shared
done_testing
