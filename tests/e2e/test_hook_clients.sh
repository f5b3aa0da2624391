#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# telltap run --tls-plaintext of clients that use their TLS library in the less usual
# ways, each upload to an address of its own: whatever is told of a file is told of the
# connection that it went by.

[ "$(id -u)" = 0 ] || { echo "skipped: hook_clients, needs root"; exit 77; }
. "$(dirname "$0")/check.sh"

built "$B/tests/e2e/hooked"
mkdir "$work/known"
head -c 9000 /dev/urandom > "$work/known/1"
head -c 9001 /dev/urandom > "$work/known/2"
head -c 60000 /dev/urandom > "$work/known/3"
. tests/e2e/tls_server.sh
export HOOKED_UNIX=$work/tls HOOKED_READ=$work/read

# hook EVENTS COMMAND...
hook()
{
	local events=$work/$1
	shift
	(cd "$work/known" && timeout 100 "$TELLTAP" run --json --tls-plaintext \
	    --known "$work/known" -- "$@") > "$events" 2>> "$work/err" < /dev/null
}

{ told "$work/events" '"path":"/file/' 3; touch "$HOOKED_READ"; } &
hook events "$PWD/$B/tests/e2e/hooked" "$port" "$work/pem" 3 turns bio threads \
    pieces file changed-file shared-file memory cleared at-once unix early refused
# All of the library is in the program, but for what that has itself; sanitizers can't be.
${CC:-gcc} -std=gnu11 -D_GNU_SOURCE -static -Wl,-z,muldefs -o "$work/static" \
    tests/e2e/hooked.c -lssl -lcrypto -lpthread 2> /dev/null
hook static.events "$work/static" "$port" "$work/pem" 1 turns
mkdir "$work/db"
certutil -N -d "sql:$work/db" --empty-password
certutil -A -d "sql:$work/db" -n server -t CT,, -i "$work/pem"
hook nss.events "$(python3 -c 'import sys; print(sys.executable)')" \
    "$PWD/tests/e2e/nss_ways.py" "$port" "$work/db" "$work/known" "$clear"

hook gnutls.events "$(python3 -c 'import sys; print(sys.executable)')" \
    "$PWD/tests/e2e/gnutls_ways.py" "$port" "$work/known"

# are [-e EVENTS] WAY N...: of that way these are told of, each as the whole of the file of its
# number and at the address of it, and no other.
are()
{
	local events=events
	[ "$1" != -e ] || { events=$2; shift 2; }
	python3 - "$work" "$events" "$@" <<-'END'
	import hashlib, json, sys
	work, events, way, *want = sys.argv[1:]
	known = {hashlib.sha256(open(f"{work}/known/{n}", "rb").read()).hexdigest(): n
	         for n in "123"}
	got = []
	for line in open(f"{work}/{events}"):
	    x = json.loads(line) if line[:2] == '{"' else {"event": {"action": ""}}
	    if (x["event"]["action"] != "transfer" or
	            not x.get("url", {}).get("path", "").startswith(f"/{way}/")):
	        continue
	    files = x["telltap"].get("data", {}).get("files", [])
	    how = x["telltap"]["transfer"]
	    n = x["destination"]["ip"].removeprefix("127.0.0.")
	    good = (len(files) == 1 and known[files[0]["sha256"]] == n
	            and files[0]["coverage"] == 1 and how["kind"] == "file-upload"
	            and how["grade"] == "proven"
	            and how["visibility"] == ("clear" if "layered" in way else "hooked")
	            and x["url"]["path"] == f"/{way}/{n}")
	    got.append(n if good else f"not as it was: {x['destination']} {how} {files}")
	print("got", got, "wanted", want)
	sys.exit(sorted(got) != want)
	END
}

# sealed COUNT: so many transfers are told of as nothing but sealed bytes.
sealed()
{
	test "$(grep '"action":"transfer"' "$work/events" |
	    grep -c '"visibility":"encrypted"')" = "$1"
}

# missing WAY COUNT: so many uploads are told to have bytes that nobody read, and no known
# file.
missing()
{
	grep '"action":"transfer"' "$work/events" | grep "\"path\":\"/$1/" > "$work/file"
	test "$(grep -c '"missing_out":[1-9]' "$work/file")" = "$2" &&
	    ! grep '"known":true' "$work/file"
}

sent=$(grep -c '^sent$' "$work/err")
ok "all were answered" test "$sent" = 49
ok "a descriptor and a session's memory used again" are turns 1 2 3
ok "OpenSSL by its BIO" are bio 1 2 3
ok "early data" are early 1 2 3
ok "a request behind early data that were refused" are refused 1 2 3
ok "these are part of a file, once each, and said to be refused" test "$(grep \
    '"path":"/halved!/.*"kind":"file-fragment".*the server did not take' \
    "$work/events" | wc -l)" = 3
ok "early data, by GnuTLS" are -e gnutls.events gnutls-early 1 2
ok "that are not sent, for there is no ticket" are -e gnutls.events gnutls-kept 1
ok "threads at once" are threads 1 2 3
ok "pieces, given again from another place" are pieces 1 2 3
ok "a file that the library is given" are file 1 2 3
ok "is said to have been read beside it" test "$(grep -c \
    '"path":"/file/.*the library was given a file' "$work/events")" = 3
ok "of one that was changed meanwhile its bytes are missing" missing changed-file 3
ok "and of one that others have mapped" missing shared-file 3
ok "and are said to be lost" grep -q '155402 bytes of plaintext lost' "$work/err"
ok "over memory" are memory 1 2 3
ok "over memory, one session for all" are cleared 1 2 3
# Which of them a write belongs to can't be known.
ok "over memory, all handed over before any is sent" are at-once
ok "they are sealed bytes then" sealed 3
ok "and are said to be unplaced" grep -q 'to connections that were not seen' \
    "$work/err"
ok "over a unix socket, with another connection's write behind" are unix 2
ok "linked into the program" are -e static.events turns 1
ok "NSS, a vector" are -e nss.events nss-vector 1
ok "NSS, a file" are -e nss.events nss-transmit 2
ok "NSS, part of a file" are -e nss.events nss-send_file 3
ok "NSPR without NSS is no TLS" are -e nss.events nss-layered 1
done_testing
