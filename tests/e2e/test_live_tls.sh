#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# telltap run, watch and telltapd where the traffic is encrypted: what keys open,
# and a key log while it is being written. The client pins the certificate.

[ "$(id -u)" = 0 ] || { echo "skipped: live_tls, needs root"; exit 77; }
. "$(dirname "$0")/check.sh"

mkdir "$work/known"
head -c 3000000 /dev/urandom > "$work/known/secret.bin"
. tests/e2e/tls_server.sh

# proven EVENTS VISIBILITY COUNT: that many transfers, and no others with a
# request, are the whole file.
proven()
{
	python3 - "$1" "$2" "$3" "$work/known/secret.bin" <<-'END'
	import hashlib, json, sys
	path, visibility, count, known = sys.argv[1:]
	want = hashlib.sha256(open(known, "rb").read()).hexdigest()
	e = [json.loads(line) for line in open(path)]
	t = [x for x in e if x["event"]["action"] == "transfer" and "http" in x]
	good = [x for x in t if x["telltap"]["transfer"]["kind"] == "file-upload"
	        and x["telltap"]["transfer"]["grade"] == "proven"
	        and x["telltap"]["transfer"]["visibility"] == visibility
	        and x["telltap"]["data"]["files"][0]["sha256"] == want
	        and x["telltap"]["data"]["files"][0]["coverage"] == 1
	        and "pid" in x["process"]]
	if len(good) != int(count) or len(t) != len(good):
	    print(len(t), "transfers,", len(good), "of them as wanted")
	    for x in t:
	        print(x["telltap"]["transfer"])
	    sys.exit(1)
	END
}

for how in "--tls-max 1.2 --http1.1" "--tlsv1.3 --http1.1" "--tlsv1.3 --http2"; do
	rm -f "$work/keys"
	SSLKEYLOGFILE=$work/keys "$TELLTAP" run --json --known "$work/known" \
	    --keylog "$work/keys" -- "${curl[@]}" $how \
	    -T "$work/known/secret.bin" $url/up > "$work/run.json" 2> "$work/err"
	ok "run --keylog, curl $how" proven "$work/run.json" decrypted 1
done

# The case has the keys beside the packets: Wireshark shows the same, and a replay
# of them needs no key log. A copy to be published has neither.
rm -f "$work/keys"
SSLKEYLOGFILE=$work/keys "$TELLTAP" run --known "$work/known" \
    --keylog "$work/keys" --case "$work/case" -- "${curl[@]}" --http1.1 \
    -T "$work/known/secret.bin" $url/up > "$work/out" 2>&1
capture=$work/case/data/capture/packets.pcapng
tshark -r "$capture" -o tcp.reassemble_out_of_order:TRUE -d tcp.port==$port,tls \
    -Y http.request.method==PUT > "$work/tshark" 2> /dev/null
ok "tshark reads the case's packets" bash -c 'grep -q "PUT /up" "$1" || { tshark -r "$2" | tail -n 20; false; }' \
    - "$work/tshark" "$capture"
ok "the case verifies" "$TELLTAP" verify "$work/case"
"$TELLTAP" replay --json --known "$work/known" --case "$work/again" \
    "$capture" > "$work/again.json" 2> "$work/err"
ok "its keys open it once more" grep -q '"grade":"proven","visibility":"decrypted"' \
    "$work/again.json"
ok "a copy with packets" "$TELLTAP" redact --keep-packets \
    --out "$work/copy" "$work/case"
ok "has none that come with keys" test ! -e "$work/copy/data/capture"
ok "unless it is told so" "$TELLTAP" redact --keep-keys \
    --out "$work/keyed" "$work/case"
ok "then it has" cmp "$capture" "$work/keyed/data/capture/packets.pcapng"

"$TELLTAP" run --json --known "$work/known" --tls-key "$work/key" -- \
    "${curl[@]}" --http1.1 --tls-max 1.2 --ciphers AES128-SHA256 \
    -T "$work/known/secret.bin" $url/up > "$work/run.json" 2> "$work/err"
ok "run --tls-key" proven "$work/run.json" decrypted 1

# A watch that begins before the log is there; and lines that come long after the
# connections that they open are over.
cp "$(command -v curl)" "$work/av"
"$TELLTAP" watch --json --exe "$work/av" --known "$work/known" \
    --keylog "$work/later" > "$work/watch.json" 2> "$work/watch.err" &
watch=$!
watching $watch
curl[0]=$work/av
for _ in 1 2 3; do
	SSLKEYLOGFILE=$work/later "${curl[@]}" -T "$work/known/secret.bin" \
	    $url/up
done
for how in "--tls-max 1.2 --http1.1" "--tlsv1.3 --http2"; do
	SSLKEYLOGFILE=$work/kept "${curl[@]}" $how -T "$work/known/secret.bin" \
	    $url/up
done
sleep 1.5
cat "$work/kept" >> "$work/later"
told "$work/watch.json" '"grade":"proven","visibility":"decrypted"' 5
kill -INT $watch
wait $watch
ok "watch --keylog, three times, and twice with late keys" \
    proven "$work/watch.json" decrypted 5

# The service, told so in its configuration.
cat > "$work/config.yaml" <<-END
	watch:
	  exe: [$work/av]
	known: [$work/known]
	keylog: [$work/logged]
	tls-key: [$work/key]
	cases: $work/cases
	lock: $work/lock
END
"$B/telltapd" --config "$work/config.yaml" 2> "$work/log" &
watch=$!
watching $watch
SSLKEYLOGFILE=$work/logged "${curl[@]}" -T "$work/known/secret.bin" $url/up
"${curl[@]}" --tls-max 1.2 --http1.1 --ciphers AES128-SHA256 \
    -T "$work/known/secret.bin" $url/up
told "$work/cases/000001/data*/events.jsonl" '"grade":"proven","visibility":"decrypted"' 2
kill -TERM $watch
wait $watch
ok "telltapd with keylog and tls-key" \
    proven "$work/cases/000001/data/events.jsonl" decrypted 2
done_testing
