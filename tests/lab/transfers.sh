# SPDX-License-Identifier: Apache-2.0
#
# The labelled transfers of make-content, as curl calls; sourced. The script
# that sources it sets known, bodies and scheme, and send(), which calls curl in
# the client's namespace for the group in $group, to the address in $to.

declare -A hosts=([uploads]=samples [fragments]=samples [lookups]=reputation
    [telemetry]=stats [ordinary]=www [big]=samples)
group=
agent="ExampleAgent/1.0 (lab; Linux x86_64)"

url() {
	echo "$scheme://${hosts[$group]}.cloud.example.net/lab/$1"
}
json() {
	send -H "Content-Type: application/json" \
	    --data-binary "@$bodies/$1" "$(url "${2:-$1}")"
}
binary() {
	send -H "Content-Type: application/octet-stream" \
	    --data-binary "@$bodies/$1" "$(url "${2:-$1}")"
}
hash() {
	"$1sum" < "$known/$2" | cut -d' ' -f1
}

# Takes two seconds and a half.
send_slow() {
	group=uploads
	# in twenty pieces; --limit-rate would send them in one burst
	for n in $(seq 0 19); do
		dd if="$known/random.bin" bs=2000 skip="$n" count=1 status=none
		sleep 0.12
	done | send -T - "$(url slow/random.bin)"
}

send_uploads() {
	group=uploads
	send -T "$known/setup.exe" "$(url put-raw/setup.exe)"
	send -F "file=@$known/invoice.pdf" "$(url multipart)"
	send -F "comment=please check" -F "sha256=$(hash sha256 archive.zip)" \
	    -F "sample=@$known/archive.zip;type=application/zip" \
	    "$(url multipart-hash)"
	send -H "Transfer-Encoding: chunked" -T "$known/notes.txt" \
	    "$(url chunked/notes.txt)"
	send -H "Content-Encoding: gzip" -H "Content-Type: text/plain" \
	    --data-binary "@$bodies/gzip" "$(url gzip)"
	json base64-json
	send -T "$known/tiny.dat" "$(url tiny/tiny.dat)"
	send -T "$known/empty.dat" "$(url empty/empty.dat)"
	send -T "$known/setup.exe" "$(url pair/first)" \
	    -T "$known/notes.txt" -o /dev/null "$(url pair/second)"
	send -H "Expect: 100-continue" -H "Content-Type: application/octet-stream" \
	    --data-binary "@$known/random.bin" "$(url expect)"
	send -H "Content-Type: application/zip" --data-binary "@$bodies/zip" \
	    "$(url zip)"
	to='[2001:db8:7e11::2]' send -T "$known/invoice.pdf" \
	    "$(url ipv6/invoice.pdf)"
	send -T "$bodies/plan.pdf" "$(url unknown-put/plan.pdf)"
	send -F "upload=@$bodies/tool.exe" "$(url unknown-multipart)"
}

send_fragments() {
	group=fragments
	binary first
	binary middle
	json middle-json
	json head-and-hash
	binary shared
	for n in 0 1 2 3; do
		binary quarter-$n quarter/$n
	done
}

send_lookups() {
	group=lookups
	for algorithm in md5 sha1 sha256 sha512; do
		send "$(url query-$algorithm)?$algorithm=$(hash $algorithm setup.exe)&v=2"
		json json-$algorithm
	done
	json upper
	json base64-sha1
	json base64-sha256
	for algorithm in md5 sha256; do
		send -H "Content-Type: application/x-protobuf" \
		    --data-binary "@$bodies/protobuf-$algorithm" \
		    "$(url protobuf-$algorithm)"
	done
	send "$(url "path-md5/$(hash md5 notes.txt)")"
	json batch
	json unknown-sha256
	json url-json
	send "$(url url-query)?url=https%3A%2F%2Fshop.example.com%2Flogin"
}

send_telemetry() {
	group=telemetry
	json telemetry
	send -H "Content-Type: application/json" -H "Content-Encoding: gzip" \
	    --data-binary "@$bodies/telemetry-gzip" "$(url telemetry-gzip)"
	send --data-binary "@$bodies/telemetry-form" "$(url telemetry-form)"
}

send_ordinary() {
	group=ordinary
	send -b "session=$(cat "$bodies/session-cookie")" "$(url session-cookie)"
	send -H "If-None-Match: \"$(cat "$bodies/etag")\"" "$(url etag-match)"
	send --data-binary "@$bodies/form-post" "$(url form-post)"
	send --data-binary "@$bodies/form-token" "$(url form-token)"
	json request-id
	json events
	send -F "name=Alice" -F "topic=support" "$(url multipart-fields)"
	send "$(url empty-hash)?md5=d41d8cd98f00b204e9800998ecf8427e"
	send "$(url page)"
	send "$(url download/update.bin)"
	send "$(url download/setup.exe)"
	binary padding
	binary sealed
}

send_big() {
	group=big
	send --limit-rate 80M -T "$known/big.bin" "$(url big/big.bin)"
}

# All but the big one.
send_all() {
	send_slow &
	local slow_pid=$!
	send_uploads
	send_fragments
	send_lookups
	send_telemetry
	send_ordinary
	wait $slow_pid
}
