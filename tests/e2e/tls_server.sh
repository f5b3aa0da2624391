# SPDX-License-Identifier: Apache-2.0
#
# nginx with TLS, HTTP/1 and HTTP/2, for scripts that sourced check.sh and are in
# need of a real peer: it takes any upload and answers "ok", on three addresses and
# on the unix socket $work/tls. Sourced; sets port, clear (the same without TLS), url,
# server and curl, a command that pins the certificate. What the front hands on goes
# by a unix socket, so that its connections are the client's alone.

mkdir -p "$work/tmp"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/key" -days 2 \
    -out "$work/pem" -subj /CN=samples.example.net \
    -addext subjectAltName=DNS:samples.example.net 2> /dev/null
read -r port clear < <(python3 -c '
import socket
s = [socket.socket() for n in range(2)]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])')
cat > "$work/nginx.conf" <<END_CONF
daemon off;
user root;
pid $work/pid;
error_log $work/error.log;
events { worker_connections 1024; }
http {
	access_log off;
	client_max_body_size 0;
	client_body_temp_path $work/tmp/body;
	proxy_temp_path $work/tmp/proxy;
	fastcgi_temp_path $work/tmp/fastcgi;
	uwsgi_temp_path $work/tmp/uwsgi;
	scgi_temp_path $work/tmp/scgi;
	server {
		listen 127.0.0.1:$port ssl http2;
		listen 127.0.0.2:$port ssl;
		listen 127.0.0.3:$port ssl;
		listen unix:$work/tls ssl;
		ssl_early_data on;
		ssl_certificate $work/pem;
		ssl_certificate_key $work/key;
		ssl_protocols TLSv1.2 TLSv1.3;
		location / {
			proxy_pass http://unix:$work/inner;
			proxy_pass_request_body off;
			proxy_set_header Content-Length "";
			proxy_set_header Transfer-Encoding "";
		}
	}
	server {
		listen unix:$work/inner;
		listen 127.0.0.1:$clear;
		location / { return 200 'ok\n'; }
	}
}
END_CONF
nginx -c "$work/nginx.conf" -e "$work/error.log" &
server=$!
trap 'kill $server $watch 2> /dev/null; rm -rf "$work"' EXIT
url=https://samples.example.net
curl=(curl -sS -o /dev/null --cacert "$work/pem" --connect-to
    "::127.0.0.1:$port")
awaits "${curl[@]}" $url/ready
