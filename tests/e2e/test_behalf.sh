#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Products that carry other programs' traffic: what came in by a connection of a
# client goes out on behalf of it, what a product sends of its own does not.

[ "$(id -u)" = 0 ] || { echo "skipped: behalf, needs root"; exit 77; }
. "$(dirname "$0")/check.sh"
. "$(dirname "$0")/carrier.sh"

# holds EXPRESSION: of the transfers, by the path or else the port they went to.
holds()
{
	python3 - "$work/events.json" "$1" <<-'END'
	import json, sys
	t, accepted = {}, set()
	for line in open(sys.argv[1]):
	    e = json.loads(line)
	    if e["event"]["action"] != "transfer":
	        continue
	    a = e["telltap"]["attribution"]
	    if a.get("accepted"):
	        accepted.add(e["source"]["port"])
	        continue
	    key = e.get("url", {}).get("path", e.get("dns", {}).get("question",
	        {}).get("name", e["destination"]["port"]))
	    of = a.get("on_behalf_of", {})
	    t.setdefault(key, []).append((e["telltap"]["transfer"]["kind"],
	        of.get("name"), of.get("executable"), of.get("pid"),
	        e["telltap"]["transfer"]["reasons"][-1], of.get("asked"),
	        e["process"]["name"]))
	def of(key):
	    return {x[1] for x in t[key]}
	if not eval("(" + sys.argv[2] + ")"):
	    print(sys.argv[2], "does not hold of", t)
	    sys.exit(1)
	END
}

mkdir "$work/known"
for f in known/{mine.doc,own.log,both.doc,scan.doc,carried.doc} {av,python3}.bin; do
	head -c 90000 /dev/urandom > "$work/$f"
done
head -c 600000 /dev/urandom | base64 > "$work/known/large.txt"
cp "$(command -v curl)" "$work/browser"
cp "$(command -v nginx)" "$work/carrier"
cp /usr/bin/python3 "$work/av"
tests/e2e/upload_server.py "$work/port" &
server=$!
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" \
    -days 2 -subj /CN=localhost > /dev/null 2>&1
# Below those that others are given.
tls=$((20000 + $$ % 12000))
openssl s_server -quiet -accept 127.0.0.1:$tls -key "$work/key.pem" -cert "$work/cert.pem" \
    -www > /dev/null 2>&1 &
sealed=$!
trap 'kill $server $sealed $watch 2> /dev/null; rm -rf "$work"' EXIT
appears "$work/port"
url=http://127.0.0.1:$(cat "$work/port")
carrier_conf "unix:$work/unused" 127.0.0.1:$((tls + 1))

# The products, among others; one was there before.
tests/e2e/shield.py "$work/shield" "$url" "$work/known/own.log" &
shield=$!
appears "$work/shield"
proxy=http://127.0.0.1:$(cat "$work/shield")
head -c 700 /dev/urandom > "$work/datagram"
tests/e2e/udp_shield.py serve "$work/far" &
far=$!
appears "$work/far"
tests/e2e/udp_shield.py shield "$work/udp" "$(cat "$work/far")" own.example &
udp=$!
appears "$work/udp"
read -r dns_port udp_port < "$work/udp"
"$TELLTAP" watch --json --no-dpi --known "$work/known" --pid $shield --pid $udp --exe "$work/carrier" --exe "$work/av" \
    > "$work/events.json" 2> "$work/watch.err" &
watch=$!
watching $watch
"$work/carrier" -p "$work" -c "$work/nginx.conf" &
carrier=$!
trap 'kill $server $sealed $watch $shield $carrier $far $udp 2> /dev/null; rm -rf "$work"' EXIT
appears "$work/nginx.pid"
send()
{
	"$work/browser" -s -o "$work/answer" --noproxy '' "$@" || echo "browser: $?"
}
send -x "$proxy" -T "$work/known/mine.doc" "$url/upload"
# One port: what others send before and after is not the product's, nor the reverse.
again=$((12000 + $$ % 8000)) others=
for i in 1 2 3; do
	for by in /usr/bin/python3 "$work/av" /usr/bin/python3; do
		"$by" tests/e2e/from_port.py $again "${proxy##*:}" "$url/$i-${by##*/}" \
		    "$work/${by##*/}.bin" &
		[ "$by" = "$work/av" ] || others="$others $!"
		wait $!
	done
