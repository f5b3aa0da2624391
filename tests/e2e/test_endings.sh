#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs that end before their time: a disk that fills up, streams that are
# closed, a run over many hosts that is killed and taken up again. One clear
# line, exit 2, and nothing that looks whole and is not.

. "$(dirname "$0")/check.sh"
capture=captures/uploads.pcap
mkdir "$work/hosts"
cp captures/lookups.pcap "$work/hosts/a.pcap"
cp captures/telemetry.pcap "$work/hosts/b.pcap"
cp $capture "$work/hosts/c.pcap"

# A full disk. Sizes of all kinds: each write is once the one that fails.
cases_are_whole_or_absent()
{
	local dir code=0
	for dir in "$@"; do
		[ ! -e "$dir" ] || "$TELLTAP" verify "$dir" > /dev/null || code=1
	done
	return $code
}

disk=$work/disk
mkdir "$disk"
if mount -t tmpfs -o size=1m telltap-test "$disk" 2> /dev/null; then
	trap 'umount "$disk"; rm -rf "$work"' EXIT
	for kib in 16 64 144 320 512 560; do
		mount -o remount,size=${kib}k "$disk"
		ok "no room for a case in $kib KiB" says 2 'No space left' \
		    "$TELLTAP" replay --known captures/known --case "$disk/case" $capture
		ok "$kib KiB: and there is none" test ! -e "$disk/case"
	done
	mount -o remount,size=400k "$disk"
	ok "room for two cases of three" says 2 'c.pcap/.*No space left' \
	    "$TELLTAP" replay --separate --case "$disk/cases" "$work/hosts"
	ok "the two are whole" says 0 '' "$TELLTAP" verify "$disk/cases/b.pcap"
	ok "the third is not there" test ! -e "$disk/cases/c.pcap"
	ok "nor noted as finished" test "$(wc -l < "$disk/cases/finished")" -eq 2
	mount -o remount,size=8m "$disk"
	ok "taken up with more room" says 0 '2 captures finished' \
	    "$TELLTAP" replay --separate --case "$disk/cases" "$work/hosts"
	ok "reads the third alone" grep -q '^c.pcap ' "$work/out"
	ok "and it is whole" says 0 '' "$TELLTAP" verify "$disk/cases/c.pcap"
else
	skip "a full disk: no tmpfs can be mounted here"
fi

# A stream that is closed does not become one of the files that are written.
ok "closed stdout, a case" says 2 'standard output: Bad file' \
    bash -c '"$1" replay --case "$2" "$3" >&-' - "$TELLTAP" "$work/case" $capture
ok "its case is whole" says 0 '' "$TELLTAP" verify "$work/case"
ok "all closed" says 2 '' \
    bash -c '"$1" replay --json --case "$2" "$3" <&- >&- 2>&-' - "$TELLTAP" "$work/none" $capture
ok "is whole or absent" cases_are_whole_or_absent "$work/none"
ok "closed stdin" says 2 'Bad file descriptor' \
    bash -c '"$1" replay - <&-' - "$TELLTAP"
ok "full disk, a case" says 2 'standard output: No space left' \
    bash -c '"$1" replay --json --case "$2" "$3" > /dev/full' - "$TELLTAP" "$work/full" $capture
ok "is whole or absent, too" cases_are_whole_or_absent "$work/full"
for words in "help" "--version" "profile list" "report $work/case" "verify $work/case" \
    "report --format html $work/case" "report --format csv --table files $work/case"; do
	ok "$words, closed stdout" says 2 'standard output: Bad file' \
	    bash -c '"$0" "$@" >&-' "$TELLTAP" $words
	ok "$words, full disk" says 2 'standard output: No space left' \
	    bash -c '"$0" "$@" > /dev/full' "$TELLTAP" $words
done

mkfifo "$work/waits"
sleep 200 > "$work/waits" &
feeder=$!
"$TELLTAP" replay --case "$work/waiting" "$work/waits" <&- >&- 2>&- &
run=$!
disown -a
awaits eval "readlink /proc/$run/fd/* | grep waits"
for fd in 0 1 2; do
	ok "descriptor $fd is of no file" test "$(readlink /proc/$run/fd/$fd)" = /dev/null
