#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""dead_mount.py SOURCE DIR: a FUSE mount at DIR of the files in SOURCE, whose server
answers until it is sent SIGUSR1 and never after that. Ends with SIGTERM, or a minute
later, which frees whoever waits there."""
import ctypes, os, signal, stat, struct, sys

source, target = sys.argv[1:]
files = sorted(os.listdir(source))
libc = ctypes.CDLL(None, use_errno=True)
device = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={device},rootmode=40755,user_id=0,group_id=0,allow_other"
if libc.mount(b"dead", target.encode(), b"fuse", 0, options.encode()):
    sys.exit("mount: " + os.strerror(ctypes.get_errno()))
dead = False


def die(*_):
    global dead
    dead = True
    signal.alarm(60)


def end(*_):
    os.close(device)
    libc.umount2(target.encode(), 2)
    os._exit(0)


signal.signal(signal.SIGUSR1, die)
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGALRM, end)


def path_of(node):
    return os.path.join(source, files[node - 2])


def attributes(node):
    st = os.stat(source if node == 1 else path_of(node))
    mode = 0o40755 if node == 1 else stat.S_IFREG | 0o755
    t = int(st.st_mtime)
    return struct.pack("<6Q10I", node, st.st_size, 8, t, t, t, 0, 0, 0, mode, 1,
        0, 0, 0, 4096, 0)


def answer(code, node, body):
    """The reply's bytes, or a negative errno."""
    if code == 26:  # INIT
        return struct.pack("<IIIIHHII", 7, 31, 65536, 0, 16, 12, 65536, 1) + bytes(36)
    # What was asked once need not be asked again, but for opening a file.
    if code == 1:  # LOOKUP
        name = body.split(b"\0")[0].decode()
        if name not in files:
            return -2
        found = files.index(name) + 2
        return struct.pack("<QQQQII", found, 1, 3600, 3600, 0, 0) + attributes(found)
    if code == 3:  # GETATTR
        return struct.pack("<QII", 3600, 0, 0) + attributes(node)
    if code == 14:  # OPEN; what was read stays
        return struct.pack("<QII", 0, 2, 0)
    if code == 15:  # READ
        offset, size = struct.unpack_from("<QI", body, 8)
        with open(path_of(node), "rb") as f:
            return os.pread(f.fileno(), size, offset)
    if code == 18:  # RELEASE
        return b""
    return -38  # there is no such call, so that it is not made again


while True:
    try:
        request = os.read(device, 1 << 20)
    except OSError:
        break
    length, code, unique, node = struct.unpack_from("<IIQQ", request)
    if dead or code in (2, 36):  # FORGET, INTERRUPT have no answer
        continue
    reply = answer(code, node, request[40:])
    error, reply = (reply, b"") if isinstance(reply, int) else (0, reply)
    os.write(device, struct.pack("<IiQ", 16 + len(reply), error, unique) + reply)
