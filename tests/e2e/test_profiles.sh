#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Real captures of products are named rightly: by SNI, by Host, inside CONNECT.

. "$(dirname "$0")/check.sh"
av=../shared/captures/av

# named CAPTURE DOMAIN KEY: there are events of that host, all of that cloud.
named()
{
	"$TELLTAP" replay --json "$av/$1" > "$work/events" || return 1
	python3 - "$work/events" "$2" "$3" <<'EOF'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
keys = {e["telltap"]["cloud"]["key"] for e in events
        if e.get("destination", {}).get("domain") == sys.argv[2]}
print(keys)
sys.exit(keys != {sys.argv[3]})
EOF
}

# unnamed CAPTURE: no event has a vendor.
unnamed()
{
	"$TELLTAP" replay --json "$av/$1" > "$work/events" || return 1
	! grep '"vendor":' "$work/events"
}

# answered CAPTURE VENDOR PURPOSE: every transfer is a download of that cloud.
answered()
{
	"$TELLTAP" replay --json "$av/$1" > "$work/events" || return 1
	python3 - "$work/events" "$2" "$3" <<'EOF'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
got = {(e["telltap"]["cloud"].get("vendor"), e["telltap"]["cloud"].get("purpose"),
        e["telltap"]["transfer"]["kind"]) for e in events
       if e["event"]["action"] == "transfer"}
print(got)
sys.exit(got != {(sys.argv[2], sys.argv[3], "download")})
EOF
}

# owned CAPTURE PID EXECUTABLE: every transfer is of that process.
owned()
{
	"$TELLTAP" replay --json "$1" > "$work/events" || return 1
	python3 - "$work/events" "$2" "$3" <<'EOF'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
who = {(str(e["process"]["pid"]), e["process"]["executable"],
        e["telltap"]["attribution"]["source"])
       for e in events if e["event"]["action"] == "transfer"}
print(who)
sys.exit(who != {(sys.argv[2], sys.argv[3], "import:ptcpdump")})
EOF
}

facts=../shared/research/vendors.json
if [ -f $facts ]; then
	ok "no fact is missing, every host is found" \
	    tests/e2e/profiles.py "$TELLTAP" $facts
	ok "a fact that is withheld is missed" \
	    tests/e2e/profiles.py "$TELLTAP" $facts ksn-a-stat-geo
else
	skip "$facts is not here: profiles are not held against their sources"
fi
process=../shared/captures/process
if [ -d $process ]; then
	ok "ptcpdump's comments name the process" owned \
	    $process/ptcpdump__tcp.pcapng 345650 /usr/bin/curl
	ok "on any threads" bash -c 'cmp <("$1" replay --json "$2") <("$1" replay --json --threads 3 "$2")' \
	    - "$TELLTAP" $process/ptcpdump__curl-thread.pcapng
else
	skip "$process is not here: no comment of another tool is read"
fi
if [ -d $av ]; then
	ok "CrowdStrike inside CONNECT" named arkime__https-connect.pcap \
	    ts01-b.cloudsink.net CrowdStrike
	ok "Microsoft MAPS by SNI" named ndpi__tls_certificate_too_long.pcap \
	    wdcp.microsoft.com 'Microsoft MAPS'
	ok "Avast by Host" named zeek__tunnels__Teredo.pcap \
	    download913.avast.com 'Gen Digital (Avast, AVG, Norton)'
	ok "Kaspersky by how its updates begin" answered \
	    detect-kaspersky__detect-kaspersky.pcap Kaspersky update
	ok "and their flow is theirs, counted once" bash -c \
	    '[ "$("$1" replay "$2" | grep -c "94.75.236.123.* 418 B")" = 1 ]' - \
	    "$TELLTAP" $av/detect-kaspersky__detect-kaspersky.pcap
	ok "what is published of it stands beside it" bash -c \
	    '"$1" replay --json "$2" | grep -q "\"vendors\":\[{\"vendor\":\"Kaspersky\",\"profile\":\"kaspersky\",\"says\":\["' - \
	    "$TELLTAP" $av/detect-kaspersky__detect-kaspersky.pcap
	ok "nobody by a stranger's name" unnamed suricata__dns-over-http2__dns_over_https.pcap
else
	skip "$av is not here: no capture of a real product is looked at"
fi
done_testing
