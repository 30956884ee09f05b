"""The instance metadata service, version 2, of one machine: HTTP on a Unix socket that QEMU's relay leads to."""

from __future__ import annotations

import re
import secrets
import socketserver
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from sandbox.metadata import Tree

_TTL_HEADER = "X-aws-ec2-metadata-token-ttl-seconds"
_TOKEN_HEADER = "X-aws-ec2-metadata-token"
_MAXIMUM_TTL = 21600
_VERSION = re.compile(r"latest|1\.0|20\d\d-\d\d-\d\d")


class MetadataServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves from its making until `close_after`'s event. `content` returns the tree and the user-data."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: Path, content: Callable[[], tuple[Tree, bytes | None]]):
        super().__init__(str(path), _Handler)
        self.content = content
        self._tokens: dict[str, float] = {}
        threading.Thread(target=self.serve_forever, daemon=True, name="imds").start()

    def close_after(self, event: threading.Event) -> None:
        def close() -> None:
            event.wait()
            self.shutdown()
            self.server_close()

        threading.Thread(target=close, daemon=True, name="imds-close").start()

    def new_token(self, seconds: int) -> str:
        token = secrets.token_urlsafe(42)
        self._tokens[token] = time.monotonic() + seconds
        return token

    def is_valid(self, token: str | None) -> bool:
        return self._tokens.get(token or "", 0.0) > time.monotonic()


class _Handler(BaseHTTPRequestHandler):
    server: MetadataServer
    server_version = "EC2ws"
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        if self.path != "/latest/api/token":
            return self._answer(404)
        ttl = self.headers.get(_TTL_HEADER, "")
        if not ttl.isdecimal() or not 1 <= int(ttl) <= _MAXIMUM_TTL:
            return self._answer(400)
        self._answer(200, self.server.new_token(int(ttl)).encode(), {_TTL_HEADER: ttl})

    def do_GET(self) -> None:
        if not self.server.is_valid(self.headers.get(_TOKEN_HEADER)):
            return self._answer(401)
        version, _, path = self.path.partition("?")[0].lstrip("/").partition("/")
        if not _VERSION.fullmatch(version):
            return self._answer(404)
        tree, user_data = self.server.content()
        if path.rstrip("/") == "user-data":
            return self._answer(200, user_data) if user_data else self._answer(404)
        found = lookup(tree, path)
        self._answer(404) if found is None else self._answer(200, found.encode())

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain", "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        return "guest"  # a Unix socket's peer has no address, which the base class would index

    def log_message(self, format: str, *args: Any) -> None:
        pass  # seventy lines per boot would drown the API calls


def lookup(tree: Tree, path: str) -> str | None:
    """The text at `path`: a value, or a listing of a directory, where directories end in `/`."""
    node: str | Tree = tree
    for part in path.split("/"):
        if not part:
            continue
        if not isinstance(node, dict) or part not in node:
            return None
        node = node[part]
    if isinstance(node, str):
        return node
    if path.rstrip("/") == "meta-data/public-keys":
        # The one listing that names its entries; cloud-init splits it at the "=".
        return "\n".join(f"{index}=launch-key" for index in node)
    return "\n".join(f"{name}/" if isinstance(child, dict) else name for name, child in node.items())
