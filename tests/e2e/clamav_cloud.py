#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# clamav_cloud.py FOLDER: what freshclam and clamsubmit speak to. On port 80 the
# files in FOLDER/mirror; on port 443, with FOLDER/cert.pem and key.pem, the
# forms of www.clamav.net and the store that samples are put into. Writes the
# size of each body that was sent to FOLDER/bodies.

import http.server
import json
import os
import ssl
import sys
import threading

FOLDER = sys.argv[1]
SIGNED = {
    "key": "samples/0-1/${filename}", "acl": "private", "policy": "cG9saWN5",
    "x-amz-meta-original-filename": "f", "x-amz-credential": "c",
    "x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-date": "20260101T000000Z",
    "x-amz-signature": "0" * 64,
}


class Mirror(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *args):
        super().__init__(*args, directory=os.path.join(FOLDER, "mirror"))


class Cloud(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, code, body=b"", headers=()):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        cookie = [("Set-Cookie", "_clamav-net_session=s; path=/")]
        if self.path.startswith("/presigned"):
            self.answer(200, json.dumps(SIGNED).encode(), cookie)
        else:
            self.answer(200, b'<input type="hidden" name="authenticity_token" '
                        b'value="dG9rZW4=" />', cookie)

    def do_POST(self):
        if self.headers.get("Expect"):
            self.send_response_only(100)
            self.end_headers()
        left = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 65536)))
        with open(os.path.join(FOLDER, "bodies"), "a") as f:
            f.write("%s %s\n" % (self.path, self.headers["Content-Length"]))
        if self.path == "/":
            self.answer(204)
        else:
            self.answer(302, b"", [("Location",
                        "https://www.clamav.net/reports/success")])


def serve(port, handler, context=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever).start()


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(os.path.join(FOLDER, "cert.pem"),
                    os.path.join(FOLDER, "key.pem"))
serve(80, Mirror)
serve(443, Cloud, tls)
open(os.path.join(FOLDER, "ready"), "w").close()
