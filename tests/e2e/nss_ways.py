# SPDX-License-Identifier: Apache-2.0
"""nss_ways.py PORT DATABASE FILES CLEAR: uploads the files 1, 2 and 3 of a folder
through NSS, by a vector to 127.0.0.1 and so on, and once more the first to the port
CLEAR, through a layer of NSPR that seals nothing. Says "sent" for each answer."""
import ctypes, socket, struct, sys

port, database, files, clear = sys.argv[1:]
nspr = ctypes.CDLL("libnspr4.so")
ssl = ctypes.CDLL("libssl3.so")
void = ctypes.c_void_p
FOREVER = ctypes.c_uint32(0xffffffff)
for name in ("PR_NewTCPSocket", "PR_Open", "PR_CreateIOLayerStub",
             "PR_GetDefaultIOMethods"):
    getattr(nspr, name).restype = void
ssl.SSL_ImportFD.restype = void
assert ctypes.CDLL("libnss3.so").NSS_Init(("sql:" + database).encode()) == 0
ssl.NSS_SetDomesticPolicy()


class Address(ctypes.Structure):
    _fields_ = [("family", ctypes.c_uint16), ("port", ctypes.c_uint16),
                ("ip", ctypes.c_uint32), ("room", ctypes.c_char * 100)]


class Place(ctypes.Structure):
    _fields_ = [("base", ctypes.c_char_p), ("len", ctypes.c_int)]


class Part(ctypes.Structure):
    _fields_ = [("fd", void), ("offset", ctypes.c_size_t), ("len", ctypes.c_size_t),
                ("head", ctypes.c_char_p), ("head_len", ctypes.c_int32),
                ("tail", ctypes.c_char_p), ("tail_len", ctypes.c_int32)]


def vector(fd, path, head, body):
    middle = len(body) // 2
    places = (Place * 3)(Place(head, len(head)), Place(body[:middle], middle),
                         Place(body[middle:], len(body) - middle))
    return nspr.PR_Writev(fd, places, 3, FOREVER)


def transmit(fd, path, head, body):
    file = void(nspr.PR_Open(path.encode(), 1, 0))
    return nspr.PR_TransmitFile(fd, file, head, len(head), 0, FOREVER)


def send_file(fd, path, head, body):
    file = void(nspr.PR_Open(path.encode(), 1, 0))
    part = Part(file, 0, len(body), head, len(head), None, 0)
    return nspr.PR_SendFile(fd, ctypes.byref(part), 0, FOREVER)


def layered(fd, path, head, body):
    layer = void(nspr.PR_CreateIOLayerStub(nspr.PR_GetUniqueIdentity(b"none"),
                                           void(nspr.PR_GetDefaultIOMethods())))
    assert nspr.PR_PushIOLayer(fd, -2, layer) == 0
    return nspr.PR_Send(fd, head + body, len(head + body), 0, FOREVER)


for number, way in ((1, vector), (2, transmit), (3, send_file), (1, layered)):
    fd = void(nspr.PR_NewTCPSocket())
    address = Address(2, socket.htons(int(clear if way is layered else port)),
                      struct.unpack("=I", socket.inet_aton(f"127.0.0.{number}"))[0])
    if way is not layered:
        fd = void(ssl.SSL_ImportFD(None, fd))
        ssl.SSL_SetURL(fd, b"samples.example.net")
    assert nspr.PR_Connect(fd, ctypes.byref(address), FOREVER) == 0
    path = f"{files}/{number}"
    body = open(path, "rb").read()
    head = (f"PUT /nss-{way.__name__}/{number} HTTP/1.1\r\nHost: samples.example.net"
            f"\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    assert way(fd, path, head, body) == len(head) + len(body)
    answer = ctypes.create_string_buffer(1000)
    assert nspr.PR_Recv(fd, answer, 12, 2, FOREVER) == 12     # a look at it
    nspr.PR_Recv(fd, answer, 1000, 0, FOREVER)
    print("sent" if answer.raw[:12] == b"HTTP/1.1 200" else answer.raw[:100])
    nspr.PR_Close(fd)
