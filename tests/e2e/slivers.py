#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Files that go out a few bytes at a time.

    slivers.py make DIR     DIR/known and DIR/slivers.pcap
    slivers.py check DIR    DIR/events against what was sent

Each case has a host of its own: what may be said of it is in CASES.
"""
import base64
import json
import os
import random
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, '../lab/crossing'))
sys.dont_write_bytecode = True

import files  # noqa: E402
import wire   # noqa: E402

# of these the first piece is known alone
ENDS = ('last-piece', 'wrong-tail', 'end-alone', 'wrong-end', 'not-the-end')
SHARED = files.text('shared', 2000)
PLAIN = b' '.join(b'line %d of it;' % (i * i) for i in range(2000))[:3885]
KNOWN = {
    'one.bin': files.noise('one', 5000),
    'two.bin': files.noise('two', 4000),
    'notes.txt': files.text('notes', 6000),
    'tail.bin': files.noise('tail', 10070),
    'plain.txt': PLAIN,
    'twin-a.txt': SHARED + files.noise('a', 1500),
    'twin-b.txt': SHARED + files.noise('b', 1500),
    'sparse.bin': files.noise('s', 64) + bytes(6000) + files.noise('t', 64),
}


def cut(data, size, start=0, end=None):
    end = len(data) if end is None else end
    return [data[i:min(i + size, end)] for i in range(start, end, size)]


def posts(pieces, path='/up'):
    return [('POST', path, 'application/octet-stream', p) for p in pieces]


def values(pieces):
    return [('POST', '/api', 'application/json', json.dumps(
        {'n': i, 'chunk': base64.b64encode(p).decode()}).encode())
        for i, p in enumerate(pieces)]


def between(a, b):
    return [x for pair in zip(a, b) for x in pair] + a[len(b):]


def shuffled(pieces):
    """No three of them in their order."""
    return pieces[::2] + pieces[1::2]


def cases():
    one, two, notes, tail = (KNOWN[n] for n in (
        'one.bin', 'two.bin', 'notes.txt', 'tail.bin'))
    plain = KNOWN['plain.txt']
    other = files.noise('not known', 5000)
    small = [('POST', '/ping', 'text/plain', b'alive %04d, all is well' % i)
             for i in range(80)]
    # host: requests, and {file: ranges} or {(files): ranges}
    yield 'whole', posts(cut(one, 100)), {'one.bin': [[0, 5000]]}
    yield 'text', posts(cut(notes, 73)), {'notes.txt': [[0, 6000]]}
    yield 'between', between(posts(cut(one, 60)), small), \
        {'one.bin': [[0, 5000]]}
    yield 'numbered', [('POST', '/up/%d' % i, 'x/y', p)
                       for i, p in enumerate(cut(one, 200))], \
        {'one.bin': [[0, 5000]]}
    yield 'field', values(cut(two, 99)), {'two.bin': [[0, 4000]]}
    yield 'middle', posts(cut(two, 100, 1000, 3000)), \
        {'two.bin': [[1000, 3000]]}
    yield 'twice', posts(cut(one, 100, 0, 2000) + cut(one, 100, 1900, 3000) +
                         cut(one, 100, 3500, 4500)), \
        {'one.bin': [[0, 3000], [3500, 4500]]}
    yield 'two-files', between(posts(cut(one, 100), '/a'),
                               posts(cut(two, 80), '/b')), \
        {'one.bin': [[0, 5000]], 'two.bin': [[0, 4000]]}
    yield 'last-piece', posts([tail[:10000], tail[10000:]]), \
        {'tail.bin': [[0, 10070]]}
    # the last of it is a few bytes
    yield 'short-end', values(cut(two, 133)), {'two.bin': [[0, 4000]]}
    yield 'short-text', [('POST', '/api', 'application/json', json.dumps(
        {'text': p.decode()}).encode()) for p in cut(plain, 97)], \
        {'plain.txt': [[0, 3885]]}
    yield 'end-alone', values([tail[:10059], tail[10059:]]), \
        {'tail.bin': [[0, 10070]]}
    yield 'wrong-end', values([tail[:10059], tail[10059:-1] + b'!']), \
        {'tail.bin': [[0, 10059]]}
    yield 'not-the-end', values([tail[:10000], tail[10000:10011]]), \
        {'tail.bin': [[0, 10000]]}
    yield 'twins', posts(cut(SHARED, 100)), \
        {('twin-a.txt', 'twin-b.txt'): [[0, 2000]]}
    yield 'a-twin', posts(cut(KNOWN['twin-b.txt'], 100)), \
        {'twin-b.txt': [[0, 3500]]}
    # and what may not be told
    yield 'unknown', posts(cut(other, 100)), {}
    yield 'shuffled', posts(shuffled(cut(one, 100))), {}
    yield 'short', posts(cut(one, 85, 0, 255)), {}
    yield 'almost', posts([bytes([b[0] ^ 1]) + b[1:]
                           for b in cut(one, 200)]), {}
    yield 'zeros', posts(cut(bytes(5000), 100)), {}
    yield 'wrong-tail', posts([tail[:10000], one[:70]]), \
        {'tail.bin': [[0, 10000]]}
    yield 'mixed-up', posts(between(cut(one, 100, 0, 4000),
                                    cut(other, 100, 0, 4000))), {}
    yield 'half-here', posts(cut(two, 50, 0, 200)), {}
    yield 'half-there', posts(cut(two, 50, 200, 400)), {}


def make(folder):
    os.makedirs(os.path.join(folder, 'known'))
    for name, data in KNOWN.items():
        with open(os.path.join(folder, 'known', name), 'wb') as f:
            f.write(data)
    rng = random.Random(3)
    capture = wire.Capture(os.path.join(folder, 'slivers.pcap'))
    for n, (host, requests, _) in enumerate(cases()):
        server = bytes((198, 19, 7, n + 1))
        for i, (method, path, kind, body) in enumerate(requests):
            if i % 7 == 0:
                if i:
                    t.close()
                t = wire.Tcp(capture, server, 20000 + n * 200 + i, 80, rng)
            t.send(0, wire.request(method, path, host + '.example',
                                   [('Content-Type', kind)], body))
            t.send(1, b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
        t.close()
    capture.close()


def check(folder):
    told, sent, wrong = {}, {}, 0
    with open(os.path.join(folder, 'events')) as f:
        for line in f:
            e = json.loads(line)
            x = e['telltap']
            if e['event']['action'] == 'transfer':
                host = x['cloud']['key'].removesuffix('.example')
                sent.setdefault(host, []).append(x['transfer']['id'])
                if x['transfer']['kind'].startswith('file') and \
                        host not in ENDS:
                    print('a transfer is', x['transfer']['kind'], host)
                    wrong += 1
            if e['event']['action'] != 'file':
                continue
            host = x['cloud']['key'].removesuffix('.example')
            for d in x['data']['files']:
                name = d['name']
                if d['ambiguous']:
                    name = tuple(sorted([name] + d['also']))
                told.setdefault(host, {})[name] = [
                    [r['start'], r['end']] for r in d['ranges']]
                wrong += d['sent_bytes'] != sum(
                    r['end'] - r['start'] for r in d['ranges'])
                wrong += not d['known'] or x['file']['grade'] != 'proven'
            listed = x['file']['transfers']
            if len(set(listed)) != len(listed) or \
                    not set(listed) <= set(sent[host]):
                print(f'{host}: transfers {listed}')
                wrong += 1
            # all of them, where there is nothing else
            if host in ('whole', 'text', 'field', 'middle') and \
                    listed != sent[host]:
                print(f'{host}: transfers {listed}, not all')
                wrong += 1
    for host, _, want in cases():
        got = told.pop(host, {})
        if got != want:
            print(f'{host}: told {got}, sent {want}')
            wrong += 1
    return 1 if wrong or told or not sent else 0


sys.exit({'make': make, 'check': check}[sys.argv[1]](sys.argv[2]))
