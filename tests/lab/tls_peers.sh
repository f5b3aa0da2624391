# SPDX-License-Identifier: Apache-2.0
#
# How the labelled transfers are sent by other clients than curl, and in other
# ways than one connection each; sourced by make-tls-lab. $name is the
# variant, $port its server's, $version and $suite what is agreed on. Each adds
# its keys to $out/keys/$name, and leaves what it needs on the way in $own.

all_13=TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384
all_13+=:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256
all_13+=:TLS_AES_128_CCM_8_SHA256

send() {
	SSLKEYLOGFILE=$out/keys/$name ip netns exec $client curl -sS -f \
	    -o /dev/null -m 30 -g -A "$agent" $http --cacert "$tls/ca.pem" \
	    --tlsv1.0 --ciphers ALL:@SECLEVEL=0 --tls13-ciphers $all_13 \
	    --connect-to "::${to:-198.18.7.2}:$port" "$@"
}

# A file whole, one in another form, and a look-up.
send_some() {
	group=uploads
	send -T "$known/setup.exe" "$(url put-raw/setup.exe)"
	send -H "Content-Encoding: gzip" -H "Content-Type: text/plain" \
	    --data-binary "@$bodies/gzip" "$(url gzip)"
	group=lookups
	json json-sha256
}

# One connection, requests side by side.
send_parallel() {
	group=uploads
	send -Z --parallel-max 8 \
	    -T "$known/setup.exe" "$(url put-raw/setup.exe)" \
	    -T "$known/setup.exe" -o /dev/null "$(url pair/first)" \
	    -T "$known/notes.txt" -o /dev/null "$(url pair/second)" \
	    -T "$known/notes.txt" -o /dev/null "$(url chunked/notes.txt)" \
	    -T "$known/tiny.dat" -o /dev/null "$(url tiny/tiny.dat)" \
	    -T "$bodies/plan.pdf" -o /dev/null "$(url unknown-put/plan.pdf)" \
	    2> "$own/errors" || { cat "$own/errors" >&2; return 1; }
}

# Two connections, the second with the first one's session.
send_resumed() {
	group=uploads
	send -H "Connection: close" -T "$known/setup.exe" "$(url pair/first)" \
	    -T "$known/notes.txt" -o /dev/null "$(url pair/second)"
	echo resumed >> "$out/expect/$name"
}

# request METHOD PATH [FILE]: HTTP/1.1 for clients that take it as it is.
request() {
	printf '%s /lab/%s HTTP/1.1\r\n' "$1" "$2"
	printf 'Host: samples.cloud.example.net\r\nUser-Agent: %s\r\n' "$agent"
	[ -z "${3-}" ] || printf 'Content-Length: %d\r\n' "$(stat -c %s "$3")"
	printf 'Connection: close\r\n\r\n'
	[ -z "${3-}" ] || cat "$3"
}
# What said() says; no answer is there yet.
ask() {
	request "$@" > "$own/request"
	rm -f "$own/answer"
}
# Such requests, and what they are sent with: WITH METHOD PATH FILE.
raw() {
	ask "${@:2}"
	$1
}
send_raw() {
	raw $1 PUT put-raw/setup.exe "$known/setup.exe"
	raw $1 PUT pair/second "$known/notes.txt"
	raw $1 GET "query-sha256?sha256=$(hash sha256 setup.exe)&v=2"
}

