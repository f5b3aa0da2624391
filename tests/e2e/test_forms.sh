#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The same packets in every kind of file, link layer and tunnel: the same
# events. What is cut, missing or stamped out of order is said.

. "$(dirname "$0")/check.sh"
capture=captures/uploads.pcap
forms=$work/forms
/usr/bin/python3 tests/e2e/capture_forms.py $capture "$forms" || exit 1

replay()
{
	"$TELLTAP" replay --json --known captures/known "$@"
}

# Every event but the first, which names the files; an interface is a file's.
plain()
{
	sed '1d; s/"interface":[0-9]*,//'
}

same()
{
	cmp "$work/plain" <(replay "$@" | plain)
}

replay $capture > "$work/events"
plain < "$work/events" > "$work/plain"
ok "there are events" test "$(wc -l < "$work/plain")" -gt 30
for form in "$forms"/file/*.pcap "$forms"/file/*.pcap.zst; do
	ok "${form##*/}" same "$form"
done
ok "files that follow each other, flows across them" same "$forms/file/follow"
ok "files that overlap" same "$forms/file/overlap"
ok "the same by name" same "$forms/file/overlap/0.pcap" "$forms/file/overlap/1.pcap"
ok "several files, standard input among them" \
    same - "$forms/file/overlap/1.pcap" < "$forms/file/overlap/0.pcap"
gzip -c $capture > "$work/packed.pcap.gz"
ok "gzip" same "$work/packed.pcap.gz"
ok "gzip from a pipe" same - < <(cat "$work/packed.pcap.gz")
ok "zstd from a pipe" same - < <(cat "$forms/file/packed.pcap.zst")

# What the frames add is not the same, all that is in them is.
transfers_are_same()
{
	replay "$1" > "$work/other"
	/usr/bin/python3 tests/e2e/capture_forms.py --same "$work/events" "$work/other"
}

for form in "$forms"/file/*.pcapng* "$forms"/frame/*; do
	ok "${form##*/}" transfers_are_same "$form"
done

# --filter: in libpcap's words, on packets as they lie in the file.
ok "a filter that takes all" cmp <(sed 1d "$work/events") \
    <(replay --filter 'ip or ip6' $capture | sed 1d)
replay --filter 'ip6' $capture > "$work/six"
ok "a filter is named in the first event" grep -q '"filter=ip6"' "$work/six"
ok "only IPv6 is left" /usr/bin/python3 -c '
import json, sys
all_of, six = ([json.loads(s) for s in open(p)] for p in sys.argv[1:3])
ip = lambda events: [e["source"]["ip"] for e in events
                     if e["event"]["action"] == "flow"]
want = [i for i in ip(all_of) if ":" in i]
assert want and ip(six) == want, (want, ip(six))
' "$work/events" "$work/six"
ok "a filter on pcapng with interfaces that differ" test \
    "$(replay --filter ip6 "$forms/file/sections.pcapng" | grep -c '"action":"transfer"')" \
    -eq "$(grep -c '"action":"transfer"' "$work/six")"

# One side alone, as where each way takes another path: what it says is told.
built "$B/tests/bench/generate"
"$B/tests/bench/generate" many 0.002 > "$work/many.pcap" 2> /dev/null
replay "$work/many.pcap" > "$work/both"
replay --filter 'tcp src port 443' "$work/many.pcap" > "$work/one"
ok "TLS of which only the server was captured" /usr/bin/python3 -c '
import json, sys
def told(path):
    flows = (json.loads(s) for s in open(path))
    return {(e["source"]["ip"], e["source"]["port"]):
            (e["tls"]["version"], e["tls"]["cipher"]) for e in flows
            if e["event"]["action"] == "flow" and "version" in e.get("tls", {})}
both, one = told(sys.argv[1]), told(sys.argv[2])
assert len(both) > 50 and one == both, (len(both), len(one))
' "$work/both" "$work/one"
ok "what the client sent is missing" grep -qE '"payload_in":[1-9].*"missing_out":[1-9][0-9]{2}' "$work/one"

# Cut in mid-packet: all before it is there, and it is said.
head -c -7 $capture > "$work/cut.pcap"
ok "cut in mid-packet" says 2 'cut.pcap: cut' "$TELLTAP" replay --json --known captures/known "$work/cut.pcap"
ok "is an event" grep -q '"what":"file-error","detail":"cut.pcap: cut' "$work/out"
ok "all before it was read" grep -q "\"packets\":$(($(sed -n 's/.*"coverage":{"packets":\([0-9]*\).*/\1/p' "$work/events" | tail -1) - 1))," "$work/out"
ok "in the summary, too" says 2 'cut.pcap: cut' "$TELLTAP" replay "$work/cut.pcap"

# Packets cut by snaplen: what is missing is counted, nothing is proven of it.
/usr/bin/python3 -c '
import sys; sys.path.insert(0, "tests/e2e"); import capture_forms as c
open(sys.argv[2], "wb").write(c.pcap(c.read(sys.argv[1]), snaplen=200))
packets = c.read(sys.argv[1])
at = len(packets) // 2
packets[at:] = [(ts - 3 * 10**9, frame) for ts, frame in packets[at:]]
open(sys.argv[3], "wb").write(c.pcap(packets))
' $capture "$work/snaplen.pcap" "$work/clock.pcap"
replay "$work/snaplen.pcap" > "$work/out"
ok "snaplen: what is missing is counted" /usr/bin/python3 -c '
import json, sys
cut, whole = ([json.loads(s) for s in open(p)] for p in sys.argv[1:3])
flows = lambda events: [e["telltap"] for e in events
                        if e["event"]["action"] == "flow"]
missing = sum(f.get("coverage", {}).get("missing_out", 0) for f in flows(cut))
assert missing > 100000, missing
assert not sum(f.get("coverage", {}).get("missing_out", 0) for f in flows(whole))
total = lambda events: sum(f["flow"]["payload_out"] for f in flows(events))
assert total(cut) + missing == total(whole) or total(cut) == total(whole), \
    (total(cut), missing, total(whole))
' "$work/out" "$work/events"
ok "snaplen: the packets are counted" grep -qE '"cut_by_snaplen":[1-9]' "$work/out"
ok "snaplen: no whole file is claimed" /usr/bin/python3 -c '
import json, sys
for event in map(json.loads, open(sys.argv[1])):
    for f in event["telltap"].get("data", {}).get("files", []):
        assert f["coverage"] < 1 or f["size"] < 200, f
' "$work/out"

# A clock that jumps back: every packet is read, and it is counted.
replay "$work/clock.pcap" > "$work/out"
ok "a clock that jumps back: as many transfers" test \
    "$(grep -c '"action":"transfer"' "$work/out")" -eq "$(grep -c '"action":"transfer"' "$work/events")"

ok "and it is said" grep -qE '"clock_backwards":1[,}]' "$work/out"
done_testing
