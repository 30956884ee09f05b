"""Joins standard input and output, which QEMU connects to a guest's TCP stream, to a Unix socket.

QEMU starts one relay per connection that a guest opens to 169.254.169.254:80, about seventy during a
boot, so this imports as little as possible.
"""

import select
import socket
import sys


def main() -> None:
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.connect(sys.argv[1])
    guest_in, guest_out = sys.stdin.buffer.raw, sys.stdout.buffer.raw
    sources = [guest_in, server]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if server in ready:
            data = server.recv(65536)
            if not data:
                return
            while data:
                data = data[guest_out.write(data) :]
        if guest_in in ready:
            data = guest_in.read(65536)
            if data:
                server.sendall(data)
            else:
                sources.remove(guest_in)
                server.shutdown(socket.SHUT_WR)


main()
