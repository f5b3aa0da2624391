#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Speed and memory of replay beside its peers, on two workloads, in one run.

    bench.py BUILD [--scale S] [--rounds N] [--only WORKLOAD]

Machines drift, so peers are run in turn, round by round, and the figure to
quote is the ratio of CPU seconds to ndpiReader's of the same round. Nothing is
asserted here. Peers that are not installed are named and left out.
"""
import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def run_once(argv):
    """CPU seconds, wall seconds and peak memory in MiB of one process."""
    start = time.monotonic()
    with open(os.devnull, 'wb') as null:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=null,
                                 stderr=null)
        _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    if os.waitstatus_to_exitcode(status) != 0:
        return None
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


# What a case costs, beside the same run without one.
JSON, CASE_LINES, CASE = ('telltap --json', ' + case, no packets', ' + case')
UNHASHED = ' + case, not hashed'
# Of a program that lies elsewhere than the others, which find their own.
PROFILES = 'daemon/profile/profiles'


def memory_folder():
    """A folder of no disk, whose speed is not what is measured."""
    shm = '/dev/shm'
    return shm if os.access(shm, os.W_OK) else None


def peers(build, path, scratch):
    telltap = os.path.join(build, 'telltap')
    yield 'pcap_loop', [os.path.join(build, 'tests/bench/pcap_loop'), path]
    yield 'ndpiReader -q', ['ndpiReader', '-q', '-i', path]
    yield 'telltap', [telltap, 'replay', '--threads', '1', path]
    yield 'telltap, 2 threads', [telltap, 'replay', '--threads', '2', path]
    yield 'telltap --no-dpi', [telltap, 'replay', '--no-dpi', path]
    yield JSON, [telltap, 'replay', '--json', path]
    case = os.path.join(scratch, 'case')
    yield CASE_LINES, [telltap, 'replay', '--json', '--no-packets', '--case',
                       case, path]
    yield CASE, [telltap, 'replay', '--json', '--case', case, path]
    yield UNHASHED, [os.path.join(build, 'tests/bench/unhashed'), 'replay',
                     '--profile-dir', PROFILES, '--json', '--case', case, path]
    yield 'tcpflow', ['tcpflow', '-q', '-C', '-B', '-r', path, '-X',
                      '/dev/null', '-o', scratch]
    yield 'tshark conv,tcp', ['tshark', '-n', '-q', '-z', 'conv,tcp', '-r',
                              path]


def packets_of(build, path):
    out = subprocess.run([os.path.join(build, 'tests/bench/pcap_loop'), path],
                         capture_output=True, check=True).stdout
    return int(out.split()[0])


def measure(build, name, path, rounds, slow_rounds):
    size = os.path.getsize(path)
    packets = packets_of(build, path)
    print(f'\n{name}: {packets:,} packets, {size:,} bytes')
    print(f'{"":22}{"cpu s":>8}{"wall s":>8}{"Mpkt/s":>8}{"GB/s":>7}'
          f'{"MiB":>7}  {"cpu / ndpiReader":>17}')
    runs = {}
    with tempfile.TemporaryDirectory(dir=memory_folder()) as scratch:
        for n in range(rounds):
            for peer, argv in peers(build, path, scratch):
                if not shutil.which(argv[0]):
                    runs.setdefault(peer, [])
                    continue
                if n >= slow_rounds and peer in ('tshark conv,tcp', 'tcpflow'):
                    continue
                shutil.rmtree(os.path.join(scratch, 'case'),
                              ignore_errors=True)
                runs.setdefault(peer, []).append(run_once(argv))
    base = runs.get('ndpiReader -q') or []
    for peer, done in runs.items():
        good = [r for r in done if r]
        if not good:
            print(f'{peer:22}not installed, or it failed')
            continue
        cpu, wall, peak = (statistics.median(c) for c in zip(*good))
        pairs = [r[0] / b[0] for r, b in zip(done, base) if r and b]
        ratio = ''
        if pairs:
            ratio = (f'{statistics.median(pairs):.2f} '
                     f'({min(pairs):.2f}-{max(pairs):.2f})')
        print(f'{peer:22}{cpu:8.2f}{wall:8.2f}{packets / wall / 1e6:8.2f}'
              f'{size / wall / 1e9:7.2f}{peak:7.0f}  {ratio:>17}')
    tell_case(runs)
    tell_hashing(runs.get(CASE) or [], runs.get(UNHASHED) or [])


def tell_hashing(case, unhashed):
    """What signing and hashing, of the input, too, add to the same run without:
    by the clock, since they have threads of their own, and of all processors."""
    pairs = [(c, u) for c, u in zip(case, unhashed) if c and u]
    if not pairs:
        print('hashing and signing: not measured, a run failed')
        return
    cpu, wall = (statistics.median(c[i] / u[i] - 1 for c, u in pairs)
                 for i in (0, 1))
    print(f'hashing and signing: {wall:+.1%} of the time until the case is '
          f'there, {cpu:+.1%} of the processors\' time')


def tell_case(runs):
    """What signing, hashing and keeping add to a run, of its CPU time."""
    base = runs.get(JSON) or []
    for peer in (CASE_LINES, CASE):
        pairs = [r[0] / b[0] - 1 for r, b in zip(runs.get(peer) or [], base)
                 if r and b]
        if pairs:
            print(f'{JSON}{peer}: {statistics.median(pairs):+.0%} '
                  f'({min(pairs):+.0%} to {max(pairs):+.0%}) of {JSON}')


def measure_open(build, folder, scale):
    """A million connections that are open at once, of each kind."""
    count = float(scale)
    print(f'\n{int(1_000_000 * count):,} connections open at once, one thread')
    for kind in ('syn', 'http', 'tls', 'unknown'):
        peaks = []
        for part in (count / 4, count):
            path = os.path.join(folder, 'open.pcap')
            with open(path, 'wb') as f:
                subprocess.run([os.path.join(build, 'tests/bench/generate'),
                                f'open-{kind}', str(part)], stdout=f,
                               check=True, stderr=subprocess.DEVNULL)
            peaks.append(run_once([os.path.join(build, 'telltap'), 'replay',
                                   '--threads', '1', path]))
            os.unlink(path)
        if not all(peaks):
            print(f'{kind:22}it failed')
            continue
        few, many = (p[2] for p in peaks)
        each = (many - few) * (1 << 20) / (750_000 * count)
        print(f'{kind:22}{many:7.0f} MiB, {each:6.0f} bytes each')


def measure_decryption(build, folder, scale, rounds):
    """One upload over TLS 1.3, with its keys, beside tshark, in frames of an
    Ethernet's size and in large ones; and records alone beside libcrypto."""
    path, keys = (os.path.join(folder, n) for n in ('tls.pcap', 'tls.keys'))
    tools = os.path.join(build, 'tests/bench')
    for frame in ('1448', '65000'):
        with open(path, 'wb') as f:
            subprocess.run([os.path.join(tools, 'generate_tls'), keys,
                            str(max(1, int(200 * float(scale)))), frame],
                           stdout=f, check=True)
        print(f'\ndecryption: {packets_of(build, path):,} packets of {frame} '
              f'bytes at most, {os.path.getsize(path):,} bytes')
        compare_decryption(build, path, keys, rounds)
    subprocess.run([os.path.join(tools, 'decrypt'), '100'], check=True)


