#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""upload_server.py PORT_FILE [ADDRESS]: takes anything by POST or PUT on
ADDRESS (127.0.0.1), on a port of its own that it writes to PORT_FILE; by TLS, if UPLOAD_CERT names a
certificate with its key."""
import http.server
import os
import ssl
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        left = int(self.headers.get("Content-Length", 0))
        while left > 0:
            left -= len(self.rfile.read(min(left, 65536)))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    do_PUT = do_POST

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(
    (sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1", 0), Handler)
if os.environ.get("UPLOAD_CERT"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.environ["UPLOAD_CERT"])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(sys.argv[1] + ".new", "w", encoding="ascii") as f:
    f.write(str(server.server_port))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
