#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Captures of other projects, if they lie beside the tree: each is read to an
# exit code of 0 or 2, in bounded memory and time, and each event fits the
# schema.

. "$(dirname "$0")/check.sh"
shared=../shared/captures
if [ ! -f $shared/INDEX.tsv ]; then
	skip "no $shared"
	done_testing
fi

# read_all CAPTURE...: each of them on its own, in one process; its start costs
# more than most captures. What ends it is looked for one by one.
read_all()
{
	local out=$work/events/$$ code
	(cd $shared || exit
	 [[ $B = *-san ]] || ulimit -v 4000000
	 timeout 120 "$TELLTAP" replay --json --separate "$@") > "$out" 2> "$out.err"
	code=$?
	if [ $code -ne 0 ] && [ $code -ne 2 ]; then
		rm -f "$out"
		[ $# -gt 1 ] || echo "$1: exit $code: $(tail -c 300 "$out.err")"
		[ $# -eq 1 ] || for one; do bash -c 'read_all "$1"' - "$one"; done
	fi
	[ -s "$out" ] || rm -f "$out"
	rm -f "$out.err"
}
export -f read_all
export work shared TELLTAP
mkdir "$work/events"
files=$(tail -n +2 $shared/INDEX.tsv | cut -f1)
count=$(wc -l <<< "$files")
xargs -P "$(nproc)" -n 20 bash -c 'read_all "$@"' - <<< "$files" > "$work/bad"
cat "$work/bad"
bad=$(wc -l < "$work/bad")
passed=$((count - bad)) failed=$bad
events=$(find "$work/events" -type f)
ok "every event of $count captures fits the schema" \
    xargs -n 200 -P "$(nproc)" tests/e2e/validate_events.py <<< "$events"
done_testing
