#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the names that telltap gives flows with ndpiReader's.

usage: compare_naming.py TELLTAP CAPTURES [SET...]

Where ndpiReader knows a protocol or an application, telltap must know one too;
compare_naming.known lists what it does not, and why. Differing names are
counted and shown, and are no failure: nDPI looks at less than all of a flow.
"""
import collections
import glob
import json
import os
import re
import subprocess
import sys

SETS = ["tls", "dns", "quic", "av", "http1", "mixed"]
LINE = re.compile(r"\t\d+\t(\S+) \[?(\S+?)\]?:(\d+) <?->? \[?(\S+?)\]?:"
                  r"(\d+) .*?\[proto: [^/]*/([^\]]*)\]")
# What ndpiReader calls other transports than we do.
TRANSPORTS = {"icmpv6": "ipv6-icmp", "47": "gre", "50": "esp", "132": "sctp"}
PORTS = ("tcp", "udp")


def run(args):
    return subprocess.run(args, capture_output=True, text=True,
                          errors="replace", timeout=300).stdout


def key_of(transport, *ends):
    if transport not in PORTS:
        ends = [(ip, "") for ip, port in ends]
    return (transport, *sorted(ends))


def ours(telltap, path):
    flows = {}
    for line in run([telltap, "replay", "--json", path]).splitlines():
        event = json.loads(line)
        if event["event"]["action"] != "flow":
            continue
        s, d, n = event["source"], event["destination"], event["network"]
        key = key_of(n.get("transport"), (s["ip"], str(s.get("port"))),
                     (d["ip"], str(d.get("port"))))
        # A tuple used again: any of its flows will do, for ndpiReader sees one.
        flows.setdefault(key, []).append((n.get("protocol", ""),
                                          n.get("application", "")))
    return flows


def theirs(path):
    for line in run(["ndpiReader", "-v", "2", "-i", path]).splitlines():
        m = LINE.match(line)
        if m:
            transport = TRANSPORTS.get(m[1].lower(), m[1].lower())
            yield key_of(transport, (m[2], m[3]), (m[4], m[5])), m[6].lower()


def judge(name, flows):
    """What one of ndpiReader's names and our flows of that tuple make."""
    protocol, _, application = name.partition(".")
    # "z39.50" is one name.
    if any(f in ((protocol, application), ("", name), (name, ""))
           for f in flows):
        return "same"
    if not any(f[0] or f[1] for f in flows):
        return "no protocol"
    if application and not any(f[1] for f in flows):
        return "no application"
    return "other"


def main():
    telltap, captures = sys.argv[1:3]
    known = set()
    with open(os.path.join(os.path.dirname(__file__),
                           "compare_naming.known"), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                known.add(tuple(line.split()[:2]))
    counts, failed, used = collections.Counter(), [], set()
    for path in sorted(p for s in sys.argv[3:] or SETS
                       for p in glob.glob(f"{captures}/{s}/*")
                       if re.search(r"\.(pcap|pcapng|cap)$", p)):
        flows = ours(telltap, path)
        for key, name in theirs(path):
            if name == "unknown" or key not in flows:
                counts["not compared"] += 1
                continue
            result = judge(name, flows[key])
            counts[result] += 1
            for line in ((os.path.basename(path), name), ("*", name)):
                if result.startswith("no ") and line in known:
                    used.add(line)
                    break
            else:
                if result.startswith("no "):
                    failed.append((result, os.path.basename(path), name,
                                   flows[key][0]))
    print(", ".join(f"{n} {what}" for what, n in counts.most_common()))
    for f in failed:
        print(*f)
    return 1 if failed or not counts["same"] else 0


if __name__ == "__main__":
    sys.exit(main())
