#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# With the same keys telltap decrypts to the same bytes as tshark, but for what
# compare_decrypt.known explains.

. "$(dirname "$0")/check.sh"
shared=../shared/captures/tls-keys
if [ ! -d $shared ]; then
	skip "no $shared"
	done_testing
fi
exec tests/e2e/compare_decrypt.py "$TELLTAP" $shared
