#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A real product, live: ClamAV's freshclam fetches a database from a mirror on
# this machine, and clamsubmit sends a file to what it takes for its cloud. Both
# are in a mount and network namespace of their own, where /etc/hosts leads
# ClamAV's host names to a local server, so that nothing leaves the machine.

[ "$(id -u)" = 0 ] || { echo "skipped: clamav, needs root"; exit 77; }
command -v clamsubmit > /dev/null || { echo "skipped: no clamsubmit"; exit 77; }

if [ "${1:-}" = --inside ]; then
	work=$2 TELLTAP=$3
	ip link set lo up
	mount --bind "$work/hosts" /etc/hosts
	tests/e2e/clamav_cloud.py "$work" 2> "$work/cloud.err" &
	cloud=$!
	for _ in $(seq 600); do [ -e "$work/ready" ] && break; sleep 0.05; done
	"$TELLTAP" run --json -- freshclam --config-file="$work/freshclam.conf" \
	    --update-db=custom > "$work/update.json" 2> "$work/update.err"
	echo $? > "$work/update.exit"
	sed "s,$work/db,$work/other," "$work/freshclam.conf" | sed s,//database.clamav.net/,//127.0.0.1/, \
	    > "$work/other.conf"
	"$TELLTAP" run --json -- freshclam --config-file="$work/other.conf" \
	    --update-db=custom > "$work/other.json" 2> "$work/other.err"
	CURL_CA_BUNDLE=$work/cert.pem "$TELLTAP" run --json --known "$work/known" -- \
	    clamsubmit -e me@example.org -N me -n "$work/known/sample.bin" \
	    > "$work/submit.json" 2> "$work/submit.err"
	echo $? > "$work/submit.exit"
	kill $cloud
	exit 0
fi
. "$(dirname "$0")/check.sh"

mkdir "$work/mirror" "$work/db" "$work/other" "$work/known"
echo '127.0.0.1 localhost database.clamav.net www.clamav.net clamav-site.s3.amazonaws.com' \
    > "$work/hosts"
for i in $(seq 1000); do
	printf 'Telltap.Test-%d:0:*:74656c6c74617020%08x\n' "$i" "$i"
done > "$work/mirror/telltap.ndb"
head -c 200000 /dev/urandom > "$work/known/sample.bin"
cat > "$work/freshclam.conf" <<END
DatabaseDirectory $work/db
DatabaseOwner root
DatabaseMirror database.clamav.net
DatabaseCustomURL http://database.clamav.net/telltap.ndb
TestDatabases no
END
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" \
    -out "$work/cert.pem" -days 30 -subj /CN=clamav.test -addext \
    "subjectAltName=DNS:www.clamav.net,DNS:clamav-site.s3.amazonaws.com" \
    2> /dev/null
unshare -m -n tests/e2e/test_clamav.sh --inside "$work" "$TELLTAP"

# holds FILE EXPRESSION: of the list `e` of events.
holds()
{
	python3 - "$1" "$2" <<-'END'
	import json, sys
	e = [json.loads(line) for line in open(sys.argv[1])]
	transfers = [x for x in e if x["event"]["action"] == "transfer"]
	flows = [x for x in e if x["event"]["action"] == "flow"]
	if not eval("(" + sys.argv[2] + ")"):
	    print(sys.argv[2], "does not hold of")
	    for x in transfers + flows:
	        print(json.dumps(x)[:1500])
	    sys.exit(1)
	END
}

f=$work/update.json
ok "freshclam has fetched the database" \
    cmp "$work/mirror/telltap.ndb" "$work/db/telltap.ndb"
ok "and exits so through telltap" grep -qx 0 "$work/update.exit"
ok "its events fit the schema" tests/e2e/validate_events.py "$f"
ok "one update-download, of freshclam, from the mirror that its profile names" \
    holds "$f" "[(t['process']['executable'], t['destination']['domain'], t['url']['path'],
        t['telltap']['cloud']['vendor'], t['telltap']['cloud']['purpose'])
      for t in transfers if t['telltap']['transfer']['kind'] == 'update-download'] ==
     [('/usr/bin/freshclam', 'database.clamav.net', '/telltap.ndb',
       'Cisco Talos (ClamAV)', 'update')]"
ok "with the database's bytes in it" holds "$f" \
    "[t['telltap']['transfer']['payload_in'] > $(stat -c %s "$work/mirror/telltap.ndb")
      for t in transfers if t['telltap']['transfer']['kind'] == 'update-download'] == [True]"
ok "and no upload" holds "$f" \
    "not any(t['telltap']['transfer']['kind'] in ('file-upload', 'file-fragment')
       for t in transfers)"

ok "from a mirror that is in no profile, too, for it is freshclam that asks" \
    holds "$work/other.json" "[(t['url']['path'], t['telltap']['transfer']['grade'],
        'vendor' in t['telltap']['cloud']) for t in transfers
      if t['telltap']['transfer']['kind'] == 'update-download'] ==
     [('/telltap.ndb', 'observed', False)]"

f=$work/submit.json
size=$(stat -c %s "$work/known/sample.bin")
ok "the cloud has got the sample" \
    awk -v size="$size" '$1 == "/" && $2 > size { found = 1 } END { exit !found }' "$work/bodies"
ok "clamsubmit was content" grep -qx 0 "$work/submit.exit"
ok "its events fit the schema" tests/e2e/validate_events.py "$f"
ok "one connection of clamsubmit carries the file's size, a little more" holds "$f" \
    "[(x['process']['executable'], x['destination']['domain'],
       $size < x['telltap']['flow']['payload_out'] < $size + 8192) for x in flows
      if x['telltap']['flow']['payload_out'] > $size // 2] ==
     [('/usr/bin/clamsubmit', 'clamav-site.s3.amazonaws.com', True)]"
ok "its cloud is known by the profile" holds "$f" \
    "{x['telltap']['cloud']['purpose'] for x in flows
      if x.get('destination', {}).get('domain') == 'www.clamav.net'} == {'sample-submission'}"
ok "encrypted, so nothing is said to be proven" holds "$f" \
    "all(t['telltap']['transfer']['grade'] != 'proven' for t in transfers)"
done_testing