def compare_decryption(build, path, keys, rounds):
    ours, theirs = [], []
    for n in range(rounds):
        ours.append(run_once([os.path.join(build, 'telltap'), 'replay',
                              '--threads', '1', '--keylog', keys, path]))
        if n == 0 and shutil.which('tshark'):
            theirs.append(run_once([
                'tshark', '-n', '-q', '-r', path, '-o',
                'tls.keylog_file:' + keys, '-z', 'follow,tls,raw,0']))
    for peer, runs in (('telltap --keylog', ours),
                       ('tshark follow,tls', theirs)):
        good = [r for r in runs if r]
        if not good:
            print(f'{peer:22}not installed, or it failed')
            continue
        cpu, wall, peak = (statistics.median(c) for c in zip(*good))
        print(f'{peer:22}{cpu:8.2f} cpu s{wall:8.2f} wall s{peak:7.0f} MiB')
    if all(ours) and theirs and theirs[0]:
        ratio = theirs[0][0] / statistics.median(r[0] for r in ours)
        print(f'tshark takes {ratio:.0f} times as long')


def measure_content(build, folder, scale):
    """Readable content looked through for 100,000 known files, beside SHA-256
    and grep -F on the same bytes; and one large file made known."""
    tool = os.path.join(build, 'tests/bench/content')
    mib = str(max(16, int(256 * float(scale))))
    print(f'\ncontent: 100,000 known files, streams of {mib} MiB, one core',
          flush=True)
    subprocess.run([tool, '100000', '8192', mib], check=True)
    large = os.path.join(folder, 'large')
    count = max(64, int(2000 * float(scale)))
    with open(large, 'wb') as f:
        for _ in range(count):
            f.write(os.urandom(1_000_000))
    done = run_once([os.path.join(build, 'telltap'), 'replay', '--known',
                     large, 'captures/lookups.pcap'])
    base = run_once(['sha256sum', large])
    if done and base:
        print(f'one known file of {count:,} MB: {done[0]:.1f} cpu s, '
              f'{done[0] / base[0]:.1f} times sha256sum, {done[2]:.0f} MiB')


