#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the HTTP messages that http_list tells with what other tools saw.

    compare_http.py [-v] HTTP_LIST FOLDER

FOLDER holds captures with X.truth.json beside them (made with tshark and a
strict parser), and X.keys where a key log opens it. Every request and response that
the truth calls complete must be there, in order, with its body's size and SHA-256;
so must the DATA of every HTTP/2 stream and the bodies of HTTP/3. Differences listed
in compare_http.known are explained there; any other one fails, and so does a listed
one that is no more.
"""
import collections
import glob
import hashlib
import json
import os
import subprocess
import sys

EMPTY = hashlib.sha256(b'').hexdigest()


def messages_of(tool, path):
    command = [tool, path]
    if os.path.exists(path + '.keys'):
        command.append(path + '.keys')
    run = subprocess.run(command, capture_output=True, timeout=300)
    flows = collections.defaultdict(list)
    for line in run.stdout.splitlines():
        m = json.loads(line.decode(errors='replace'))
        if m['kind'] == 0:
            flows[m['flow']].append(m)
    for f in flows.values():
        f.sort(key=lambda m: m['number'])
    return run.returncode, flows, run.stderr.decode(errors='replace')


def ours_of(flow):
    """(requests, responses): (start line, body size, SHA-256) of each."""
    requests, responses = [], []
    for m in flow:
        for side in (m['side0'], m['side1']):
            heads = side['heads'].split('\n')[:-1]
            body = (side['body'], side.get('sha256', EMPTY))
            for i, head in enumerate(heads):
                last = body if i == len(heads) - 1 else (0, EMPTY)
                one = (head,) + last
                part = head.split(' ')
                if len(part) == 2 and part[0].isdigit():
                    responses.append((part[1],) + last)
                else:
                    requests.append((' '.join(part[:-1]),) + last)
    return requests, responses


def theirs_of(truth):
    requests, responses = [], []
    for kind, out in (('requests', requests), ('responses', responses)):
        for r in truth.get(kind, []):
            part = r['start_line'].split(' ')
            line = ' '.join(part[:2]) if kind == 'requests' else part[1]
            out.append((line, r.get('body_wire_bytes', 0),
                        r.get('body_sha256', EMPTY), r.get('complete')))
    return requests, responses


def same_line(ours, theirs):
    """The truth holds 300 characters of a line."""
    return ours == theirs or len(theirs) > 280 and ours.startswith(theirs)


def compare_http1(stream, flow, differ):
    for kind, ours, theirs in zip(('request', 'response'), ours_of(flow),
                                  theirs_of(stream['http1_messages'])):
        at = 0
        for line, size, sha256, complete in theirs:
            while at < len(ours) and not same_line(ours[at][0], line):
                at += 1
            if at == len(ours):
                differ(f'{kind} "{line}" is missing')
                return
            have = ours[at]
            at += 1
            if complete and (have[1] != size or have[2] != sha256):
                differ(f'{kind} "{line}": {have[1]} bytes {have[2][:8]}, '
                       f'truth {size} {sha256[:8]}')


def compare_http2(stream, flow, differ):
    for way, side in (('a_to_b', 'side0'), ('b_to_a', 'side1')):
        have = collections.Counter(
            (m[side]['body'], m[side].get('sha256', EMPTY)) for m in flow)
        for number, d in stream['http2_data_frames'].get(way, {}).items():
            body = (d['bytes'], d['sha256'])
            if d['bytes'] == 0:
                continue
            if not have[body]:
                differ(f'HTTP/2 stream {number} {way}: no body of '
                       f'{d["bytes"]} bytes {d["sha256"][:8]}')
            have[body] -= 1


def compare_http3(connections, flows, differ):
    have = collections.Counter(
        (m['side0'].get('sha256', EMPTY), m['side1'].get('sha256', EMPTY))
        for flow in flows.values() for m in flow
        if ' 30' in m['side0']['heads'])
    count = 0
    for c in (c for c in connections if c.get('http3')):
        for s in c['bidi_streams']:
            body = tuple((s.get(k) or {}).get('body_sha256') or EMPTY
                         for k in ('request', 'response'))
            count += 1
            if not have[body]:
                differ(f'HTTP/3 stream {s["stream"]}: no such bodies')
            have[body] -= 1
    return count


def compare(tool, path, differ):
    with open(path + '.truth.json') as f:
        truth = json.load(f)
    streams = truth.get('tcp_streams') or []
    quic = truth.get('http3_decrypted')
    wanted = [s for s in streams
              if 'http1_messages' in s or 'http2_data_frames' in s]
    if not wanted and not quic:
        return 0
    code, flows, error = messages_of(tool, path)
    if code:
        differ(f'exit {code}: {error.strip()}')
    for s in wanted:
        flow = flows.get(s['stream'], [])
        name = f"stream {s['stream']}"

        def here(what):
            differ(f'{name} {what}')
        if 'http1_messages' in s:
            compare_http1(s, flow, here)
        else:
            compare_http2(s, flow, here)
    return len(wanted) + bool(quic and compare_http3(quic, flows, differ))


def main():
    verbose = sys.argv[1] == '-v'
    tool, folder = sys.argv[1 + verbose:3 + verbose]
    if not os.path.isdir(folder):
        print(f'skipped: no captures in {folder}')
        return 0
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, 'compare_http.known')) as f:
        known = {line.rstrip('\n') for line in f if line[0] not in '#\n'}
    seen, count, captures = set(), 0, 0
    for truth in sorted(glob.glob(folder + '/*/*.truth.json')):
        path = truth[:-len('.truth.json')]
        name = os.path.relpath(path, folder)
        n = compare(tool, path, lambda what: seen.add(f'{name}: {what}'))
        count += n
        captures += n > 0
    for what in sorted(seen - known):
        print('differs', what)
    for what in sorted(known - seen):
        print('explained, but it does not differ:', what)
    if verbose:
        for what in sorted(seen & known):
            print('explained', what)
    print(f'{count} HTTP connections of {captures} captures, '
          f'{len(seen)} differences, {len(seen & known)} explained')
    return int(seen != known)


if __name__ == '__main__':
    sys.exit(main())
