#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""identity_live.py TEXT: sends a text in JSON to a server of its own, as telemetry does."""
import http.client
import http.server
import json
import sys
import threading


class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.handle_request, daemon=True).start()
client = http.client.HTTPConnection("127.0.0.1", server.server_port)
client.request("POST", "/t", json.dumps({"value": sys.argv[1]}), {"Content-Type": "application/json"})
client.getresponse().read()
