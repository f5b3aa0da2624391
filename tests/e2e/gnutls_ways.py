# SPDX-License-Identifier: Apache-2.0
"""gnutls_ways.py PORT FILES: uploads the files 1 and 2 of a folder through GnuTLS as
early data; before, the first by a session that has no ticket for it, so that it goes
out behind the handshake alone. Says "sent" for each answer."""
import ctypes, socket, sys

port, files = sys.argv[1:]
tls = ctypes.CDLL("libgnutls.so.30")
size, void = ctypes.c_size_t, ctypes.c_void_p
CLIENT, EARLY_DATA = 2, 1 << 20
TAKEN = 1 << 10
keys = void()
tls.gnutls_certificate_allocate_credentials(ctypes.byref(keys))
for name in ("gnutls_record_send", "gnutls_record_recv", "gnutls_record_send_early_data"):
    getattr(tls, name).restype = ctypes.c_ssize_t


class Datum(ctypes.Structure):
    _fields_ = [("data", void), ("len", ctypes.c_uint)]


def request(way, number):
    body = open(f"{files}/{number}", "rb").read()
    return (f"PUT /{way}/{number} HTTP/1.1\r\nHost: samples.example.net\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def session(number, early, late, ticket=None):
    """Returns the session and whether early data were taken; late is sent unless they
    were."""
    s = socket.create_connection((f"127.0.0.{number}", int(port)))
    x = void()
    tls.gnutls_init(ctypes.byref(x), CLIENT | EARLY_DATA)
    tls.gnutls_set_default_priority(x)
    tls.gnutls_credentials_set(x, 1, keys)
    tls.gnutls_transport_set_int2(x, s.fileno(), s.fileno())
    if ticket:
        tls.gnutls_session_set_data(x, void(ticket.data), size(ticket.len))
    if early:
        assert tls.gnutls_record_send_early_data(x, early, size(len(early))) >= 0
    assert tls.gnutls_handshake(x) == 0
    taken = bool(tls.gnutls_session_get_flags(x) & TAKEN)
    if not taken:
        assert tls.gnutls_record_send(x, late, size(len(late))) == len(late)
    answer, got = ctypes.create_string_buffer(1000), -1
    while got < 0:      # tickets
        got = tls.gnutls_record_recv(x, answer, size(1000))
    print("sent" if answer.raw[:12] == b"HTTP/1.1 200" else answer.raw[:100])
    ticket = Datum()
    tls.gnutls_session_get_data2(x, ctypes.byref(ticket))
    s.close()
    tls.gnutls_deinit(x)
    return ticket, taken


kept = request("gnutls-kept", 1)
ticket, _ = session(1, kept, kept)
for number in (1, 2):
    whole = request("gnutls-early", number)
    ticket, taken = session(number, whole, whole, ticket)
    print("taken" if taken else "not taken")
