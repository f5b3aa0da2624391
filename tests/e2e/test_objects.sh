#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# --keep-objects: whole files that were sent lie in the case under their SHA-256,
# are told by the lines and the report, checked by verify and withheld by redact.

. "$(dirname "$0")/check.sh"

"$TELLTAP" replay --known captures/known --keep-objects --threads 1 --case "$work/case" captures/uploads.pcap > "$work/out"
objects=$work/case/data/objects
ok "there are some" test "$(ls "$objects" | wc -l)" -ge 5
ok "under their SHA-256" bash -c 'cd "$1" && for f in *; do echo "$f  $f"; done | sha256sum -c --quiet' - "$objects"
known=$(sha256sum captures/known/* 2> "$work/err" | sed "s/ .*//" | sort)
ok "known files among them" test -n "$(comm -12 <(echo "$known") <(ls "$objects" | sort))"
ok "every one is told by a line" bash -c 'for f in "$1"/objects/*; do grep "\"sha256\":\"${f##*/}\"" "$1/events.jsonl" | grep -q "\"kept\":true" || exit 1; done' - "$work/case/data"
ok "none is told that is not there" bash -c 'grep -o "\"sha256\":\"[0-9a-f]*\",[^{}]*\"kept\":true" "$1/events.jsonl" | cut -d \" -f 4 | sort -u |
    while read -r f; do [ -e "$1/objects/$f" ] || exit 1; done' - "$work/case/data"
ok "the report names them" bash -c 'for f in "$1"/objects/*; do grep -q "data/objects/${f##*/}" "$1/report.html" || exit 1; done' - "$work/case/data"
ok "verify tells" bash -c '"$1" verify "$2" | grep -q "^ok .*objects: $(ls "$2/data/objects" | wc -l) files that were sent"' - "$TELLTAP" "$work/case"
ok "derived again" bash -c '"$1" verify --replay --known captures/known "$2" | grep -q "^ok .*derived again: [1-9]"' - "$TELLTAP" "$work/case"
"$TELLTAP" replay --known captures/known --keep-objects --threads 8 --salt "$work/case/data/salt" --case "$work/again" captures/uploads.pcap > "$work/out"
ok "the same with any number of threads" diff -r "$objects" "$work/again/data/objects"
ok "and the same root" cmp <(sed -n 2,3p "$work/case/data/log/checkpoint") <(sed -n 2,3p "$work/again/data/log/checkpoint")
"$TELLTAP" redact --out "$work/public" "$work/case"
ok "withheld by redact" test ! -e "$work/public/data/objects"
ok "which says so" bash -c '"$1" verify "$2" | grep -q "^unknown .*data/objects/[0-9a-f]*: withheld"' - "$TELLTAP" "$work/public"

# changed WHAT PATTERN COMMAND...: in a copy with new manifests.
changed()
{
	local what=$1 pattern=$2
	shift 2
	rm -rf "$work/forged"
	cp -r "$work/case" "$work/forged"
	(cd "$work/forged" && "$@" && find data ! -type d | LC_ALL=C sort | xargs sha256sum > manifest-sha256.txt &&
	    sha256sum bag-info.txt bagit.txt manifest-sha256.txt > tagmanifest-sha256.txt)
	"$TELLTAP" verify "$work/forged" > "$work/verify"
	ok "$what is refused" test $? -eq 1
	ok "$what is named" grep -q "^BAD .*$pattern" "$work/verify"
}

first=data/objects/$(ls "$objects" | head -n 1)
changed "a changed object" "$first: not the file that was sealed" sh -c "printf x | dd of=$first bs=1 seek=9 conv=notrunc 2> ../dd"
changed "a missing object" "$first: sealed, but not in the case" rm "$first"
changed "one too many" "data/objects/more: not sealed" sh -c 'echo > data/objects/more'
changed "another name" "its name is not its SHA-256" mv "$first" data/objects/other

ok "nothing without it" bash -c '"$1" replay --known captures/known --case "$2" captures/uploads.pcap && test ! -e "$2/data/objects" && ! grep -q "\"kept\"" "$2/data/events.jsonl"' - "$TELLTAP" "$work/none"
ok "it wants a case" says 2 'goes with --case' "$TELLTAP" replay --keep-objects captures/uploads.pcap

done_testing
