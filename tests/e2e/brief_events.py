#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What events say, one short line each, for golden files that people review.

Verdicts, files, hashes, URLs and what is missing; no addresses, times or ports.
"""
import json
import sys


def where(event):
    d = event.get("destination", {})
    return d.get("domain") or event["telltap"].get("cloud", {}).get("key", "-")


def file_words(f):
    ranges = ",".join(f"{r['start']}-{r['end']}" for r in f.get("ranges", []))
    words = [f.get("name", "-"), f"{f['sent_bytes']}/{f.get('size', '?')}"]
    words += [ranges] if ranges else []
    words += ["+".join(f["encodings"])] if f.get("encodings") else []
    words += [w for w in ("known", "ambiguous", "declared") if f[w]]
    return "  file " + " ".join(words)


def data_lines(telltap):
    data = telltap.get("data", {})
    for f in data.get("files", []):
        yield file_words(f)
    for h in data.get("hashes", []):
        yield (f"  hash {h['algorithm']} {h['encoding']} "
               f"{h.get('file_name', h['value'])} {h.get('path', '-')}")
    for url in data.get("urls", []):
        yield f"  url {url}"
    if data.get("categories"):
        yield "  categories " + " ".join(data["categories"])


def transfer_lines(event):
    t = event["telltap"]
    x = t["transfer"]
    request = event.get("http", {}).get("request", {}).get("method", "")
    target = event.get("url", {}).get("original", "")
    question = event.get("dns", {}).get("question", {}).get("name", "")
    words = ["transfer", x["kind"], x["grade"], x["visibility"], where(event),
             request, target, question]
    yield " ".join(w for w in words if w)
    yield from data_lines(t)
    if any(t["coverage"].values()):
        yield f"  missing {t['coverage']}"


def lines(event):
    action = event["event"]["action"]
    t = event["telltap"]
    if action == "transfer":
        yield from transfer_lines(event)
    elif action == "flow":
        f = t["flow"]
        yield (f"flow {event['network'].get('protocol', '-')} {where(event)} "
               f"out {f['payload_out']} in {f['payload_in']} "
               f"missing {t['coverage']['missing_out']} "
               f"{t['coverage']['missing_in']}")
    elif action == "file":
        yield f"file {t['file']['grade']} to {where(event)}"
        yield from data_lines(t)
    elif action == "anomaly":
        yield f"anomaly {t['anomaly']['what']} {t['anomaly'].get('detail', '')}"
    elif action == "summary":
        s = t["summary"]
        yield (f"summary packets {t['coverage']['packets']} "
               f"understood {s['understood_out']} "
               f"undeciphered {s['undeciphered_out']} "
               f"encrypted {s['encrypted_out']} missing {s['missing_out']}")


for line in sys.stdin:
    for out in lines(json.loads(line)):
        print(out)
