#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is put beside a case, a signature and a time stamp, and copies in which
# something is withheld.

. "$(dirname "$0")/check.sh"

# finds CODE PATTERN COMMAND...: exit code, and a line on stdout that matches.
finds()
{
	local want=$1 pattern=$2 code
	shift 2
	"$@" > "$work/out" 2>&1
	code=$?
	[ $code -eq "$want" ] && grep -q -- "$pattern" "$work/out" && return
	echo "exit $code, not $want, or no $pattern"
	cat "$work/out"
	return 1
}

"$TELLTAP" key new "$work/key" > "$work/vkey"
"$TELLTAP" replay --known captures/known --key "$work/key" --case "$work/case" captures/lookups.pcap > "$work/out"
manifest=$work/case/tagmanifest-sha256.txt

# A signature.
if command -v ssh-keygen > "$work/which"; then
	ssh-keygen -q -t ed25519 -N '' -C lab -f "$work/ssh"
	ssh-keygen -q -t ed25519 -N '' -C other -f "$work/other"
	echo "lab@example.org $(cat "$work/ssh.pub")" > "$work/allowed"
	echo "other@example.org $(cat "$work/other.pub")" > "$work/strangers"
	ok "nothing to seal with" says 2 'give --ssh-key' "$TELLTAP" seal "$work/case"
	ok "no signature yet" finds 1 'BAD .*sig: not there' "$TELLTAP" verify --allowed-signers "$work/allowed" "$work/case"
	ok "sealed" "$TELLTAP" seal --ssh-key "$work/ssh" "$work/case"
	ok "not twice" finds 2 'File exists' "$TELLTAP" seal --ssh-key "$work/ssh" "$work/case"
	ok "ssh-keygen accepts it" bash -c 'ssh-keygen -Y verify -f "$1" -I lab@example.org -n telltap-evidence -s "$2.sig" < "$2"' - "$work/allowed" "$manifest"
	ok "verify does, by name" finds 0 '^ok .*signature: by lab@example.org' "$TELLTAP" verify --allowed-signers "$work/allowed" "$work/case"
	ok "a stranger" finds 1 '^BAD .*not by an allowed signer' "$TELLTAP" verify --allowed-signers "$work/strangers" "$work/case"
	ok "signer unproven" finds 0 '^unknown .*signer unproven' "$TELLTAP" verify "$work/case"
	cp -r "$work/case" "$work/changed"
	sed -i 's/^Telltap-Clock: .*/Telltap-Clock: mine/' "$work/changed/bag-info.txt"
	(cd "$work/changed" && sha256sum bag-info.txt bagit.txt manifest-sha256.txt > tagmanifest-sha256.txt)
	ok "another manifest" finds 1 '^BAD .*sig: does not hold' "$TELLTAP" verify "$work/changed"
	ok "a case that does not verify is not sealed" finds 2 'does not verify' "$TELLTAP" seal --ssh-key "$work/ssh" "$work/changed"
else
	skip "no ssh-keygen"
fi

# A time stamp, of an authority of our own.
(
	cd "$work" || exit
	cat > tsa.cnf <<-EOF
	[req]
	distinguished_name = dn
	[dn]
	[v3]
	extendedKeyUsage = critical,timeStamping
	[tsa]
	default_tsa = here
	[here]
	serial = serial
	signer_digest = sha256
	default_policy = 1.2.3.4.1
	digests = sha256
	EOF
	echo 01 > serial
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca
	openssl req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj /CN=tsa
	openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile tsa.cnf -extensions v3 -out tsa.pem
	for f in case/tagmanifest-sha256.txt key; do
		openssl ts -query -data $f -sha256 -cert -out "${f##*/}.tsq"
		openssl ts -reply -config tsa.cnf -queryfile "${f##*/}.tsq" -signer tsa.pem -inkey tsa.key -chain ca.pem -out "${f##*/}.tsr"
	done
	openssl req -x509 -newkey rsa:2048 -nodes -keyout no.key -out no.pem -days 2 -subj /CN=no
) > "$work/openssl" 2>&1
stamp=$work/tagmanifest-sha256.txt.tsr
ok "an authority's answer" test -s "$stamp"
ok "about something else" finds 2 'not an answer' "$TELLTAP" seal --timestamp "$work/key.tsr" "$work/case"
ok "no answer" finds 2 'not an answer' "$TELLTAP" seal --timestamp "$work/vkey" "$work/case"
ok "added" "$TELLTAP" seal --timestamp "$stamp" "$work/case"
ok "openssl accepts it" openssl ts -verify -data "$manifest" -in "$manifest.tsr" -CAfile "$work/ca.pem"
ok "verify does" finds 0 '^ok .*time stamp: the case was there at' "$TELLTAP" verify --tsa-ca "$work/ca.pem" "$work/case"
ok "another authority" finds 1 '^BAD .*by that authority' "$TELLTAP" verify --tsa-ca "$work/no.pem" "$work/case"
ok "authority unproven" finds 0 '^unknown .*authority unproven' "$TELLTAP" verify "$work/case"

