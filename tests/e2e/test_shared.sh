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

one()
{
	local out=$work/events/${1//\//_}
	(ulimit -v 4000000
	 [ -n "${SAN-}" ] && ulimit -v unlimited
	 timeout 120 "$TELLTAP" replay --json "$shared/$1") > "$out" 2> "$out.err"
	code=$?
	case $code in
	0|2) ;;
	*) echo "$1: exit $code: $(head -c 300 "$out.err")" ;;
	esac
	[ -s "$out" ] || rm -f "$out"
	rm -f "$out.err"
}
export -f one
export work shared TELLTAP
mkdir "$work/events"
files=$(tail -n +2 $shared/INDEX.tsv | cut -f1)
count=$(wc -l <<< "$files")
xargs -P "$(nproc)" -I{} bash -c 'one {}' <<< "$files" > "$work/bad"
cat "$work/bad"
bad=$(wc -l < "$work/bad")
passed=$((count - bad)) failed=$bad
events=$(find "$work/events" -type f)
ok "every event of $count captures fits the schema" \
    xargs -n 200 -P "$(nproc)" tests/e2e/validate_events.py <<< "$events"
done_testing
