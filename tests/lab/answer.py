#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""answer.py LOG [--midway LINE] COMMAND [ARG...]

Makes a TLS server that shows what it opens, and sends what it is told, into one
that answers HTTP: runs COMMAND, looks for requests in what it prints, and says
200 to each once its body is there, with a line in LOG as nginx writes them. LINE
is told to the server when half of a body has come, once for each request.
"""
import re
import subprocess
import sys
import time

HEAD = re.compile(rb"(GET|PUT|POST) (/\S*) HTTP/1\.1\r\n(.*?)\r\n\r\n", re.S)
LENGTH = re.compile(rb"^Content-Length: (\d+)", re.I | re.M)
ANSWER = (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
          b"Content-Length: 16\r\nConnection: close\r\n\r\n"
          b'{"status":"ok"}\n')


class Answers:
    def __init__(self, log, midway, server):
        self.log, self.midway, self.server = log, midway, server
        self.seen = b""
        self.asked_midway = False

    def say(self, what):
        self.server.stdin.write(what)
        self.server.stdin.flush()

    def take(self, more):
        """Answers the request that these bytes complete, if they do."""
        self.seen += more
        head = HEAD.search(self.seen)
        if not head:
            return
        length = LENGTH.search(head.group(3) + b"\r\n")
        length = int(length.group(1)) if length else 0
        have = len(self.seen) - head.end()
        if self.midway and have >= length // 2 and not self.asked_midway:
            self.asked_midway = True
            self.say(self.midway.encode() + b"\n")
            # a command is one only if it is read by itself
            time.sleep(0.3)
        if have < length:
            return
        self.say(ANSWER)
        path = head.group(2).split(b"?")[0].decode()
        print(head.group(1).decode(), path, length, 200, file=self.log,
              flush=True)
        self.seen = b""
        self.asked_midway = False


def main():
    log, command = open(sys.argv[1], "a", encoding="utf-8"), sys.argv[2:]
    midway = None
    if command[0] == "--midway":
        midway, command = command[1], command[2:]
    server = subprocess.Popen(command, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
    answers = Answers(log, midway, server)
    try:
        while more := server.stdout.read1(65536):
            answers.take(more)
    finally:
        server.kill()


if __name__ == "__main__":
    main()
