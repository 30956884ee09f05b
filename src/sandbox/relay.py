"""Joins standard input and output, which QEMU connects to a guest's TCP stream, to a Unix socket.

    python -I -S relay.py <socket>

QEMU starts one relay per connection that a guest opens to 169.254.169.254:80, about seventy during a
boot, while the guest waits. `socket` would be half of the relay's running time, by what it imports in
turn; the module it wraps does for this.
"""

import _socket
import os
import select
import sys

server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
server.connect(sys.argv[1])
guest_in, guest_out, metadata = 0, 1, server.fileno()
sources = [guest_in, metadata]
while True:
    ready = select.select(sources, [], [])[0]
    if metadata in ready:
        data = server.recv(65536)
        if not data:
            break
        while data:
            data = data[os.write(guest_out, data) :]
    if guest_in in ready:
        data = os.read(guest_in, 65536)
        if data:
            server.sendall(data)
        else:
            sources.remove(guest_in)
            server.shutdown(_socket.SHUT_WR)
