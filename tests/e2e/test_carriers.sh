#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Who else speaks to the product's clouds: programs that are not watched, whose
# bytes to the same addresses the kernel counts, a resolver on this machine, whose
# question is joined to the product's, and what the product itself starts.

[ "$(id -u)" = 0 ] || { echo "skipped: carriers, needs root"; exit 77; }
. "$(dirname "$0")/check.sh"
. "$(dirname "$0")/carrier.sh"

near=telltap-near-$$ far=telltap-far-$$
net=10.$((RANDOM % 200 + 20)).$((RANDOM % 200))
ip netns add $near 2> /dev/null && ip netns add $far ||
    { echo "skipped: carriers, no network namespaces"; exit 77; }
clean()
{
	local jobs
	jobs=$(jobs -p)
	[ -z "$jobs" ] || kill $jobs 2> /dev/null
	ip netns del $near
	ip netns del $far
	rm -rf "$work" /etc/netns/$near
}
trap clean EXIT
trap "exit 1" INT TERM
ip -n $near link add eth0 type veth peer name eth0 netns $far
ip -n $near addr add $net.1/24 dev eth0
ip -n $far addr add $net.2/24 dev eth0
ip -n $far addr add $net.3/24 dev eth0
ip -n $far addr add $net.4/24 dev eth0
ip -n $far addr add $net.5/24 dev eth0
ip -n $far addr add $net.6/24 dev eth0
for ns in $near $far; do ip -n $ns link set lo up; ip -n $ns link set eth0 up; done
mkdir -p /etc/netns/$near
printf 'nameserver 127.0.0.53\noptions timeout:2 attempts:2\n' > /etc/netns/$near/resolv.conf
echo "hosts: dns" > /etc/netns/$near/nsswitch.conf

# holds EXPRESSION: over the events.
holds()
{
	python3 - "$work/events.json" "$1" <<-'END'
	import json, sys
	e = [json.loads(line) for line in open(sys.argv[1])]
	def action(a): return [x for x in e if x["event"]["action"] == a]
	def names(of): return [(x["process"]["name"], x["destination"]["ip"])
	    for x in action("transfer") if x.get("dns", {}).get("question", {}).get("name") == of]
	def asked_for(of): return {x["telltap"]["attribution"].get("on_behalf_of", {}).get("name")
	    for x in action("transfer")
	    if x.get("dns", {}).get("question", {}).get("name") == of and x["process"]["name"] == "dnsmasq"}
	def outside(name): return {x["telltap"]["attribution"].get("outside")
	    for x in action("transfer") + action("flow") if x["process"]["name"] == name}
	coverage = e[-1]["telltap"]["coverage"]
	unwatched = {x["telltap"]["coverage"]["unwatched"]["address"]: x["telltap"]["coverage"]["unwatched"]
	    for x in action("coverage") if "unwatched" in x["telltap"]["coverage"]}
	if not eval("(" + sys.argv[2] + ")"):
	    print(sys.argv[2], "does not hold of", unwatched, coverage,
	        [(x["process"]["name"], x["destination"], x.get("dns"), x["telltap"].get("attribution"))
	            for x in action("transfer")])
	    sys.exit(1)
	END
}

mkdir "$work/product" "$work/elsewhere"
cp "$(command -v curl)" "$work/product/av"
cp "$(command -v curl)" "$work/product/updater"
cp "$(command -v curl)" "$work/elsewhere/browser"
cp "$(command -v bash)" "$work/product/window"
cp "$(command -v curl)" "$work/other"
head -c 200000 /dev/urandom > "$work/file"
cp "$(command -v nginx)" "$work/product/carrier"
carrier_conf $net.1:8080
ip netns exec $far tests/e2e/upload_server.py "$work/port" 0.0.0.0 &
ip netns exec $far dnsmasq -k -C /dev/null -h -R -u root -p 53 -a $net.2 -z -x "$work/far.pid" \
    --address=/cloud.example/$net.2 --address=/elsewhere.example/$net.3 --address=/stream.example/$net.3 &
# One in another namespace, which asks a third.
ip netns exec $far dnsmasq -k -C /dev/null -h -R -u root -p 53 -a $net.6 -z -x "$work/last.pid" \
    --address=/example/192.0.2.9 &
ip netns exec $far dnsmasq -k -C /dev/null -h -R -u root -p 53 -a $net.5 -z -x "$work/across.pid" \
    -S $net.6 -c 0 &
ip netns exec $near dnsmasq -k -C /dev/null -h -R -u root -p 53 -a 127.0.0.53 -z \
    -S $net.2 -S /halves.example/$net.4 -c 0 -x "$work/near.pid" &
ip netns exec $far tests/e2e/late.py answer $net.4 > "$work/late" &
appears "$work/port"
appears "$work/late"
appears "$work/near.pid"
appears "$work/far.pid"
appears "$work/last.pid"
appears "$work/across.pid"
port=$(cat "$work/port")

"$TELLTAP" watch --json --no-dpi --exe "$work/product/carrier" --exe "$work/product/av" --exe "$work/product/window" \
    --case "$work/case" > "$work/events.json" 2> "$work/watch.err" &
