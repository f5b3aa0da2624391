#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What a program does first in a network namespace that it made a moment ago: no
# capture can be open there yet, and nothing may be missing.

[ "$(id -u)" = 0 ] || { echo "skipped: new_netns, needs root"; exit 77; }
. "$(dirname "$0")/check.sh"

peer=telltap-peer-$$
net=10.$((RANDOM % 200 + 20)).$((RANDOM % 200))
ip netns add $peer 2> /dev/null || { echo "skipped: new_netns, no network namespaces"; exit 77; }
clean()
{
	local jobs
	jobs=$(jobs -p)
	[ -z "$jobs" ] || kill $jobs 2> /dev/null
	ip netns del $peer
	rm -rf "$work"
}
trap clean EXIT
trap "exit 1" INT TERM

ip netns exec $peer tests/e2e/new_netns.py echo $net.2 "$work/port" &
echo=$!
appears "$work/port"
"$TELLTAP" run --json --no-dpi --case "$work/case" -- tests/e2e/new_netns.py \
    make $echo $net.1 $net.2 "$(cat "$work/port")" > "$work/events.json" 2> "$work/err"
code=$?

# holds EXPRESSION: over the events; flows are (protocol, address, out, in).
holds()
{
	python3 - "$work/events.json" "$1" <<-'END'
	import json, sys
	e = [json.loads(line) for line in open(sys.argv[1])]
	flows = [(x["network"]["transport"], x["destination"]["ip"], x["telltap"]["flow"]["payload_out"],
	    x["telltap"]["flow"]["payload_in"]) for x in e if x["event"]["action"] == "flow"]
	coverage = e[-1]["telltap"]["coverage"]
	if not eval("(" + sys.argv[2] + ")"):
	    print(sys.argv[2], "does not hold of", flows, coverage)
	    sys.exit(1)
	END
}

ok "the program did all it wanted" test $code = 0
ok "its events fit the schema" tests/e2e/validate_events.py "$work/events.json"
ok "all that went over lo is there, by whatever call" holds \
    "sorted(f[2:] for f in flows if f[1] == '127.0.0.1') ==
        [(777, 0), (1190, 0), (7500, 0), (60000, 0), (100000, 700)]"
ok "and all that went to another namespace and came from there" holds \
    "[f[2:] for f in flows if f[:2] == ('tcp', '$net.2')][-1:] == [(5000, 5000)] and
     [f[2:] for f in flows if f[:2] == ('udp', '$net.2')] == [(1010, 1010)]"
ok "nothing is missing, and nothing is said to be" holds \
    "coverage['missing_out'] == coverage['missing_in'] == coverage['events_lost'] ==
     coverage['packets_dropped_kernel'] == coverage['packets_dropped_ring'] ==
     coverage['packets_unattributed'] == 0"
ok "it follows from the packets that were kept" "$TELLTAP" verify --replay "$work/case"
ok "which others can read" tcpdump -nr "$work/case/data/capture/"*.pcapng
cat "$work/err" > "$work/ok.out"
done_testing
