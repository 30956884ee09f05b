"""The HTTP side: every request's way to moto and back, and the sandbox's own calls under /_bake."""

from __future__ import annotations

import json
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from moto.iam.models import get_account_id_from
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sandbox.behaviour import BehaviourError
from sandbox.buckets import refuse
from sandbox.runtime import runtime

_SCOPE = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
_READS = re.compile(r"Describe|Get|List|Head|Search|Lookup|BatchGet")
_ALSO_CHANGED = {"sts": ("iam",)}
"""AssumeRole makes keys in IAM's backend, by which later requests are told to come from that account."""
_REMEMBERED = {"ec2", "s3", "ssm", "iam", "sts", "kms"}
"""Where an answer promises that a restart changes nothing. Other services are saved if moto's backend can be."""

StartResponse = Callable[..., Any]


@dataclass(frozen=True)
class Call:
    service: str
    account_id: str
    region: str
    action: str
    changes: bool
    caller: str | None
    """The instance whose role's keys signed it."""


class Application:
    """The WSGI application. `control` answers `/_bake/<name>`: it takes method, name and body and returns JSON, or None."""

    def __init__(self, control: Callable[[str, str, bytes], dict[str, Any] | None]):
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._control = control

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith("/_bake/"):
            return self._answer_control(environ, path.removeprefix("/_bake/"), start_response)
        started = time.monotonic()
        call = _identify(environ)
        with runtime().lock_of(call.service):
            try:
                refused = refuse(environ, call.region) if call.service == "s3" else None
                status, headers, body = refused or self._run(environ)
                if call.changes and not refused:
                    _save(call)
            except NotImplementedError as error:
                # A 4xx, as an SDK would repeat a 5xx three times before showing it.
                why = f"The sandbox does not have this call: {error}"
                status, headers, body = _xml_error("400 Bad Request", "InvalidAction", why)
            except Exception as error:
                traceback.print_exc()
                status, headers, body = _xml_error("500 Internal Server Error", "InternalError", repr(error))
        took = (time.monotonic() - started) * 1000
        clock = time.strftime("%H:%M:%S")
        # One write, or the lines of two threads run into each other.
        by = f" {call.caller}" if call.caller else ""
        sys.stderr.write(f"{clock} {call.service} {call.region} {call.action} {status[:3]} {took:.0f}ms{by}\n")
        if environ["REQUEST_METHOD"] != "HEAD":  # whose length is that of the object it is about
            headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
            headers.append(("Content-Length", str(len(body))))
        start_response(status, headers)
        return [body]

    def _run(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        answer: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            answer[:] = [status, headers]

        body = b"".join(self._moto(environ, start))
        return answer[0], answer[1], body

    def _answer_control(self, environ: dict[str, Any], name: str, start_response: StartResponse) -> list[bytes]:
        try:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            result = self._control(environ["REQUEST_METHOD"], name, body)
            status = "404 Not Found" if result is None else "200 OK"
        except BehaviourError as error:
            result, status = {"error": str(error)}, "400 Bad Request"
        except Exception as error:
            traceback.print_exc()
            result, status = {"error": str(error)}, "500 Internal Server Error"
        body = json.dumps(result if result is not None else {"error": "no such call"}).encode() + b"\n"
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


def _save(call: Call) -> None:
    for service in (call.service, *_ALSO_CHANGED.get(call.service, ())):
        try:
            runtime().store.save(service, call.account_id, call.region)
        except Exception:
            if service in _REMEMBERED:
                raise
            traceback.print_exc()


def _identify(environ: dict[str, Any]) -> Call:
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", "") + environ.get("QUERY_STRING", ""))
    access_key, region, service = scope.groups() if scope else ("", "us-east-1", "unsigned")
    method, target = environ["REQUEST_METHOD"], environ.get("HTTP_X_AMZ_TARGET", "")
    if service in ("s3", "unsigned"):
        action = f"{method} {environ.get('PATH_INFO', '')}"
        changes = scope is not None and method not in ("GET", "HEAD")
    else:
        action = target.rpartition(".")[2] or _form_action(environ) or f"{method} {environ.get('PATH_INFO', '')}"
        changes = not _READS.match(action) and not action.startswith(("GET ", "HEAD "))
    caller = runtime().callers.get(access_key)
    return Call(service, get_account_id_from(access_key), region, action, changes, caller)


def _form_action(environ: dict[str, Any]) -> str:
    """The Action of a form, read so that moto can read it again."""
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(environ.get("QUERY_STRING", "")).get("Action", [""])[0]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = BytesIO(body)
    return parse_qs(body.decode(errors="replace")).get("Action", [""])[0]


def _xml_error(status: str, code: str, message: str) -> tuple[str, list[tuple[str, str]], bytes]:
    body = (
        f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(message)}</Message></Error></Errors>"
        "<RequestID>00000000-0000-0000-0000-000000000000</RequestID></Response>"
    )
    return status, [("Content-Type", "text/xml")], body.encode()