done
kill -9 $run $feeder

# What is no capture, by the ways it can be none.
: > "$work/empty.pcap"
head -c 10 $capture > "$work/ten.pcap"
head -c 24 $capture > "$work/header.pcap"
printf '\nnot packed' | cat <(printf '\x1f\x8b\x08') - > "$work/broken.gz"
printf '\xfd7zXZ\0\0\4\346\326\264\106\2\0!\1\26\0\0\0' > "$work/other.xz"
mkdir "$work/texts"
cp captures/LIST captures/README.md "$work/texts"
ok "an empty file" says 2 'empty.pcap: empty file' "$TELLTAP" replay "$work/empty.pcap"
ok "ten bytes" says 2 'ten.pcap: cut' "$TELLTAP" replay "$work/ten.pcap"
ok "no packet" says 0 '' "$TELLTAP" replay "$work/header.pcap"
ok "empty standard input" says 2 '-: empty file' "$TELLTAP" replay -
ok "gzip that is none" says 2 'broken.gz: ' "$TELLTAP" replay "$work/broken.gz"
ok "packed otherwise" says 2 'other.xz: packed in a way that is not read' "$TELLTAP" replay "$work/other.xz"
ok "a folder of other files" says 2 'texts/: none of its 2 files' "$TELLTAP" replay "$work/texts"
ok "an empty name" says 2 'No such file' "$TELLTAP" replay ''
ok "a line break in a name" says 2 'no?such: No such file' "$TELLTAP" replay $'no\nsuch'
gzip -c $capture | head -c 20000 > "$work/cut.gz"
ok "gzip, cut" says 2 'cut.gz: gzip data end early' "$TELLTAP" replay "$work/cut.gz"
ok "reads what is there" grep -qE ' [1-9][0-9]* packets' "$work/out"
if [ "$(id -u)" = 0 ]; then
	open=$(installed)
	cp $capture "$work/closed.pcap"
	cp captures/lookups.pcap "$work"
	chmod 0 "$work/closed.pcap"
	ok "a file that may not be read" says 2 'closed.pcap: Permission denied' \
	    setpriv --reuid 65534 --clear-groups "$open" replay "$work/closed.pcap"
	ok "among others" says 2 'closed.pcap: Permission denied' setpriv --reuid 65534 \
	    --clear-groups "$open" replay --json "$work/closed.pcap" "$work/lookups.pcap"
	ok "which are read" grep -q '"kind":"hash-lookup"' "$work/out"
fi

# A run over hosts that is killed in the middle of one.
mkfifo "$work/two.pcap"
{ head -c 200000 $capture; exec sleep 200; } > "$work/two.pcap" &
feeder=$!
"$TELLTAP" replay --separate --case "$work/cases" "$work/hosts/a.pcap" \
    "$work/two.pcap" > /dev/null 2>&1 &
run=$!
disown -a
awaits test -e "$work/cases/two.pcap"
kill -9 $run $feeder
while kill -0 $run 2> /dev/null; do sleep 0.05; done
ok "the first is whole" says 0 '' "$TELLTAP" verify "$work/cases/a.pcap"
ok "the second says that it is not" says 1 '' "$TELLTAP" verify "$work/cases/two.pcap"
ok "in words" grep -q 'not finished' "$work/out"
ok "nor is there a report of it" says 2 . "$TELLTAP" report "$work/cases/two.pcap"
mv "$work/hosts/c.pcap" "$work/hosts/two.pcap"
ok "taken up again" says 0 '1 captures finished' \
    "$TELLTAP" replay --separate --case "$work/cases" "$work/hosts"
ok "the first was not read again" test ! -e "$work/cases/a.pcap.2"
ok "the others are whole" says 0 '' "$TELLTAP" verify "$work/cases/two.pcap.2"
ok "the others are whole" says 0 '' "$TELLTAP" verify "$work/cases/b.pcap"
ok "each is a host of its own" test "$(grep -c '"action":"input"' "$work/cases/b.pcap/data/events.jsonl")" -eq 1

done_testing
