#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What watching costs the rest of the machine, and what is watched.

    live.py BUILD [--rounds N] [--only ROW]

One load runs all the time while telltap comes and goes; each time with it is
held against the two times without it around it, and the figures are medians of
these ratios: how much there was by the clock, and how much for a second of the
processor, with its quartiles, which is the one to quote where the machine has
other work. The control is a `telltap` that does nothing. The last column is no ratio
and does not move with what else runs: what the kernel counts as spent within the eBPF
programs, as a share of the processor time of the load, counting itself included
(kernel.bpf_stats_enabled), and of how many nanoseconds a run. Nothing is asserted here.
Needs root.
"""
import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

NEAR, FAR = f'telltap-bench-a-{os.getpid()}', f'telltap-bench-b-{os.getpid()}'
STATS = '/proc/sys/kernel/bpf_stats_enabled'
HOLD = 'import socket, time; s = socket.socket(); time.sleep(3600)'
BARE = ['--no-known-from-reads', '--no-passed-sockets']

# name, mode of the load, over veth, watched, options of telltap (None: control)
ROWS = [
    ('control, request/reply', 'rr', False, False, None),
    ('request/reply', 'rr', False, False, BARE),
    ('request/reply, veth', 'rr', True, False, BARE),
    ('connect+request/reply', 'crr', False, False, BARE),
    ('UDP request/reply', 'udp', False, False, BARE),
    ('control, bulk', 'bulk', False, False, None),
    ('bulk', 'bulk', False, False, BARE),
    ('getppid()', 'call', False, False, BARE),
    ('request/reply + passed sockets', 'rr', False, False, BARE[:1]),
    ('request/reply + file reads', 'rr', False, False, BARE[1:]),
    ('request/reply, as by default', 'rr', False, False, []),
    ('getppid(), as by default', 'call', False, False, []),
    ('pread(), as by default', 'read', False, False, []),
    ('watched, 1 Gbit/s, veth', 'paced', True, True, []),
    ('watched, bulk on lo', 'bulk', False, True, []),
    ('watched, request/reply', 'rr', False, True, []),
]


class Load:
    """The load, and how much of it there was between two times."""

    def __init__(self, program, mode, veth, path):
        env, argv = dict(os.environ), [program, mode]
        if veth:
            env['TELLTAP_LOAD_NETNS'] = FAR
            argv = ['ip', 'netns', 'exec', NEAR] + argv + ['10.251.77.2']
        self.path = path
        self.out = open(path, 'wb')
        self.child = subprocess.Popen(argv, stdout=self.out, env=env)

    def stop(self):
        self.child.kill()
        self.child.wait()
        self.out.close()

    def slots(self):
        with open(self.path) as f:
            return [tuple(map(float, line.split())) for line in f
                    if line.endswith('\n') and line.count(' ') == 2]


IDLE = None


def rate(slots, by, start, end):
    """By the clock (0) or by the processor (2)."""
    inside = [s for s in slots if start <= s[0] <= end]
    if len(inside) < 3:
        return 0.0
    return (inside[-1][1] - inside[0][1]) / (inside[-1][by] - inside[0][by])


def ratios(slots, by, times):
    found = []
    for a, b, c in times:
        without = (rate(slots, by, *a) + rate(slots, by, *c)) / 2
        if without:
            found.append(rate(slots, by, *b) / without)
    return found if len(found) > 1 else []


def watch(build, load_program, watched, options, out):
    """A telltap that watches; returns it once it is ready."""
    if options is None:
        child = subprocess.Popen(['sleep', '60'])
        time.sleep(0.3)
        return child
    # Else it watches a process that does nothing but hold a socket.
    target = ['--exe', load_program] if watched else ['--pid', str(IDLE.pid)]
    open(out, 'w').close()
    with open(out, 'w') as f:
        child = subprocess.Popen(
            [f'{build}/telltap', 'watch', '--json', '--no-dpi', '--no-identity',
             *target] + options, stdout=f, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 10
    while not os.path.getsize(out) and child.poll() is None and \
            time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.1)
    return child


def end(child, out):
    """Stops telltap; the packets that it says were copied."""
    child.send_signal(signal.SIGINT)
    child.wait()
    try:
        with open(out) as f:
            last = json.loads(f.readlines()[-1])
        return last['telltap']['coverage']['packets']
    except (OSError, IndexError, KeyError, ValueError):
        return 0


def programs(pid):
    """Nanoseconds and runs of the eBPF programs that a process holds."""
    found = {}
    for fd in os.listdir(f'/proc/{pid}/fdinfo'):
        try:
            with open(f'/proc/{pid}/fdinfo/{fd}') as f:
                values = dict(line.split(None, 1) for line in f)
        except OSError:
            continue
        if 'run_cnt:' in values:
            found[values['prog_id:']] = (int(values['run_time_ns:']),
                                         int(values['run_cnt:']))
    return [sum(v[i] for v in found.values()) for i in range(2)]


def within(build, program, watched, options, out, load):
    """What the programs take of the load's time, in words."""
    with open(STATS) as f:
        before = f.read()
    with open(STATS, 'w') as f:
        f.write('1')
    try:
        child = watch(build, program, watched, options, out)
        on, first = time.monotonic(), programs(child.pid)
        time.sleep(1)
        off, last = time.monotonic(), programs(child.pid)
        end(child, out)
    finally:
        with open(STATS, 'w') as f:
            f.write(before)
    inside = [s for s in load.slots() if on <= s[0] <= off]
    if len(inside) < 3 or inside[-1][2] <= inside[0][2]:
        return ''
    cpu = (inside[-1][2] - inside[0][2]) / (inside[-1][0] - inside[0][0])
    ns, runs = (b - a for a, b in zip(first, last))
    return f'{ns / 1e9 / (off - on) / cpu:9.2%}{ns / max(runs, 1):6.0f} ns'


