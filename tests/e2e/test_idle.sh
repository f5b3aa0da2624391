#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What a connection that is open and idle takes, all told: the peak of a run
# with many of them against that of a run with few, which varies by one in a
# hundred. tests/bench/bench.py has a million of each.

[ -w /dev/shm ] && export TMPDIR=/dev/shm
. "$(dirname "$0")/check.sh"
if [[ $B = *-san ]]; then
	skip "an instrumented build takes more"
	done_testing
fi
built "$B/tests/bench/generate"

# KiB at most of a run over so many millionths of a million.
peak()
{
	"$B/tests/bench/generate" "open-$1" "$2" > "$work/open.pcap" 2> /dev/null
	python3 - "$TELLTAP" "$work/open.pcap" <<-'END'
		import os, subprocess, sys
		child = subprocess.Popen([sys.argv[1], 'replay', '--threads', '1',
		                          sys.argv[2]], stdout=subprocess.DEVNULL)
		_, status, usage = os.wait4(child.pid, 0)
		print(usage.ru_maxrss)
		sys.exit(os.waitstatus_to_exitcode(status))
	END
}

# takes_at_most KIND BYTES: of 70,000 connections more.
takes_at_most()
{
	local few many each
	few=$(peak "$1" 0.05) && many=$(peak "$1" 0.12) || return 1
	each=$(((many - few) * 1024 / 70000))
	echo "$each bytes"
	[ $each -gt 0 ] && [ $each -le "$2" ]
}

ok "a SYN" takes_at_most syn 448
ok "a request of HTTP and its answer" takes_at_most http 1024
ok "a connection of TLS" takes_at_most tls 1024
ok "a connection of a protocol that nobody knows" takes_at_most unknown 1024
done_testing
