#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Captures of 1,000 machines, each a host of its own: the run is killed in the
# middle, taken up again, and takes no more memory than one capture does.

# Each case waits for its disk: that is not what is looked at here.
[ -w /dev/shm ] && export TMPDIR=/dev/shm
. "$(dirname "$0")/check.sh"
hosts=1000
mkdir "$work/hosts"
cp captures/telemetry.pcap "$work/telemetry.pcap"
python3 - "$work" $hosts <<'END'
import os
import sys
work, count = sys.argv[1], int(sys.argv[2])
for i in range(count):
    os.link(f'{work}/telemetry.pcap', f'{work}/hosts/{i:04}.pcap')
END

# Runs it, and says how many MiB it took at most.
peak='
import os, sys
pid = os.fork()
if not pid:
    os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss // 1024)
sys.exit(os.waitstatus_to_exitcode(status))
'
one=$(python3 -c "$peak" "$TELLTAP" replay --separate --case "$work/one" "$work/hosts/0000.pcap")

"$TELLTAP" replay --separate --case "$work/cases" "$work/hosts" > /dev/null 2>&1 &
run=$!
disown
while [ ! -e "$work/cases/0300.pcap" ] && kill -0 $run; do sleep 0.02; done
kill -9 $run
while kill -0 $run 2> /dev/null; do sleep 0.01; done
first=$(wc -l < "$work/cases/finished")
ok "killed in the middle, after $first" test "$first" -ge 299 -a "$first" -lt $hosts
at=$work/cases/$(printf %04d "$first").pcap
ok "the last that is called finished is whole" \
    "$TELLTAP" verify "$work/cases/$(printf %04d $((first - 1))).pcap"
touch "$work/killed"

all=$(python3 -c "$peak" "$TELLTAP" replay --separate --case "$work/cases" "$work/hosts" 2> "$work/err")
ok "the others are read" grep -q "$first captures finished" "$work/err"
ok "each is finished once" test "$(sort -u "$work/cases/finished" | wc -l)" -eq $hosts \
    -a "$(wc -l < "$work/cases/finished")" -eq $hosts
ok "each has a case" test "$(ls -d "$work"/cases/*.pcap | wc -l)" -eq $hosts
again=$at.2
[ -e "$again" ] || again=$at
ok "the finished ones were left alone" test "$(find "$work/cases" -path '*/events.jsonl' \
    ! -newer "$work/killed" | wc -l)" -ge "$first"
for case in "$work/cases/0000.pcap" "$work/cases/0298.pcap" "$again" "$work/cases/0999.pcap"; do
	ok "$case is whole" "$TELLTAP" verify "$case"
done
if [[ $B = *-san ]]; then
	skip "an instrumented build keeps what was given back"
else
	ok "memory of $hosts is that of one: $all MiB, $one MiB" test "$all" -le $((one + 16))
fi
done_testing
