#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""proxy.py LISTEN-PORT TARGET-PORT [CERTIFICATE KEY]

An HTTP proxy for CONNECT alone: whatever name is asked for, the bytes go to
TARGET-PORT of 127.0.0.1. With a certificate the client speaks TLS to the proxy,
too.
"""
import socket
import ssl
import sys
import threading


def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client, target_port, context):
    try:
        if context:
            client = context.wrap_socket(client, server_side=True)
        head = b""
        while b"\r\n\r\n" not in head:
            more = client.recv(4096)
            if not more:
                return
            head += more
        if not head.startswith(b"CONNECT "):
            client.sendall(b"HTTP/1.1 405 Only CONNECT\r\n"
                           b"Content-Length: 0\r\n\r\n")
            return
        target = socket.create_connection(("127.0.0.1", target_port))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=copy, args=(target, client))
        back.start()
        copy(client, target)
        back.join()
        target.close()
    except OSError as e:
        print("proxy.py: %s" % e, file=sys.stderr)
    finally:
        client.close()


def main():
    listen_port, target_port = map(int, sys.argv[1:3])
    context = None
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
    listener = socket.create_server(("", listen_port))
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, target_port, context),
                         daemon=True).start()


main()