# A client that reads its request from a pipe ends with the pipe, so that the
# pipe stays open until the answer is there.
said() {
	[ $# = 0 ] && cat "$own/request" || "$@"
	for n in $(seq 50); do
		sleep 0.1
		! grep -aqs 'HTTP/1.1 2' "$own/answer" || return 0
	done
}
answered() {
	grep -aq 'HTTP/1.1 2' "$own/answer" ||
	    { echo "$name: $1 got no answer" >&2; return 1; }
}

commands=-nocommands
s_client() {
	ip netns exec $client timeout 10 stdbuf -o0 openssl s_client -no_ign_eof $commands \
	    -connect 198.18.7.2:$port -CAfile "$tls/ca.pem" \
	    -servername samples.cloud.example.net -verify_return_error \
	    -keylogfile "$own/keys" "$@" > "$own/answer" 2> "$own/errors" ||
	    true
	cat "$own/keys" >> "$out/keys/$name"
	rm "$own/keys"
	answered s_client
}
send_early() {
	ask GET ready
	said | s_client -sess_out "$own/session"
	ask PUT tiny/tiny.dat "$known/tiny.dat"
	mv "$own/request" "$own/early"
	said true | s_client -prexit -sess_in "$own/session" -early_data "$own/early"
	grep -aq '^Early data was accepted' "$own/answer" ||
	    { echo "$name: early data was refused" >&2; return 1; }
}
# An upload whose keys change in its midst, the client's and then both sides'.
updating() {
	"$here/pieces.py" "$own/request" k K
}
send_update() {
	ask PUT pair/second "$known/notes.txt"
	commands=
	said updating | s_client
}
# The server knows none of the groups that the client has a key for.
send_retry() {
	send_some
}

gnutls_client() {
	local how=NORMAL
	[ $version != TLSv1.2 ] || how+=:-VERS-ALL:+VERS-TLS1.2
	said | SSLKEYLOGFILE=$out/keys/$name ip netns exec $client timeout 10 gnutls-cli \
	    --priority $how --x509cafile "$tls/ca.pem" -p $port \
	    --sni-hostname samples.cloud.example.net \
	    --verify-hostname samples.cloud.example.net 198.18.7.2 \
	    > "$own/answer" 2> /dev/null || true
	answered gnutls-cli
}
send_gnutls() {
	send_raw gnutls_client
}
# Debian's is linked with GnuTLS.
wget_client() {
	SSLKEYLOGFILE=$out/keys/$name ip netns exec $client wget -nv \
	    -O /dev/null --ca-certificate "$tls/ca.pem" -U "$agent" \
	    --method=PUT --body-file "$2" \
	    "https://samples.cloud.example.net:$port/lab/$1" \
	    2> "$own/errors" || { cat "$own/errors" >&2; return 1; }
}
send_wget() {
	wget_client put-raw/setup.exe "$known/setup.exe"
	wget_client pair/second "$known/notes.txt"
}

# It does not end when the server does. Debian's NSS writes no key log, so
# that the server's is taken.
nss_client() {
	local versions=tls1.3:tls1.3
	[ $version != TLSv1.2 ] || versions=tls1.2:tls1.2
	said | ip netns exec $client timeout 2 tstclnt \
	    -h 198.18.7.2 -a samples.cloud.example.net -p $port -V $versions \
	    -d "$own/nss" > "$own/answer" 2> "$own/errors" || true
	answered tstclnt
}
nss_folder() {
	mkdir "$own/nss"
	certutil -N -d "$own/nss" --empty-password
	certutil -A -d "$own/nss" -n lab -t C,, -i "$tls/ca.pem"
}
send_nss() {
	nss_folder
	send_raw nss_client
	caddy_keys
}

# Go's TLS and QUIC, in front of nginx.
lab_caddy() {
	{
		printf '{\n\tadmin off\n\tskip_install_trust\n}\n'
		for name in "${!port_of[@]}"; do
			[[ $name == *-caddy* ]] || continue
			port=${port_of[$name]}
			cat <<-END
			https://samples.cloud.example.net:$port {
				tls $tls/rsa.pem $tls/rsa.key {
					insecure_secrets_log $tls/caddy.$port
				}
				reverse_proxy 127.0.0.1:1$port
			}
			END
		done
	} > "$out/server/Caddyfile"
	XDG_DATA_HOME=$out/server/caddy XDG_CONFIG_HOME=$out/server/caddy \
	    ip netns exec $server caddy run --config "$out/server/Caddyfile" \
	    2> "$out/server/caddy.log" &
	pids+=($!)
	for n in $(seq 100); do
		! grep -q 'serving initial configuration' \
		    "$out/server/caddy.log" || return 0
		sleep 0.05
	done
	cat "$out/server/caddy.log" >&2
	return 1
}
send_caddy() {
	send_parallel
}
caddy_keys() {
	cat "$tls/caddy.$port" >> "$out/keys/$name"
}
send_quic() {
	quic_client PUT put-raw/setup.exe "$known/setup.exe"
	quic_client PUT tiny/tiny.dat "$known/tiny.dat"
	quic_client PUT unknown-put/plan.pdf "$bodies/plan.pdf"
	caddy_keys
}
quic_client() {
	ip netns exec $client gtlsclient -q \
	    --exit-on-all-streams-close --timeout=5s -m $1 -d "$3" "${@:4}" \
	    samples.cloud.example.net $port "https://samples.cloud.example.net:$port/lab/$2" \
	    > "$own/answer" 2>&1 || { cat "$own/answer" >&2; return 1; }
}
