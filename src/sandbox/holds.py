"""Requests that wait until a test lets them go on, or until their client is gone."""

from __future__ import annotations

import os
import socket
import struct
import threading
from typing import Any

_LOOK_SECONDS = 0.05
"""How often a held request looks whether its client is still there."""


class ConnectionCut(ConnectionResetError):
    """The client gets no answer: the sandbox cut the connection, or it was gone."""


class Holds:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: dict[int, dict[str, Any]] = {}
        self._releases = 0

    def hold(self, described: dict[str, Any], environ: dict[str, Any]) -> None:
        """Returns when the request is released. Raises ConnectionCut when its client is gone."""
        number, client = described["n"], environ.get("werkzeug.socket")
        with self._changed:
            before = self._releases
            self._held[number] = described
            self._changed.notify_all()
        try:
            while True:
                with self._changed:
                    released = self._releases != before or self._changed.wait_for(
                        lambda: self._releases != before, _LOOK_SECONDS
                    )
                # Looked at after a release too: who kills the client and then releases must not see it go on.
                if client is not None and _is_gone(client):
                    raise ConnectionCut
                if released:
                    return
        finally:
            with self._changed:
                del self._held[number]
                self._changed.notify_all()

    def release(self) -> int:
        """Lets every held request go on; returns how many there were."""
        with self._changed:
            self._releases += 1
            self._changed.notify_all()
            return len(self._held)

    def wait_for_any(self, seconds: float) -> list[dict[str, Any]]:
        """The requests that are held; waits for the first one as long as is said."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._held), seconds)
            return list(self._held.values())


def cut(environ: dict[str, Any]) -> None:
    """Resets the connection, which is another thing than closing it. Raises ConnectionCut."""
    client = environ.get("werkzeug.socket")
    if client is not None:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The server's files on the socket keep it open; without linger a close in earnest sends a reset.
        os.close(client.detach())
    raise ConnectionCut


def _is_gone(client: socket.socket) -> bool:
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