def measure_lists(build, folder, scale):
    """An index of so many made-up files, and how fast it is asked."""
    count = str(max(1000, int(5_000_000 * float(scale))))
    tool = os.path.join(build, 'tests/bench/lists')
    telltap = os.path.join(build, 'telltap')
    table, index = (os.path.join(folder, n) for n in ('table.csv', 'index'))
    with open(table, 'wb') as f:
        subprocess.run([tool, 'make', count], stdout=f, check=True)
    print(f'\nknown build: {int(count):,} files, three hashes each, '
          f'{os.path.getsize(table):,} bytes')
    done = run_once([telltap, 'known', 'build', '--output', index, table])
    base = run_once(['sha256sum', table])
    if not done or not base:
        print('it failed')
        return
    cpu, wall, peak = done
    print(f'{"telltap known build":22}{cpu:8.2f} cpu s{wall:8.2f} wall s'
          f'{peak:7.0f} MiB, {cpu / base[0]:.1f} times sha256sum of the list')
    sys.stdout.flush()
    subprocess.run([tool, 'ask', index, count], check=True)


def one_sender(argv):
    """Wall and processor seconds that the sender printed, or None."""
    run = subprocess.run(argv, capture_output=True, stdin=subprocess.DEVNULL,
                         check=False)
    # Under telltap run, which prints events, it goes to standard error.
    for line in (run.stdout + run.stderr).splitlines():
        if line[:1].isdigit():
            return [float(n) for n in line.split()]
    return None


def measure_hooks(build, folder, scale, rounds):
    """What a write to the TLS library costs its caller, watched and hooked."""
    pem, key = (os.path.join(folder, n) for n in ('pem', 'key'))
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes',
                    '-keyout', key, '-out', pem, '-subj', '/CN=localhost',
                    '-addext', 'subjectAltName=DNS:localhost'], check=True,
                   stderr=subprocess.DEVNULL)
    tool = os.path.join(os.path.dirname(__file__), 'tls_calls.py')
    watched = [os.path.join(build, 'telltap'), 'run', '--json',
               '--no-known-from-reads']
    ways = (('alone', []), ('telltap run', watched + ['--']),
            ('run --tls-plaintext', watched + ['--tls-plaintext', '--']))
    server = subprocess.Popen([sys.executable, tool, 'serve', pem, key],
                              stdout=subprocess.PIPE)
    try:
        port = server.stdout.readline().decode().strip()
        for size, count in ((100, 20000), (16384, 5000)):
            count = max(100, int(count * float(scale)))
            print(f'\nwrites of {size:,} bytes by OpenSSL, {count:,} of them, '
                  'each in the time of its caller')
            runs = {name: [] for name, _ in ways}
            for _ in range(rounds):
                for name, way in ways:
                    runs[name].append(one_sender(
                        way + [sys.executable, tool, 'send', pem, port,
                               str(size), str(count)]))
            for name, got in runs.items():
                if not all(got):
                    print(f'{name:22}it failed; live watching needs root')
                    continue
                wall, cpu = (statistics.median(c) * 1e6 / count
                             for c in zip(*got))
                print(f'{name:22}{wall:8.1f} us{cpu:8.1f} cpu us')
    finally:
        server.kill()
        server.wait()


def main():
    args = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    args.add_argument('build')
    args.add_argument('--scale', default='1')
    args.add_argument('--rounds', type=int, default=5)
    args.add_argument('--only', choices=['bulk', 'many', 'open', 'tls',
                                         'lists', 'hooks', 'content'])
    opt = args.parse_args()
    os.environ.setdefault('TELLTAP_PROFILES',
                          os.path.abspath('daemon/profile/profiles'))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(f'{os.cpu_count()} processors, {opt.rounds} rounds, peers in turn; '
          'whole processes, medians; page cache warm')
    with tempfile.TemporaryDirectory(dir=opt.build) as folder:
        for name in ('bulk', 'many'):
            if opt.only and name != opt.only:
                continue
            path = os.path.join(folder, f'{name}.pcap')
            with open(path, 'wb') as f:
                subprocess.run([os.path.join(opt.build, 'tests/bench/generate'),
                                name, opt.scale], stdout=f, check=True,
                               stderr=subprocess.DEVNULL)
            measure(opt.build, name, path, opt.rounds, 1)
            os.unlink(path)
    if opt.only in (None, 'open'):
        with tempfile.TemporaryDirectory(dir=memory_folder()) as folder:
            measure_open(opt.build, folder, opt.scale)
    if opt.only in (None, 'tls'):
        with tempfile.TemporaryDirectory(dir=opt.build) as folder:
            measure_decryption(opt.build, folder, opt.scale, opt.rounds)
    if opt.only in (None, 'hooks'):
        with tempfile.TemporaryDirectory(dir=opt.build) as folder:
            measure_hooks(opt.build, folder, opt.scale, opt.rounds)
    if opt.only in (None, 'content'):
        with tempfile.TemporaryDirectory(dir=opt.build) as folder:
            measure_content(opt.build, folder, opt.scale)
    if opt.only in (None, 'lists'):
        with tempfile.TemporaryDirectory(dir=opt.build) as folder:
            measure_lists(opt.build, folder, opt.scale)
    return 0


if __name__ == '__main__':
    sys.exit(main())
