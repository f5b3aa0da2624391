#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# telltap run --tls-plaintext of a client that uses its TLS library in the less usual
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
export HOOKED_UNIX=$work/tls

hooked=$PWD/$B/tests/e2e/hooked
(cd "$work/known" && timeout 100 "$TELLTAP" run --json --tls-plaintext \
    --known "$work/known" -- "$hooked" "$port" "$work/pem" 3 turns bio threads \
    pieces memory cleared at-once unix early) > "$work/events" 2> "$work/err" \
    < /dev/null

# are WAY N...: of that way these are told of, each as the whole of the file of its
# number and at the address of it, and no other.
are()
{
	python3 - "$work" "$@" <<-'END'
	import hashlib, json, sys
	work, way, *want = sys.argv[1:]
	known = {hashlib.sha256(open(f"{work}/known/{n}", "rb").read()).hexdigest(): n
	         for n in "123"}
	got = []
	for line in open(f"{work}/events"):
	    x = json.loads(line) if line[:2] == '{"' else {"event": {"action": ""}}
	    if (x["event"]["action"] != "transfer" or
	            not x.get("url", {}).get("path", "").startswith(f"/{way}/")):
	        continue
	    files = x["telltap"].get("data", {}).get("files", [])
	    how = x["telltap"]["transfer"]
	    n = x["destination"]["ip"].removeprefix("127.0.0.")
	    good = (len(files) == 1 and known[files[0]["sha256"]] == n
	            and files[0]["coverage"] == 1 and how["kind"] == "file-upload"
	            and how["grade"] == "proven" and how["visibility"] == "hooked"
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

sent=$(grep -c '^sent$' "$work/err")
ok "all were answered" test "$sent" = 28
ok "a descriptor and a session's memory used again" are turns 1 2 3
ok "OpenSSL by its BIO" are bio 1 2 3
ok "early data" are early 1 2 3
ok "threads at once" are threads 1 2 3
ok "pieces, given again from another place" are pieces 1 2 3
ok "over memory" are memory 1 2 3
ok "over memory, one session for all" are cleared 1 2 3
# Which of them a write belongs to can't be known.
ok "over memory, all handed over before any is sent" are at-once
ok "they are sealed bytes then" sealed 3
ok "and are said to be unplaced" grep -q 'to connections that were not seen' \
    "$work/err"
ok "over a unix socket, with another connection's write behind" are unix 2
done_testing
