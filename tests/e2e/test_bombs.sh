#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bodies that unwrap to far too much, or nest without end, or are damaged: the
# engine lives, says what it gave up, and stays below a ceiling of time and
# memory. `bombs.py TELLTAP DIR` prints what each takes.

. "$(dirname "$0")/check.sh"

ok "bombs are survived, told, and cheap" tests/e2e/bombs.py "$TELLTAP" "$work/bombs"
grep -c ' MiB: ' "$work/ok.out" > "$work/count"
ok "all of them" test "$(cat "$work/count")" -eq 39
done_testing
