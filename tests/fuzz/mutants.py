#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads mutated captures: no crash, no hang, no sanitizer report.

    mutants.py TELLTAP CAPTURES SECONDS [SEED]

Every capture below CAPTURES (up to 256 KiB) is taken in turn, with some bytes
flipped, numbers made extreme, parts doubled, left out or cut, until the time is
up; a SEED gives the same mutants again. Those that fail are kept in the
working folder as failed-*. Exit 1 if there are any.
"""
import os
import random
import subprocess
import sys
import tempfile
import time

LEN_MAX = 256 * 1024
PER_FILE = 12
TIMEOUT_S = 180
EXTREMES = [b'\0\0', b'\xff\xff', b'\0\0\0\0', b'\xff\xff\xff\xff',
            b'\x7f\xff\xff\xff', b'\xff\xff\xff\x7f', b'\0\1', b'\x80\0\0\0']


def mutate(rng, data):
    data = bytearray(data)
    # The file's own header is mostly left alone, else nothing comes after it.
    front = 0 if rng.random() < 0.1 else min(40, len(data) // 2)
    for _ in range(1 << rng.randrange(6)):
        if len(data) <= front + 4:
            break
        at = rng.randrange(front, len(data))
        kind = rng.randrange(10)
        if kind < 5:
            data[at] = rng.randrange(256)
        elif kind < 6:
            data[at] ^= 1 << rng.randrange(8)
        elif kind < 8:
            part = rng.choice(EXTREMES)
            data[at:at + len(part)] = part
        else:
            end = min(len(data), at + rng.randrange(1, 200))
            if kind == 8:
                data[at:at] = data[at:end]
            else:
                del data[at:end]
    if len(data) > front and rng.random() < 0.1:
        del data[rng.randrange(front, len(data)):]
    return bytes(data)


def run(telltap, known, path):
    """What went wrong, or None."""
    argv = [telltap, 'replay', '--separate', '--json']
    argv += ['--digests'] if known else []
    argv += ['--known', known] if known else []
    env = dict(os.environ, ASAN_OPTIONS='detect_leaks=0')
    try:
        done = subprocess.run(argv + [path], env=env, timeout=TIMEOUT_S,
                              stdout=subprocess.DEVNULL, check=False,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    except subprocess.TimeoutExpired:
        return f'still running after {TIMEOUT_S} s'
    said = done.stderr.decode(errors='replace')
    if done.returncode in (0, 2) and 'runtime error' not in said:
        return None
    lines = [s for s in said.splitlines() if not s.startswith('telltap: ')]
    return f'exit {done.returncode}\n' + '\n'.join(lines[:40])


def captures_below(folder):
    for here, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(here, name)
            if not name.endswith(('.tsv', '.md', '.json', '.keys')) and \
                    0 < os.path.getsize(path) <= LEN_MAX:
                yield path


def main():
    telltap, folder, seconds = sys.argv[1:4]
    rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    known = os.path.join('captures', 'known')
    paths = list(captures_below(folder))
    end = time.monotonic() + float(seconds)
    ran = failed = 0
    while paths and time.monotonic() < end:
        with tempfile.TemporaryDirectory() as work:
            for path in rng.sample(paths, min(20, len(paths))):
                with open(path, 'rb') as f:
                    data = f.read()
                for n in range(PER_FILE):
                    name = f'{n}-{os.path.basename(path)}'
                    with open(os.path.join(work, name), 'wb') as f:
                        f.write(mutate(rng, data))
                    ran += 1
            if not run(telltap, known, work):
                continue
            for name in sorted(os.listdir(work)):
                what = run(telltap, known, os.path.join(work, name))
                if what:
                    failed += 1
                    os.system(f"cp '{work}/{name}' 'failed-{name}'")
                    print(f'{name}: {what}', flush=True)
    print(f'{ran} mutants of {len(paths)} captures, {failed} failed')
    return 1 if failed or not ran else 0


if __name__ == '__main__':
    sys.exit(main())
