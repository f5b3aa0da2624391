# SPDX-License-Identifier: Apache-2.0
#
# The lab's two machines: namespaces joined by a veth pair, nginx on one and
# tcpdump on the other. Sourced by make-lab and make-tls-lab, which set out;
# whatever was started ends with the script.

client=telltap-lab-c$$
server=telltap-lab-s$$
pids=()
dump_pid=

lab_stop() {
	[ -z "$dump_pid" ] || kill "$dump_pid" 2> /dev/null || true
	[ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2> /dev/null || true
	for ns in $client $server; do
		ip netns pids $ns 2> /dev/null | xargs -r kill 2> /dev/null || true
	done
	wait 2> /dev/null || true
	ip netns del $client 2> /dev/null || true
	ip netns del $server 2> /dev/null || true
	rm -rf /etc/netns/$client
}
trap lab_stop EXIT
trap 'echo "$0: line $LINENO failed" >&2' ERR

# In the client's namespace one name leads to the server.
lab_network() {
	ip netns add $client
	ip netns add $server
	ip -n $client link add wire type veth peer name wire netns $server
	ip -n $client addr add 198.18.7.1/24 dev wire
	ip -n $server addr add 198.18.7.2/24 dev wire
	ip -n $server addr add 198.18.7.3/24 dev wire	# that QUIC may prefer
	ip -n $client addr add 2001:db8:7e11::1/64 dev wire nodad
	ip -n $server addr add 2001:db8:7e11::2/64 dev wire nodad
	mkdir -p /etc/netns/$client
	echo "198.18.7.2 samples.cloud.example.net" > /etc/netns/$client/hosts
	for ns in $client $server; do
		ip -n $ns link set lo up
		ip -n $ns link set wire up
	done
}

# The answers that every server of the lab gives, in $out/server.
lab_pages() {
	mkdir -p "$out/server/www/lab/download" "$out/server/tmp"
	cp "$bodies/page-content" "$out/server/www/lab/page"
	cp "$bodies/page-content" "$out/server/www/lab/session-cookie"
	cp "$bodies/page-content" "$out/server/www/lab/etag-match"
	cp "$known/random.bin" "$out/server/www/lab/download/update.bin"
	cp "$known/setup.exe" "$out/server/www/lab/download/setup.exe"
}

# nginx reads a whole request before the proxy asks the inner server, which
# gets no body and answers for it.
#
# lab_nginx: standard input holds the server blocks, each with `include
# $out/server/lab.conf`.
lab_nginx() {
	cat > "$out/server/lab.conf" <<END
root $out/server/www;
location /lab/ {
	proxy_pass http://127.0.0.1:8080;
	proxy_pass_request_body off;
	proxy_set_header Content-Length "";
	proxy_set_header Transfer-Encoding "";
	proxy_set_header Content-Encoding "";
}
location /lab/download/ { }
location = /lab/page { default_type text/html; }
location = /lab/session-cookie { default_type text/html; }
location = /lab/etag-match { default_type text/html; }
END
	cat > "$out/server/nginx.conf" <<END
daemon off;
user root;
pid $out/server/nginx.pid;
error_log $out/server/error.log;
worker_processes 1;
events { worker_connections 1024; }
http {
	log_format lab '\$request_method \$uri \$request_length \$status';
	access_log off;
	client_max_body_size 0;
	client_body_temp_path $out/server/tmp/body;
	proxy_temp_path $out/server/tmp/proxy;
	fastcgi_temp_path $out/server/tmp/fastcgi;
	uwsgi_temp_path $out/server/tmp/uwsgi;
	scgi_temp_path $out/server/tmp/scgi;
	default_type application/octet-stream;
	server_tokens off;
$(cat)
	server {
		listen 127.0.0.1:8080;
		location /lab/empty/ { return 204; }
		location / {
			default_type application/json;
			return 200 '{"status":"ok"}\n';
		}
	}
}
END
	ip netns exec $server nginx -c "$out/server/nginx.conf" \
	    -e "$out/server/error.log" &
	pids+=($!)
}

# lab_capture FILTER, until lab_captured; the packets are in $out/all.pcap.
lab_capture() {
	ip netns exec $client tcpdump -i wire -U --immediate-mode -Z root -B 65536 \
	    -w "$out/all.pcap" "$1" 2> "$out/server/tcpdump.log" &
	dump_pid=$!
	for n in $(seq 100); do
		! grep -q 'listening on' "$out/server/tcpdump.log" || return 0
		sleep 0.05
	done
	echo "$0: tcpdump does not listen" >&2
	return 1
}

# lab_answers CURL-ARGUMENT...: waits until the server does.
lab_answers() {
	for n in $(seq 100); do
		! ip netns exec $client curl -s -o /dev/null -m 1 "$@" || return 0
		sleep 0.05
	done
	echo "$0: nothing answers" >&2
	return 1
}

lab_captured() {
	local size=-1
	# on a machine with much to do tcpdump lags behind
	while [ "$size" != "$(stat -c %s "$out/all.pcap")" ]; do
		size=$(stat -c %s "$out/all.pcap")
		sleep 0.7
	done
	kill -INT $dump_pid
	wait $dump_pid || true
	dump_pid=
	grep -q '^0 packets dropped by kernel' "$out/server/tcpdump.log" && return
	cat "$out/server/tcpdump.log" >&2
	echo "$0: the capture has lost packets" >&2
	return 1
}

# lab_split NAME FILTER: a part of the capture, in $out/captures.
lab_split() {
	mkdir -p "$out/captures"
	tcpdump -Z root -r "$out/all.pcap" -w "$out/captures/$1.pcap" "$2" \
	    2> /dev/null
}
