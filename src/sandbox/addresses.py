"""The loopback addresses that instances get as their public addresses."""

from __future__ import annotations

import socket
import threading

from sandbox import errors
from sandbox.runtime import SSH_PORT


class AddressPool:
    """Hands out addresses `<block>.1` to `<block>.254`, each to one instance of this sandbox at a time.

    Other sandboxes of the same computer use the same block: an address counts as free only if the SSH
    port can be bound there at this moment. QEMU may still lose the race; the caller then asks again.
    """

    def __init__(self, block: str, probe: bool):
        self._block = block
        self._probe = probe
        self._taken: set[str] = set()
        self._next = 1
        self._lock = threading.Lock()

    def acquire(self) -> str:
        """Returns an address like `127.77.0.5`; raises InsufficientAddressCapacity when none is left."""
        with self._lock:
            for offset in range(254):
                number = (self._next - 1 + offset) % 254 + 1
                address = f"{self._block}.{number}"
                if address in self._taken or (self._probe and not _can_bind(address)):
                    continue
                self._taken.add(address)
                # Going round, not lowest first: a client that still talks to a terminated instance
                # must not reach the next one.
                self._next = number % 254 + 1
                return address
        raise errors.insufficient_addresses(self._block)

    def release(self, address: str | None) -> None:
        with self._lock:
            self._taken.discard(address or "")


def _can_bind(address: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, SSH_PORT))
        except OSError:
            return False
    return True
