#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""validation.py BUILD [--count N]: error rates of `proven` and `observed` in the lab.

Two captures of which all is known are made and replayed: known files, whole and in
part, in every wrapping by every transport, once with the files at hand and once
without; and ordinary traffic, which sends none of them. Prints the tables of
docs/validation.md, and says which of their rows are not there; then it exits 1.
"""
import argparse
import collections
import json
import math
import os
import subprocess
import sys
import tempfile

COUNT = '20000'  # of ordinary transfers, as the document has it
ACCUSES = ('file-upload', 'file-fragment', 'hash-lookup')


def most(k, n, p):
    """The chance of at most k of n, each of chance p."""
    if not 0 < p < 1:
        return float(p <= 0 or k >= n)
    at = n * math.log1p(-p)
    total = math.exp(at)
    for i in range(1, k + 1):
        at += math.log((n - i + 1) / i) + math.log(p) - math.log1p(-p)
        total += math.exp(at)
    return total


def bounds(k, n):
    """Clopper-Pearson's, 95 %."""
    def solve(wanted):
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if wanted(middle) else (low, middle)
        return low
    lower = solve(lambda p: 1 - most(k - 1, n, p) < 0.025) if k else 0.0
    upper = solve(lambda p: most(k, n, p) > 0.025) if k < n else 1.0
    return lower, upper


TOLD = []


def say(line):
    print(line)
    TOLD.append(line)


def row(what, k, n):
    low, high = bounds(k, n)
    say(f'| {what} | {k:,} of {n:,} | {k / n:.4f} | {low:.4f} to {high:.4f} |')


def compare(path):
    """Rows that were told and are not in the document."""
    with open(path, encoding='utf-8') as f:
        there = set(f.read().splitlines())
    return [line for line in TOLD if line not in there]


def events(telltap, capture, *options):
    out = subprocess.run([telltap, 'replay', '--json', *options, capture],
                         capture_output=True, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def transfers(lines):
    return [e for e in lines if e['event']['action'] == 'transfer']


def verdict(e):
    t = e['telltap']['transfer']
    return t['kind'], t['grade']


def wrong_cases(folder, lines):
    """Cases of the lab that telltap does not tell as they are, to the byte."""
    path = os.path.join(folder, 'events')
    with open(path, 'w', encoding='utf-8') as f:
        f.writelines(json.dumps(e) + '\n' for e in lines)
    run = subprocess.run(['tests/lab/check-crossing',
                          os.path.join(folder, 'labels.json'), path],
                         capture_output=True, text=True, check=False)
    words = run.stdout.splitlines()[-1].split()
    return int(words[2]), int(words[0])


def tell_proven(telltap, folder, ordinary):
    lines = events(telltap, os.path.join(folder, 'cross.pcap'), '--known',
                   os.path.join(folder, 'known'), '--archive-password',
                   'other', '--archive-password', 'Sesam9')
    wrong, cases = wrong_cases(folder, lines)
    accused = sum(verdict(e)[1] == 'proven' for e in ordinary)
    print('| of what | wrong | share | 95 % bounds |\n|---|---|---|---|')
    row('cases with a known file in them', wrong, cases)
    row('ordinary transfers, which have none', accused, len(ordinary))


def tell_observed(telltap, folder):
    with open(os.path.join(folder, 'labels.json'), encoding='utf-8') as f:
        sent = {label['server']: label for label in json.load(f)}
    wholes = {server for server, label in sent.items()
              if label['kinds'] == ['file-upload'] and
              label['sent'] == label['size']}
    told, found = collections.Counter(), set()
    for e in transfers(events(telltap, os.path.join(folder, 'cross.pcap'))):
        server = e['destination']['ip']
        if server in sent and verdict(e)[0] in ACCUSES:
            again = set(sent[server]['kinds']) == {'file-upload'}
            told[verdict(e), server in wholes or again] += 1
            if verdict(e) == ('file-upload', 'observed'):
                found.add(server)
    print('\n| told, without the files at hand | and it was so | share | '
          '95 % bounds |\n|---|---|---|---|')
    uploads = [n for (v, _), n in told.items()
               if v == ('file-upload', 'observed')]
    right = told[('file-upload', 'observed'), True]
    row('`observed` as `file-upload`: a whole known file had been sent',
        right, sum(uploads))
    row('cases with a whole file: told as `file-upload`, `observed`',
        len(found & wholes), len(wholes))
    proven = sum(n for (v, _), n in told.items() if v[1] == 'proven')
    print(f'\n`proven` without a file at hand: {proven}.')


def tell_ordinary(ordinary):
    kinds = collections.Counter(verdict(e) for e in ordinary)
    print('\n| ordinary transfers, told as | grade | number |\n|---|---|---|')
    for (kind, grade), n in sorted(kinds.items(), key=lambda x: -x[1]):
        say(f'| `{kind}` | `{grade}` | {n:,} |')


def main():
    args = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    args.add_argument('build')
    args.add_argument('--count', default=COUNT)
    opt = args.parse_args()
    telltap = os.path.join(opt.build, 'telltap')
    print('\nerror rates of `proven` and `observed`, in the lab\n')
    with tempfile.TemporaryDirectory(dir=opt.build) as folder:
        subprocess.run(['tests/lab/make-crossing', folder], check=True,
                       stdout=subprocess.DEVNULL)
        plain = os.path.join(folder, 'ordinary')
        subprocess.run(['tests/lab/make-ordinary', '--count', opt.count,
                        plain], check=True, stdout=subprocess.DEVNULL)
        ordinary = transfers(events(
            telltap, os.path.join(plain, 'ordinary.pcap'), '--known',
            os.path.join(plain, 'known')))
        tell_proven(telltap, folder, ordinary)
        tell_observed(telltap, folder)
        tell_ordinary(ordinary)
    differ = compare('docs/validation.md')
    if opt.count != COUNT:
        print('docs/validation.md is of another count: not compared')
        return 0
    print('docs/validation.md has these rows' if not differ else
          'not in docs/validation.md, which is of another version:')
    for line in differ:
        print(line)
    return 1 if differ else 0


if __name__ == '__main__':
    sys.exit(main())