# The same authority behind a server, which is not always right.
cat > "$work/tsa.py" <<-'EOF'
	import http.server, os, ssl, subprocess, sys, threading
	os.chdir(sys.argv[1])
	class H(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        ask = self.rfile.read(int(self.headers["Content-Length"]))
	        right = self.headers["Content-Type"] == "application/timestamp-query"
	        open("asked.tsq", "wb").write(ask)
	        if self.path != "/again":
	            subprocess.run("openssl ts -reply -config tsa.cnf -queryfile asked.tsq -signer tsa.pem "
	                "-inkey tsa.key -chain ca.pem -out asked.tsr", shell=True, check=True)
	        body = open("asked.tsr", "rb").read()
	        if self.path == "/refuses":
	            body = bytes.fromhex("300530030201" "02")
	        self.send_response(500 if self.path == "/fails" or not right else 200)
	        self.send_header("Content-Type", "application/timestamp-reply")
	        self.send_header("Content-Length", str(len(body)))
	        self.end_headers()
	        self.wfile.write(body[:100] if self.path == "/cut" else body)
	    def log_message(self, *args): pass
	class S(http.server.HTTPServer):
	    def handle_error(self, request, address): pass
	def serve(certificate):
	    s = S(("127.0.0.1", 0), H)
	    if certificate:
	        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	        tls.load_cert_chain(certificate + ".pem", certificate + ".key")
	        s.socket = tls.wrap_socket(s.socket, server_side=True)
	    threading.Thread(target=s.serve_forever).start()
	    return s.server_port
	print(serve(None), serve("web"), serve("other"), flush=True)
EOF
(
	cd "$work" || exit
	for name in web other; do
		openssl req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr -subj /CN=$name
	done
	openssl x509 -req -in web.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile <(echo subjectAltName=IP:127.0.0.1,DNS:localhost) -out web.pem
	openssl x509 -req -in other.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile <(echo subjectAltName=DNS:other.example) -out other.pem
) >> "$work/openssl" 2>&1
python3 "$work/tsa.py" "$work" > "$work/port" 2> "$work/tsa.err" &
tsa=$!
appears "$work/port"
read -r plain tls other < "$work/port"
url=http://127.0.0.1:$plain
rm "$manifest.tsr"
ok "refused" finds 2 'refuses to say so' "$TELLTAP" seal --tsa "$url/refuses" "$work/case"
ok "a server that fails" finds 2 'does not answer with 200' "$TELLTAP" seal --tsa "$url/fails" "$work/case"
ok "an answer that is cut" finds 2 "$url/cut: .*[a-z]" "$TELLTAP" seal --tsa "$url/cut" "$work/case"
ok "none of them is kept" test ! -e "$manifest.tsr"
ok "not of the authority that is trusted" finds 2 'by an authority of --tsa-ca' "$TELLTAP" seal --tsa "$url" --tsa-ca "$work/no.pem" "$work/case"
ok "asked and added" "$TELLTAP" seal --tsa "$url/tsa?x=1" --tsa-ca "$work/ca.pem" "$work/case"
ok "openssl accepts it, too" openssl ts -verify -data "$manifest" -in "$manifest.tsr" -CAfile "$work/ca.pem"
ok "and to the question" openssl ts -verify -queryfile "$work/asked.tsq" -in "$manifest.tsr" -CAfile "$work/ca.pem"
ok "so does verify" finds 0 '^ok .*time stamp: the case was there at' "$TELLTAP" verify --tsa-ca "$work/ca.pem" "$work/case"
rm "$manifest.tsr"
printf 'watch: {exe: [/bin/none]}\ntsa: %s/config\ntsa-ca: %s\n' "$url" "$work/ca.pem" > "$work/config.yaml"
ok "the authority of a configuration" "$TELLTAP" seal --config "$work/config.yaml" "$work/case"
rm "$manifest.tsr"
sed -i "s|^tsa-ca: .*|tsa-ca: $work/no.pem|" "$work/config.yaml"
ok "and only if it is trusted" finds 2 'by an authority of --tsa-ca' "$TELLTAP" seal --config "$work/config.yaml" "$work/case"
sed -i '/^tsa/d' "$work/config.yaml"
ok "one that names none" says 2 'names no authority' "$TELLTAP" seal --config "$work/config.yaml" "$work/case"
mkdir "$work/credentials"
echo "$url/credential" > "$work/credentials/tsa"
ok "the authority of a credential" env CREDENTIALS_DIRECTORY="$work/credentials" "$TELLTAP" seal --config "$work/config.yaml" "$work/case"
rm "$manifest.tsr"
ok "the answer to an earlier question" finds 2 'to another question' "$TELLTAP" seal --tsa "$url/again" "$work/case"
ok "another scheme" finds 2 'begins with http://' "$TELLTAP" seal --tsa "ftp${url#http}" "$work/case"

# The same server in TLS: it has to be who it says.
web=https://localhost:$tls/tsa
ok "a server that nobody certifies" finds 2 'certificate is of no authority' "$TELLTAP" seal --tsa "$web" "$work/case"
ok "certified by others" finds 2 'certificate is of no authority' "$TELLTAP" seal --tsa "$web" --tls-ca "$work/no.pem" "$work/case"
ok "for another name" finds 2 'or for another name' "$TELLTAP" seal --tsa "https://127.0.0.1:$other/" --tls-ca "$work/ca.pem" "$work/case"
ok "no certificates" finds 2 'no certificates in --tls-ca' "$TELLTAP" seal --tsa "$web" --tls-ca "$work/vkey" "$work/case"
ok "TLS with one who speaks none" finds 2 'not in TLS' "$TELLTAP" seal --tsa "https://127.0.0.1:$plain/" --tls-ca "$work/ca.pem" "$work/case"
ok "none of these stamped it" test ! -e "$manifest.tsr"
ok "a server that fails, in TLS" finds 2 'does not answer with 200' "$TELLTAP" seal --tsa "https://localhost:$tls/fails" --tls-ca "$work/ca.pem" "$work/case"
ok "an answer that is cut, in TLS" finds 2 "/cut: .*[a-z]" "$TELLTAP" seal --tsa "https://localhost:$tls/cut" --tls-ca "$work/ca.pem" "$work/case"
ok "asked in TLS" "$TELLTAP" seal --tsa "$web" --tls-ca "$work/ca.pem" --tsa-ca "$work/ca.pem" "$work/case"
ok "openssl accepts what it says" openssl ts -verify -data "$manifest" -in "$manifest.tsr" -CAfile "$work/ca.pem"
rm "$manifest.tsr"
ok "by its address, the system trusts it" env SSL_CERT_FILE="$work/ca.pem" "$TELLTAP" seal --tsa "https://127.0.0.1:$tls/" "$work/case"
rm "$manifest.tsr"
printf 'watch: {exe: [/bin/none]}\ntsa: %s\ntsa-tls-ca: %s\n' "$web" "$work/ca.pem" > "$work/config.yaml"
ok "both of a configuration" "$TELLTAP" seal --config "$work/config.yaml" "$work/case"
rm "$manifest.tsr"
ok "both ways at once" finds 2 'one of --timestamp and --tsa' "$TELLTAP" seal --tsa "$url" --timestamp "$stamp" "$work/case"
kill $tsa
wait $tsa 2> "$work/killed"
ok "nobody there" finds 2 'Connection refused' "$TELLTAP" seal --tsa "$url" "$work/case"

# Bagged again: manifests that fit, over what nobody signed.
bagged_again()
{
	rm -rf "$work/again"
	cp -r "$1" "$work/again"
	(cd "$work/again" && rm -f ./*.sig ./*.tsr && eval "$2" &&
	    find data -type f | LC_ALL=C sort | xargs sha256sum > manifest-sha256.txt &&
	    sed -i "s/^Payload-Oxum.*/Payload-Oxum: $(find data -type f -exec cat {} + | wc -c).$(find data -type f | wc -l)/" bag-info.txt &&
	    sha256sum bag-info.txt bagit.txt manifest-sha256.txt > tagmanifest-sha256.txt)
}
refused() { bagged_again "$1" "$3" && finds 1 "^BAD .*$2" "$TELLTAP" verify "$work/again"; }
ok "bagged again as it was" bagged_again "$work/case" true
ok "still verifies" "$TELLTAP" verify "$work/again"
ok "another version" refused "$work/case" 'bag-info.txt: not what the first line' 'sed -i "s/telltap [0-9]/telltap 7/" bag-info.txt'
ok "another option" refused "$work/case" 'bag-info.txt: not what the first line' 'sed -i "s/^Telltap-Known-Files: .*/Telltap-Known-Files: 0/" bag-info.txt'
ok "a page beside the tiles" refused "$work/case" 'data/log/report.html: not sealed' 'cp data/report.html data/log/report.html'
ok "one of the tiles' names" refused "$work/case" 'files too many' 'mkdir -p data/log/tile/5 && cp data/report.html data/log/tile/5/000'
ok "another's signature" bagged_again "$work/case" 'echo "— other AAAAAAAA" >> data/log/checkpoint'
ok "is told" finds 0 '^unknown .*checkpoint: 1 signatures by others' "$TELLTAP" verify "$work/again"

# Withheld.
text=shop.example.com
ok "there is something to withhold" grep -q $text "$work/case/data/events.jsonl"
ok "redact" "$TELLTAP" redact --out "$work/public" --hide 4 --hide-text $text "$work/case"
ok "still verifies" finds 0 '^ok .*the root of' "$TELLTAP" verify --vkey "$work/vkey" "$work/public"
ok "nothing else may stand there" refused "$work/public" 'line 5 is not the event' "sed -i '5s/\"}}\$/\",\"kind\":\"download\"}}/' data/events.jsonl"
"$TELLTAP" verify --vkey "$work/vkey" "$work/public" > "$work/out"
ok "lines are said" grep -q '^unknown .* lines are withheld' "$work/out"
ok "files are said" grep -q '^unknown .*data/salt: withheld' "$work/out"
ok "the same root" cmp "$work/case/data/log/checkpoint" "$work/public/data/log/checkpoint"
ok "the text is nowhere" bash -c '! grep -rq "$1" "$2"' - $text "$work/public"
ok "no packets, no salt" test ! -e "$work/public/data/capture" -a ! -e "$work/public/data/salt"
ok "others are as they were" test "$(comm -12 <(sort "$work/case/data/events.jsonl") <(sort "$work/public/data/events.jsonl") | wc -l)" -gt 10
ok "is there a report of it" "$TELLTAP" report "$work/public"
ok "packets can be kept" "$TELLTAP" redact --keep-packets --out "$work/packets" "$work/case"
ok "and verify" "$TELLTAP" verify "$work/packets"
ok "not those that have the text" finds 2 'packets.pcapng has the text' "$TELLTAP" redact --keep-packets --hide-text $text --out "$work/kept" "$work/case"
ok "and no copy is made" test ! -e "$work/kept"
ok "are kept" cmp "$work/case/data/capture/packets.pcapng" "$work/packets/data/capture/packets.pcapng"
ok "withheld once more" "$TELLTAP" redact --hide 6 --out "$work/twice" "$work/public"
ok "and verifies" "$TELLTAP" verify "$work/twice"
ok "not into a folder with something" finds 2 . "$TELLTAP" redact --out "$work/twice" "$work/case"
sed -i 's/"withheld":"./"withheld":"0/;s/"withheld":"0\(.\)/"withheld":"1\1/' "$work/public/data/events.jsonl"
ok "another hash in its place" finds 1 'is not the one that was logged' "$TELLTAP" verify "$work/public"

done_testing
