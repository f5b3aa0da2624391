#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what telltap says of captures with what is known to be true of them.

    compare_truth.py [-v] TELLTAP-COMMAND FOLDER

FOLDER holds captures, each with X.truth.json beside it (made with tshark).
TELLTAP-COMMAND gets the capture's path appended and prints events. Differences
that captures/README.md explains are listed in compare_truth.known, one
"set/file: what" a line; any other difference fails.
"""
import collections
import glob
import ipaddress
import json
import os
import subprocess
import sys


def ip(text):
    return str(ipaddress.ip_address(text.split('%')[0]))


def key(a, ap, b, bp):
    return tuple(sorted([(ip(a), int(ap)), (ip(b), int(bp))]))


def events_of(command, path):
    run = subprocess.run(command + [path], capture_output=True, timeout=300)
    out = [json.loads(line) for line in run.stdout.splitlines()]
    return run.returncode, out, run.stderr.decode(errors='replace')


def compare_streams(truth, flows, differ):
    ours = collections.defaultdict(list)
    for e in flows:
        ours[key(e['source']['ip'], e['source']['port'],
                 e['destination']['ip'], e['destination']['port'])].append(e)
    for s in truth.get('tcp_streams') or []:
        name = f"tcp {s['a']}:{s['a_port']}-{s['b']}:{s['b_port']}"
        same = ours.get(key(s['a'], s['a_port'], s['b'], s['b_port']))
        if not same:
            differ(f'{name}: no such flow')
            continue
        e = same.pop(0)
        f = e['telltap']['flow']
        a = (ip(e['source']['ip']), e['source']['port']) == \
            (ip(s['a']), int(s['a_port']))
        sides = ('out', 'in') if a else ('in', 'out')
        r = s['reassembled']
        for side, way in zip(sides, ('a_to_b', 'b_to_a')):
            want = r[f'{way}_bytes']
            have = f[f'payload_{side}']
            if want != have:
                differ(f'{name} {way}: {have} bytes, truth {want}')
            elif want and r[f'{way}_sha256'] != f.get(f'sha256_{side}'):
                differ(f'{name} {way}: {have} bytes, other SHA-256')
        sni = s.get('sni')
        if sni and e.get('tls', {}).get('client', {}).get(
                'server_name') != sni:
            differ(f"{name}: server name "
                   f"{e.get('tls', {}).get('client', {})}, truth {sni}")


def compare_udp(truth, flows, differ):
    ours = collections.Counter()
    for e in flows:
        k = key(e['source']['ip'], e['source']['port'],
                e['destination']['ip'], e['destination']['port'])
        f = e['telltap']['flow']
        ours[k] += f['payload_out'] + f['payload_in']
    for s in truth.get('udp_streams') or []:
        k = key(s['a'], s['a_port'], s['b'], s['b_port'])
        want = s['payload_a_to_b'] + s['payload_b_to_a']
        if ours.get(k) != want:
            differ(f"udp {s['a']}:{s['a_port']}-{s['b']}:{s['b_port']}: "
                   f"{ours.get(k)} bytes, truth {want}")


def compare_requests(truth, transfers, differ):
    want = collections.Counter()
    have = collections.Counter()
    for s in truth.get('tcp_streams') or []:
        for m in (s.get('http1_messages') or {}).get('requests') or []:
            if not m.get('start_line'):
                continue
            parts = m['start_line'].split(' ')
            want[(parts[0], m.get('body_wire_bytes'))] += 1
    if not want:
        return
    for e in transfers:
        method = e.get('http', {}).get('request', {}).get('method')
        if method and not str(e['http'].get('version', '')).startswith('2'):
            body = e['http']['request'].get('body', {}).get('bytes', 0)
            have[(method, body)] += 1
    if want != have:
        differ(f'http requests {dict(have - want)} not in truth, '
               f'{dict(want - have)} missing')


def compare(command, path, report):
    with open(path + '.truth.json', encoding='utf-8') as f:
        truth = json.load(f)
    status, events, err = events_of(command, path)

    def differ(text):
        report(path, text)

    if status not in (0, 2) or not events:
        differ(f'exit {status}: {err.strip()[:200]}')
        return
    by = collections.defaultdict(list)
    for e in events:
        by[e['event']['action']].append(e)
    summary = by['summary'][-1]['telltap']['coverage'] if by['summary'] else {}
    if 'packets' in truth and summary.get('packets') != truth['packets']:
        differ(f"packets {summary.get('packets')}, truth {truth['packets']}")
    flows = collections.defaultdict(list)
    for e in by['flow']:
        flows[e['network'].get('transport')].append(e)
    for proto in ('tcp', 'udp'):
        want = truth.get(f'{proto}_conversations')
        if want is not None and want != len(flows[proto]):
            differ(f'{proto} conversations {len(flows[proto])}, truth {want}')
    compare_streams(truth, flows['tcp'], differ)
    compare_udp(truth, flows['udp'], differ)
    compare_requests(truth, by['transfer'], differ)


def known_differences():
    path = os.path.join(os.path.dirname(__file__), 'compare_truth.known')
    known = collections.Counter()
    if os.path.exists(path):
        with open(path, encoding='utf-8') as f:
            for line in f:
                if line.strip() and not line.startswith('#'):
                    known[line.strip()] += 1
    return known


def main():
    args = sys.argv[1:]
    verbose = '-v' in args
    if verbose:
        args.remove('-v')
    command, folder = args[0].split(), args[1]
    known = known_differences()
    counts = collections.Counter()
    failed = set()

    def report(path, text):
        name = '/'.join(path.split('/')[-2:])
        if f'{name}: {text}' in known:
            counts['explained'] += 1
            if verbose:
                print(f'explained {name}: {text}')
            return
        failed.add(name)
        print(f'{name}: {text}')

    files = sorted(glob.glob(os.path.join(folder, '*', '*.truth.json')))
    for path in files:
        compare(command, path[:-len('.truth.json')], report)
    print(f'{len(files) - len(failed)} captures as known to be true, '
          f'{len(failed)} not, {counts["explained"]} differences explained')
    return 1 if failed or not files else 0


if __name__ == '__main__':
    sys.exit(main())
