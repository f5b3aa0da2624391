# SPDX-License-Identifier: Apache-2.0
#
# Servers of the encrypted lab other than nginx and caddy, and what is sent to
# them; sourced by make-tls-lab behind tls_peers.sh, whose names it uses. Each
# starts when its variant's turn comes, and ends with the lab.

psk=6e8b1f40a9c2d37758e1b60f93a4c5d2

# serve COMMAND...: in the server's namespace, until it listens.
serve() {
	ip netns exec $server "$@" > "$out/server/$name.log" 2>&1 &
	for n in $(seq 100); do
		[ -z "$(ip netns exec $server ss -Hltun "sport = :$port")" ] ||
		    return 0
		sleep 0.05
	done
	echo "$name: $1 does not listen" >&2
	cat "$out/server/$name.log" >&2
	return 1
}
# An s_server that answers. MIDWAY is a command that it gets in each request.
s_server() {
	serve "$here/answer.py" "$out/requests/$name" \
	    ${midway:+--midway "$midway"} openssl s_server -accept $port "$@"
}
key_pair="-cert $out/tls/rsa.pem -key $out/tls/rsa.key"

# Keys that both ends had before: no certificate, but with RSA_PSK.
send_peer_psk() {
	local suite_flag=-cipher more="-nocert"
	[ $version != TLSv1.3 ] || suite_flag=-ciphersuites
	[[ $suite != RSA-PSK-* ]] || more=$key_pair
	s_server -quiet -psk $psk $suite_flag $suite $more
	send_raw psk_client
}
psk_client() {
	local only=-tls1_3 suite_flag=-ciphersuites
	[ $version = TLSv1.3 ] || { only=-tls1_2; suite_flag=-cipher; }
	said | s_client -psk $psk $only $suite_flag $suite
}

# An upload in whose midst the client shakes hands anew.
renegotiating() {
	"$here/pieces.py" "$own/request" R
}
send_peer_renegotiated() {
	commands=
	s_server -quiet $key_pair -tls1_2 -cipher $suite -client_renegotiation
	ask PUT pair/second "$known/notes.txt"
	said renegotiating | s_client
	ask PUT put-raw/setup.exe "$known/setup.exe"
	said renegotiating | s_client
}

padded_client() {
	said | s_client -record_padding 1000
}
send_peer_padded() {
	s_server -quiet $key_pair -ciphersuites $suite -record_padding 256
	send_raw padded_client
}

# The client shows a certificate: in the handshake, or when it is asked in the
# midst of an upload.
certified_client() {
	said "$@" | s_client -cert "$tls/ecdsa.pem" -key "$tls/ecdsa.key" \
	    -enable_pha
}
halting() {
	head -c 8000 "$own/request"
	sleep 0.6
	tail -c +8001 "$own/request"
}
halting_client() {
	certified_client halting
}
send_peer_certified() {
	s_server -quiet $key_pair -CAfile "$tls/ca.pem" -Verify 2
	send_raw certified_client
}
send_peer_late() {
	midway=c
	s_server $key_pair -CAfile "$tls/ca.pem" -verify 2
	midway=
	ask PUT pair/second "$known/notes.txt"
	halting_client
}

# Records of 512 bytes at most.
send_peer_short() {
	s_server -quiet $key_pair
	send_raw short_client
}
short_client() {
	said | s_client -maxfraglen 512
}

# It answers GET alone.
send_peer_gnutls() {
	serve gnutls-serv -q --http -p $port --x509certfile "$tls/rsa.pem" \
	    --x509keyfile "$tls/rsa.key"
	group=lookups
	for algorithm in md5 sha1 sha256 sha512; do
		send "$(url query-$algorithm)?$algorithm=$(hash $algorithm setup.exe)&v=2"
		echo "GET /lab/query-$algorithm 0 200" >> "$out/requests/$name"
	done
}

# It answers a POST at its first bytes, and may reset the connection.
send_peer_nss() {
	echo reset >> "$out/expect/$name"
	nss_folder
	openssl pkcs12 -export -in "$tls/rsa.pem" -inkey "$tls/rsa.key" \
	    -name server -passout pass: -out "$own/rsa.p12"
	pk12util -i "$own/rsa.p12" -d "$own/nss" -W '' > "$own/answer"
	local versions=tls1.3:tls1.3
	[ $version != TLSv1.2 ] || versions=tls1.2:tls1.2
	serve selfserv -n server -p $port -d "$own/nss" -V $versions
	group=lookups
	for body in json-sha256 json-md5; do
		json $body
		echo "POST /lab/$body 0 200" >> "$out/requests/$name"
	done
	group=uploads
	send -H "Content-Encoding: gzip" -H "Content-Type: text/plain" \
	    --data-binary "@$bodies/gzip" "$(url gzip)"
	echo "POST /lab/gzip 0 200" >> "$out/requests/$name"
}

# ngtcp2's own server, which answers 404 once it has the whole request. The flags
# are the client's, or behind a word with a + the server's.
send_peer_quic() {
	local to_server=() to_client=()
	for flag in $flags; do
		[ $flag != +preferred ] || flag=+--preferred-ipv4-addr=198.18.7.3:$port
		[[ $flag == +* ]] && to_server+=("${flag#+}") || to_client+=("$flag")
	done
	case $name in
	quic-negotiated) echo negotiated >> "$out/expect/$name" ;;
	quic-moved|quic-rebound|quic-preferred) echo moved >> "$out/expect/$name" ;;
	esac
	serve gtlsserver -q -d "$out/server/www" "${to_server[@]}" 198.18.7.2 $port \
	    "$tls/rsa.key" "$tls/rsa.pem"
	ngtcp2_put put-raw/setup.exe "$known/setup.exe"
	ngtcp2_put pair/second "$known/notes.txt"
	ngtcp2_put unknown-put/plan.pdf "$bodies/plan.pdf"
}
ngtcp2_put() {
	SSLKEYLOGFILE=$out/keys/$name quic_client PUT "$1" "$2" "${to_client[@]}"
	echo "PUT /lab/$1 0 404" >> "$out/requests/$name"
}
# The second and third connection send with the first one's session at once.
send_peer_quic_early() {
	flags="--session-file=$own/session --tp-file=$own/transport"
	send_peer_quic
	echo resumed >> "$out/expect/$name"
}

# What a proxy carries: TLS behind CONNECT, and that within TLS.
send_connect() {
	serve "$here/proxy.py" $port 1$port
	carrier=http
	send_carried
}
send_within() {
	serve "$here/proxy.py" $port 1$port "$tls/rsa.pem" "$tls/rsa.key"
	carrier=https
	# the flow's is the one that the proxy agreed on
	sed -i '/^suite/d' "$out/expect/$name"
	send_carried
}
send_carried() {
	group=uploads
	through -T "$known/setup.exe" "$(url put-raw/setup.exe)"
	through -T "$known/notes.txt" "$(url pair/second)"
	through "$(url query-sha256)?sha256=$(hash sha256 setup.exe)&v=2"
}
through() {
	group=uploads
	send --proxy "$carrier://samples.cloud.example.net:$port" \
	    --proxy-cacert "$tls/ca.pem" --proxy-ciphers ALL "$@"
}