def measure(build, row, rounds, scratch):
    name, mode, veth, watched, options = row
    # Under a name of its own: that is what is watched.
    program = shutil.copy(f'{build}/tests/bench/load',
                          f'{scratch}/load{ROWS.index(row)}')
    out = f'{scratch}/events'
    load = Load(program, mode, veth, f'{scratch}/slots')
    time.sleep(0.3)
    times, packets = [], 0
    span = 0.5
    for _ in range(rounds):
        before = time.monotonic()
        time.sleep(span)
        middle = time.monotonic()
        child = watch(build, program, watched, options, out)
        on = time.monotonic()
        time.sleep(span)
        off = time.monotonic()
        packets += end(child, out)
        time.sleep(0.1)
        after = time.monotonic()
        time.sleep(span)
        times.append(((before, middle), (on, off),
                      (after, time.monotonic())))
    spent = ('' if options is None else
             within(build, program, watched, options, out, load))
    load.stop()
    slots = load.slots()
    clock, cpu = (ratios(slots, by, times) for by in (0, 2))
    if not cpu:
        print(f'{name:34} nothing was measured')
        return
    low, median, high = statistics.quantiles(cpu, n=4)
    plain = statistics.median(rate(slots, 0, *t[0]) for t in times)
    print(f'{name:34}{statistics.median(clock):7.3f}{median:9.3f}'
          f'  ({low:.3f} to {high:.3f}){plain:14,.0f}/s{packets:12,}'
          f'{spent}', flush=True)


def namespaces():
    for ns in (NEAR, FAR):
        subprocess.run(['ip', 'netns', 'add', ns], check=True)
    subprocess.run(['ip', '-n', NEAR, 'link', 'add', 'eth0', 'type', 'veth',
                    'peer', 'name', 'eth0', 'netns', FAR], check=True)
    for ns, host in ((NEAR, 1), (FAR, 2)):
        subprocess.run(['ip', '-n', ns, 'addr', 'add', f'10.251.77.{host}/24',
                        'dev', 'eth0'], check=True)
        for dev in ('lo', 'eth0'):
            subprocess.run(['ip', '-n', ns, 'link', 'set', dev, 'up'],
                           check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--rounds', type=int, default=8)
    parser.add_argument('--only')
    args = parser.parse_args()
    if os.geteuid() != 0:
        print('live: needs root, left out')
        return
    global IDLE
    IDLE = subprocess.Popen([sys.executable, '-c', HOLD])
    print(f'\nlive, with telltap / without it, {args.rounds} rounds'
          f'\n{"":34}{"clock":>7}{"cpu":>9}  {"(quartiles)":18}'
          f'{"without":>14}'
          f'{"copied":>14}{"eBPF":>9}{"a run":>9}')
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as scratch:
        try:
            namespaces()
            for row in ROWS:
                if not args.only or args.only in row[0]:
                    measure(args.build, row, args.rounds, scratch)
        finally:
            IDLE.kill()
            for ns in (NEAR, FAR):
                subprocess.run(['ip', 'netns', 'del', ns],
                               stderr=subprocess.DEVNULL, check=False)


if __name__ == '__main__':
    sys.exit(main())
