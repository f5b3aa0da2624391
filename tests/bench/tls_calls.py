#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seconds that a number of writes to a TLS library take, by their caller's clock.

    tls_calls.py serve PEM KEY      prints its port, then takes what comes
    tls_calls.py send PEM PORT SIZE COUNT   prints wall and processor seconds
"""
import socket
import ssl
import sys
import threading
import time


def take(context, conn):
    try:
        with context.wrap_socket(conn, server_side=True) as tls:
            while tls.recv(65536):
                pass
    except (ssl.SSLError, OSError):
        pass


def serve(pem, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    listener = socket.create_server(('127.0.0.1', 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        conn, _ = listener.accept()
        threading.Thread(target=take, args=(context, conn),
                         daemon=True).start()


def send(pem, port, size, count):
    context = ssl.create_default_context(cafile=pem)
    data = bytes(size)
    with socket.create_connection(('127.0.0.1', port)) as conn:
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(conn, server_hostname='localhost') as tls:
            tls.write(data)
            cpu, wall = time.process_time(), time.monotonic()
            for _ in range(count):
                tls.write(data)
            cpu = time.process_time() - cpu
            print(time.monotonic() - wall, cpu)


if __name__ == '__main__':
    if sys.argv[1] == 'serve':
        serve(*sys.argv[2:])
    else:
        send(sys.argv[2], *(int(n) for n in sys.argv[3:]))
