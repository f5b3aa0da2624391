#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Cases that are cut short: by kill -9 at any time, and by a full disk. They are
# ended as they are, say so, and verify.

. "$(dirname "$0")/check.sh"
grow=$B/tests/e2e/grow_case
built "$grow"

# finds CODE PATTERN COMMAND...: exit code, and a line of output that matches.
finds()
{
	local want=$1 pattern=$2 code
	shift 2
	"$@" > "$work/said" 2>&1
	code=$?
	[ $code -eq "$want" ] && grep -q -- "$pattern" "$work/said" && return
	echo "exit $code, not $want, or no $pattern"
	cat "$work/said"
	return 1
}

ok "a key" "$TELLTAP" key new "$work/key"
for round in 1 2 3; do
	dir=$work/killed$round
	"$grow" "$dir" > "$work/out" 2>&1 &
	awaits test -s "$dir/data.part/log/checkpoint"
	sleep 0.$((round * 13))
	kill -9 $!
	wait $! 2> "$work/wait"
	ok "unfinished, round $round" finds 1 '^BAD .*not finished' "$TELLTAP" verify "$dir"
	ok "not to be sealed" finds 2 . "$TELLTAP" seal --ssh-key "$work/key" "$dir"
	ok "taken up" "$TELLTAP" recover --key "$work/key" "$dir"
	ok "verifies" finds 0 '^unknown .*cut short here' "$TELLTAP" verify "$dir"
	ok "what was signed before is there" grep -q '^ok .*cut: the first [0-9]* lines are those' "$work/said"
	ok "by another key" grep -q '^unknown .*signed by another key' "$work/said"
	ok "events fit the schema" tests/e2e/validate_events.py "$dir/data/events.jsonl"
	ok "the report tells" finds 0 log-cut "$TELLTAP" report "$dir"
	ok "not twice" finds 2 'no case that was cut short' "$TELLTAP" recover "$dir"
done
"$grow" "$work/short" 0 0 40 > "$work/out" 2>&1
ok "died after some lines" "$TELLTAP" recover "$work/short"
ok "by hand" docs/verify-by-hand.sh "$work/short"
if command -v tshark > "$work/which"; then
	ok "packets can be read" bash -c 'tshark -r "$1" -c 5 | grep -q .' - "$work/killed3/data/capture/packets.pcapng"
else
	skip "no tshark"
fi

"$grow" "$work/parts" 0 300000 1000 end > "$work/out" 2>&1
ok "parts" test -d "$work/parts/000003/data"
ok "all verify, and follow" finds 0 '^ok .*000003: follows' "$TELLTAP" verify "$work/parts"
cp -r "$work/parts" "$work/forged"
rm -r "$work/forged/000002"
ok "one is cut out" finds 1 '^BAD .*000003: comes after part 1' "$TELLTAP" verify "$work/forged"

# A disk of 16 MB, in a mount namespace of its own where that may be.
unshare -rm true 2> "$work/err" && own=(unshare -rm) || own=()
small()
{
	mkdir -p "$work/disk"
	"${own[@]}" bash -c 'mount -t tmpfs -o size=$1 none "$2/disk" && shift 2 && "$@"' - "$@"
}
full()
{
	"$grow" "$work/disk/case"
	[ $? -eq 3 ] || { echo "did not say that the disk is full"; return 1; }
	"$TELLTAP" verify "$work/disk/case" > "$work/verify" || { cat "$work/verify"; return 1; }
	grep -q '^unknown .*the disk was full' "$work/verify" || { cat "$work/verify"; return 1; }
	tail -n 2 "$work/disk/case/data/events.jsonl" | head -n 1 | grep -q '"what":"disk-full"'
}
export -f full
export grow work TELLTAP
if [ ${#own[@]} -gt 0 ] || [ "$(id -u)" = 0 ]; then
	[ ${#own[@]} -gt 0 ] || own=(unshare -m)
	for size in 8m 16m 17000k; do
		ok "a full disk of $size" small $size "$work" bash -c full
	done
	ok "no room to begin" small 1m "$work" bash -c '"$grow" "$work/disk/case"; test $? = 3 -o $? = 1'
else
	skip "no mount namespace"
fi
done_testing