watch=$!
watching $watch
in_near()
{
	ip netns exec $near "$@" || echo "$*: $?"
}
in_near "$work/other" -s -o /dev/null -T "$work/file" "http://$net.2:$port/early"
in_near "$work/product/av" -s -o /dev/null -d x=1 "http://cloud.example:$port/ask"
in_near "$work/product/av" -s -o /dev/null -d x=1 "http://$net.3:$port/ask"
# The kernel counts what others send there once it is known as the product's.
# What is told of a connection after that came by the same way.
told "$work/events.json" '"action":"transfer".*"path":"/ask"' 2
in_near "$work/product/av" -s -o /dev/null -d x=1 "http://$net.2:$port/again"
told "$work/events.json" '"action":"transfer".*"path":"/again"'
in_near "$work/other" -s -o /dev/null -T "$work/file" "http://$net.2:$port/late"
in_near "$work/other" -s -o /dev/null -d y=1 "http://elsewhere.example:$port/late"
# By TCP, which dnsmasq passes on by TCP; another program asks so, too.
ask='exec 3<>/dev/tcp/127.0.0.53/53
	printf "\0\40\22\64\1\0\0\1\0\0\0\0\0\0\6$1\7example\0\0\1\0\1" >&3
	head -c ${2:-34} <&3 > /dev/null'
in_near "$work/product/window" -c "$ask" - stream
in_near "$work/product/window" -c "$ask" - halves 50
in_near bash -c "$ask" - others
across='exec 3<>/dev/udp/$0/53
	printf "\22\64\1\0\0\1\0\0\0\0\0\0\6$1\7example\0\0\1\0\1" >&3
	timeout 20 head -c 48 <&3 > /dev/null'
in_near "$work/product/window" -c "$across" $net.5 across
in_near bash -c "$across" $net.5 nobody
# A product that carries what a client in another namespace sends.
ip netns exec $near "$work/product/carrier" -p "$work" -c "$work/nginx.conf" &
awaits ip netns exec $far bash -c "exec 3<>/dev/tcp/$net.1/8080"
ip netns exec $far "$work/elsewhere/browser" -s -o /dev/null -x "http://$net.1:8080" \
    -T "$work/file" "http://$net.3:$port/carried"
# A SYN that is sent again leaves in the context of who happens to run.
ip netns exec $far tests/e2e/late.py syn 7070 > "$work/slow" &
appears "$work/slow"
busy=
for _ in $(seq "$(nproc)"); do
	"$work/product/window" -c 'while :; do :; done' & busy="$busy $!"
done
in_near "$work/other" -s -o /dev/null -d z=1 --max-time 20 "http://$net.2:7070/again"
kill $busy
in_near "$work/product/window" -c "
	$work/product/updater -s -o /dev/null -T $work/file http://$net.2:$port/updater
	$work/elsewhere/browser -s -o /dev/null -T $work/file http://$net.3:$port/browser
	true"
told "$work/events.json" '"action":"transfer".*"path":"/\(updater\|browser\)"' 2
kill -INT $watch
wait $watch
"$TELLTAP" report "$work/case" > "$work/report.txt"

ok "its events fit the schema" tests/e2e/validate_events.py "$work/events.json"
ok "what others send to the same clouds is counted, by address" holds \
    "set(unwatched) == {'$net.2', '$net.3'}"
ok "with the payload, once it is known" holds \
    "200000 < unwatched['$net.2']['bytes'] < 240000 and
     unwatched['$net.2']['connections'] == 4"	# two are the resolver's
ok "and who it was" holds "unwatched['$net.3']['name'] == 'other'"
ok "the name that led to it is told" holds \
    "unwatched['$net.2']['domain'] == 'cloud.example'"
ok "the summary has the sum" holds \
    "coverage['unwatched_out'] == sum(x['bytes'] for x in unwatched.values())"
ok "none of it was copied" holds \
    "all(x['process']['name'] != 'other' for x in action('transfer') + action('flow'))"
ok "the resolver's question is joined to the product's" holds \
    "asked_for('cloud.example') == {'av'} and
     {ip for name, ip in names('cloud.example') if name == 'dnsmasq'} == {'$net.2'}"
ok "the product's own question is there, too" holds \
    "('av', '127.0.0.53') in names('cloud.example')"
ok "so it is by TCP" holds \
    "asked_for('stream.example') == {'window'} and
     {ip for name, ip in names('stream.example')} == {'127.0.0.53', '$net.2'}"
ok "all of the answer is seen, though it comes in pieces" holds \
    "{tuple(x['data'] for x in t['dns']['answers']) for t in action('transfer')
        if t.get('dns', {}).get('question', {}).get('name') == 'halves.example' and
        t['process']['name'] == 'dnsmasq'} == {('192.0.2.7',)}"
ok "and so it is where the resolver is in another namespace" holds \
    "{(name, ip) for name, ip in names('across.example')} ==
        {('window', '$net.5'), ('dnsmasq', '$net.6')} and asked_for('across.example') == {'window'}"
ok "but not for another who asks it" holds "names('nobody.example') == []"
ok "and not for another who asks so" holds "names('others.example') == []"
ok "what a client in another namespace has carried is its own" holds \
    "{(x['process']['name'], x['telltap']['attribution'].get('on_behalf_of', {}).get('name'))
        for x in action('transfer') if x.get('url', {}).get('path') == '/carried' and
        not x['telltap']['attribution'].get('accepted')} == {('carrier', 'browser')}"
ok "nor is it the product's, whoever runs while it is sent again" holds \
    "all(x['destination']['port'] != 7070 for x in action('transfer') + action('flow'))"
ok "what others asked the resolver is not" holds "names('elsewhere.example') == []"
ok "a descendant of the product's folder is the product" holds \
    "outside('updater') == {None}"
ok "one from elsewhere is told apart" holds "outside('browser') == {True}"
ok "so is the file that it sent" grep -q 'FILE OF A DESCENDANT' "$work/report.txt"
ok "which counts in no headline" grep -q '^  1 whole file left' "$work/report.txt"
ok "and it follows from the packets and from whose they are" bash -c '"$1" verify --replay "$2" > "$3/said"; grep "^ok .*derived again: [1-9]" "$3/said" || { cat "$3/said"; false; }' - "$TELLTAP" "$work/case" "$work"
done_testing
