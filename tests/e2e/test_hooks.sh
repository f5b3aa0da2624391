#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# telltap run and watch --tls-plaintext: real clients of OpenSSL, GnuTLS and NSS,
# whose traffic no key opens. Each pins the server's certificate.
# HOOKS_SIZE: of the large file, in bytes.

[ "$(id -u)" = 0 ] || { echo "skipped: hooks, needs root"; exit 77; }
. "$(dirname "$0")/check.sh"

mkdir "$work/known" "$work/tmp" "$work/db" "$work/many"
head -c 3000000 /dev/urandom > "$work/known/secret.bin"
# Not a script that looks for one: each of its processes would be hooked.
python=$(python3 -c 'import sys; print(sys.executable)')
. tests/e2e/tls_server.sh

# whole EVENTS COUNT [FOLDER]: that many transfers are each the whole of one known
# file, no two of the same where a folder is given, no other has a request, and
# every byte out is accounted for and none of data is encrypted.
whole()
{
	python3 - "$1" "$2" "${3:-$work/known}" <<-'END'
	import hashlib, json, os, sys
	path, count, folder = sys.argv[1:]
	known = {hashlib.sha256(open(os.path.join(folder, n), "rb").read())
	         .hexdigest() for n in os.listdir(folder)}
	e = [json.loads(line) for line in open(path) if line[:2] == '{"']
	t = [x for x in e if x["event"]["action"] == "transfer"
	     and x["network"]["transport"] == "tcp"]
	good = [x for x in t if x["telltap"]["transfer"]["kind"] == "file-upload"
	        and x["telltap"]["transfer"]["grade"] == "proven"
	        and x["telltap"]["transfer"]["visibility"] == "hooked"
	        and x["telltap"]["origin"] == "input"
	        and len(x["telltap"]["data"]["files"]) == 1
	        and x["telltap"]["data"]["files"][0]["coverage"] == 1
	        and x["telltap"]["data"]["files"][0]["sha256"] in known
	        and not x["telltap"]["coverage"]["missing_out"]
	        and x["process"]["pid"]]
	seen = {x["telltap"]["data"]["files"][0]["sha256"] for x in good}
	flows = [x["telltap"]["flow"] for x in e if x["event"]["action"] == "flow"
	         and x["network"]["transport"] == "tcp"]
	ok = len(good) == len(t) == int(count)
	ok &= len(sys.argv) < 3 or len(known) == 1 or len(seen) == int(count)
	for f in flows:
	    ok &= (f["understood_out"] + f["undeciphered_out"] +
	           f["encrypted_out"] == f["payload_out"] and
	           f["encrypted_out"] < 200 and f["plaintext_out"] > 0)
	if not ok:
	    print(len(t), "transfers,", len(good), "as wanted,", len(seen), "files")
	    for x in t[:5] + flows[:5]:
	        print(x.get("telltap", {}).get("transfer", x))
	sys.exit(not ok)
	END
}

# run NAME COMMAND...
run()
{
	local name=$1
	shift
	timeout 200 "$TELLTAP" run --json --tls-plaintext --known "$work/known" \
	    -- "$@" > "$work/$name.json" 2> "$work/$name.err" < "${in:-/dev/null}"
}

# Probes are there at once where the command's own process has its library in a
# usual place. Else what is started reads from a pipe first, and is fed once it has
# them, for a busy machine may take long to set them.

# pid_of PATTERN: of the process with such a command line, in $fed.
pid_of()
{
	fed=$(pgrep -nf "$1")
}

