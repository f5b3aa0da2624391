#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Two cases beside each other.

. "$(dirname "$0")/check.sh"

for name in uploads lookups; do
	"$TELLTAP" replay --known captures/known --case "$work/$name" "captures/$name.pcap" > /dev/null
done
ok "a case with itself" says 0 '' "$TELLTAP" diff "$work/uploads" "$work/uploads"
ok "nothing new, nothing gone" bash -c '! grep -E "^  (new|gone) |  differs$" "$1"' - "$work/out"
ok "two cases" says 0 '' "$TELLTAP" diff "$work/uploads" "$work/lookups"
ok "uploads are gone" grep -q '^  gone  file-upload' "$work/out"
ok "hash look-ups are new" grep -q '^  new   hash-lookup' "$work/out"
ok "json" says 0 '' "$TELLTAP" diff --format json "$work/uploads" "$work/lookups"
ok "json parses and counts" python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
k = d["kinds"]["file-upload"]
assert k["a"]["count"] > 0 and k["b"]["count"] == 0 and k["b"]["low"] == 0, k
assert k["a"]["low"] < k["a"]["per_hour"] < k["a"]["high"], k' "$work/out"
ok "one case" says 2 'give two cases' "$TELLTAP" diff "$work/uploads"
ok "no case" says 2 'nowhere' "$TELLTAP" diff "$work/uploads" "$work/nowhere"
ok "a page" says 0 '' "$TELLTAP" diff --format html "$work/uploads" "$work/lookups"
ok "it has what is new and gone" bash -c 'grep -q "<tr><th scope=\"row\">file-upload</th>.*gone" "$1" &&
    grep -q "<tr><th scope=\"row\">hash-lookup</th>.*new" "$1"' - "$work/out"
ok "no such format" says 2 'no such format: csv' "$TELLTAP" diff --format csv "$work/uploads" "$work/uploads"
done_testing