done
send -x "$proxy" --data-binary @"$work/known/large.txt" "$url/large"
send -x "$proxy" -d 'a form that is rather short, but long enough' "$url/form"
send -x "$proxy" -X POST "$url/asked"
send "${proxy}/own"
send --data-binary @"$work/known/scan.doc" -H Expect: "${proxy}/scan"
# It is never answered.
send -v -x "$proxy" -k --proxytunnel -H Expect: "https://127.0.0.1:$tls/" -T "$work/known/both.doc" > /dev/null 2> "$work/sealed" &
sealing=$!
told "$work/sealed" 'completely \(uploaded\|sent\)'
pkill -P $sealing
wait $sealing
send -x "http://127.0.0.1:$((tls + 1))" -T "$work/known/carried.doc" "$url/carried"
tests/e2e/udp_shield.py ask "$dns_port" www.client.example &
asker=$!
wait $asker
tests/e2e/udp_shield.py ask "$dns_port" own.example
tests/e2e/udp_shield.py send "$udp_port" "$work/datagram" &
sender=$!
wait $sender
told "$work/events.json" '"action":"transfer".*"path":"/carried"'
kill -INT $watch
wait $watch
kill $carrier $shield $far $udp

ok "its events fit the schema" tests/e2e/validate_events.py "$work/events.json"
ok "an upload through a proxy is the client's" holds \
    "[x[:2] for x in t['/upload']] == [('file-upload', 'browser')] and
     'came in before' in t['/upload'][0][4]"
ok "its process is named" holds "all(x[3] > 1 for x in t['/upload'])"
ok "and so is a large one" holds "of('/large') == {'browser'}"
ok "a short form" holds "of('/form') == {'browser'}"
ok "a request without content" holds "of('/asked') == {'browser'}"
ok "of one port's users each has what it sent, the product's own program nothing" holds \
    "[[(x[3], x[6]) for i in '123' for x in t[f'/{i}-{k}']] for k in ('python3', 'av')] ==
     [[(pid, 'python3') for pid in [$(echo $others | tr ' ' ,)]], [(None, 'python3')] * 3]"
ok "and none of them is told as that program's" holds \
    "[(x[3], x[6]) for x in t[${proxy##*:}]] == [(None, 'av')] * 3"
ok "what the proxy sends of its own is its own" holds \
    "[x[:2] for x in t['/own']] == [('file-upload', None)]"
ok "who is asked for by the client is told" holds \
    "[x[5] for k in ('/upload', '/large', '/form', '/asked') for x in t[k]] == [True] * 4"
ok "a file handed over came in, but nobody had asked for whom it went to" holds \
    "[(x[0], x[1], x[5]) for x in t['/scanned']] == [('file-upload', 'browser', False)]"
ok "a name that a client asked the product for is asked for on behalf of it" holds \
    "[(x[0], x[3]) for x in t['www.client.example']] == [('name-lookup', $asker)] and
     'the same request came in before' in t['www.client.example'][0][4]"
ok "one that the product asks for is its own" holds \
    "[x[:4] for x in t['by-itself.own.example']] == [('name-lookup', None, None, None)]"
ok "a datagram that goes on as it came is the client's" holds \
    "[x[3] for x in t[$(cat "$work/far")]] == [$sender]"
ok "who asks the product by datagrams began it, and who answers it did not" holds \
    "{$dns_port, $udp_port} <= accepted and len(t['by-itself.own.example']) == 1"
"$TELLTAP" report --format json "$work/events.json" > "$work/report.json"
ok "so it counts in the headline, and what was only carried does not" python3 -c '
import json, sys
r = json.load(open(sys.argv[1]))
whole = {f["name"] for f in r["files"] if f["whole"] and f["counts"]}
assert whole - {"av.bin"} == {"own.log", "scan.doc"}, whole' "$work/report.json"
ok "sealed bytes in a tunnel" holds "of($tls) == {'browser'}"
ok "an upload through nginx" holds \
    "[x[:2] for x in t['/carried']] == [('file-upload', 'browser')]"
# One that has ended by then has none.
ok "the client's program is named" holds \
    "{x[2] for k in t for x in t[k] if x[1] == 'browser'} - {None} == {'$work/browser'}"
done_testing
