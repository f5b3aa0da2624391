#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Captures of other projects, if they lie beside the tree: conversations, the
# bytes of every stream and their SHA-256, server names and HTTP requests are
# what tshark and strict parsers found, but for what compare_truth.known
# explains.

. "$(dirname "$0")/check.sh"
shared=../shared/captures
if [ ! -f $shared/INDEX.tsv ]; then
	skip "no $shared"
	done_testing
fi
tests/e2e/compare_truth.py "$TELLTAP replay --json --digests" $shared \
    > "$work/truth" 2>&1
code=$?
grep -v ' not, .* explained$' "$work/truth"
tail -n 1 "$work/truth"
exit $code
