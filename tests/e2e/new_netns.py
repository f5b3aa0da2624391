#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""new_netns.py make PEER_PID ADDRESS PEER PORT: speaks at once in a network
namespace that it makes itself: over lo to itself, and by one end of a veth pair,
whose other end goes to the namespace of PEER_PID, over TCP and UDP.
new_netns.py echo ADDRESS FILE: who answers there; the port is written to FILE."""
import ctypes
import fcntl
import socket
import struct
import subprocess
import sys

CLONE_NEWNET, SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8913, 0x8914, 1
UDP_SEGMENT, SO_ZEROCOPY, MSG_ZEROCOPY, MSG_FASTOPEN = 103, 60, 0x4000000, 0x20000000


def lo_up(s):
    ask = struct.pack('16sh14x', b'lo', 0)
    flags = struct.unpack('16sh14x', fcntl.ioctl(s, SIOCGIFFLAGS, ask))[1]
    fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack('16sh14x', b'lo', flags | IFF_UP))


def over_lo():
    first, second = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in 'ab')
    lo_up(first)
    first.bind(('127.0.0.1', 0))
    for i in range(20):
        second.sendto(b'u' * (50 + i), first.getsockname())
        first.recv(100)
    listener = socket.create_server(('127.0.0.1', 0))
    out = socket.create_connection(listener.getsockname())
    into, _ = listener.accept()
    out.sendall(b't' * 100000)
    out.shutdown(socket.SHUT_WR)
    got = 0
    while more := into.recv(65536):
        got += len(more)
    into.sendall(b'r' * 700)
    into.close()
    answer = b''
    while more := out.recv(65536):
        answer += more
    assert got == 100000 and len(answer) == 700


def received(listener):
    into, _ = listener.accept()
    got = 0
    while more := into.recv(65536):
        got += len(more)
    return got


def by_odd_calls():
    sink, out = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in 'ab')
    sink.bind(('127.0.0.1', 0))
    out.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 1000)
    out.sendto(b'g' * 7500, sink.getsockname())
    listener = socket.create_server(('127.0.0.1', 0))
    out = socket.create_connection(listener.getsockname())
    out.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
    for _ in range(3):
        assert out.send(b'z' * 20000, MSG_ZEROCOPY) == 20000
    out.shutdown(socket.SHUT_WR)
    assert received(listener) == 60000
    out = socket.socket()
    assert out.sendto(b'f' * 777, MSG_FASTOPEN, listener.getsockname()) == 777
    out.shutdown(socket.SHUT_WR)
    assert received(listener) == 777


def over_veth(pid, address, peer, port):
    for step in (f'link add eth0 type veth peer name eth9 netns {pid}',
                 f'addr add {address}/24 dev eth0', 'link set eth0 up'):
        subprocess.run(['ip'] + step.split(), check=True)
    while True:
        try:
            out = socket.create_connection((peer, port), 0.2)
            break
        except OSError:
            pass
    out.settimeout(20)
    out.sendall(b'v' * 5000)
    out.shutdown(socket.SHUT_WR)
    got = b''
    while more := out.recv(65536):
        got += more
    assert len(got) == 5000
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(20)
    s.connect((peer, port))
    for i in range(5):
        s.send(b'w' * (200 + i))
        assert len(s.recv(1000)) == 200 + i


def make(pid, address, peer, port):
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        sys.exit('unshare')
    over_lo()
    by_odd_calls()
    over_veth(pid, address, peer, int(port))


def echo(address, path):
    tcp = socket.create_server(('', 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(tcp.getsockname())
    with open(path, 'w') as f:
        f.write(str(tcp.getsockname()[1]))
    while subprocess.run(['ip', 'addr', 'add', f'{address}/24', 'dev', 'eth9'],
                         stderr=subprocess.DEVNULL).returncode:
        pass
    subprocess.run(['ip', 'link', 'set', 'eth9', 'up'], check=True)
    conn, _ = tcp.accept()
    while more := conn.recv(65536):
        conn.sendall(more)
    conn.close()
    while True:
        more, to = udp.recvfrom(65536)
        udp.sendto(more, to)


{'make': make, 'echo': echo}[sys.argv[1]](*sys.argv[2:])
