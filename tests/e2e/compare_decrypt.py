#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what telltap decrypts with what tshark does with the same keys.

    compare_decrypt.py TELLTAP FOLDER

FOLDER holds captures with X.truth.json beside them, and X.keys or X.rsa.pem unless
the keys lie in the capture. The application data of each TCP stream, both ways, has to be
the same bytes by length and SHA-256, and the HTTP/1 requests in it the same.
Differences that are explained are listed in compare_decrypt.known, one
"file: what" a line; any other fails, as does a line there without difference.
"""
import collections
import glob
import json
import os
import subprocess
import sys


def key(a, ap, b, bp):
    return frozenset([(a, int(ap)), (b, int(bp))])


def ends(e):
    return key(e['source']['ip'], e['source']['port'],
               e['destination']['ip'], e['destination']['port'])


def differences(telltap, path, truth):
    command = [telltap, 'replay', '--json', '--digests', '--no-dpi']
    if os.path.exists(path + '.keys'):
        command += ['--keylog', path + '.keys']
    if os.path.exists(path + '.rsa.pem'):
        command += ['--tls-key', path + '.rsa.pem']
    run = subprocess.run(command + [path], capture_output=True, timeout=300)
    if run.returncode:
        return [f'exit {run.returncode}: {run.stderr.decode()[:200]}']
    flows, requests = {}, collections.defaultdict(list)
    for line in run.stdout.splitlines():
        e = json.loads(line)
        if e['event']['action'] == 'flow':
            flows[ends(e)] = e
        method = e.get('http', {}).get('request', {}).get('method')
        if e['event']['action'] == 'transfer' and method and \
                e['telltap']['transfer']['visibility'] == 'decrypted':
            requests[ends(e)].append(method)
    out = []
    for s in truth['tcp_streams']:
        if 'tls_decrypted' not in s:
            continue
        k = key(s['a'], s['a_port'], s['b'], s['b_port'])
        e = flows.get(k, {})
        f = e.get('telltap', {}).get('flow', {})
        sides = ('out', 'in') if (e.get('source', {}).get('ip'),
                                  e.get('source', {}).get('port')) == \
            (s['a'], int(s['a_port'])) else ('in', 'out')
        for side, way in zip(sides, ('a_to_b', 'b_to_a')):
            want = s['tls_decrypted'].get(way + '_bytes', 0)
            have = f.get('plaintext_' + side, 0)
            if want != have:
                out.append(f"stream {s['stream']} {way}: {have} bytes, "
                           f'truth {want}')
            elif want and s['tls_decrypted'][way + '_sha256'] != \
                    f.get('plaintext_sha256_' + side):
                out.append(f"stream {s['stream']} {way}: other SHA-256")
        http = s.get('http1_messages', {})
        want = [r['start_line'].split(' ')[0]
                for r in http.get('requests', []) if r.get('start_line')]
        if http.get('from') == 'decrypted' and \
                sorted(want) != sorted(requests[k]):
            out.append(f"stream {s['stream']}: requests {requests[k]}, "
                       f'truth {want}')
    return out


def main():
    telltap, folder = sys.argv[1:]
    with open(os.path.splitext(__file__)[0] + '.known',
              encoding='utf-8') as f:
        known = {x.strip() for x in f if x.strip() and x[0] != '#'}
    met, wrong, count = set(), 0, 0
    for path in sorted(glob.glob(os.path.join(folder, '*.truth.json'))):
        with open(path, encoding='utf-8') as f:
            truth = json.load(f)
        if not any('tls_decrypted' in s
                   for s in truth.get('tcp_streams') or []):
            continue
        count += 1
        path = path[:-len('.truth.json')]
        for what in differences(telltap, path, truth):
            line = f'{os.path.basename(path)}: {what}'
            met.add(line)
            if line not in known:
                print(line)
                wrong += 1
    for line in sorted(known - met):
        print(f'explained, but no difference any more: {line}')
        wrong += 1
    print(f'{count} captures compared, {wrong} differences, '
          f'{len(met & known)} more explained')
    return 1 if wrong or not count else 0


sys.exit(main())