# has_probes LIBRARY: in the process $fed; by its pages where the kernel doesn't
# tell of links.
has_probes()
{
	local p all=()
	for p in $(pgrep -x 'telltap|telltapd'); do all+=(/proc/"$p"/fdinfo/*); done
	awk -v pid="$fed" -v library="/$1" '
	    FNR == 1 { type = of = 0 }
	    $1 == "link_type:" { type = $2 }
	    $1 == "pid:" { of = $2; told = 1 }
	    $1 == "path:" && index($2, library) && type == "uprobe_multi" &&
	        of == pid { found = 1; exit }
	    END { exit found ? 0 : told ? 1 : 2 }' "${all[@]}" 2> /dev/null
	case $? in
	0)	return 0 ;;
	1)	return 1 ;;
	esac
	awk -v library="/$1" '/-.* r-xp / { in_it = index($0, library) }
	    in_it && $1 == "Anonymous:" && $2 { found = 1 }
	    END { exit !found }' "/proc/$fed/smaps"
}

# feed PIPE PATTERN LIBRARY FILE: its content, to the process of that command line.
# The pipe is as that process sees it. What reads it as its input begins once our
# end is open.
feed()
{
	awaits pid_of "$2" && awaits has_probes "$3" &&
	    timeout 100 dd status=none bs=64k if="$4" of="/proc/$fed/root$1" ||
	    echo "not fed: $2"
}

printf '%s = "%s"\n' output /dev/null cacert "$work/pem" \
    connect-to "::127.0.0.1:$port" upload-file "$work/known/secret.bin" \
    url $url/up > "$work/upload"
pipe=/pipe.$$
mkfifo "$work/pipe"

run http1 "${curl[@]}" --http1.1 -T "$work/known/secret.bin" $url/up
ok "OpenSSL, HTTP/1, TLS 1.3" whole "$work/http1.json" 1
ok "nothing was lost" test ! -s "$work/http1.err"
run http2 "${curl[@]}" --http2 --tls-max 1.2 -T "$work/known/secret.bin" $url/up
ok "OpenSSL, HTTP/2, TLS 1.2" whole "$work/http2.json" 1
run wget wget -q -O /dev/null --ca-certificate="$work/pem" \
    --no-check-certificate --method=PUT --body-file="$work/known/secret.bin" \
    https://127.0.0.1:$port/up
ok "GnuTLS, by wget" whole "$work/wget.json" 1

head='PUT /up HTTP/1.1\r\nHost: samples.example.net\r\nContent-Length: 3000000\r\nConnection: close\r\n\r\n'
{ printf "$head"; cat "$work/known/secret.bin"; } > "$work/request"
run gnutls sh -c "gnutls-cli -p $port --x509cafile $work/pem \
    --verify-hostname=samples.example.net 127.0.0.1 < $work/pipe; true" &
run=$!
exec 8<> "$work/pipe"
feed "$work/pipe" "^gnutls-cli -p $port" libgnutls.so "$work/request"
exec 8>&-
wait $run
ok "GnuTLS, by gnutls-cli, a child" whole "$work/gnutls.json" 1
cat > "$work/file.py" <<END_PY
import ctypes, os, socket
g = ctypes.CDLL("libgnutls.so.30")
s = socket.create_connection(("127.0.0.1", $port))
session, keys = ctypes.c_void_p(), ctypes.c_void_p()
g.gnutls_init(ctypes.byref(session), 2)
g.gnutls_set_default_priority(session)
g.gnutls_certificate_allocate_credentials(ctypes.byref(keys))
g.gnutls_credentials_set(session, 1, keys)
g.gnutls_transport_set_int2(session, s.fileno(), s.fileno())
assert g.gnutls_handshake(session) == 0
head = b"$head"
assert g.gnutls_record_send(session, head, ctypes.c_size_t(len(head))) == len(head)
file = os.open("$work/known/secret.bin", os.O_RDONLY)
g.gnutls_record_send_file.restype = ctypes.c_ssize_t
print(g.gnutls_record_send_file(session, file, None, ctypes.c_size_t(3000000)))
answer = ctypes.create_string_buffer(100)
g.gnutls_record_recv.restype = ctypes.c_ssize_t
while g.gnutls_record_recv(session, answer, ctypes.c_size_t(100)) < 0:
    pass    # a ticket
END_PY
run file "$python" "$work/file.py"
ok "GnuTLS, a file by its descriptor" whole "$work/file.json" 1
certutil -N -d "sql:$work/db" --empty-password
certutil -A -d "sql:$work/db" -n server -t CT,, -i "$work/pem"
# It doesn't end by itself.
run nss sh -c "tstclnt -h 127.0.0.1 -p $port -d sql:$work/db \
    -a samples.example.net < $work/pipe > $work/nss.out; true" &
run=$!
exec 8<> "$work/pipe"
feed "$work/pipe" "^tstclnt .*$work/db" libnspr4.so "$work/request"
awaits grep -q '^ok' "$work/nss.out"
kill "$fed"
exec 8>&-
wait $run
ok "NSS, by tstclnt" whole "$work/nss.json" 1

cat > "$work/memory.py" <<END_PY
import asyncio, ssl
async def main():
    c = ssl.create_default_context(cafile="$work/pem")
    r, w = await asyncio.open_connection("127.0.0.1", $port, ssl=c,
        server_hostname="samples.example.net")
    w.write(open("$work/request", "rb").read())
    await w.drain()
    await r.read(100)
    w.close()
asyncio.run(main())
END_PY
run memory "$python" "$work/memory.py"
ok "OpenSSL over memory, by Python" whole "$work/memory.json" 1
ok "whose connection is not sure" grep -q 'by time and size alone' \
    "$work/memory.json"

# A case says how it came by them, verifies, and claims no replay.
timeout 200 "$TELLTAP" run --tls-plaintext --known "$work/known" --case \
    "$work/case" -- "${curl[@]}" -T "$work/known/secret.bin" $url/up \
    > "$work/out" 2>&1
ok "the summary tells of the hook" grep -q 'TLS library' "$work/out"
ok "the case names the method" sh -c "head -1 $work/case/data/events.jsonl |
    grep -q '\"tls-plaintext\"'"
ok "it verifies" "$TELLTAP" verify "$work/case"
ok "and no replay contradicts it" "$TELLTAP" verify --replay \
    --known "$work/known" "$work/case"

# 100 connections at once, a file each.
for i in $(seq 100); do
	[ $i = 1 ] || echo next
	head -c 40000 /dev/urandom > "$work/many/$i"
	printf 'url = "%s/%d"\nupload-file = "%s"\noutput = "/dev/null"\n' \
	    $url $i "$work/many/$i"
	printf 'connect-to = "::127.0.0.1:%d"\ncacert = "%s"\n' $port \
	    "$work/pem"
done > "$work/config"
timeout 200 "$TELLTAP" run --json --tls-plaintext --known "$work/many" -- \
    curl -sS --http1.1 -Z --parallel-immediate --parallel-max 100 \
    -K "$work/config" > "$work/many.json" 2> "$work/many.err"
ok "100 connections at once" whole "$work/many.json" 100 "$work/many"

# 10 MB, or with `make check-hooks` 100, without a loss: in small writes, and in one that fails half-way again and
# again, as it does on a socket that doesn't block.
mkdir "$work/large"
size=${HOOKS_SIZE:-10485760}
head -c $size /dev/urandom > "$work/large/file"
large()
{
	timeout 200 "$TELLTAP" run --json --tls-plaintext --known "$work/large" \
	    --no-known-from-reads -- "$@" > "$work/large.json" \
	    2> "$work/large.err" < /dev/null
}
large "${curl[@]}" --http1.1 -T "$work/large/file" $url/up
ok "a large file" sh -c "grep -q '\"visibility\":\"hooked\"' $work/large.json &&
    grep -q 'all $size bytes of file match' $work/large.json"
cat > "$work/large.py" <<END_PY
import select, socket, ssl
c = ssl.create_default_context(cafile="$work/pem")
s = c.wrap_socket(socket.create_connection(("127.0.0.1", $port)),
    server_hostname="samples.example.net")
b = (b"PUT /up HTTP/1.1\r\nHost: samples.example.net\r\n"
    b"Content-Length: $size\r\nConnection: close\r\n\r\n" +
    open("$work/large/file", "rb").read())
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
s.setblocking(False)
failed = 0
while True:
    try:
        print(s.send(b) == len(b), failed > 0)
        break
    except ssl.SSLWantWriteError:
        failed += 1
        select.select([], [s], [])
s.setblocking(True)
s.recv(100)
s.close()
END_PY
large "$python" "$work/large.py"
ok "a large file in one write that fails half-way" sh -c "
    grep -q 'True True' $work/large.err &&
    grep -q 'all $size bytes of file match' $work/large.json"

# sent EVENTS: until a transfer is told.
sent()
{
	awaits grep -q '"action":"transfer"' "$1"
}

# In another root, with a library of its own there, and in a container: a file system
# that is there in no other mount namespace.
root=$work/root
for f in "$(command -v curl)" "$work/pem" "$work/known/secret.bin" \
    $(ldd "$(command -v curl)" | grep -o '/[^ ]*'); do
	mkdir -p "$root$(dirname "$f")"
	cp "$f" "$root$f"
done
mkfifo "$root$pipe"
mkdir "$work/box"
run box unshare -m sh -c 'mount -t tmpfs none "$1" && cp -a "$2/." "$1" &&
    shift 2 && exec chroot "$@"' - "$work/box" "$root" "$work/box" \
    curl -sS --http1.1 -K $pipe &
feed $pipe "^curl .*-K $pipe" libssl.so "$work/upload"
wait $!
ok "in a mount namespace of its own" whole "$work/box.json" 1

# A process that runs already and maps its library later. What was sent when the
# watch is ended is read to its end, and told then.
cat > "$work/later.py" <<END_PY
import signal, socket
signal.signal(signal.SIGALRM, lambda *a: None)
print("ready", flush=True)
signal.pause()
import ssl
c = ssl.create_default_context(cafile="$work/pem")
s = c.wrap_socket(socket.create_connection(("127.0.0.1", $port)),
    server_hostname="samples.example.net")
s.sendall(open("$work/request", "rb").read())
s.recv(100)
s.close()
END_PY
"$python" "$work/later.py" > "$work/later.out" &
later=$!
appears "$work/later.out"
"$TELLTAP" watch --json --pid $later --tls-plaintext --known "$work/known" \
    > "$work/watch.json" 2> "$work/watch.err" &
watch=$!
watching $watch
ok "doctor finds no TLS in it yet" says 1 '' "$TELLTAP" doctor --pid $later
kill -ALRM $later
wait $later
sleep 0.5
kill -INT $watch
wait $watch
ok "a process that runs, one large write" whole "$work/watch.json" 1

# One whose connection is there already, with its handshake long over.
cat > "$work/old.py" <<END_PY
import signal, socket, ssl, sys
c = ssl.create_default_context(cafile="$work/pem")
s = c.wrap_socket(socket.create_connection(("127.0.0.1", $port)),
    server_hostname="samples.example.net")
get = b"GET /a HTTP/1.1\r\nHost: samples.example.net\r\n\r\n"
s.sendall(get)
s.recv(1000)
signal.signal(signal.SIGALRM, lambda *a: None)
print("ready", flush=True)
for more in sys.argv[1:]:
    signal.pause()
    s.sendall(get)
    s.recv(1000)
signal.pause()
s.sendall(open("$work/request", "rb").read())
s.recv(100)
s.close()
END_PY
# watch_old NAME [ARG]: a process with a connection, and then a watch of it; sets
# later and watch.
watch_old()
{
	rm -f "$work/old.out"
	"$python" "$work/old.py" ${2-} > "$work/old.out" &
	later=$!
	appears "$work/old.out"
	"$TELLTAP" watch --json --pid $later --tls-plaintext --known "$work/known" \
	    > "$work/$1.json" 2> "$work/$1.err" &
	watch=$!
	watching $watch
}

watch_old old
kill -ALRM $later
wait $later
sleep 0.5
kill -INT $watch
wait $watch
ok "a connection older than the watch" whole "$work/old.json" 1

# The engine dies while a session goes on: another one is told of it. What went
# before is another flow's, and was no upload.
watch_old new more
engine=$(pgrep -P $watch -f 'telltap: engine')
kill -ALRM $later
sent "$work/new.json"
kill -9 "$engine"
awaits grep -q 'another one takes its place' "$work/new.err"
awaits eval "pgrep -P $watch -f 'telltap: engine' | grep -qv '^$engine\$'"
kill -ALRM $later
wait $later
sleep 0.5
kill -INT $watch
wait $watch
ok "a session that outlives an engine" python3 -c '
import json, sys
e = [json.loads(l) for l in open(sys.argv[1])]
sys.exit(not any(x["event"]["action"] == "transfer" and
    x["telltap"]["transfer"]["visibility"] == "hooked" and
    x["telltap"]["transfer"]["kind"] == "file-upload" and
    x["telltap"]["transfer"]["grade"] == "proven" for x in e))' "$work/new.json"

# The service, by its configuration.
cp "$(command -v curl)" "$work/av"
cat > "$work/config.yaml" <<END_YAML
watch:
  exe: [$work/av]
  tls-plaintext: yes
known: [$work/known]
cases: $work/cases
lock: $work/lock
END_YAML
"$PWD/$B/telltapd" --config "$work/config.yaml" 2> "$work/service.log" &
watch=$!
watching $watch
"$work/av" -sS --http1.1 -K "$work/pipe" &
later=$!
feed "$work/pipe" "^$work/av .*-K" libssl.so "$work/upload"
wait $later
sent "$work"/cases/*/data*/events.jsonl
kill -TERM $watch
wait $watch
ok "telltapd with tls-plaintext in its configuration" whole \
    "$work/cases/000001/data/events.jsonl" 1

"$python" -c 'import ssl, sys; sys.stdin.read()' < <(sleep 30) &
later=$!
awaits grep -q libssl /proc/$later/maps
ok "doctor finds OpenSSL" sh -c "$TELLTAP doctor --pid $later |
    grep -q '^ok .*/libssl.so.3: OpenSSL$'"
kill $later
caddy respond > "$work/caddy.out" 2>&1 &
later=$!
awaits test /proc/$later/exe -ef "$(command -v caddy)"
ok "doctor says why not, of Go" sh -c "$TELLTAP doctor --pid $later |
    grep -q '^no .*a Go program.*plaintext can.t be had'"
kill $later
cp "$(ldd "$(command -v curl)" | grep -o '/[^ ]*/libz.so[^ ]*')" "$work/libjvm.so"
openssl sha256 < <(sleep 30) > /dev/null &
later=$!
awaits grep -q libssl /proc/$later/maps
ok "a program that calls OpenSSL has none of its own" says 0 '' "$TELLTAP" \
    doctor --pid $later
kill $later
LD_PRELOAD="$work/libjvm.so libssl.so.3" sleep 30 &
later=$!
awaits grep -q libjvm /proc/$later/maps
awaits grep -q libssl /proc/$later/maps
ok "and of Java" sh -c "$TELLTAP doctor --pid $later |
    grep -q '^no .*/libjvm.so: a Java machine.*plaintext can.t be had'"
ok "what can be read beside it does not make up for that" says 1 '' "$TELLTAP" \
    doctor --pid $later
kill $later
ok "doctor: no such process" says 2 'No such process' "$TELLTAP" doctor \
    --pid 4194303
done_testing
