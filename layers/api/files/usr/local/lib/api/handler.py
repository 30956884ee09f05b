"""HTTP for the store: GET /v1/flags, GET|PUT|DELETE /v1/flags/<name>, GET /v1/config, GET /healthz, GET /version."""

import json
import logging
import re
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler

from store import Full

FLAG = re.compile(r"/v1/flags/([a-z0-9][a-z0-9._-]{0,63})")
MAX_BODY = 64 * 1024


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    """Subclass it with a store, a version and a config: http.server makes one instance per connection, without arguments."""

    store = None
    version = {}
    config = {}
    protocol_version = "HTTP/1.1"
    # A client that says nothing must not hold one of few threads.
    timeout = 15

    def do_GET(self):
        self._answer(self._get)

    def do_PUT(self):
        self._answer(self._put)

    def do_DELETE(self):
        self._answer(self._delete)

    def _get(self):
        if self.path == "/healthz":
            self.store.check()
            return HTTPStatus.OK, {"status": "ok"}
        if self.path == "/version":
            return HTTPStatus.OK, self.version
        if self.path == "/v1/config":
            return HTTPStatus.OK, self.config
        if self.path == "/v1/flags":
            return HTTPStatus.OK, self.store.all()
        return HTTPStatus.OK, self.store.get(self._flag())

    def _put(self):
        name, value = self._flag(), self._body()
        try:
            created = self.store.put(name, value)
        except Full:
            raise Refused(HTTPStatus.INSUFFICIENT_STORAGE, "too many flags") from None
        return HTTPStatus.CREATED if created else HTTPStatus.OK, value

    def _delete(self):
        if not self.store.delete(self._flag()):
            raise Refused(HTTPStatus.NOT_FOUND, "no such flag")
        return HTTPStatus.NO_CONTENT, None

    def _flag(self):
        match = FLAG.fullmatch(self.path)
        if match is None:
            raise Refused(HTTPStatus.NOT_FOUND, "no such path")
        return match[1]

    def _body(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            raise Refused(HTTPStatus.LENGTH_REQUIRED, "Content-Length is missing")
        if int(length) > MAX_BODY:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too long")
        try:
            return json.loads(self.rfile.read(int(length)))
        except ValueError:
            raise Refused(HTTPStatus.BAD_REQUEST, "the body is not JSON") from None

    def _answer(self, act):
        try:
            status, value = act()
        except KeyError:
            status, value = HTTPStatus.NOT_FOUND, {"error": "no such flag"}
        except Refused as refused:
            # The body may be unread, so the connection cannot be used again.
            self.close_connection = True
            status, value = refused.status, {"error": str(refused)}
        body = b"" if status is HTTPStatus.NO_CONTENT else json.dumps(value).encode() + b"\n"
        self.send_response(status)
        if self.close_connection:
            self.send_header("Connection", "close")
        if body:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code="-", size="-"):
        """nginx writes the access log; this one is for whoever looks at one machine."""
        logging.debug("%s %s", self.requestline, int(code))

    def address_string(self):
        return "nginx"
